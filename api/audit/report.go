package audit

import (
	"iter"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/text"
)

// A Report is the outcome of an audit.
type Report struct {
	Application     string    // the application's id, fit to be shown
	ApplicationName string    // and its name
	At              time.Time // the time of the audit
	Tokens          int       // how many were judged
	Flagged         int       // how many of them have a finding that is not accepted

	// Findings are in the order of their severity, then of their rules, then of the list; findings of one rule on all
	// tokens together begin with the worst. Accepted ones stand where the others do.
	Findings []Finding

	// Unneeded are the acceptances that accepted nothing: their date is past, their token is gone, or nothing is found on
	// it any more.
	Unneeded []Acceptance
}

// Run audits the tokens of app. An error that tokens yields ends the audit and is returned: half a list is no audit.
func Run(app *api.Application, tokens iter.Seq2[*api.Token, error], options Options) (*Report, error) {
	a, err := New(app, options)
	if err != nil {
		return nil, err
	}
	r := &Report{
		Application:     text.Data(app.ID, nameBytes, a.secrets...),
		ApplicationName: text.Data(app.Name, nameBytes, a.secrets...),
		At:              options.Now,
	}
	found := map[string][]Finding{} // by rule: sorting what has so few keys would take longer
	add := func(findings []Finding) {
		for _, f := range findings {
			found[f.Rule] = append(found[f.Rule], f)
		}
	}
	for tok, err := range tokens {
		if err != nil {
			return nil, err
		}
		r.Tokens++
		add(a.Token(tok))
	}
	add(a.Finish())
	for _, severity := range []Severity{Error, Warning, Note} {
		for _, rule := range rules {
			if a.severity[rule.ID] == severity {
				r.Findings = append(r.Findings, found[rule.ID]...)
			}
		}
	}
	flagged := map[string]bool{}
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Token != "" && f.Accepted == nil {
			flagged[f.Token] = true
		}
	}
	r.Flagged = len(flagged)
	for _, known := range a.accept {
		if !known.used {
			r.Unneeded = append(r.Unneeded, known.Acceptance)
		}
	}
	return r, nil
}

// A Group is a rule, of the severity that its findings have, with all its findings.
type Group struct {
	Rule
	Findings []Finding // at least one
}

// Groups returns the rules that have findings, accepted ones included, in the order of the report.
func (r *Report) Groups() []Group {
	var groups []Group
	for start, end := 0, 0; start < len(r.Findings); start = end {
		first := r.Findings[start]
		for end = start; end < len(r.Findings) && r.Findings[end].Rule == first.Rule; {
			end++
		}
		rule, _ := RuleByID(first.Rule)
		rule.Severity = first.Severity
		groups = append(groups, Group{rule, r.Findings[start:end]})
	}
	return groups
}

// Open returns the group's findings that are not accepted.
func (g Group) Open() []Finding {
	var open []Finding
	for _, f := range g.Findings {
		if f.Accepted == nil {
			open = append(open, f)
		}
	}
	return open
}

// Count returns how many findings of the severity are not accepted.
func (r *Report) Count(severity Severity) int {
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Severity == severity && r.Findings[i].Accepted == nil {
			n++
		}
	}
	return n
}

// Accepted returns how many findings are accepted.
func (r *Report) Accepted() int {
	return len(r.Findings) - r.Count(Error) - r.Count(Warning) - r.Count(Note)
}

// Worst returns the highest severity among the findings that are not accepted, or Off if there are none.
func (r *Report) Worst() Severity {
	worst := Off
	for i := range r.Findings {
		if r.Findings[i].Accepted == nil {
			worst = max(worst, r.Findings[i].Severity)
		}
	}
	return worst
}
