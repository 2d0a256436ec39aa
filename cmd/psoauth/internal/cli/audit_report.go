package cli

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/auditpage"
	"github.com/psoauth/psoauth/internal/report"
)

const worstTokens = 10 // that a report lists before its findings

// auditDocument returns the report of an audit of an organization in words, without the verdict. The options are those of
// commands that act on findings.
func auditDocument(r *audit.Report, organization string, failOn report.Severity, options string) *report.Document {
	flagged := r.Flagged()
	several := len(r.Applications) != 1
	errors, warnings, notes := r.Count(audit.Error), r.Count(audit.Warning), r.Count(audit.Note)
	d := &report.Document{
		Kind: "audit", Title: "Token audit of " + countOf(len(r.Applications), "application"), FailOn: failOn,
		Summary: fmt.Sprintf("%s on %s: %s with findings; %s", countOf(r.Tokens(), "token"), r.At.UTC().Format(time.DateOnly),
			report.Number(len(flagged)), report.Plural(errors, warnings, notes)),
		Columns: []string{"Token", "Name", "Actor"},
		Fields:  []string{"application", "token", "name", "actor", "actor_name"},
		Figures: figures(errors, warnings, notes, r.Accepted(), report.Figure{Name: "Tokens", Count: r.Tokens()},
			report.Figure{Name: "Tokens with findings", Count: len(flagged)}),
		Footer: "Written by psoauth. Self-contained page. Names are set by token owners.",
		Rules:  each(audit.Rules(), auditRule),
		JSON:   auditJSON(r, flagged, organization, options),
	}
	if several {
		d.Columns = append([]string{"Application"}, d.Columns...)
	} else if app := r.Applications[0]; app.Name != "" {
		d.Title = "Token audit of " + app.Name + " (" + app.ID + ")"
	} else {
		d.Title = "Token audit of " + app.ID
	}
	if n := r.Accepted(); n > 0 {
		d.Summary += fmt.Sprintf("; %s accepted", report.Number(n))
	}
	names := map[string]string{}
	for _, app := range r.Applications {
		names[app.ID] = cmp.Or(app.Name, app.ID)
		d.Parts = append(d.Parts, report.Part{Name: app.ID, Err: app.Err})
	}
	for _, g := range r.Groups {
		group := report.Group{Rule: auditRule(g.Rule)}
		for _, f := range g.Findings {
			shown := auditFinding(f)
			shown.Command = command(f.Subject, options)
			if several {
				shown.Cells = append([]string{names[f.Application]}, shown.Cells...)
			}
			group.Findings = append(group.Findings, shown)
		}
		d.Groups = append(d.Groups, group)
	}
	d.First = auditSections(r, flagged, names, several)
	if len(r.Unneeded) > 0 {
		d.Last = []report.Section{{
			Title: "Acceptances of the policy that accept nothing", Columns: []string{"Token", "Rule", "Until"},
			Rows: each(r.Unneeded, func(a audit.Acceptance) []string { return []string{a.Token, a.Rule, a.Until} }),
		}}
	}
	auditpage.Add(d, r)
	return d
}

func auditRule(rule audit.Rule) report.Rule {
	return report.Rule{
		ID: rule.ID, Severity: rule.Severity, Title: rule.Title, Why: rule.Why, Remedy: rule.Remedy,
		URL: repository + "main/docs/audit.md#rules",
	}
}

func auditFinding(f audit.Finding) report.Finding {
	place := f.Application + "/" + f.Token
	if f.Token == "" {
		place = f.Application + "/actor/" + f.Actor
	}
	uri := url.URL{Path: "oauth-applications/" + f.Application + "/tokens/" + f.Token}
	return report.Finding{
		Key: place, Part: f.Application, Where: list(" ", place, f.Name), URI: strings.TrimSuffix(uri.String(), "/"),
		Cells:   []string{f.Token, f.Name, holderOf(f.Subject)},
		Fields:  []string{f.Application, f.Token, f.Name, f.Actor, f.ActorName},
		Message: f.Message, Accepted: f.Accepted,
	}
}

func holderOf(s audit.Subject) string { return cmp.Or(s.ActorName, s.Actor, "unknown") }

// plainID is an id that a shell takes as it is.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// command returns the command that acts on a finding: for a token that which revokes it, and for an actor that which lists
// the tokens. It is there to be copied, so an id that a shell might take for something else is left to the reader.
func command(s audit.Subject, options string) string {
	plain := func(id, otherwise string) string {
		if plainID.MatchString(id) {
			return id
		}
		return otherwise
	}
	application := plain(s.Application, "APP_ID")
	if s.Token != "" {
		return "psoauth token revoke" + options + " " + application + " " + plain(s.Token, "TOKEN_ID")
	}
	return list(" --actor ", "psoauth token list"+options+" "+application, plain(s.Actor, ""))
}

