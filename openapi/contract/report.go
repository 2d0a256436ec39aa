package contract

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/psoauth/psoauth/internal/report"
)

// A Report is what a run found, in an order that does not depend on the order the responses came in as long as each has
// its own source. It does not change any more when the run goes on. Its JSON form is part of the command's interface.
type Report struct {
	Findings []Finding `json:"findings"` // by source and, within one, in the order they were found
	Coverage Coverage  `json:"coverage"` // what of the contract was exercised
	Summary  Summary   `json:"summary"`  // how many there were of each

	Spec   string   `json:"-"` // the name of the contract
	FailOn Severity `json:"-"` // the least severity that fails
}

// A Summary counts the responses of a run and the findings that are not accepted.
type Summary struct {
	Responses int `json:"responses"`          // judged
	Errors    int `json:"errors"`             // findings of that severity
	Warnings  int `json:"warnings"`           // the same
	Notes     int `json:"notes"`              // the same
	Accepted  int `json:"accepted,omitempty"` // findings the baseline accepts; they are not among Findings
	Omitted   int `json:"omitted,omitempty"`  // findings that are counted, but were too many to keep
}

// NewReport returns the report of a run up to now, without the findings that a baseline accepts; nil accepts none. FailOn is
// the least severity that fails; Off stands for Error.
func NewReport(run *Run, baseline *Baseline, failOn Severity) *Report {
	r := &Report{Findings: []Finding{}, Spec: run.v.specName, FailOn: cmp.Or(failOn, Error)}
	run.mu.Lock()
	defer run.mu.Unlock()
	counts := run.counts
	now := run.v.clock()
	for _, f := range run.all() {
		if baseline.Accepts(f.acceptance(), now) {
			counts[f.Severity]--
			r.Summary.Accepted++
			continue
		}
		r.Findings = append(r.Findings, f)
	}
	r.Summary.Responses, r.Summary.Omitted = run.responses, run.omitted
	r.Summary.Errors, r.Summary.Warnings, r.Summary.Notes = counts[Error], counts[Warning], counts[Note]
	r.Coverage = run.coverage.report(run.v.spec)
	return r
}

// Failed reports whether there is a finding of the severity that fails, or a higher one.
func (r *Report) Failed() bool { return r.Failures() > 0 }

// Failures returns how many findings have the severity that fails, or a higher one.
func (r *Report) Failures() int {
	s := r.Summary
	n := s.Errors
	if r.FailOn <= Warning {
		n += s.Warnings
	}
	if r.FailOn <= Note {
		n += s.Notes
	}
	return n
}

// A Group is all findings of one rule at one place of one operation.
type Group struct {
	Finding        // the first of them
	Place   string // the pointer with * for an array's index
	Count   int
}

// Groups returns the findings in groups: the worst first, then by rule, operation and place. Those without an operation
// come after the others of their rule.
func (r *Report) Groups() []Group {
	index := map[report.Acceptance]int{}
	var groups []Group
	for _, f := range r.Findings {
		k := f.acceptance()
		i, known := index[k]
		if !known {
			i = len(groups)
			index[k] = i
			groups = append(groups, Group{Finding: f, Place: k.Pointer})
		}
		groups[i].Count++
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity), strings.Compare(a.Rule, b.Rule), cmp.Compare(btoi(a.Operation == ""), btoi(b.Operation == "")),
			strings.Compare(a.Operation, b.Operation), strings.Compare(a.Place, b.Place),
		)
	})
	return groups
}

// String returns the summary in one line.
func (s Summary) String() string {
	line := report.Count(s.Responses, "response") + ": " + report.Plural(s.Errors, s.Warnings, s.Notes)
	if s.Accepted > 0 {
		line += fmt.Sprintf("; %d accepted by the baseline", s.Accepted)
	}
	if s.Omitted > 0 {
		line += fmt.Sprintf("; %d too many to list", s.Omitted)
	}
	return line
}

// A Baseline is a list of findings that are known and accepted: a rule at a place of an operation, up to a day or without
// an end. It is meant to be kept beside the code and to be read in reviews.
type Baseline = report.Baseline

// ReadBaseline reads what the Write method of a [Baseline] writes. An unknown member, an unknown rule or a second document
// is an error.
func ReadBaseline(r io.Reader) (*Baseline, error) {
	return report.ReadBaseline(r, func(rule string) bool { return rulesByID[rule] != nil })
}

// UpdateBaseline makes the baseline accept what the run found, and nothing else. What it accepts already keeps its last
// day and its reason.
func (r *Run) UpdateBaseline(b *Baseline) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := make([]report.Acceptance, len(r.findings))
	for i, f := range r.findings {
		found[i] = f.acceptance()
	}
	b.Update(found)
}

// acceptance returns what would accept the finding.
func (f Finding) acceptance() report.Acceptance {
	return report.Acceptance{Operation: f.Operation, Pointer: fold(f.Pointer), Rule: f.Rule}
}
