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
// its own source. It does not change any more when the run goes on.
type Report struct {
	Findings []Finding `json:"findings"` // by source and, within one, in the order they were found
	Coverage Coverage  `json:"coverage"` // what of the contract was exercised
	Summary  Summary   `json:"summary"`  // how many there were of each

	options  ReportOptions
	specName string
	contract *spec
}

// A Summary counts the responses of a run and the findings that nobody has accepted.
type Summary struct {
	Responses int `json:"responses"`          // judged
	Errors    int `json:"errors"`             // findings of that severity
	Warnings  int `json:"warnings"`           // the same
	Notes     int `json:"notes"`              // the same
	Accepted  int `json:"accepted,omitempty"` // findings the baseline accepts; they are not among Findings
	Omitted   int `json:"omitted,omitempty"`  // findings that are counted, but were too many to keep
}

// ReportOptions say how a report is to be read. The zero value is a report without a baseline that fails on errors.
type ReportOptions struct {
	Baseline *Baseline // findings known and accepted; nil for none
	FailOn   Severity  // the least severity that fails; Off stands for Error
	Color    bool      // whether the human form may use the colours of a terminal
}

// NewReport returns the report of a run up to now.
func NewReport(run *Run, options ReportOptions) *Report {
	if options.FailOn == Off {
		options.FailOn = Error
	}
	r := &Report{Findings: []Finding{}, options: options, specName: run.v.specName, contract: run.v.spec}
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
	r.Coverage = run.coverage.of(run.v.spec)
	return r
}

// Failed reports whether there is a finding of the severity that fails, or a higher one.
func (r *Report) Failed() bool {
	s := r.Summary
	return s.Errors > 0 || s.Warnings > 0 && r.options.FailOn <= Warning || s.Notes > 0 && r.options.FailOn <= Note
}

// A Format is a form a report can be written in.
type Format string

const (
	FormatHuman  Format = "human"  // for a person: by operation and rule, with counts and one example each
	FormatJSON   Format = "json"   // one document; the fields of Report
	FormatJUnit  Format = "junit"  // JUnit's XML, which most CI systems show
	FormatSARIF  Format = "sarif"  // SARIF 2.1.0, with the line of the contract
	FormatGitHub Format = "github" // workflow commands, which GitHub shows as annotations
	FormatHTML   Format = "html"   // one self-contained page: findings, the places they are at, coverage
)

var writers = map[Format]func(*Report, io.Writer) error{
	FormatHuman: (*Report).writeHuman, FormatJSON: (*Report).writeJSON, FormatJUnit: (*Report).writeJUnit,
	FormatSARIF: (*Report).writeSARIF, FormatGitHub: (*Report).writeGitHub, FormatHTML: (*Report).writeHTML,
}

// Write writes the report in a format. It fails on an unknown format and where w fails.
func (r *Report) Write(w io.Writer, format Format) error {
	write := writers[format]
	if write == nil {
		return fmt.Errorf("unknown report format %q: want human, json, junit, sarif, github or html", format)
	}
	return write(r, w)
}

func (r *Report) writeJSON(w io.Writer) error { return encodeJSON(w, r) }

// A group is all findings of one rule at one place of one operation.
type group struct {
	Finding        // the first of them
	pointer string // with array indices folded
	count   int
}

// groups returns the findings in groups: by operation, the worst first, then by rule and pointer. Findings without an
// operation come last.
func (r *Report) groups() []group {
	byKey := map[report.Acceptance]*group{}
	var groups []*group
	for _, f := range r.Findings {
		k := f.acceptance()
		g := byKey[k]
		if g == nil {
			g = &group{Finding: f, pointer: k.Pointer}
			byKey[k] = g
			groups = append(groups, g)
		}
		g.count++
	}
	slices.SortStableFunc(groups, func(a, b *group) int {
		return cmp.Or(
			compareOperations(a.Operation, b.Operation),
			cmp.Compare(b.Severity, a.Severity),
			strings.Compare(a.Rule, b.Rule),
			strings.Compare(a.pointer, b.pointer),
		)
	})
	all := make([]group, len(groups))
	for i, g := range groups {
		all[i] = *g
	}
	return all
}

// compareOperations orders ids, and what belongs to no operation after them.
func compareOperations(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "":
		return 1
	case b == "":
		return -1
	}
	return strings.Compare(a, b)
}

// place returns where in the contract's terms the group is, such as listOAuthTokens 200 body /data/*/id.
func (g group) place() string {
	parts := []string{g.Operation}
	if g.Status != 0 {
		parts = append(parts, fmt.Sprint(g.Status))
	}
	parts = append(parts, g.In, g.pointer)
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// docs returns where a rule is explained.
func docs(rule string) string {
	return "https://github.com/psoauth/psoauth/blob/main/docs/rules.md#" + strings.ReplaceAll(rule, ".", "")
}

// counted returns a number and a noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// String returns the summary in one line.
func (s Summary) String() string {
	line := fmt.Sprintf("%s: %s, %s, %s", counted(s.Responses, "response"),
		counted(s.Errors, "error"), counted(s.Warnings, "warning"), counted(s.Notes, "note"))
	if s.Accepted > 0 {
		line += fmt.Sprintf("; %d accepted by the baseline", s.Accepted)
	}
	if s.Omitted > 0 {
		line += fmt.Sprintf("; %d too many to list", s.Omitted)
	}
	return line
}
