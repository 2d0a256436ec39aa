package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi/drift"
)

// A diff is one run of the command.
type diff struct {
	*program
	from    string
	suggest bool

	examples, wording bool // whether those are shown
}

func (p *program) contractDiff() *cobra.Command {
	d := &diff{program: p}
	cmd := &cobra.Command{
		Use:   "diff UPSTREAM",
		Short: "Say what a document that PlanetScale publishes means for programs",
		Long: `Compare a document that PlanetScale publishes with the contract, and say what it means for programs built on the client. UPSTREAM is a file, an https URL or - for standard input: Swagger 2.0 or OpenAPI 3, JSON or YAML. The one
that PlanetScale publishes now is

  ` + drift.Published + `

Each finding has a place, both sides, and what follows from it:

  breaking  a response is allowed now that the contract refuses, or a request of the client's is not served;
            --examples shows one
  differs   nothing here can judge it, such as a keyword that nobody publishes: look by hand
  new       there is more than the contract has: a member, a status, an operation of the family, a URL to get tokens at
  relaxed   the contract allows for more than the document has
  wording   nothing changes for a program; shown with --wording

With --from, UPSTREAM is compared with an older document instead, and what the contract takes already is not
breaking. --baseline acknowledges differences, each up to the day in its "expires". --suggest prints, in place of the findings, the edit of openapi/openapi.yaml that takes new members in.
The rules: https://github.com/psoauth/psoauth/blob/main/docs/drift.md

Exit status: 0 nothing is known to break, though the verdict may count differences to look at by hand;
1 something breaks; 2 a document could not be read.`,
		Example: "  psoauth contract diff " + drift.Published + "\n" +
			"  psoauth contract diff --from last-week.json this-week.json --format markdown\n" +
			"  psoauth contract diff this-week.json --suggest | git apply",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("want a file, a URL or -, got %s; see %s --help", countOf(len(args), "argument"), cmd.CommandPath())
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault),
		RunE:              func(cmd *cobra.Command, args []string) error { return d.run(cmd.Context(), args[0]) },
	}
	newChoice(report.Formats()...).register(cmd, cmd.Flags(), "format", "")
	flags := cmd.Flags()
	flags.StringVar(&d.from, "from", "", "compare with this older document, a `file`, URL or -, instead of the contract")
	flags.BoolVar(&d.examples, "examples", false, "show for each breaking finding a response or a request that breaks")
	flags.BoolVar(&d.wording, "wording", false, "show what changes nothing for a program, too")
	flags.BoolVar(&d.suggest, "suggest", false, "print the edit of the contract that takes new members in, as a unified diff")
	p.hasBaseline(cmd, "acknowledge the differences in this `file`", "rewrite the file of --baseline so that it acknowledges what is found")
	return cmd
}

func (d *diff) run(ctx context.Context, source string) error {
	switch {
	case d.suggest && d.from != "":
		return errors.New("--suggest is about the contract: leave it out, or --from")
	case source == standardInput && d.from == standardInput:
		return errors.New("--from: standard input can be read once only")
	}
	baseline, _, err := readBaseline(d.program, drift.ReadBaseline)
	if err != nil {
		return err
	}
	upstream, err := drift.Load(ctx, source, d.Stdin, nil)
	if err != nil {
		return err
	}
	found, err := d.compare(ctx, upstream)
	if err != nil {
		return err
	}
	if d.updateBaseline {
		found.UpdateBaseline(baseline)
		if err := d.writeFile("--baseline", d.baseline, baseline.Write); err != nil {
			return err
		}
	}
	found.Accept(baseline, d.Now())
	var verdict error
	if found.Breaking() {
		verdict = finding{countOf(found.Count(drift.Breaking), "breaking finding")}
	}
	if d.suggest {
		edit, err := drift.Suggest(upstream)
		if err == nil {
			_, err = io.WriteString(d.out, edit)
		}
		return cmp.Or(err, verdict)
	}
	return d.publish(d.document(found), verdict)
}

func (d *diff) compare(ctx context.Context, upstream *drift.Document) (*drift.Report, error) {
	if d.from == "" {
		return drift.Compare(upstream)
	}
	older, err := drift.Load(ctx, d.from, d.Stdin, nil)
	if err != nil {
		return nil, err
	}
	return drift.Between(older, upstream)
}

// driftSeverities are how much a class of differences matters, by class.
var driftSeverities = []report.Severity{report.Error, report.Warning, report.Warning, report.Note, report.Note}

