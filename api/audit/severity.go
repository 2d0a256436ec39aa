package audit

import "github.com/psoauth/psoauth/internal/report"

// A Severity says how much a finding matters. Severities are ordered: Off < Note < Warning < Error. The zero value is Off.
type Severity = report.Severity

// The severities.
const (
	Off     = report.Off     // the rule is not applied
	Note    = report.Note    // worth knowing
	Warning = report.Warning // to be reviewed
	Error   = report.Error   // to be acted on
)

// ParseSeverity returns the severity called off, note, warning or error. Anything else is an error.
func ParseSeverity(name string) (Severity, error) { return report.ParseSeverity(name) }
