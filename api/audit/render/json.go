package render

import (
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/psoauth/psoauth/api/audit"
)

type (
	jsonReport struct {
		Application jsonApplication  `json:"application"`
		At          string           `json:"at"`
		Findings    []jsonFinding    `json:"findings"`
		Rules       []jsonRule       `json:"rules"`
		Summary     jsonSummary      `json:"summary"`
		Unneeded    []jsonAcceptance `json:"unneeded_acceptances"`
	}
	jsonApplication struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	jsonFinding struct {
		Severity  audit.Severity  `json:"severity"`
		Rule      string          `json:"rule"`
		Token     *string         `json:"token"`
		Name      *string         `json:"name"`
		Actor     *string         `json:"actor"`
		ActorName *string         `json:"actor_name"`
		Message   string          `json:"message"`
		Accepted  *jsonAcceptance `json:"accepted"`
	}
	jsonRule struct {
		ID       string         `json:"id"`
		Severity audit.Severity `json:"severity"`
		Title    string         `json:"title"`
		Why      string         `json:"why"`
		Remedy   string         `json:"remedy"`
		Findings int            `json:"findings"`
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
		Token  string  `json:"token"`
		Rule   *string `json:"rule"`
		Until  string  `json:"until"`
		Reason *string `json:"reason"`
	}
)

// JSON writes one document: the findings, the rules that have some, accepted ones included, and a summary. Members
// without a value are null.
func JSON(w io.Writer, r *audit.Report) error {
	report := jsonReport{
		Application: jsonApplication{r.Application, r.ApplicationName},
		At:          r.At.UTC().Format(time.RFC3339),
		Summary: jsonSummary{
			r.Tokens, r.Flagged, r.Count(audit.Error), r.Count(audit.Warning), r.Count(audit.Note), r.Accepted(),
		},
	}
	for _, group := range r.Groups() {
		report.Rules = append(report.Rules, jsonRule{group.ID, group.Severity, group.Title, group.Why, group.Remedy, len(group.Findings)})
	}
	for _, f := range r.Findings {
		report.Findings = append(report.Findings, jsonFinding{
			f.Severity, f.Rule, orNull(f.Token), orNull(f.Name), orNull(f.Actor), orNull(f.ActorName), f.Message, accepted(f.Accepted),
		})
	}
	for i := range r.Unneeded {
		report.Unneeded = append(report.Unneeded, *accepted(&r.Unneeded[i]))
	}
	if err := json.MarshalWrite(w, report, jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func accepted(a *audit.Acceptance) *jsonAcceptance {
	if a == nil {
		return nil
	}
	return &jsonAcceptance{a.Token, orNull(a.Rule), a.LastDay(), orNull(a.Reason)}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
