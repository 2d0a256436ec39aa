package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

// An auditing is one run of the command.
type auditing struct {
	*program
	all    bool
	policy string
}

func (p *program) auditCommand() *cobra.Command {
	a := &auditing{program: p}
	cmd := &cobra.Command{
		Use:   "audit [APP_ID | --all]",
		Short: "Find an application's risky tokens",
		Long: `Find the risky tokens of an application, or with --all of every application of the organization: what is wrong, why it matters and what to do. The worst come first. A service token needs read_oauth_applications and read_oauth_tokens.

A policy file sets the thresholds of rules, changes their severity or turns them off, and accepts findings on single tokens until a date. A baseline file, which --update-baseline writes, holds what an earlier audit saw. An audit with a baseline reports new applications and tokens, wider scopes and tokens that are gone, and only new findings count.

The rules and their default severities:

` + ruleList() + `
Exit status: 0 no finding of the --fail-on severity or higher; 1 at least one; 2 the audit could not run, or could not read every application: the report has the others.`,
		Example: "  psoauth audit --sandbox\n  psoauth audit 5kq1x0v2m8yd --policy audit.yaml --fail-on warning\n" +
			"  psoauth audit --all --baseline audit-baseline.json --update-baseline\n" +
			"  psoauth audit --all --output audit.html",
		Args: p.ids("APP_ID"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&a.all, "all", false, "audit every application of the organization")
	flags.StringVar(&a.policy, "policy", "", "the policy `file` (YAML)")
	p.canWriteTo(cmd, "write to this `file`, completely or not at all; its extension sets the format")
	p.hasBaseline(cmd, "report what has changed since the audit that wrote this `file`", "save what this audit sees in the file of --baseline")
	newChoice(report.Formats()...).register(cmd, cmd.Flags(), "format", "")
	a.failOn.register(cmd, cmd.Flags(), "fail-on", "exit with status 1 on a finding of this severity or higher:")
	return cmd
}

func (a *auditing) run(ctx context.Context) error {
	if a.all && a.application != "" {
		return errors.New("--all audits every application: give it or APP_ID, not both")
	}
	failOn := a.failOn.severity()
	var options audit.Options
	if a.policy != "" {
		var err error
		if options, err = readFile("--policy", a.policy, audit.ReadPolicy); err != nil {
			return err
		}
	}
	baseline, found, err := readBaseline(a.program, audit.ReadBaseline)
	if err != nil {
		return err
	}
	if found {
		options.Baseline = baseline
	}
	result, unread, err := a.audit(ctx, options)
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // an audit starts over, whatever page it was on
	case err != nil:
		return err
	}
	if a.updateBaseline {
		baseline.Update(result)
		if err := a.writeFile("--baseline", a.baseline, baseline.Write); err != nil {
			return err
		}
	}
	flags, org := "", a.settings.org // which lead another command to the same organization
	switch {
	case a.settings.sandbox:
		flags = " --sandbox"
	case a.settings.sources["org"] != "PLANETSCALE_ORG" && plainID.MatchString(org):
		flags = " --org " + org
	}
	d := auditDocument(result, org, failOn, flags)
	policy := "default policy"
	if a.policy != "" {
		policy = "policy " + text.Printable(a.policy)
	}
	d.About = []string{"organization " + text.Printable(org), policy}
	return a.publish(d, cmp.Or(unread, verdictOn(d.Failures(), failOn)))
}

// audit applies the rules to the applications. Unread says which of them could not be read.
func (a *auditing) audit(ctx context.Context, options audit.Options) (found *audit.Report, unread, err error) {
	a.sandboxOptions = []apitest.Option{apitest.WithLeakedSecret(sandboxLeak)}
	connect := a.connectTo
	if a.all {
		connect = func(context.Context) error { return a.connect(false) }
	}
	if err := connect(ctx); err != nil {
		return nil, nil, err
	}
	options.Now, options.Whole = a.Now(), a.all
	for _, secret := range a.settings.secrets() {
		options.Secrets = append(options.Secrets, openapi.NewSecret(secret))
	}
	auditor, err := audit.New(options)
	if err != nil {
		return nil, nil, err
	}
	applications := a.client.Applications(ctx, a.settings.org, api.ListOptions{})
	if !a.all {
		applications = func(yield func(*api.Application, error) bool) {
			yield(a.client.GetApplication(ctx, a.settings.org, a.application))
		}
	}
	var failed []string
	for app, err := range applications {
		switch {
		case err == nil:
			err = auditor.Add(app, a.tokens(ctx, app.ID, allTokens, false))
		case a.all:
			return nil, nil, err // the list: nothing says what is missing
		}
		if err != nil && (!a.all || ctx.Err() != nil) {
			return nil, nil, a.withApplications(ctx, err)
		}
		if err != nil {
			auditor.Unread(app.ID, app.Name, err)
			failed = append(failed, app.ID)
		}
	}
	if len(failed) > 0 {
		unread = fmt.Errorf("could not read the tokens of %s: %s; the report has the others", countOf(len(failed), "application"), strings.Join(failed, ", "))
	}
	return auditor.Report(), unread, nil
}

func ruleList() string {
	return strings.Join(each(audit.Rules(), func(rule audit.Rule) string {
		return fmt.Sprintf("  %-8s %-23s %s\n", rule.Severity, rule.ID, rule.Title)
	}), "")
}
