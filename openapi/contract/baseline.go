package contract

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Baseline is a list of findings that are known and accepted, each for good or up to a date. It is meant to be kept
// beside the code and to be read in reviews. A Baseline is not safe for concurrent use while it is updated.
type Baseline struct {
	Findings []Accepted `json:"findings"` // in order of operation, pointer and rule
}

// Accepted is one kind of finding that is accepted: a rule at a place of an operation.
type Accepted struct {
	Operation string `json:"operation"`        // the id of the operation
	Pointer   string `json:"pointer"`          // with * for an array's index
	Rule      string `json:"rule"`             // the id of the rule
	Expires   Date   `json:"expires,omitzero"` // the last day it is accepted; zero for good
	Reason    string `json:"reason,omitempty"` // for whoever reads the file
}

func (a Accepted) key() key { return key{a.Operation, a.Pointer, a.Rule} }

// A key is what a finding is known by: not by source, index or message, which change from run to run.
type key struct{ operation, pointer, rule string }

func keyOf(f Finding) key { return key{f.Operation, fold(f.Pointer), f.Rule} }

func (k key) compare(other key) int {
	return cmp.Or(strings.Compare(k.operation, other.operation), strings.Compare(k.pointer, other.pointer),
		strings.Compare(k.rule, other.rule))
}

// A Date is a day, in the zone of whoever asks. The zero value is no day.
type Date struct{ day string } // as in 2026-12-31

// DateOf returns the day of a time.
func DateOf(t time.Time) Date { return Date{t.Format(time.DateOnly)} }

// String returns the day as in 2026-12-31.
func (d Date) String() string { return d.day }

// IsZero reports whether d is no day.
func (d Date) IsZero() bool { return d.day == "" }

// MarshalText returns what String returns.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.day), nil }

// UnmarshalText takes a day as in 2026-12-31.
func (d *Date) UnmarshalText(text []byte) error {
	if _, err := time.Parse(time.DateOnly, string(text)); err != nil {
		return fmt.Errorf("%q is no day such as 2026-12-31", text)
	}
	d.day = string(text)
	return nil
}

// over reports whether the day is past. Days in this form are in the order of their text.
func (d Date) over(now time.Time) bool { return !d.IsZero() && DateOf(now).day > d.day }

// maxBaseline is how large a baseline may be.
const maxBaseline = 64 << 20

// ReadBaseline reads what [Baseline.Write] writes. An unknown member, an unknown rule or a second document is an error,
// for in a file that silences findings a misspelling should not go unnoticed.
func ReadBaseline(r io.Reader) (*Baseline, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBaseline+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxBaseline {
		return nil, fmt.Errorf("baseline: larger than %d bytes", maxBaseline)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	b := &Baseline{}
	if err := decoder.Decode(b); err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("baseline: there is more after the JSON document")
	}
	for i, accepted := range b.Findings {
		if rulesByID[accepted.Rule] == nil {
			return nil, fmt.Errorf("baseline: finding %d: unknown rule %q", i, accepted.Rule)
		}
	}
	b.sort()
	return b, nil
}

// Write writes the baseline as JSON, in an order that makes small differences between versions.
func (b *Baseline) Write(w io.Writer) error {
	if b.Findings == nil {
		b = &Baseline{Findings: []Accepted{}}
	}
	return encodeJSON(w, b)
}

// Update makes the baseline accept what the run found, and nothing else: it adds what is new, without an expiry, and
// drops what did not occur. What it has already, it leaves as it is: a date that has passed is for a person to move.
func (b *Baseline) Update(run *Run) {
	run.mu.Lock()
	defer run.mu.Unlock()
	added := map[key]bool{}
	for _, f := range run.findings {
		added[keyOf(f)] = true
	}
	b.Findings = slices.DeleteFunc(b.Findings, func(a Accepted) bool { return !added[a.key()] })
	for _, known := range b.Findings {
		delete(added, known.key())
	}
	for k := range added {
		b.Findings = append(b.Findings, Accepted{Operation: k.operation, Pointer: k.pointer, Rule: k.rule})
	}
	b.sort()
}

func (b *Baseline) sort() {
	slices.SortStableFunc(b.Findings, func(x, y Accepted) int { return x.key().compare(y.key()) })
}

// accepts reports whether the finding is known and accepted today. No baseline accepts nothing.
func (b *Baseline) accepts(f Finding, now time.Time) bool {
	if b == nil {
		return false
	}
	k := keyOf(f)
	i, _ := slices.BinarySearchFunc(b.Findings, k, func(a Accepted, k key) int { return a.key().compare(k) })
	for ; i < len(b.Findings) && b.Findings[i].key() == k; i++ {
		if !b.Findings[i].Expires.over(now) {
			return true
		}
	}
	return false
}
