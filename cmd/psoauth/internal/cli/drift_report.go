package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi/drift"
)

// driftClasses are the classes of differences as reports show them, in order.
var driftClasses = []struct {
	drift.Class
	severity report.Severity
	always   bool // whether the summary counts it even where there is none
}{
	{drift.Breaking, report.Error, true}, {drift.Differs, report.Warning, false}, {drift.New, report.Warning, true},
	{drift.Relaxed, report.Note, true}, {drift.Wording, report.Note, false},
}

// driftShow says what a report shows beside what it always does.
type driftShow struct {
	wording  bool // findings of that class
	examples bool // of breaking findings
}

// of returns the findings that are shown.
func (s driftShow) of(r *drift.Report) []drift.Finding {
	shown := []drift.Finding{}
	for _, f := range r.Findings {
		if f.Class == drift.Wording && !s.wording {
			continue
		}
		if !s.examples {
			f.Example = nil
		}
		shown = append(shown, f)
	}
	return shown
}

// driftDocument returns the report of a comparison in words. What the documents say is fit to be shown in it: names are
// their choice.
func driftDocument(r *drift.Report, show driftShow) (*report.Document, error) {
	d := &report.Document{
		Kind: "drift", Title: "Contract diff: " + clean(r.Before) + " → " + clean(r.After), FailOn: report.Error, Verdict: "Passed: nothing breaks.",
		Columns: []string{"Operation"},
		Fields:  []string{"operation", "in", "pointers", "before", "after"},
		Footer:  "Written by psoauth. Self-contained page.",
	}
	byHand := ""
	if n := r.Count(drift.Differs); n > 0 {
		byHand = "look at " + countOf(n, "difference") + " by hand"
	}
	switch {
	case r.Breaking():
		d.Verdict = "Failed: " + list("; ", countOf(r.Count(drift.Breaking), "breaking finding"), byHand) + "."
	case byHand != "":
		d.Verdict = "Passed: nothing is known to break; " + byHand + "."
	}
	counts := map[string]int{}
	var summary []string
	for _, class := range driftClasses {
		n := r.Count(class.Class)
		counts[class.String()] = n
		if n > 0 || class.always {
			summary = append(summary, fmt.Sprintf("%d %s", n, class.Class))
			d.Figures = append(d.Figures, report.Figure{Name: strings.ToUpper(class.String()[:1]) + class.String()[1:], Count: n, Severity: class.severity})
		}
	}
	if r.Accepted > 0 {
		counts["accepted"] = r.Accepted
		summary = append(summary, fmt.Sprintf("%d accepted", r.Accepted))
	}
	d.Summary = strings.Join(summary, ", ")
	shown := show.of(r)
	var err error
	if d.JSON, err = driftJSON(r, shown, counts); err != nil {
		return nil, err
	}
	groups := map[drift.Finding]int{} // by what findings have in common
	for _, f := range shown {
		common := drift.Finding{Class: f.Class, Rule: f.Rule, In: f.In, Before: f.Before, After: f.After, Message: f.Message}
		i, known := groups[common]
		if !known {
			i = len(d.Groups)
			groups[common] = i
			d.Groups = append(d.Groups, report.Group{Rule: driftRule(f)})
		}
		d.Groups[i].Findings = addDifference(d.Groups[i].Findings, f)
	}
	return d, nil
}

func driftRule(f drift.Finding) report.Rule {
	rule := report.Rule{
		ID: f.Rule, Label: f.Class.String(), Title: fmt.Sprintf("%s: %s → %s", f.Rule, clean(f.Before), clean(f.After)), Why: clean(f.Message),
		URL: repository + "main/docs/drift.md#" + f.Rule,
	}
	for _, class := range driftClasses {
		if class.Class == f.Class {
			rule.Severity = class.severity
		}
	}
	return rule
}

// addDifference adds a place to the finding on its operation, or a finding.
func addDifference(all []report.Finding, f drift.Finding) []report.Finding {
	place, status := clean(f.Pointer), ""
	if place == "" && f.In == drift.InBody {
		place = "(body)"
	}
	if f.Status != "200" {
		status = f.Status
	}
	in := f.In
	if in != drift.InHeader && in != drift.InRequest {
		in = ""
	}
	where := list(" ", clean(f.Operation), status, in)
	for i := range all {
		if same := &all[i]; same.Cells[0] == where && f.Example == nil && same.Example == "" {
			same.Count++
			same.Message = list(" ", same.Message, place)
			same.Fields[2] = same.Message
			return all
		}
	}
	return append(all, report.Finding{
		Key: f.Operation + "\x00" + f.Status + "\x00" + f.Pointer, Part: clean(f.Operation), Count: 1, Message: place,
		Where: where + ": " + clean(f.Before) + " → " + clean(f.After), Cells: []string{where}, Fields: []string{clean(f.Operation), f.In, place, clean(f.Before), clean(f.After)},
		Example: exampleText(f.Example),
	})
}

// clean makes a document's text fit to be shown.
func clean(s string) string { return text.Printable(text.Redact(s)) }

// exampleText shows what breaks: a request, or a response with its body.
func exampleText(e *drift.Example) string {
	switch {
	case e == nil:
		return ""
	case e.Request != "":
		return "example: " + clean(e.Request)
	}
	said := fmt.Sprintf("example: status %d", e.Status)
	if e.ContentType != "" {
		said += ", " + e.ContentType
	} else {
		said += ", no body"
	}
	if len(e.Headers) > 0 {
		if headers, err := json.Marshal(e.Headers); err == nil {
			said += ", headers " + string(headers)
		}
	}
	if e.ContentType != "" {
		if body, err := json.MarshalIndent(e.Body, "", "  "); err == nil { // a value of package encoding/json
			said += "\n" + string(body)
		}
	}
	lines := strings.Split(text.Redact(said), "\n")
	for i, line := range lines {
		lines[i] = text.Printable(line)
	}
	return strings.Join(lines, "\n")
}

func driftJSON(r *drift.Report, shown []drift.Finding, counts map[string]int) (json.RawMessage, error) {
	var b strings.Builder
	err := report.WriteJSON(&b, struct {
		Before   string          `json:"before"`
		After    string          `json:"after"`
		Findings []drift.Finding `json:"findings"`
		Summary  map[string]int  `json:"summary"`
	}{r.Before, r.After, shown, counts})
	return json.RawMessage(text.Redact(b.String())), err
}
