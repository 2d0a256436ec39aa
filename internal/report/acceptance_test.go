package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/internal/report"
)

func anyRule(string) bool { return true }

func TestAnAcceptanceHoldsThroughItsLastDayInUTC(t *testing.T) {
	t.Parallel()
	found := report.Acceptance{Operation: "op", Pointer: "/a", Rule: "r"}
	b, err := report.ReadBaseline(strings.NewReader(`{"findings":[{"operation":"op","pointer":"/a","rule":"r","expires":"2026-12-31"}]}`), anyRule)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]bool{
		"2026-12-31T23:59:59Z": true, "2027-01-01T00:00:00Z": false,
		"2027-01-01T01:00:00+02:00": true, "2026-12-31T23:00:00-02:00": false,
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Accepts(found, now); got != want {
			t.Errorf("at %s: accepted is %v", at, got)
		}
	}
}

func TestABaselineAcceptsOnePlaceOnly(t *testing.T) {
	t.Parallel()
	b := &report.Baseline{}
	one := report.Acceptance{Operation: "op", Pointer: "/a", Rule: "r"}
	b.Update([]report.Acceptance{one, one, {Token: "t", Rule: "r"}})
	if len(b.Findings) != 2 {
		t.Fatalf("%v", b.Findings)
	}
	var none *report.Baseline
	for _, tt := range []struct {
		found report.Acceptance
		want  bool
	}{
		{one, true},
		{report.Acceptance{Token: "t", Rule: "r"}, true},
		{report.Acceptance{Token: "t", Rule: "r", Reason: "another"}, true},
		{report.Acceptance{Operation: "op", Pointer: "/b", Rule: "r"}, false},
		{report.Acceptance{Operation: "op2", Pointer: "/a", Rule: "r"}, false},
		{report.Acceptance{Operation: "op", Pointer: "/a", Rule: "s"}, false},
		{report.Acceptance{Rule: "r"}, false},
	} {
		if got := b.Accepts(tt.found, time.Now()); got != tt.want {
			t.Errorf("%+v: accepted is %v", tt.found, got)
		}
		if none.Accepts(tt.found, time.Now()) {
			t.Error("no baseline accepts something")
		}
	}
}

func TestABaselineThatIsEmptyIsWrittenAsAList(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := new(report.Baseline).Write(&b); err != nil || !strings.Contains(b.String(), `"findings": []`) {
		t.Errorf("%s, %v", b.String(), err)
	}
}
