package contract

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/psoauth/psoauth/internal/report"
)

// A Run judges the responses of one run together: beyond what is wrong with each it knows the rules that look at several,
// such as an id on two pages of a list; it keeps the findings and counts what of the contract the responses covered. It is
// safe for concurrent use.
type Run struct {
	v     *Validator
	lists lists

	mu       sync.Mutex
	coverage map[*operation]*seen
	summary  Summary
	judged   int
	findings []Finding
}

// maxFindings is how many findings a run keeps; further ones are counted only.
const maxFindings = 100_000

// NewRun returns a run that has judged nothing yet.
func (v *Validator) NewRun() *Run {
	r := &Run{
		v: v, coverage: map[*operation]*seen{}, findings: slices.Clone(v.spec.unjudged), summary: Summary{Notes: len(v.spec.unjudged)},
	}
	for _, op := range v.spec.operations {
		r.coverage[op] = &seen{map[string]int{}, map[string]bool{}}
	}
	return r
}

// CheckResponse is [Validator.CheckResponse] as a part of the run.
func (r *Run) CheckResponse(req *http.Request, resp *http.Response) []Finding {
	return r.check(r.v, req, resp)
}

// live is the source of findings in responses that did not come from a recording.
const live = "live"

func (r *Run) check(v *Validator, req *http.Request, resp *http.Response) []Finding {
	j := &judge{run: r, v: v, source: live, known: true}
	if resp == nil {
		j.unjudged, j.why, resp = "recording.no-response", "there is no response", &http.Response{}
	}
	if req == nil {
		req = resp.Request
	}
	j.status, j.header = resp.StatusCode, resp.Header
	if req != nil && req.URL != nil {
		j.asked(req)
	}
	j.body = func() body { return peekBody(resp, v.bodyLimit) }
	return j.judge()
}

// Empty reports whether the run has judged nothing: no response was one of the contract's operations, or none had its body.
func (r *Run) Empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.judged == 0
}

// add takes in what was found in an exchange.
func (r *Run) add(j *judge) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.summary.Responses += btoi(j.unjudged != "recording.no-response")
	r.judged += btoi(j.judged)
	if j.op != nil && j.unjudged == "" {
		s := r.coverage[j.op]
		s.statuses[strconv.Itoa(j.status)]++
		s.saw(j.success, "", j.op.members())
	}
	for _, f := range j.findings {
		*r.summary.of(f.Severity)++
	}
	kept := min(len(j.findings), maxFindings-len(r.findings))
	r.findings = append(r.findings, j.findings[:kept]...)
	r.summary.Omitted += len(j.findings) - kept
}

