package report

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

	"github.com/psoauth/psoauth/internal/text"
)

// An Acceptance takes findings out of the count, up to a day or without an end. The members but the last two say which
// findings: those of one rule at one place.
type Acceptance struct {
	Operation string `json:"operation,omitempty"` // the id of the operation
	Pointer   string `json:"pointer,omitempty"`   // RFC 6901, with * for an array's index
	Token     string `json:"token,omitempty"`     // the id of the token
	Rule      string `json:"rule,omitempty"`      // the id of the rule
	Until     string `json:"expires,omitempty"`   // the last day, in UTC, as in 2026-12-31; empty for no end
	Reason    string `json:"reason,omitempty"`    // for the reader of the file
}

// place returns what a finding is known by, without source, index and message, which change from run to run.
func (a Acceptance) place() Acceptance {
	a.Until, a.Reason = "", ""
	return a
}

// String says that a finding is accepted, until when and why; nil says nothing.
func (a *Acceptance) String() string {
	if a == nil {
		return ""
	}
	said := "accepted"
	if a.Until != "" {
		said += " until " + a.Until
	}
	if a.Reason != "" {
		said += ": " + a.Reason
	}
	return said
}

// Holds reports whether the acceptance is not past at a time.
func (a Acceptance) Holds(now time.Time) bool {
	return a.Until == "" || now.UTC().Format(time.DateOnly) <= a.Until // days in this form are in the order of their text
}

// CheckDay returns an error if a text is no day such as 2026-12-31.
func CheckDay(day string) error {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return fmt.Errorf("%.40q is no day such as 2026-12-31", day)
	}
	return nil
}

// A Baseline is a list of findings that are known and accepted. It is meant to be kept beside the code and to be read in
// reviews. It is not safe for concurrent use while it is updated.
type Baseline struct {
	Findings []Acceptance `json:"findings"` // in the order of operation, pointer, token and rule
}

// maxBaseline is how many bytes a baseline may have.
const maxBaseline = 64 << 20

// ReadJSON reads one JSON document of at most 64 MiB into a value. An unknown member or a second document is an error: in
// a file that silences findings a misspelling must not go unnoticed.
func ReadJSON(r io.Reader, into any) error {
	data, err := io.ReadAll(io.LimitReader(r, maxBaseline+1))
	if err != nil {
		return err
	}
	if len(data) > maxBaseline {
		return fmt.Errorf("larger than %d bytes", maxBaseline)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(into)
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case ok:
		return fmt.Errorf("byte %d: %s may not be a JSON %s", wrong.Offset, cmp.Or(strings.TrimPrefix(wrong.Field, "Baseline."), "the document"), wrong.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON document ends before it is complete")
	case err != nil:
		return errors.New(text.Excerpt(strings.TrimPrefix(err.Error(), "json: "), 120))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON document")
	}
	return nil
}

// ReadBaseline reads what [Baseline.Write] writes. A rule that is not known, and what [ReadJSON] refuses, is an error.
func ReadBaseline(r io.Reader, known func(rule string) bool) (*Baseline, error) {
	b := &Baseline{}
	if err := ReadJSON(r, b); err != nil {
		return nil, err
	}
	return b, b.Check(known)
}

// Check sorts the baseline and returns an error if it names an unknown rule or a day that does not exist.
func (b *Baseline) Check(known func(rule string) bool) error {
	for i, a := range b.Findings {
		if !known(a.Rule) {
			return fmt.Errorf("finding %d: unknown rule %.60q", i, a.Rule)
		}
		if a.Until != "" {
			if err := CheckDay(a.Until); err != nil {
				return fmt.Errorf("finding %d: expires: %w", i, err)
			}
		}
	}
	b.sort()
	return nil
}

// Write writes the baseline as JSON, in an order that makes small differences between versions.
func (b *Baseline) Write(w io.Writer) error {
	if b.Findings == nil {
		b = &Baseline{Findings: []Acceptance{}}
	}
	return WriteJSON(w, b)
}

// Update makes the baseline accept the findings, and nothing else: it adds what is new, without an end, and drops what
// was not found. What it has already stays as it is: a day that has passed is for a person to move.
func (b *Baseline) Update(found []Acceptance) {
	added := map[Acceptance]bool{}
	for _, f := range found {
		added[f.place()] = true
	}
	b.Findings = slices.DeleteFunc(b.Findings, func(a Acceptance) bool { return !added[a.place()] })
	for _, known := range b.Findings {
		delete(added, known.place())
	}
	for f := range added {
		b.Findings = append(b.Findings, f)
	}
	b.sort()
}

func (b *Baseline) sort() { slices.SortStableFunc(b.Findings, compareAcceptances) }

func compareAcceptances(a, b Acceptance) int {
	key := func(a Acceptance) string {
		return strings.Join([]string{a.Operation, a.Pointer, a.Token, a.Rule}, "\x00")
	}
	return strings.Compare(key(a), key(b))
}

// Accepts reports whether a finding is accepted at a time. No baseline accepts nothing. The baseline must be as it was
// read, or updated: in order.
func (b *Baseline) Accepts(finding Acceptance, now time.Time) bool {
	if b == nil {
		return false
	}
	finding = finding.place()
	i, _ := slices.BinarySearchFunc(b.Findings, finding, compareAcceptances)
	for ; i < len(b.Findings) && b.Findings[i].place() == finding; i++ {
		if b.Findings[i].Holds(now) {
			return true
		}
	}
	return false
}
