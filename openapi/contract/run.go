package contract

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
)

// A Run judges the responses of one run together: beyond what a [Validator] says of each response it knows the rules
// that look at several, such as an id on two pages of a list, and it keeps the findings and counts what of the contract
// the responses covered. It is safe for concurrent use.
type Run struct {
	v        *Validator
	lists    lists
	coverage coverage

	mu        sync.Mutex
	responses int
	findings  []Finding
	counts    [Error + 1]int
	omitted   int
}

// maxFindings is how many findings a run keeps; further ones are counted only.
const maxFindings = 100_000

// NewRun returns a run that has judged nothing yet.
func (v *Validator) NewRun() *Run {
	return &Run{v: v, coverage: coverage{statuses: map[*operation]map[int]int{}, tallies: map[*operation]*tally{}}}
}

// CheckResponse is [Validator.CheckResponse] as a part of the run.
func (r *Run) CheckResponse(req *http.Request, resp *http.Response) []Finding {
	return r.v.checkResponse(r, req, resp)
}

// add keeps what was found in an exchange, and counts the response if there was one.
func (r *Run) add(findings []Finding, response bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if response {
		r.responses++
	}
	for _, f := range findings {
		r.counts[f.Severity]++
	}
	kept := min(len(findings), maxFindings-len(r.findings))
	r.findings = append(r.findings, findings[:kept]...)
	r.omitted += len(findings) - kept
}

// all returns the findings by source and, within one, in the order they were found. Sources are compared as people count:
// entry 2 comes before entry 10.
func (r *Run) all() []Finding {
	findings := slices.Clone(r.findings)
	slices.SortStableFunc(findings, func(a, b Finding) int {
		fileA, entryA := splitSource(a.Source)
		fileB, entryB := splitSource(b.Source)
		return cmp.Or(cmp.Compare(fileA, fileB), cmp.Compare(entryA, entryB))
	})
	return findings
}
