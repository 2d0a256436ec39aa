package drift

import (
	"io"
	"time"

	"github.com/psoauth/psoauth/internal/report"
)

// A Report is what a comparison found, in the order class, operation, status, place.
type Report struct {
	Before   string    // the name of what was compared with: the contract, or the older document
	After    string    // the name of the document
	Findings []Finding // of every class, without those that are accepted
	Accepted int       // how many findings are accepted
}

// Count returns how many findings of a class there are.
func (r *Report) Count(class Class) int {
	n := 0
	for _, f := range r.Findings {
		if f.Class == class {
			n++
		}
	}
	return n
}

// Breaking reports whether any finding breaks programs.
func (r *Report) Breaking() bool { return r.Count(Breaking) > 0 }

// Clean reports whether there is nothing to act on: nothing breaks, nothing is new, and
// nothing is left to be looked at by hand.
func (r *Report) Clean() bool { return !r.Breaking() && r.Count(New)+r.Count(Differs) == 0 }

// A Baseline is a list of differences that are acknowledged, each by operation, pointer and rule, up to a day or without
// an end.
type Baseline = report.Baseline

// ReadBaseline reads what the Write method of a [Baseline] writes. An unknown member, an unknown rule or a second document
// is an error.
func ReadBaseline(r io.Reader) (*Baseline, error) { return report.ReadBaseline(r, isRule) }

// UpdateBaseline makes the baseline acknowledge what there is to act on in the report, and nothing else. What it
// acknowledges already keeps its last day and its reason.
func (r *Report) UpdateBaseline(b *Baseline) {
	var found []report.Acceptance
	for _, f := range r.Findings {
		if f.Class <= New {
			found = append(found, f.acceptance())
		}
	}
	b.Update(found)
}

// Accept takes the findings out of the report that a baseline acknowledges at a time.
func (r *Report) Accept(b *Baseline, now time.Time) {
	var open []Finding
	for _, f := range r.Findings {
		if f.Class <= New && b.Accepts(f.acceptance(), now) {
			r.Accepted++
		} else {
			open = append(open, f)
		}
	}
	r.Findings = open
}

func (f Finding) acceptance() report.Acceptance {
	return report.Acceptance{Operation: f.Operation, Pointer: f.Pointer, Rule: f.Rule}
}
