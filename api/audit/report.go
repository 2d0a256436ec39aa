package audit

import (
	"iter"
	"time"

	"github.com/psoauth/psoauth/api"
)

// A Report is the outcome of an audit.
type Report struct {
	Application     string    // the application's id, fit to be shown
	ApplicationName string    // and its name
	At              time.Time // the time of the audit
	Tokens          int       // how many were judged
	Flagged         int       // how many of them have a finding that is not accepted

	// Groups are the rules that found something, the worst severity first and then in the order of [Rules].
	Groups []Group

	// Unneeded are the acceptances that accepted nothing: their date is past, their token is gone, or nothing is found on
	// it any more.
	Unneeded []Acceptance
}

// A Group is a rule, of the severity that the options gave it, with what it found.
type Group struct {
	Rule
	Findings []Finding // in the order of the list, or for a rule on all tokens together the worst first
	More     int       // further findings, which are counted only
}

// MaxFindings is how many findings of a rule a report names, beside those that are accepted. It counts the others.
const MaxFindings = 100_000

// Run audits the tokens of app. An error that tokens yields ends the audit and is returned: half a list is no audit.
func Run(app *api.Application, tokens iter.Seq2[*api.Token, error], options Options) (*Report, error) {
	a, err := New(app, options)
	if err != nil {
		return nil, err
	}
	for tok, err := range tokens {
		if err != nil {
			return nil, err
		}
		a.Token(tok)
	}
	return a.Report(), nil
}

// Report applies the rules on all tokens together to those that [Auditor.Token] was given, and returns what was found. It
// is called once, at the end.
func (a *Auditor) Report() *Report {
	a.finish()
	for _, severity := range []Severity{Error, Warning, Note} {
		for _, rule := range rules {
			if group := a.groups[rule.ID]; group.Severity == severity && len(group.Findings) > 0 {
				a.report.Groups = append(a.report.Groups, *group)
			}
		}
	}
	for _, known := range a.accept {
		if !known.used {
			a.report.Unneeded = append(a.report.Unneeded, known.Acceptance)
		}
	}
	return &a.report
}

// Findings returns the findings of all groups, accepted ones included, the worst first.
func (r *Report) Findings() iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		for _, group := range r.Groups {
			for _, f := range group.Findings {
				if !yield(f) {
					return
				}
			}
		}
	}
}

// Open returns the group's findings that are not accepted.
func (g Group) Open() []Finding {
	var open []Finding
	for _, f := range g.Findings {
		if f.isOpen() {
			open = append(open, f)
		}
	}
	return open
}

// Count returns how many findings are not accepted, those that are counted only included.
func (g Group) Count() int {
	n := g.More
	for i := range g.Findings {
		if g.Findings[i].isOpen() {
			n++
		}
	}
	return n
}

// Count returns how many findings of the severity are not accepted.
func (r *Report) Count(severity Severity) int {
	n := 0
	for _, group := range r.Groups {
		if group.Severity == severity {
			n += group.Count()
		}
	}
	return n
}

// Accepted returns how many findings are accepted.
func (r *Report) Accepted() int {
	n := 0
	for _, group := range r.Groups {
		n += len(group.Findings) + group.More - group.Count()
	}
	return n
}

// Worst returns the highest severity among the findings that are not accepted, or Off if there are none.
func (r *Report) Worst() Severity {
	for _, severity := range []Severity{Error, Warning, Note} {
		if r.Count(severity) > 0 {
			return severity
		}
	}
	return Off
}
