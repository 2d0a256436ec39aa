package contract

import (
	"io"

	"github.com/psoauth/psoauth/internal/report"
)

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
func UpdateBaseline(b *Baseline, run *Run) {
	run.mu.Lock()
	defer run.mu.Unlock()
	found := make([]report.Acceptance, len(run.findings))
	for i, f := range run.findings {
		found[i] = f.acceptance()
	}
	b.Update(found)
}

// acceptance returns what would accept the finding.
func (f Finding) acceptance() report.Acceptance {
	return report.Acceptance{Operation: f.Operation, Pointer: fold(f.Pointer), Rule: f.Rule}
}

func encodeJSON(w io.Writer, v any) error { return report.WriteJSON(w, v) }
