package contract

import (
	"fmt"
	"strconv"
)

// A Severity says how bad a finding is. Severities are ordered: Off < Note < Warning < Error.
type Severity int

const (
	Off     Severity = iota // not reported; what WithSeverity takes to silence a rule
	Note                    // something new, such as a member the contract does not declare
	Warning                 // a promise is broken, and a client built on the contract copes
	Error                   // a client built on the contract would misread the answer or fail
)

var severities = [...]string{"off", "note", "warning", "error"}

// ParseSeverity returns the severity called off, note, warning or error.
func ParseSeverity(name string) (Severity, error) {
	for s, known := range severities {
		if name == known {
			return Severity(s), nil
		}
	}
	return Off, fmt.Errorf("unknown severity %q: want error, warning, note or off", name)
}

// String returns off, note, warning or error.
func (s Severity) String() string {
	if s < 0 || int(s) >= len(severities) {
		return "Severity(" + strconv.Itoa(int(s)) + ")"
	}
	return severities[s]
}

// MarshalText returns what String returns.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes what ParseSeverity takes.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSeverity(string(text))
	return err
}
