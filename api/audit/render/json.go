package render

import (
	"io"
	"iter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/psoauth/psoauth/api/audit"
)

type (
	jsonReport struct {
		Application jsonApplication  `json:"application"`
		At          string           `json:"at"`
		Findings    jsonFindings     `json:"findings"`
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
		Findings:    jsonFindings{r},
		Summary: jsonSummary{
			r.Tokens, r.Flagged, r.Count(audit.Error), r.Count(audit.Warning), r.Count(audit.Note), r.Accepted(),
		},
	}
	for _, g := range r.Groups {
		report.Rules = append(report.Rules, jsonRule{g.ID, g.Severity, g.Title, g.Why, g.Remedy, g.Count()})
	}
	for i := range r.Unneeded {
		report.Unneeded = append(report.Unneeded, *accepted(&r.Unneeded[i]))
	}
	return writeJSON(w, report)
}

func writeJSON(w io.Writer, v any) error {
	if err := json.MarshalWrite(w, v, jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// jsonFindings is the array of a report's findings. It makes them one by one, because there may be very many.
type jsonFindings struct{ report *audit.Report }

// MarshalJSONTo writes the array.
func (j jsonFindings) MarshalJSONTo(out *jsontext.Encoder) error {
	return writeArray(out, func(yield func(any) bool) {
		for f := range j.report.Findings() {
			if !yield(jsonFinding{
				f.Severity, f.Rule, orNull(f.Token), orNull(f.Name), orNull(f.Actor), orNull(f.ActorName), f.Message,
				accepted(f.Accepted),
			}) {
				return
			}
		}
	})
}

func writeArray(out *jsontext.Encoder, items iter.Seq[any]) error {
	if err := out.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for item := range items {
		if err := json.MarshalEncode(out, item); err != nil {
			return err
		}
	}
	return out.WriteToken(jsontext.EndArray)
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
