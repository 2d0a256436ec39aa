package audit

import (
	"fmt"
	"strconv"
)

// A Severity says how much a finding matters. Severities compare with < and >. The zero value is [Off].
type Severity int

const (
	Off     Severity = iota // the rule is not applied
	Note                    // worth knowing
	Warning                 // to be reviewed
	Error                   // to be acted on
)

var severities = [...]string{"off", "note", "warning", "error"}

// ParseSeverity returns the severity called error, warning, note or off. Anything else is an error.
func ParseSeverity(name string) (Severity, error) {
	for s, known := range severities {
		if name == known {
			return Severity(s), nil
		}
	}
	return Off, fmt.Errorf("unknown severity %.40q, want error, warning, note or off", name)
}

// String returns error, warning, note or off.
func (s Severity) String() string {
	if s < Off || s > Error {
		return "Severity(" + strconv.Itoa(int(s)) + ")"
	}
	return severities[s]
}

// MarshalText returns what String returns; it never fails.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes what String returns.
func (s *Severity) UnmarshalText(name []byte) (err error) {
	*s, err = ParseSeverity(string(name))
	return err
}
