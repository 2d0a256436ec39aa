package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/openapi/drift"
)

// A diff is one run of the command.
type diff struct {
	*program
	from    string
	format  *choice
	show    driftShow
	suggest bool

	baseline       string
	updateBaseline bool
}

func (p *program) contractDiff() *cobra.Command {
	d := &diff{program: p, format: newChoice(report.Formats()...)}
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
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd.Context(), args[0]) },
	}
	d.format.register(cmd, "format", "")
	flags := cmd.Flags()
	flags.StringVar(&d.from, "from", "", "compare with this older document, a `file`, URL or -, instead of the contract")
	flags.BoolVar(&d.show.examples, "examples", false, "show for each breaking finding a response or a request that breaks")
	flags.BoolVar(&d.show.wording, "wording", false, "show what changes nothing for a program, too")
	flags.BoolVar(&d.suggest, "suggest", false, "print the edit of the contract that takes new members in, as a unified diff")
	flags.StringVar(&d.baseline, "baseline", "", "acknowledge the differences in this `file`")
	flags.BoolVar(&d.updateBaseline, "update-baseline", false, "rewrite the file of --baseline so that it acknowledges what is found")
	return cmd
}

func (d *diff) run(ctx context.Context, source string) error {
	switch {
	case d.suggest && d.from != "":
		return errors.New("--suggest is about the contract: leave it out, or --from")
	case source == standardInput && d.from == standardInput:
		return errors.New("--from: standard input can be read once only")
	case d.updateBaseline && d.baseline == "":
		return errors.New("--update-baseline: say which file with --baseline")
	}
	found, edit, err := d.compare(ctx, source)
	if err != nil {
		return err
	}
	if err := d.accept(found); err != nil {
		return err
	}
	var verdict error
	if found.Breaking() {
		verdict = finding{countOf(found.Count(drift.Breaking), "breaking finding")}
	}
	if d.suggest {
		_, err = io.WriteString(d.out, edit)
		return cmp.Or(err, verdict)
	}
	document, err := driftDocument(found, d.show)
	if err != nil {
		return err
	}
	return d.publish(document, d.format.value, "", verdict)
}

// compare reads the documents, and drafts the edit if that is asked for.
func (d *diff) compare(ctx context.Context, source string) (report *drift.Report, edit string, err error) {
	upstream, err := drift.Load(ctx, source, d.Stdin, nil)
	if err != nil {
		return nil, "", err
	}
	if d.from != "" {
		older, err := drift.Load(ctx, d.from, d.Stdin, nil)
		if err != nil {
			return nil, "", err
		}
		report, err = drift.Between(older, upstream)
		return report, "", err
	}
	if d.suggest {
		if edit, err = drift.Suggest(upstream); err != nil {
			return nil, "", err
		}
	}
	report, err = drift.Compare(upstream)
	return report, edit, err
}

// accept takes out of the report what the baseline acknowledges, which is everything if it is to be updated.
func (d *diff) accept(report *drift.Report) error {
	baseline, _, err := readBaseline(d.baseline, d.updateBaseline, drift.ReadBaseline)
	if err != nil {
		return err
	}
	if d.updateBaseline {
		report.UpdateBaseline(baseline)
		if err := replaceFile("--baseline", d.baseline, baseline.Write); err != nil {
			return err
		}
	}
	report.Accept(baseline, d.Now())
	return nil
}