// auditSections returns what a report says before its findings.
func auditSections(r *audit.Report, flagged []audit.Tally, names map[string]string, several bool) (all []report.Section) {
	unread := report.Section{
		Title: "Not read", Columns: []string{"Application", "Name", "Why"}, Note: "This report says nothing about their tokens.",
	}
	index := report.Section{Title: "Applications", Columns: []string{"Application", "Name", "Tokens", "Actors", "Findings"}}
	open := map[string][report.Error + 1]int{} // in each application
	for f := range r.Findings() {
		if n := open[f.Application]; f.Accepted == nil {
			n[f.Severity]++
			open[f.Application] = n
		}
	}
	for _, app := range r.Applications {
		if app.Err != "" {
			unread.Rows = append(unread.Rows, []string{app.ID, app.Name, app.Err})
			continue
		}
		actors := map[string]bool{}
		for _, tok := range app.Tokens {
			actors[tok.Actor] = true
		}
		index.Rows = append(index.Rows, []string{
			app.ID, app.Name, report.Number(len(app.Tokens)), report.Number(len(actors)),
			tally(open[app.ID]),
		})
	}
	if len(unread.Rows) > 0 {
		all = append(all, unread)
	}
	if r.Changes != nil {
		all = append(all, changesSection(r.Changes, names))
	}
	worst := report.Section{Title: "Worst tokens", Columns: []string{"Token", "Name", "Actor", "Findings"}}
	if several {
		worst.Columns = append(worst.Columns, "Application")
	}
	worst.Rows = each(flagged[:min(len(flagged), worstTokens)], func(t audit.Tally) []string {
		row := []string{t.Token, t.Name, holderOf(t.Subject), tally(t.Open), names[t.Application]}
		return row[:len(worst.Columns)]
	})
	if len(flagged) > 0 {
		all = append(all, worst)
	}
	if several {
		all = append(all, index, auditpage.Holders(r))
	}
	return all
}

// tally says how many there are of each severity, without those of which there are none.
func tally(open [report.Error + 1]int) string {
	var all []string
	for severity := report.Error; severity > report.Off; severity-- {
		if n := open[severity]; n > 0 {
			all = append(all, countOf(n, severity.String()))
		}
	}
	return cmp.Or(strings.Join(all, ", "), "none")
}

// changesSection lists what is new and what is gone since the baseline.
func changesSection(c *audit.Changes, names map[string]string) report.Section {
	s := report.Section{Title: "Since the baseline", Columns: []string{"What", "Application", "Token", "Name"}}
	for _, change := range []struct {
		what     string
		subjects []audit.Subject
	}{
		{"new application", c.NewApplications}, {"gone application", c.GoneApplications}, {"new token", c.NewTokens},
		{"wider token", c.WidenedTokens}, {"gone token", c.GoneTokens},
	} {
		for _, subject := range change.subjects {
			application := cmp.Or(names[subject.Application], subject.Application)
			s.Rows = append(s.Rows, []string{change.what, application, subject.Token, subject.Name})
		}
	}
	if len(s.Rows) == 0 {
		s.Note = "Nothing has changed."
	}
	return s
}

// auditJSON is the JSON form of an audit. Members without a value are null.
func auditJSON(r *audit.Report, flagged []audit.Tally, organization, options string) report.Object {
	apps := each(r.Applications, func(app audit.Application) report.Object {
		return report.Object{"id", app.ID, "name", app.Name, "tokens", len(app.Tokens), "error", orNull(app.Err)}
	})
	var application, changes any
	if len(apps) == 1 {
		application = apps[0]
	}
	findings := []report.Object{}
	for _, g := range r.Groups {
		for _, f := range g.Findings {
			do := command(f.Subject, options)
			finding := append(report.Object{"severity", f.Severity, "rule", f.Rule, "also", f.Also}, jsonOf(f.Subject)...)
			findings = append(findings, append(finding, "message", f.Message,
				"remedy", strings.TrimSuffix(g.Remedy, ".")+". Run: "+do, "command", do, "accepted", jsonAccepted(f.Accepted)))
		}
	}
	if c := r.Changes; c != nil {
		changes = report.Object{
			"new_applications", each(c.NewApplications, jsonOf), "gone_applications", each(c.GoneApplications, jsonOf),
			"new_tokens", each(c.NewTokens, jsonOf), "widened_tokens", each(c.WidenedTokens, jsonOf), "gone_tokens", each(c.GoneTokens, jsonOf),
		}
	}
	return report.Object{
		"organization", organization, "application", application, // null if several were audited
		"applications", apps, "at", r.At.UTC().Format(time.RFC3339), "findings", findings,
		"rules", each(r.Groups, func(g audit.Group) report.Object {
			return report.Object{
				"id", g.ID, "severity", g.Severity, "title", g.Title, "why", g.Why, "remedy", g.Remedy, "findings", g.Count(),
			}
		}),
		"worst_tokens", each(flagged[:min(len(flagged), worstTokens)], func(t audit.Tally) report.Object {
			return append(jsonOf(t.Subject), "errors", t.Open[audit.Error], "warnings", t.Open[audit.Warning], "notes", t.Open[audit.Note])
		}),
		"changes", changes, // null without a baseline
		"summary", report.Object{
			"tokens", r.Tokens(), "flagged", len(flagged), "errors", r.Count(audit.Error), "warnings", r.Count(audit.Warning),
			"notes", r.Count(audit.Note), "accepted", r.Accepted(),
		},
		"unneeded_acceptances", each(r.Unneeded, func(a audit.Acceptance) any { return jsonAccepted(&a) }),
	}
}

func jsonOf(s audit.Subject) report.Object {
	return report.Object{
		"application", s.Application, "token", orNull(s.Token), "name", orNull(s.Name), "actor", orNull(s.Actor),
		"actor_name", orNull(s.ActorName),
	}
}

func jsonAccepted(a *audit.Acceptance) any {
	if a == nil {
		return nil
	}
	return report.Object{"token", orNull(a.Token), "rule", orNull(a.Rule), "until", orNull(a.Until), "reason", orNull(a.Reason)}
}
