package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/report"
)

// A revocation is one run of the command.
type revocation struct {
	*program
	from        string
	rules       []string
	severity    *choice
	dryRun, yes bool

	targets []*target
}

func (p *program) tokenRevoke() *cobra.Command {
	r := &revocation{program: p, severity: newChoice("note", "warning", "error")}
	cmd := &cobra.Command{
		Use:   "revoke [APP_ID] TOKEN_ID...",
		Short: "Revoke tokens, and prove that they are gone",
		Long: `Revoke tokens an application has issued by deleting them. You cannot undo this. First you see the plan and confirm it with the application's name; without a terminal, you must give --yes. Then the tokens are deleted one by one, and a failure does not stop the others. At the end the list of tokens is read again, and only that list decides which tokens are gone.

--from takes the tokens with findings from a report of psoauth audit --format json. A service token needs read_oauth_tokens and delete_oauth_tokens, and read_oauth_applications to name the application.

PlanetScale does not document whether deleting a token also ends its refresh token.

Exit status: 0 all tokens are gone; 1 some are not; 2 it could not run, or could not read the list again; 130 interrupted: the receipt says what was done.`,
		Example: `  psoauth token revoke --sandbox --dry-run f41bs2zdmm70
  psoauth token revoke 5kq1x0v2m8yd w3z8r1c5n7pd
  psoauth token revoke --from audit.json --rule token.never-used --yes
  psoauth token revoke --from audit.json --severity error --output receipt.csv`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return r.run(cmd.Context(), args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&r.from, "from", "", "revoke the tokens with findings in this `file`, a report of psoauth audit --format json")
	flags.StringArrayVar(&r.rules, "rule", nil, "with --from, only tokens with a finding of this `rule` (repeatable: any of them)")
	r.severity.register(cmd, cmd.Flags(), "severity", "with --from, only tokens with a finding of this severity or higher:")
	flags.BoolVar(&r.dryRun, "dry-run", false, "show the plan and revoke nothing")
	flags.BoolVar(&r.yes, "yes", false, "revoke without asking")
	p.canWriteTo(cmd, "write the receipt to this `file`; its extension sets the format")
	return cmd
}

// A target is a token to revoke, and what became of it.
type target struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Actor      *string    `json:"actor"`
	LastUsedAt *time.Time `json:"last_used_at"`
	Why        string     `json:"why"`
	Result     string     `json:"result"` // one of the results below
	Reason     string     `json:"reason"` // why it is not gone, or how it is known to be
}

// The results of a revocation.
const (
	notTried    = "not tried"    // with --dry-run, or as the run was interrupted before
	deleted     = "deleted"      // the API said so, and the list could not be read again
	revoked     = "revoked"      // and gone from the list
	stillListed = "still listed" // although the API said that it was deleted
	failed      = "failed"       // and still listed, or the list could not be read again
	unsure      = "unknown"      // the run was interrupted while it was deleted
	gone        = "gone"         // it was not in the list, before or after
)

var targetView = view[target]{
	noun:  "token",
	heads: []string{"ID", "NAME", "ACTOR", "LAST USED", "WHY, AND RESULT"},
	least: []int{12, 12, 10, 10, 24},
	row: func(p *program, t *target) []report.Cell {
		outcome := p.cell(cmp.Or(list(": ", t.Result, t.Reason), t.Why))
		outcome.Style = map[string]string{"": "", revoked: report.Green, gone: report.Green, notTried: report.Yellow, failed: report.Red, stillListed: report.Red}[t.Result]
		return []report.Cell{p.cell(t.ID), p.cell(t.Name), p.cell(cmp.Or(orEmpty(t.Actor), "–")), p.timeCell(t.LastUsedAt, never), outcome}
	},
}

