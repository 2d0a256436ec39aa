package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/api/audit/page"
	"github.com/psoauth/psoauth/api/audit/policy"
	"github.com/psoauth/psoauth/api/audit/render"
	"github.com/psoauth/psoauth/openapi"
)

// auditFormats are the values of --format that audit knows; the first is the default.
var auditFormats = []string{"human", "json", "csv", "sarif", "markdown", "html"}

func (p *program) auditCommand() *cobra.Command {
	format := newChoice(auditFormats...)
	failOn := newChoice("error", "warning", "note")
	var policyFile, output string
	cmd := &cobra.Command{
		Use:   "audit APP_ID",
		Short: "Say which of an application's tokens deserve attention",
		Long: `Read every token an application has issued and say which deserve attention: what is wrong with them, why it
matters, and what to do about it. The worst comes first. A service token needs the accesses
read_oauth_applications and read_oauth_tokens.

A policy file sets the thresholds of the rules, changes how much they matter or switches them off, and
accepts findings on single tokens until a date. The rules and their severities, unless it says otherwise:

` + ruleList() + `
Exit status: 0 nothing found as bad as --fail-on; 1 something found; 2 the audit could not be done, and
says nothing about the tokens.`,
		Example: "  psoauth audit 5kq1x0v2m8yd\n  psoauth audit 5kq1x0v2m8yd --policy audit.yaml --fail-on warning\n" +
			"  psoauth audit 5kq1x0v2m8yd --format sarif --output audit.sarif",
		Args: p.ids("APP_ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := readPolicy(policyFile)
			if err != nil {
				return err
			}
			return p.writeTo(output, func(w io.Writer) error {
				report, err := p.audit(cmd.Context(), args, options, format.value, w)
				if err != nil {
					return err
				}
				return verdict(report, failOn.value)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&policyFile, "policy", "", "the policy `file` (YAML)")
	flags.StringVar(&output, "output", "", "write to this `file`, as a whole or not at all")
	format.register(cmd, "format", "")
	failOn.register(cmd, "fail-on", "exit with status 1 if something at least so bad is found:")
	return cmd
}

// audit reads the application and its tokens, applies the rules, and writes the report.
func (p *program) audit(
	ctx context.Context, args []string, options audit.Options, format string, w io.Writer,
) (*audit.Report, error) {
	p.sandboxOptions = []apitest.Option{apitest.WithLeakedSecret(sandboxLeak)}
	client, at, err := p.connect(args, theOrganization, anyCredential)
	if err != nil {
		return nil, err
	}
	app, err := client.GetApplication(ctx, at.organization, at.application)
	if err != nil {
		return nil, err
	}
	options.Now = p.Now()
	for _, secret := range p.settings.secrets() {
		options.Secrets = append(options.Secrets, openapi.NewSecret(secret))
	}
	auditor, err := audit.New(app, options)
	if err != nil {
		return nil, err
	}
	inventory := page.NewInventory(auditor, options.Now)
	progress := p.newProgress(false)
	for batch, err := range progress.watch(client.TokenPages(ctx, at.organization, at.application, api.ListOptions{Prefetch: prefetch})) {
		if err != nil {
			progress.clear()
			return nil, err
		}
		for i := range batch.Data {
			found := auditor.Token(&batch.Data[i])
			if format == "html" {
				inventory.Add(&batch.Data[i], found)
			}
		}
	}
	progress.clear()
	report := auditor.Report()
	switch format {
	case "json":
		err = render.JSON(w, report)
	case "csv":
		err = render.CSV(w, report)
	case "sarif":
		err = render.SARIF(w, report)
	case "markdown":
		err = render.Markdown(w, report)
	case "html":
		err = page.Write(w, report, inventory)
	default:
		err = p.auditHuman(w, report)
	}
	return report, err
}

// readPolicy returns the options that the file sets; without a file, none.
func readPolicy(name string) (audit.Options, error) {
	if name == "" {
		return audit.Options{}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return audit.Options{}, fmt.Errorf("--policy: %w", err)
	}
	defer file.Close()
	options, err := policy.Read(file)
	if err != nil {
		return audit.Options{}, mistakesIn("--policy "+name, err)
	}
	return options, nil
}

// mistakesIn is the error for a policy: a line for each mistake in it.
func mistakesIn(where string, err error) error {
	found, ok := errors.AsType[*policy.Error](err)
	if !ok {
		return fmt.Errorf("%s: %w", where, err)
	}
	var lines lines
	for _, problem := range found.Problems {
		lines = append(lines, where+": "+problem.String())
	}
	return lines
}

// verdict returns a finding if something in the report is at least as bad as the severity.
func verdict(report *audit.Report, failOn string) error {
	limit, err := audit.ParseSeverity(failOn)
	if err != nil {
		return err
	}
	n := 0
	for severity := limit; severity <= audit.Error; severity++ {
		n += report.Count(severity)
	}
	if n == 0 {
		return nil
	}
	return finding{fmt.Sprintf("%s at severity %s or higher", countOf(n, "finding"), limit)}
}

func ruleList() string {
	var b strings.Builder
	for _, rule := range audit.Rules() {
		fmt.Fprintf(&b, "  %-8s %-23s %s\n", rule.Severity, rule.ID, rule.Title)
	}
	return b.String()
}
