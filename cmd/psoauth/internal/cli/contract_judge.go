package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi/contract"
)

// A judge is what the commands that judge responses have in common: by which contract they judge, how severely, and how
// they report.
type judge struct {
	sources        []string // of what is judged, as a report names them
	spec           string
	severities     pairsFlag
	format, failOn *choice
	output         string
	allowEmpty     bool
}

func newJudge() judge {
	return judge{
		severities: pairsFlag{want: "RULE=SEVERITY, such as scope.unknown=off"},
		format:     newChoice(report.Formats()...),
		failOn:     newChoice("error", "warning", "note"),
	}
}

func (j *judge) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&j.spec, "spec", "", "judge by this `file`, an OpenAPI 3.0 or Swagger 2.0 document (default the contract of PlanetScale's OAuth endpoints)")
	flags.Var(&j.severities, "severity", "change the severity of a rule to error, warning, note or off: `RULE=SEVERITY` (repeatable)")
	flags.StringVar(&j.output, "output", "", "write the report to this `file`, as a whole or not at all")
	flags.BoolVar(&j.allowEmpty, "allow-empty", false, "succeed even if there was no response to check")
	j.format.register(cmd, "format", "")
	j.failOn.register(cmd, "fail-on", "exit with status 1 if something at least so bad is found:")
	_ = cmd.MarkFlagFilename("spec", "yaml", "yml", "json")
	_ = cmd.MarkFlagFilename("output")
	_ = cmd.RegisterFlagCompletionFunc("severity", cobra.FixedCompletions(ruleIDs(), cobra.ShellCompDirectiveNoSpace))
}

// newRun returns a run by the contract and the severities of the flags.
func (j *judge) newRun(p *program, options ...contract.Option) (*contract.Run, error) {
	options = append(options, contract.WithClock(p.Now))
	if j.spec != "" {
		document, err := readSpec(j.spec)
		if err != nil {
			return nil, fmt.Errorf("--spec: %w", err)
		}
		options = append(options, contract.WithSpec(document, j.spec))
	}
	if j.allowEmpty {
		options = append(options, contract.AllowEmpty())
	}
	for _, pair := range j.severities.all {
		severity, err := report.ParseSeverity(pair[1])
		if err != nil {
			return nil, fmt.Errorf("--severity %s: %w", pair[0], err)
		}
		options = append(options, contract.WithSeverity(pair[0], severity))
	}
	validator, err := contract.NewValidator(options...)
	if err != nil {
		return nil, err
	}
	return validator.NewRun(), nil
}

// nothing returns an error if a run judged nothing, which proves nothing, unless that is allowed or its findings say why.
func (j *judge) nothing(run *contract.Run, report *contract.Report) error {
	if j.allowEmpty || !run.Empty() || report.Failed() {
		return nil
	}
	return fmt.Errorf("nothing was checked: of %s none is one of the contract's operations with its body; "+
		"--server BASE=DECLARED names a test server, --allow-empty accepts it", countOf(report.Summary.Responses, "response"))
}

// leastSeverity is the severity from which on findings fail a run.
func (j *judge) leastSeverity() (contract.Severity, error) {
	return report.ParseSeverity(j.failOn.value)
}

// newReport returns the report of a run up to now. A baseline may be nil.
func (j *judge) newReport(p *program, run *contract.Run, baseline *contract.Baseline) (*contract.Report, error) {
	least, err := j.leastSeverity()
	if err != nil {
		return nil, err
	}
	return contract.NewReport(run, baseline, least), nil
}

// conclude writes a report and returns a finding if it failed.
func (j *judge) conclude(p *program, report *contract.Report) error {
	d := checkDocument(report)
	for _, name := range j.sources[:min(len(j.sources), 5)] {
		d.About = append(d.About, text.Printable(name))
	}
	if more := len(j.sources) - len(d.About); more > 0 {
		d.About = append(d.About, fmt.Sprintf("%d more", more))
	}
	return p.publish(d, j.format.value, j.output, verdictOn(report.Failures(), report.FailOn))
}

// mostSpec bounds what is read of a document. Package contract takes less, and says how much.
const mostSpec = 1 << 28

func readSpec(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, mostSpec))
}

func ruleIDs() (ids []string) {
	for _, rule := range contract.Rules() {
		ids = append(ids, rule.ID+"=")
	}
	return ids
}

// A pairsFlag is a flag that may be given several times, each time with a name and a value.
type pairsFlag struct {
	want string
	all  [][2]string
}

func (f *pairsFlag) String() string { return "" }
func (f *pairsFlag) Type() string   { return "pair" }
func (f *pairsFlag) Set(pair string) error {
	name, value, ok := strings.Cut(pair, "=")
	if !ok || name == "" || value == "" {
		return errors.New("want " + f.want)
	}
	f.all = append(f.all, [2]string{name, value})
	return nil
}
