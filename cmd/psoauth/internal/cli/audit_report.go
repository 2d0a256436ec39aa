package cli

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/auditpage"
	"github.com/psoauth/psoauth/internal/report"
)

const (
	worstTokens = 10 // that a report lists before its findings
	mostHolders = 15 // actors of applications that a report lists
)

// failures returns how many findings are as bad as a severity.
func failures(r *audit.Report, failOn report.Severity) (n int) {
	for severity := failOn; severity <= report.Error; severity++ {
		n += r.Count(severity)
	}
	return n
}

// auditDocument returns the report of an audit of an organization, and the verdict on it, in words. The options are those
// of commands that act on findings.
func auditDocument(r *audit.Report, organization string, failOn report.Severity, verdict error, options string) *report.Document {
	flagged := r.Flagged()
	several := len(r.Applications) != 1
	d := &report.Document{
		Kind: "audit", Title: "Token audit of " + countOf(len(r.Applications), "application"), FailOn: failOn,
		Verdict: outcome(verdict),
		Columns: []string{"Token", "Name", "Actor"},
		Fields:  []string{"application", "token", "name", "actor", "actor_name"},
		Figures: []report.Figure{
			{Name: "Tokens", Count: r.Tokens()},
			{Name: "Tokens with findings", Count: len(flagged)},
			{Name: "Errors", Count: r.Count(audit.Error), Severity: audit.Error},
			{Name: "Warnings", Count: r.Count(audit.Warning), Severity: audit.Warning},
			{Name: "Notes", Count: r.Count(audit.Note), Severity: audit.Note},
		},
		Footer: "Written by psoauth. Self-contained page. Names are set by token owners.",
	}
	if !several {
		app := r.Applications[0]
		d.Title = "Token audit of " + cmp.Or(app.Name, app.ID)
		if app.Name != "" {
			d.Title += " (" + app.ID + ")"
		}
	} else {
		d.Columns = append([]string{"Application"}, d.Columns...)
	}
	d.Summary = fmt.Sprintf("%s on %s: %s with findings; %s", countOf(r.Tokens(), "token"), r.At.UTC().Format(time.DateOnly),
		report.Number(len(flagged)), report.Plural(r.Count(audit.Error), r.Count(audit.Warning), r.Count(audit.Note)))
	if n := r.Accepted(); n > 0 {
		d.Summary += fmt.Sprintf("; %s accepted", report.Number(n))
		d.Figures = append(d.Figures, report.Figure{Name: "Accepted", Count: n})
	}
	for _, rule := range audit.Rules() {
		d.Rules = append(d.Rules, auditRule(rule))
	}
	names := map[string]string{}
	for _, app := range r.Applications {
		names[app.ID] = cmp.Or(app.Name, app.ID)
		d.Parts = append(d.Parts, report.Part{Name: app.ID, Err: app.Err})
	}
	for _, g := range r.Groups {
		group := report.Group{Rule: auditRule(g.Rule)}
		for _, f := range g.Findings {
			group.Findings = append(group.Findings, auditFinding(f, names, several, options))
		}
		d.Groups = append(d.Groups, group)
	}
	d.JSON = auditJSON(r, organization, options)
	d.First = auditSections(r, flagged, names, several)
	if len(r.Unneeded) > 0 {
		s := report.Section{Title: "Acceptances of the policy that accept nothing", Columns: []string{"Token", "Rule", "Until"}}
		for _, a := range r.Unneeded {
			s.Rows = append(s.Rows, []string{a.Token, a.Rule, a.Until})
		}
		d.Last = append(d.Last, s)
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

func auditFinding(f audit.Finding, names map[string]string, several bool, options string) report.Finding {
	token, place := f.Token, f.Application+"/"+f.Token
	if f.Token == "" {
		place = f.Application + "/actor/" + f.Actor
	}
	shown := report.Finding{
		Key: place, Part: f.Application, Where: list(" ", place, f.Name),
		Cells:   []string{token, f.Name, cmp.Or(f.ActorName, f.Actor, "unknown")},
		Fields:  []string{f.Application, f.Token, f.Name, f.Actor, f.ActorName},
		Message: f.Message, Accepted: f.Accepted, Command: command(f.Subject, options),
	}
	uri := url.URL{Path: "oauth-applications/" + f.Application + "/tokens/" + f.Token}
	shown.URI = strings.TrimSuffix(uri.String(), "/")
	if several {
		shown.Cells = append([]string{names[f.Application]}, shown.Cells...)
	}
	return shown
}

// plainID is an id that a shell takes as it is.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// command returns the command that acts on a finding: for a token that which revokes it, and for an actor that which lists
// the tokens. It is there to be copied, so an id that a shell might take for something else is left to the reader.
func command(s audit.Subject, options string) string {
	application, subject, do := s.Application, s.Token, "psoauth token revoke"+options+" "
	if !plainID.MatchString(application) {
		application = "APP_ID"
	}
	if subject == "" {
		do, subject = "psoauth token list"+options+" ", s.Actor
		if !plainID.MatchString(subject) {
			return do + application
		}
		return do + application + " --actor " + subject
	}
	if !plainID.MatchString(subject) {
		subject = "TOKEN_ID"
	}
	return do + application + " " + subject
}

// auditSections returns what a report says before its findings.
func auditSections(r *audit.Report, flagged []audit.Tally, names map[string]string, several bool) (all []report.Section) {
	unread := report.Section{Title: "Not read", Columns: []string{"Application", "Name", "Why"}}
	index := report.Section{Title: "Applications", Columns: []string{"Application", "Name", "Tokens", "Actors", "Findings"}}
	tallies := map[string][3]int{}
	for f := range r.Findings() {
		if f.Accepted == nil {
			n := tallies[f.Application]
			n[report.Error-f.Severity]++
			tallies[f.Application] = n
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
		n := tallies[app.ID]
		index.Rows = append(index.Rows, []string{
			app.ID, app.Name, report.Number(len(app.Tokens)), report.Number(len(actors)), tally(n[0], n[1], n[2]),
		})
	}
	if len(unread.Rows) > 0 {
		unread.Note = "This report says nothing about their tokens."
		all = append(all, unread)
	}
	if c := r.Changes; c != nil {
		all = append(all, changesSection(c, names))
	}
	if len(flagged) > 0 {
		worst := report.Section{Title: "Worst tokens", Columns: []string{"Token", "Name", "Actor", "Findings"}}
		for _, t := range flagged[:min(len(flagged), worstTokens)] {
			worst.Rows = append(worst.Rows, []string{t.Token, t.Name, cmp.Or(t.ActorName, t.Actor, "unknown"), tally(t.Errors, t.Warnings, t.Notes)})
		}
		if several {
			worst.Columns = append(worst.Columns, "Application")
			for i := range worst.Rows {
				worst.Rows[i] = append(worst.Rows[i], names[flagged[i].Application])
			}
		}
		all = append(all, worst)
	}
	if several {
		all = append(all, index, holders(r, names))
	}
	return all
}

// tally says how many there are of each severity, without those of which there are none.
func tally(errors, warnings, notes int) string {
	var all []string
	for i, n := range []int{errors, warnings, notes} {
		if n > 0 {
			all = append(all, countOf(n, []string{"error", "warning", "note"}[i]))
		}
	}
	return cmp.Or(strings.Join(all, ", "), "none")
}

// holders says which actors hold tokens of which applications, and with what reach, the widest first.
func holders(r *audit.Report, names map[string]string) report.Section {
	type holder struct {
		application, actor string
		tokens             int
		reach              audit.Reach
	}
	index := map[string]*holder{}
	var all []*holder
	for _, app := range r.Applications {
		for _, tok := range app.Tokens {
			key := app.ID + "\x00" + tok.Actor
			if index[key] == nil {
				index[key] = &holder{application: names[app.ID], actor: cmp.Or(tok.ActorName, tok.Actor, "unknown")}
				all = append(all, index[key])
			}
			index[key].tokens++
			index[key].reach |= tok.Reach
		}
	}
	slices.SortStableFunc(all, func(a, b *holder) int {
		return cmp.Or(risk(b.reach)-risk(a.reach), cmp.Compare(b.tokens, a.tokens))
	})
	s := report.Section{Title: "Who reaches what", Columns: []string{"Application", "Actor", "Tokens", "Reach"}}
	for _, h := range all[:min(len(all), mostHolders)] {
		s.Rows = append(s.Rows, []string{h.application, h.actor, report.Number(h.tokens), strings.Join(h.reach.Names(), ", ")})
	}
	if more := len(all) - len(s.Rows); more > 0 {
		s.Note = fmt.Sprintf("And %s more with less reach or fewer tokens, which the HTML form has.", report.Number(more))
	}
	return s
}

// risk ranks a reach by how many kinds of damage it allows.
func risk(reach audit.Reach) (n int) {
	for _, name := range []string{"administer", "delete", "production", "organization"} {
		if reach.Has(name) {
			n++
		}
	}
	return n
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
			s.Rows = append(s.Rows, []string{change.what, cmp.Or(names[subject.Application], subject.Application), subject.Token, subject.Name})
		}
	}
	if len(s.Rows) == 0 {
		s.Note = "Nothing has changed."
	}
	return s
}