func (r *revocation) run(ctx context.Context, args []string) error {
	if err := r.choose(ctx, args); err != nil {
		return err
	}
	name := r.application
	if app, err := r.client.GetApplication(ctx, r.settings.org, r.application); err == nil {
		name = app.Name
	} else if !errors.Is(err, api.ErrForbidden) {
		return r.withApplications(ctx, err)
	}
	listed, err := r.listed(ctx)
	if err != nil {
		return err
	}
	var pending []*target
	for _, t := range r.targets {
		switch token := listed[t.ID]; {
		case token != nil:
			t.Name, t.Actor, t.LastUsedAt = token.DisplayName, token.ActorDisplayName, token.LastUsedAt
			pending = append(pending, t)
		case r.from == "": // a token that is named and not listed is a mistake; one of a report may have gone since
			return fmt.Errorf("no token %s in application %s of organization %s; nothing was revoked", t.ID, r.application, r.settings.org)
		default:
			t.Result, t.Reason = gone, "it was no longer listed"
		}
	}
	switch {
	case r.dryRun && r.format == "human":
		return r.writeTo(r.plan)
	case r.dryRun:
		return r.receipt()
	case r.closed && r.output == "":
		return fmt.Errorf("cannot write the output: %w", errClosed) // before anything is deleted: nothing could take the receipt
	}
	if err := r.plan(r.Stderr); err != nil {
		return err // what cannot be shown is not done
	}
	if len(pending) > 0 && !r.yes {
		if err := r.confirm(name, len(pending)); err != nil {
			return err
		}
	}
	r.finish()
	r.revoke(ctx, pending)
	if ctx.Err() != nil {
		r.note("interrupted after %d of %s", countTargets(pending, deleted), countOf(len(pending), "deletion"))
		return errors.Join(ctx.Err(), r.receipt())
	}
	if listed, err = r.listed(ctx); err != nil {
		err = fmt.Errorf("the tokens cannot be listed again, so it is unknown which are gone: %w", err)
		return errors.Join(err, r.receipt())
	}
	for _, t := range pending {
		t.compare(listed[t.ID] != nil)
	}
	if err := r.receipt(); err != nil {
		return err
	}
	if remaining := len(r.targets) - countTargets(r.targets, revoked, gone); remaining > 0 {
		return finding{fmt.Sprintf("%d of %s not gone", remaining, countOf(len(r.targets), "token"))}
	}
	return nil
}

// countTargets returns how many have one of the results.
func countTargets(targets []*target, results ...string) (n int) {
	for _, t := range targets {
		if slices.Contains(results, t.Result) {
			n++
		}
	}
	return n
}

// validate says which flags and arguments do not go together.
func (r *revocation) validate(args []string) error {
	switch {
	case r.from == "" && len(r.rules) > 0, r.from == "" && r.severity.value != r.severity.of[0]:
		return errors.New("--rule and --severity select from the report of --from: give it, or leave them out")
	case r.from == "" && len(args) == 0:
		return errors.New("want TOKEN_ID, or --from with a report of psoauth audit --format json")
	case r.from != "" && len(args) > 1:
		return errors.New("--from already names the tokens: give APP_ID or no id")
	case slices.Contains(args, ""):
		return errors.New("an id is empty")
	}
	return nil
}

// choose reads the arguments and --from, and connects to the application that they are about.
func (r *revocation) choose(ctx context.Context, args []string) error {
	if err := r.validate(args); err != nil {
		return err
	}
	if r.from != "" {
		r.application = strings.Join(args, "")
		if err := r.fromReport(); err != nil {
			return err
		}
		return r.connect(false)
	}
	if err := r.connect(false); err != nil {
		return err
	}
	ids, err := r.splitApplication(ctx, args)
	for i, id := range ids {
		if !slices.Contains(ids[:i], id) {
			r.targets = append(r.targets, &target{ID: id, Why: "named"})
		}
	}
	if err == nil && len(ids) == 0 {
		err = errors.New("no token to revoke: give TOKEN_ID, or a report with --from")
	}
	return err
}

// splitApplication takes the id of the application, which may be left out where there is only one, from those of tokens.
func (r *revocation) splitApplication(ctx context.Context, args []string) (tokens []string, err error) {
	apps, err := r.applications(ctx)
	first := func(app *api.Application) bool { return app.ID == args[0] }
	switch {
	case err != nil && len(args) > 1, // the credential may not list them
		slices.ContainsFunc(apps, first):
		r.application = args[0]
		return args[1:], nil
	case r.settings.sandbox: // its first, as for the other commands
		return args, nil
	}
	return args, r.onlyApplication(apps, err)
}

// listed returns the application's tokens by their ids.
func (r *revocation) listed(ctx context.Context) (map[string]*api.Token, error) {
	listed := map[string]*api.Token{}
	for token, err := range r.tokens(ctx, r.application, allTokens, false) {
		if err != nil {
			return nil, r.withApplications(ctx, err)
		}
		listed[token.ID] = token
	}
	return listed, nil
}

// plan shows what is to be revoked.
func (r *revocation) plan(w io.Writer) error {
	remark := "to revoke in application " + r.application + " of organization " + r.settings.org
	return writeTable(r.program, &targetView, w, ready(r.targets), func() string { return r.printable(remark) })
}

