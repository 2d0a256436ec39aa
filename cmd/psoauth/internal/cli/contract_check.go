package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi/contract"
)

// A check is one run of the command: what to judge, and what of it is known.
type check struct {
	judge
	servers   [][2]string
	operation string
	status    int
}

// standardInput is the argument that means it, and stdinName what findings call it.
const (
	standardInput = "-"
	stdinName     = "stdin"
)

func (p *program) contractCheck() *cobra.Command {
	c := &check{judge: judge{program: p}}
	cmd := &cobra.Command{
		Use:   "check [FILE|DIRECTORY|-]...",
		Short: "Check responses against the contract",
		Long: `Check responses and their requests against the contract: what violates it, how bad that is, and how much of the
contract they covered. What to check is one of

  recordings     in HAR 1.2, as browsers and proxies export them, plain or gzipped; all of a directory (*.har,
                 *.har.gz); - reads one from standard input
  a bare body    of the operation that --operation names, from files or -
  the service    with no file: queried read-only for the application of --app, its tokens, page by page,
                 some of them one by one, and for your access token, if you have one
  a sandbox      with --sandbox, in place of the service

The rules: https://github.com/psoauth/psoauth/blob/main/docs/rules.md. An error means that clients will
misread the response or fail; a warning breaks a promise; a note is something new, or not described by the
contract, such as other paths and other services in a recording.

A baseline is a JSON file of findings that are known and accepted, each permanently or until the date in its
"expires". --update-baseline makes it accept what is found, and nothing else.

Exit status: 0 nothing found as bad as --fail-on; 1 something found; 2 something could not be read or asked, or
there was no response of the contract's operations, with its body, at all (unless --allow-empty). What could be judged is reported in each case.`,
		Example: "  psoauth contract check traffic.har\n" +
			"  psoauth contract check recordings --baseline baseline.json --format github\n" +
			"  curl … | psoauth contract check --operation getOAuthToken -\n" +
			"  psoauth contract check --app 5kq1x0v2m8yd --fail-on warning",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault),
		RunE:              func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
	}
	c.judge.register(cmd)
	flags := cmd.Flags()
	flags.Func("server", "let a test server replace a declared one: `BASE=DECLARED` (repeatable; --api-url and --auth-url do)",
		pairs(&c.servers, "BASE=DECLARED, such as http://127.0.0.1:8080/v1="+api.DefaultBaseURL))
	flags.StringVar(&c.operation, "operation", "", "the files are bare bodies, responses of the operation with this `id`")
	flags.Func("status", "the `status` of the bare bodies (default the operation's success)", whole(&c.status, 100, 599))
	flags.StringVar(&c.application, "app", "", "the `id` of the application to ask the service for")
	p.hasBaseline(cmd, "accept the findings in this `file`", "rewrite the file of --baseline so that it accepts what is found")
	return cmd
}

// validate says which flags and arguments do not go together.
func (c *check) validate(args []string) error {
	switch sandbox := c.settings.sandbox; {
	case sandbox && len(args) > 0:
		return errors.New("--sandbox takes the place of the service: leave it out, or the files")
	case c.application != "" && len(args) > 0:
		return errors.New("--app is for the service: leave it out, or the files")
	case c.status != 0 && c.operation == "":
		return errors.New("--status is for a bare body: say of which operation with --operation")
	case c.operation != "" && len(args) == 0:
		return errors.New("--operation is for a bare body: give its file, or - for standard input")
	case len(args) == 0 && c.application == "" && !sandbox:
		return errors.New("nothing to check: give recordings, or --app APP_ID for the service; --sandbox needs nothing")
	}
	return nil
}

func (c *check) run(ctx context.Context, args []string) error {
	if err := c.validate(args); err != nil {
		return err
	}
	baseline, _, err := readBaseline(c.program, contract.ReadBaseline)
	if err != nil {
		return err
	}
	c.sources = args
	start := func() (*contract.Run, error) { return c.newRun(c.serverOptions(c.spec == "", true)...) }
	judge := func(run *contract.Run) error { return c.files(run, args) }
	if len(args) == 0 { // the service, or the sandbox
		c.sources = []string{"application " + cmp.Or(c.application, "of the sandbox")}
		start, judge = c.connect, func(run *contract.Run) error { return c.requests(ctx, run) }
	}
	run, err := start()
	if err != nil {
		return err
	}
	err = judge(run)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return c.finish(run, baseline, err)
}

// serverOptions returns the options that let test servers replace the declared ones: those of --server and, if asked for,
// where --api-url and --auth-url lead.
func (c *check) serverOptions(settings, recordings bool) (options []contract.Option) {
	given := map[string]bool{}
	for _, pair := range c.servers {
		given[pair[0]] = true
		options = append(options, contract.WithServer(pair[0], pair[1]))
	}
	for _, s := range [][2]string{{c.settings.apiURL, api.DefaultBaseURL}, {c.settings.authURL, api.DefaultAuthURL}} {
		if settings && s[0] != "" && !given[s[0]] {
			if recordings {
				fmt.Fprintf(c.Stderr, "psoauth: responses of %s are taken for those of %s, as the environment or a flag says\n", s[0], s[1])
			}
			options = append(options, contract.WithServer(s[0], s[1]))
		}
	}
	return options
}

