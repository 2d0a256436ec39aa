package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/psoauth/psoauth/api/audit"
)

// The JSON form of an audit. Members without a value are null.
type (
	jsonAudit struct {
		Organization string            `json:"organization"`
		Application  *jsonApplication  `json:"application"` // null if several were audited
		Applications []jsonApplication `json:"applications"`
		At           string            `json:"at"`
		Findings     []jsonFinding     `json:"findings"`
		Rules        []jsonRule        `json:"rules"`
		WorstTokens  []jsonTally       `json:"worst_tokens"`
		Changes      *jsonChanges      `json:"changes"` // null without a baseline
		Summary      jsonSummary       `json:"summary"`
		Unneeded     []jsonAcceptance  `json:"unneeded_acceptances"`
	}
	jsonApplication struct {
		ID     string  `json:"id"`
		Name   string  `json:"name"`
		Tokens int     `json:"tokens"`
		Error  *string `json:"error"`
	}
	jsonSubject struct {
		Application string  `json:"application"`
		Token       *string `json:"token"`
		Name        *string `json:"name"`
		Actor       *string `json:"actor"`
		ActorName   *string `json:"actor_name"`
	}
	jsonFinding struct {
		Severity audit.Severity `json:"severity"`
		Rule     string         `json:"rule"`
		Also     []string       `json:"also"` // other rules that found it
		jsonSubject
		Message  string          `json:"message"`
		Remedy   string          `json:"remedy"`
		Command  string          `json:"command"`
		Accepted *jsonAcceptance `json:"accepted"`
	}
	jsonRule struct {
		ID       string         `json:"id"`
		Severity audit.Severity `json:"severity"`
		Title    string         `json:"title"`
		Why      string         `json:"why"`
		Remedy   string         `json:"remedy"`
		Findings int            `json:"findings"`
	}
	jsonTally struct {
		jsonSubject
		Errors   int `json:"errors"`
		Warnings int `json:"warnings"`
		Notes    int `json:"notes"`
	}
	jsonChanges struct {
		NewApplications  []jsonSubject `json:"new_applications"`
		GoneApplications []jsonSubject `json:"gone_applications"`
		NewTokens        []jsonSubject `json:"new_tokens"`
		WidenedTokens    []jsonSubject `json:"widened_tokens"`
		GoneTokens       []jsonSubject `json:"gone_tokens"`
	}
	jsonSummary struct {
		Tokens   int `json:"tokens"`
		Flagged  int `json:"flagged"`
		Errors   int `json:"errors"`
		Warnings int `json:"warnings"`
		Notes    int `json:"notes"`
		Accepted int `json:"accepted"`
	}
	jsonAcceptance struct {
		Token  *string `json:"token"`
		Rule   *string `json:"rule"`
		Until  *string `json:"until"`
		Reason *string `json:"reason"`
	}
)

func auditJSON(r *audit.Report, organization, options string) jsonAudit {
	flagged := r.Flagged()
	j := jsonAudit{
		Organization: organization,
		Applications: []jsonApplication{}, Findings: []jsonFinding{}, Rules: []jsonRule{}, WorstTokens: []jsonTally{}, Unneeded: []jsonAcceptance{},
		At: r.At.UTC().Format(time.RFC3339),
		Summary: jsonSummary{
			r.Tokens(), len(flagged), r.Count(audit.Error), r.Count(audit.Warning), r.Count(audit.Note), r.Accepted(),
		},
	}
	for _, app := range r.Applications {
		j.Applications = append(j.Applications, jsonApplication{app.ID, app.Name, len(app.Tokens), orNull(app.Err)})
	}
	if len(j.Applications) == 1 {
		j.Application = &j.Applications[0]
	}
	for _, g := range r.Groups {
		j.Rules = append(j.Rules, jsonRule{g.ID, g.Severity, g.Title, g.Why, g.Remedy, g.Count()})
		for _, f := range g.Findings {
			do := command(f.Subject, options)
			j.Findings = append(j.Findings, jsonFinding{
				f.Severity, f.Rule, slices.Concat([]string{}, f.Also), jsonOf(f.Subject), f.Message, strings.TrimSuffix(g.Remedy, ".") + ". Run: " + do, do, jsonAccepted(f.Accepted),
			})
		}
	}
	for _, t := range flagged[:min(len(flagged), worstTokens)] {
		j.WorstTokens = append(j.WorstTokens, jsonTally{jsonOf(t.Subject), t.Errors, t.Warnings, t.Notes})
	}
	if c := r.Changes; c != nil {
		j.Changes = &jsonChanges{
			subjects(c.NewApplications), subjects(c.GoneApplications), subjects(c.NewTokens), subjects(c.WidenedTokens), subjects(c.GoneTokens),
		}
	}
	for i := range r.Unneeded {
		j.Unneeded = append(j.Unneeded, *jsonAccepted(&r.Unneeded[i]))
	}
	return j
}

func jsonOf(s audit.Subject) jsonSubject {
	return jsonSubject{s.Application, orNull(s.Token), orNull(s.Name), orNull(s.Actor), orNull(s.ActorName)}
}

func subjects(all []audit.Subject) []jsonSubject {
	j := []jsonSubject{}
	for _, s := range all {
		j = append(j, jsonOf(s))
	}
	return j
}

func jsonAccepted(a *audit.Acceptance) *jsonAcceptance {
	if a == nil {
		return nil
	}
	return &jsonAcceptance{orNull(a.Token), orNull(a.Rule), orNull(a.Until), orNull(a.Reason)}
}
