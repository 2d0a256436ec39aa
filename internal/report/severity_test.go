package report_test

import (
	"testing"

	"github.com/psoauth/psoauth/internal/report"
)

func TestSeverityNames(t *testing.T) {
	t.Parallel()
	for _, s := range []report.Severity{report.Off, report.Note, report.Warning, report.Error} {
		name, err := s.MarshalText()
		var back report.Severity
		if err != nil || back.UnmarshalText(name) != nil || back != s {
			t.Errorf("%d becomes %q and %d", s, name, back)
		}
	}
	if _, err := report.ParseSeverity("high"); err == nil {
		t.Error("no error for high")
	}
}
