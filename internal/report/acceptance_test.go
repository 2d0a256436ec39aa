package report_test

import (
	"bytes"
	"slices"
	"strconv"
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

func TestABaselineThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"": "ends before it is complete", `{"findings":[`: "ends before it is complete", "[]": ": the document may not be a JSON array",
		`{"findings":{}}`: "findings may not be a JSON object", `{"findings":[{"rule":7}]}`: ".rule may not be a JSON number",
		`{"\u001b[2J\u202e":1}`: `unknown field`, "\xff": "invalid character", `{"findings":[]}{}`: "more after the JSON document",
		`{"findings":[{"rule":"no"}]}`:                            `finding 0: unknown rule "no"`,
		`{"findings":[{"rule":"r","expires":"31.12.2026"}]}`:      `finding 0: expires: "31.12.2026" is no day`,
		`{"findings":[{"rule":"r","expires":"2026-02-30"}]}`:      "is no day",
		`{"findings":[{"rule":"r","until":"2026-12-31"}]}`:        `unknown field "until"`,
		`{"findings":[` + strings.Repeat(" ", 64<<20) + `]}` + "": "larger than",
	} {
		_, err := report.ReadBaseline(strings.NewReader(file), func(rule string) bool { return rule == "r" })
		if err == nil || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\n\x1b\u202e") {
			t.Errorf("%.60q: %v, want %q", file, err, want)
		}
	}
}

// FuzzReadBaseline wants a baseline that is read as it was written, or an error in one line.
func FuzzReadBaseline(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"findings":[{"operation":"op","pointer":"/a","rule":"r","expires":"2026-12-31","reason":"x"}]}`, `{"findings":[{"token":"t","rule":"r"},{"token":"t","rule":"r","expires":"2026-01-01"}]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		b, err := report.ReadBaseline(strings.NewReader(file), anyRule)
		if err != nil {
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return !strconv.IsPrint(r) }) {
				t.Errorf("%q", err)
			}
			return
		}
		var written bytes.Buffer
		if err := b.Write(&written); err != nil {
			t.Fatal(err)
		}
		again, err := report.ReadBaseline(&written, anyRule)
		if err != nil || !slices.Equal(again.Findings, b.Findings) {
			t.Errorf("%v: %+v, want %+v", err, again, b)
		}
	})
}