// confirm asks for the application's name, if there is a terminal to ask on.
func (r *revocation) confirm(name string, n int) error {
	if !isTerminal(r.Stdin) || !isTerminal(r.Stderr) {
		return errors.New("nothing was revoked: there is no terminal to ask on; give --yes")
	}
	shown := r.printable(name)
	fmt.Fprintf(r.Stderr, "Type the name of the application, %s, to revoke %s: ", shown, countOf(n, "token"))
	line, err := bufio.NewReader(r.Stdin).ReadString('\n')
	if line = strings.TrimSpace(line); line == "" || line != strings.TrimSpace(name) && line != shown {
		if err != nil {
			fmt.Fprintln(r.Stderr)
		}
		return fmt.Errorf("nothing was revoked: the name does not match that of application %s", r.application)
	}
	return nil
}

// revoke deletes one token after the other until ctx ends, and says of each what became of it.
func (r *revocation) revoke(ctx context.Context, targets []*target) {
	for _, t := range targets {
		if ctx.Err() != nil {
			return
		}
		deletion, err := r.client.DeleteToken(ctx, r.settings.org, r.application, t.ID)
		switch {
		case ctx.Err() != nil && err != nil:
			t.Result, t.Reason = unsure, "interrupted while it was being deleted"
		case err != nil:
			t.Result, t.Reason = failed, err.Error()
		case deletion.Presumed:
			t.Result, t.Reason = deleted, "the first response was lost; a second request found no such token"
		default:
			t.Result = deleted
		}
		r.note("%s", list(": ", t.Result+" "+t.ID, t.Reason))
	}
}

// compare says by the list what became of a token.
func (t *target) compare(listed bool) {
	switch {
	case listed && t.Result == deleted:
		t.Result, t.Reason = stillListed, "it was deleted, but the list still has it"
	case !listed && t.Result == deleted:
		t.Result = revoked
	case !listed:
		t.Result, t.Reason = gone, "it is no longer listed, although deleting it failed: "+t.Reason
	}
}

// receipt writes what became of the targets.
func (r *revocation) receipt() error {
	for _, t := range r.targets {
		t.Result = cmp.Or(t.Result, notTried)
	}
	return r.writeTo(func(w io.Writer) error { return writeList(r.program, &targetView, w, ready(r.targets), nil) })
}

// maxReport bounds what is read of a report, in bytes.
const maxReport = 256 << 20

// An auditReport is what is read of the JSON form of an audit.
type auditReport struct {
	Organization string
	Findings     []struct {
		Rule               string
		Also               []string
		Severity           report.Severity
		Application, Token string // empty for null, too
		Accepted           any
	}
}

func readAuditReport(file io.Reader) (audit auditReport, err error) {
	if err := json.NewDecoder(io.LimitReader(file, maxReport)).Decode(&audit); err != nil || audit.Findings == nil {
		return audit, errors.New("want a report of psoauth audit --format json")
	}
	return audit, nil
}

// fromReport reads which tokens of an application have findings that --rule and --severity choose, and why. Where nothing
// names the organization or the application, the report does.
func (r *revocation) fromReport() error {
	audit, err := readFile("--from", r.from, readAuditReport)
	if err != nil {
		return err
	}
	switch org := &r.settings.org; {
	case *org == "":
		*org = audit.Organization
	case audit.Organization != "" && audit.Organization != *org:
		return fmt.Errorf("--from %s: it is a report on organization %s, but %s names %s: give --org %[2]s if you mean that",
			r.from, audit.Organization, r.settings.sources["org"], *org)
	}
	chosen := func(rule string) bool { return len(r.rules) == 0 || slices.Contains(r.rules, rule) }
	why := map[string][]string{}
	var applications []string
	for _, f := range audit.Findings {
		id, of, rules := f.Token, f.Application, append([]string{f.Rule}, f.Also...)
		if id == "" || f.Accepted != nil || f.Severity < r.severity.severity() || r.application != "" && r.application != of ||
			!slices.ContainsFunc(rules, chosen) {
			continue
		}
		if !slices.Contains(applications, of) {
			applications = append(applications, of)
		}
		if why[id] == nil {
			r.targets = append(r.targets, &target{ID: id})
		}
		for _, rule := range rules {
			if !slices.Contains(why[id], rule) {
				why[id] = append(why[id], rule)
			}
		}
	}
	switch len(applications) {
	case 0:
		return fmt.Errorf("--from %s: no token to revoke: no finding in it is on a token that APP_ID, --rule and --severity choose, and open", r.from)
	case 1:
		for _, t := range r.targets {
			t.Why = strings.Join(why[t.ID], ", ")
		}
		r.application = applications[0]
		return nil
	}
	return fmt.Errorf("--from %s: it has findings on several applications: give APP_ID, one of %s", r.from, strings.Join(applications, ", "))
}
