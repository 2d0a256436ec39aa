package report_test

import (
	"math"
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
func TestNumbersAreGrouped(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 1037: "1,037", 1234567: "1,234,567", -1: "-1", -999: "-999", -1000: "-1,000",
		math.MaxInt64: "9,223,372,036,854,775,807",
	} {
		if got := report.Number(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
