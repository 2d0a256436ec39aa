package contract

import (
	"cmp"
	"fmt"
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

// ReportOptions say how a run is to be reported. The zero value is a report without a baseline that fails on errors.
type ReportOptions struct {
	Baseline *Baseline // findings known and accepted; nil for none
	FailOn   Severity  // the least severity that fails; Off means Error
}

// NewReport returns the report of a run up to now.
func NewReport(run *Run, options ReportOptions) *Report {
	r := &Report{Findings: []Finding{}, Spec: run.v.specName, FailOn: cmp.Or(options.FailOn, Error)}
	run.mu.Lock()
	defer run.mu.Unlock()
	counts := run.counts
	now := run.v.clock()
	for _, f := range run.all() {
		if options.Baseline.Accepts(f.acceptance(), now) {
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
	last := func(g Group) int { // true after false
		if g.Operation == "" {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity), strings.Compare(a.Rule, b.Rule), cmp.Compare(last(a), last(b)),
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