// files judges recordings or bare bodies. One that cannot be read does not keep the others from being judged.
func (c *check) files(run *contract.Run, names []string) error {
	var errs []error
	for _, name := range names {
		switch {
		case c.operation != "":
			errs = append(errs, c.body(run, name))
		case name == standardInput:
			errs = append(errs, run.CheckHAR(stdinName, c.Stdin))
		default:
			errs = append(errs, run.CheckPath(name))
		}
	}
	return errors.Join(errs...)
}

func (c *check) body(run *contract.Run, name string) error {
	in, source := c.Stdin, stdinName
	if name != standardInput {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		in, source = file, filepath.ToSlash(name)
	}
	return run.CheckBody(source+"#0", c.operation, c.status, in) // like a recording of one entry
}

// finish reports on a run. Failed is what could not be read or asked.
func (c *check) finish(run *contract.Run, baseline *contract.Baseline, failed error) error {
	report := contract.NewReport(run, baseline, c.failOn.severity())
	if failed == nil {
		failed = c.nothing(run, report, "--server BASE=DECLARED names a test server")
	}
	if failed != nil && report.Summary.Responses == 0 && len(report.Findings) == 0 {
		return failed
	}
	if c.updateBaseline && failed == nil {
		run.UpdateBaseline(baseline)
		if err := c.writeFile("--baseline", c.baseline, baseline.Write); err != nil {
			return err
		}
		report = contract.NewReport(run, baseline, c.failOn.severity())
	}
	return c.conclude(report, failed)
}

// A judge is what the commands that judge responses have in common: by which contract they judge, how severely, and how
// they report.
type judge struct {
	*program
	sources    []string // of what is judged, as a report names them
	spec       string
	severities [][2]string
	allowEmpty bool
}

func (j *judge) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&j.spec, "spec", "", "judge by this `file`, an OpenAPI 3.0 or Swagger 2.0 document (default the contract of PlanetScale's OAuth endpoints)")
	flags.Func("severity", "change the severity of a rule to error, warning, note or off: `RULE=SEVERITY` (repeatable)",
		pairs(&j.severities, "RULE=SEVERITY, such as scope.unknown=off"))
	j.canWriteTo(cmd, "write the report to this `file`, as a whole or not at all")
	flags.BoolVar(&j.allowEmpty, "allow-empty", false, "succeed even if there was no response to check")
	newChoice(report.Formats()...).register(cmd, cmd.Flags(), "format", "")
	j.failOn.register(cmd, cmd.Flags(), "fail-on", "exit with status 1 if something at least so bad is found:")
	rules := each(contract.Rules(), func(rule contract.Rule) string { return rule.ID + "=" })
	_ = cmd.RegisterFlagCompletionFunc("severity", cobra.FixedCompletions(rules, cobra.ShellCompDirectiveNoSpace))
}

// newRun returns a run by the contract and the severities of the flags.
func (j *judge) newRun(options ...contract.Option) (*contract.Run, error) {
	options = append(options, contract.WithClock(j.Now))
	if j.spec != "" {
		const maxSpec = 1 << 28 // package contract takes less, and says how much
		document, err := readFile("--spec", j.spec, func(file io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(file, maxSpec)) })
		if err != nil {
			return nil, err
		}
		options = append(options, contract.WithSpec(document, j.spec))
	}
	if j.allowEmpty {
		options = append(options, contract.AllowEmpty())
	}
	rules := each(contract.Rules(), func(rule contract.Rule) string { return rule.ID })
	for _, pair := range j.severities {
		if !slices.Contains(rules, pair[0]) {
			return nil, fmt.Errorf("--severity: unknown rule %q%s; see %smain/docs/rules.md", pair[0], didYouMean("", similar(pair[0], rules)), repository)
		}
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

// nothing returns an error if a run judged nothing, which proves nothing, unless that is allowed or its findings say why. The
// remedy is for another cause than that there was nothing.
func (j *judge) nothing(run *contract.Run, report *contract.Report, remedy string) error {
	if j.allowEmpty || !run.Empty() || report.Failures() > 0 {
		return nil
	}
	why := "there was no response"
	if n := report.Summary.Responses; n > 0 {
		why = "of " + countOf(n, "response") + " none is one of the contract's operations with its body"
	}
	return fmt.Errorf("nothing was checked: %s; %s, --allow-empty accepts it", why, remedy)
}

// conclude writes a report, and returns what could not be read or asked, or else a finding if the report failed.
func (j *judge) conclude(r *contract.Report, failed error) error {
	d := checkDocument(r)
	d.About = each(j.sources[:min(len(j.sources), 5)], text.Printable)
	if more := len(j.sources) - len(d.About); more > 0 {
		d.About = append(d.About, fmt.Sprintf("%d more", more))
	}
	if failed != nil {
		r.Incomplete = inOneLine(failed)
		d.Parts = append(d.Parts, report.Part{Name: "part of the traffic", Err: r.Incomplete})
	}
	failed = cmp.Or(failed, verdictOn(r.Failures(), r.FailOn))
	if failed == nil && r.Summary.Responses == 0 {
		d.Verdict = "No response was judged."
	}
	return j.publish(d, failed)
}

// pairs returns what adds to a flag that may be given several times, each time with a name and a value.
func pairs(to *[][2]string, want string) func(string) error {
	return func(pair string) error {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" || value == "" {
			return errors.New("want " + want)
		}
		*to = append(*to, [2]string{name, value})
		return nil
	}
}
