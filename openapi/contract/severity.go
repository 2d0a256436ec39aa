package contract

import "github.com/psoauth/psoauth/internal/report"

// A Severity says how bad a finding is. Severities are ordered: Off < Note < Warning < Error.
type Severity = report.Severity

// The severities.
const (
	Off     = report.Off     // not reported; what WithSeverity takes to silence a rule
	Note    = report.Note    // something new, such as a member the contract does not declare
	Warning = report.Warning // a promise is broken, and a client built on the contract copes
	Error   = report.Error   // a client built on the contract would misread the response or fail
)

// ParseSeverity returns the severity called off, note, warning or error. Anything else is an error.
func ParseSeverity(name string) (Severity, error) { return report.ParseSeverity(name) }