// document returns the report of a comparison in words.
func (d *diff) document(r *drift.Report) *report.Document {
	out := &report.Document{
		Kind: "drift", Title: "Contract diff: " + r.Before + " → " + r.After, FailOn: report.Error, Verdict: "Passed: nothing breaks.",
		Columns: []string{"Operation"},
		Fields:  []string{"operation", "in", "pointers", "before", "after"},
		Footer:  "Written by psoauth. Self-contained page.",
	}
	byHand := ""
	if n := r.Count(drift.Differs); n > 0 {
		byHand = "look at " + countOf(n, "difference") + " by hand"
		out.Verdict = "Passed: nothing is known to break; " + byHand + "."
	}
	if r.Breaking() {
		out.Verdict = "Failed: " + list("; ", countOf(r.Count(drift.Breaking), "breaking finding"), byHand) + "."
	}
	counts := map[string]int{}
	for i, severity := range driftSeverities {
		class := drift.Class(i)
		name, n := class.String(), r.Count(class)
		if counts[name] = n; n > 0 || class != drift.Differs && class != drift.Wording {
			out.Summary = list(", ", out.Summary, fmt.Sprintf("%d %s", n, name))
			out.Figures = append(out.Figures, report.Figure{Name: strings.ToUpper(name[:1]) + name[1:], Count: n, Severity: severity})
		}
	}
	if r.Accepted > 0 {
		counts["accepted"] = r.Accepted
		out.Summary += fmt.Sprintf(", %d accepted", r.Accepted)
	}
	shown := []drift.Finding{}
	groups := map[drift.Finding]int{} // by what findings have in common
	for _, f := range r.Findings {
		if f.Class == drift.Wording && !d.wording {
			continue
		}
		if !d.examples {
			f.Example = nil
		}
		f.Example = redacted(f.Example)
		shown = append(shown, f)
		common := drift.Finding{Class: f.Class, Rule: f.Rule, In: f.In, Before: f.Before, After: f.After, Message: f.Message}
		i, known := groups[common]
		if !known {
			i = len(out.Groups)
			groups[common] = i
			out.Groups = append(out.Groups, report.Group{Rule: report.Rule{
				ID: f.Rule, Severity: driftSeverities[f.Class], Label: f.Class.String(), Title: fmt.Sprintf("%s: %s → %s", f.Rule, f.Before, f.After),
				Why: f.Message, URL: repository + "main/docs/drift.md#" + f.Rule,
			}})
		}
		out.Groups[i].Findings = addDifference(out.Groups[i].Findings, f)
	}
	out.JSON = struct {
		Before   string          `json:"before"`
		After    string          `json:"after"`
		Findings []drift.Finding `json:"findings"`
		Summary  map[string]int  `json:"summary"`
	}{r.Before, r.After, shown, counts}
	return out
}

// addDifference adds a place to the finding on its operation, or a finding.
func addDifference(all []report.Finding, f drift.Finding) []report.Finding {
	where, place := f.Where(), f.Pointer
	if place == "" && f.In == drift.InBody {
		place = "(body)"
	}
	for i := range all {
		if same := &all[i]; same.Cells[0] == where && f.Example == nil && same.Example == "" {
			same.Count++
			same.Message = list(" ", same.Message, place)
			same.Fields[2] = same.Message
			return all
		}
	}
	return append(all, report.Finding{
		Key: f.Operation + "\x00" + f.Status + "\x00" + f.Pointer, Part: f.Operation, Count: 1, Message: place,
		Where: where + ": " + f.Before + " → " + f.After, Cells: []string{where}, Fields: []string{f.Operation, f.In, place, f.Before, f.After},
		Example: exampleText(f.Example),
	})
}

// redacted returns an example without what looks like a credential, which a document may have among its values.
func redacted(e *drift.Example) *drift.Example {
	out := &drift.Example{}
	if raw, err := json.Marshal(e); e == nil || err != nil || json.Unmarshal([]byte(text.Redact(string(raw))), out) != nil {
		return nil
	}
	return out
}

// exampleText shows what breaks: a request, or a response with its body.
func exampleText(e *drift.Example) string {
	switch {
	case e == nil:
		return ""
	case e.Request != "":
		return "example: " + e.Request
	}
	said := fmt.Sprintf("example: status %d, %s", e.Status, cmp.Or(e.ContentType, "no body"))
	if headers, err := json.Marshal(e.Headers); err == nil && len(e.Headers) > 0 {
		said += ", headers " + string(headers)
	}
	if body, err := json.MarshalIndent(e.Body, "", "  "); err == nil && e.ContentType != "" {
		said += "\n" + string(body)
	}
	return report.Visible(said)
}