// A Report is what a run found, in an order that does not depend on the order the responses came in as long as each has
// its own source. It does not change any more when the run goes on. Its JSON form is part of the command's interface.
type Report struct {
	Findings []Finding `json:"findings"` // by source and, within one, in the order they were found
	// Coverage says what of the contract was exercised, so that a clean report says how much it saw.
	Coverage struct {
		Operations []OperationCoverage `json:"operations"` // all of the contract's, by id
	} `json:"coverage"`
	Summary Summary `json:"summary"` // how many there were of each

	// Incomplete is for the program that made the run: why some of what was to be judged was not, such as a file that could
	// not be read.
	Incomplete string `json:"incomplete,omitempty"`

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
// the least severity that fails; Off means Error.
func NewReport(run *Run, baseline *Baseline, failOn Severity) *Report {
	run.mu.Lock()
	defer run.mu.Unlock()
	r := &Report{Findings: []Finding{}, Summary: run.summary, Spec: run.v.spec.name, FailOn: cmp.Or(failOn, Error)}
	now := run.v.clock()
	for _, f := range run.findings {
		if baseline.Accepts(f.acceptance(), now) {
			*r.Summary.of(f.Severity)--
			r.Summary.Accepted++
		} else {
			r.Findings = append(r.Findings, f)
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { // as people count: entry 2 before entry 10
		fileA, entryA := a.Origin()
		fileB, entryB := b.Origin()
		return cmp.Or(cmp.Compare(fileA, fileB), cmp.Compare(entryA, entryB))
	})
	for _, op := range run.v.spec.operations {
		r.Coverage.Operations = append(r.Coverage.Operations, op.coverage(run.coverage[op]))
	}
	return r
}

// of returns the number of findings of a severity.
func (s *Summary) of(severity Severity) *int {
	return []*int{Note: &s.Notes, Warning: &s.Warnings, Error: &s.Errors}[severity]
}

// Failures returns how many findings have the severity that fails, or a higher one.
func (r *Report) Failures() int {
	n := 0
	for severity := max(r.FailOn, Note); severity <= Error; severity++ {
		n += *r.Summary.of(severity)
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
			cmp.Compare(b.Severity, a.Severity), strings.Compare(a.Rule, b.Rule), btoi(a.Operation == "")-btoi(b.Operation == ""),
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
	known := severities()
	return report.ReadBaseline(r, func(rule string) bool { return known[rule] != Off })
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

// OperationCoverage is the coverage of one operation.
type OperationCoverage struct {
	ID       string         `json:"id"`       // of the operation
	Statuses map[string]int `json:"statuses"` // how many responses there were of each status
	// Members counts those that the contract declares for successful responses. One is a JSON pointer with * for an
	// array's index; one that was null counts as seen.
	Members struct {
		Seen     int      `json:"seen"`     // how many came
		Declared int      `json:"declared"` // how many there are
		Unseen   []string `json:"unseen"`   // in order
	} `json:"members"`

	Unanswered []string `json:"-"` // statuses that the contract declares and that did not come, in order
}

// maxMembers bounds what is counted: schemas that refer to each other in many ways unfold almost without end.
const maxMembers = 10_000

// declaredMembers returns the pointers of the members that an operation declares for its successful responses. A schema that
// contains itself is unfolded once.
func (op *operation) declaredMembers() map[string]bool {
	type place struct {
		at string
		by *openapi3.Schema
	}
	all, done := map[string]bool{}, map[place]bool{}
	var add func(s *openapi3.Schema, at string, within []*openapi3.Schema)
	add = func(s *openapi3.Schema, at string, within []*openapi3.Schema) {
		if slices.Contains(within, s) || done[place{at, s}] || len(all) >= maxMembers {
			return
		}
		done[place{at, s}] = true
		within = append(slices.Clone(within), s)
		for _, name := range sortedKeys(s.Properties) {
			pointer := at + "/" + escapeName(name)
			all[pointer] = true
			add(s.Properties[name].Value, pointer, within)
		}
		if s.Items != nil {
			add(s.Items.Value, at+"/*", within)
		}
		for _, part := range slices.Concat(s.AllOf, s.AnyOf, s.OneOf) {
			add(part.Value, at, within)
		}
	}
	if _, success := op.first('2'); success != nil {
		for name, media := range success.Content {
			if media.Schema != nil && isJSON(name) {
				add(media.Schema.Value, "", nil)
			}
		}
	}
	return all
}

// seen is what a run has seen of an operation.
type seen struct {
	statuses map[string]int
	members  map[string]bool
}

// saw notes which of the declared members a value has.
func (s *seen) saw(v any, at string, declared map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			s.saw(item, at+"/*", declared)
		}
	case map[string]any:
		for name, member := range v {
			if pointer := at + "/" + escapeName(name); declared[pointer] {
				s.members[pointer] = true
				s.saw(member, pointer, declared)
			}
		}
	}
}

func (op *operation) coverage(s *seen) OperationCoverage {
	o := OperationCoverage{ID: op.id, Statuses: maps.Clone(s.statuses)}
	for _, status := range sortedKeys(op.Responses.Map()) {
		if status != "default" && o.Statuses[status] == 0 {
			o.Unanswered = append(o.Unanswered, status)
		}
	}
	o.Members.Declared, o.Members.Unseen = len(op.members()), []string{}
	for _, pointer := range sortedKeys(op.members()) {
		if s.members[pointer] {
			o.Members.Seen++
		} else {
			o.Members.Unseen = append(o.Members.Unseen, pointer)
		}
	}
	return o
}
