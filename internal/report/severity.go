// Package report has what audits, contract checks and contract comparisons report findings with: severities, accepted
// findings, and a writer for each format.
package report

import (
	"fmt"
	"slices"
	"strconv"
)

// A Severity says how bad a finding is. Severities are ordered: Off < Note < Warning < Error.
type Severity int

// The severities.
const (
	Off     Severity = iota // not reported
	Note                    // worth knowing
	Warning                 // to be reviewed
	Error                   // to be acted on
)

var severities = []string{"off", "note", "warning", "error"}

// ParseSeverity returns the severity called off, note, warning or error. Anything else is an error.
func ParseSeverity(name string) (Severity, error) {
	if i := slices.Index(severities, name); i >= 0 {
		return Severity(i), nil
	}
	return Off, fmt.Errorf("unknown severity %.40q: want error, warning, note or off", name)
}

// String returns off, note, warning or error.
func (s Severity) String() string {
	if s < Off || s > Error {
		return "Severity(" + strconv.Itoa(int(s)) + ")"
	}
	return severities[s]
}

// MarshalText returns what String returns. It never fails.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes what ParseSeverity takes.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSeverity(string(text))
	return err
}
