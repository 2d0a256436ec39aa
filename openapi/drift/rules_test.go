package drift_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/openapi/drift"
)

var update = flag.Bool("update", false, "write docs/drift.md")

func TestRulesPage(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := drift.WriteRules(&b); err != nil {
		t.Fatal(err)
	}
	const page = "../../docs/drift.md"
	text, err := os.ReadFile(page)
	head, sections, _ := strings.Cut(string(text), "\n## ")
	if *update {
		if err := os.WriteFile(page, []byte(head+b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err != nil || "\n## "+sections != b.String() {
		t.Errorf("%s is not what the rules say; run go test -run TestRulesPage -update: %v", page, err)
	}
}

// Every finding of every edit has a rule of the table.
func TestEachRuleIsListedOnce(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, rule := range drift.Rules() {
		if known[rule.ID] || rule.Finds == "" {
			t.Errorf("the rule %q occurs twice or says nothing", rule.ID)
		}
		known[rule.ID] = true
	}
}

func TestBaselineAcknowledgesUpToADay(t *testing.T) {
	t.Parallel()
	compared := func() *drift.Report {
		report, err := drift.Compare(parse(t, newMembers(t)))
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	report, baseline := compared(), &drift.Baseline{}
	all := report.Count(drift.New)
	report.UpdateBaseline(baseline)
	if len(baseline.Findings) != all {
		t.Fatalf("%d acknowledged, %d new", len(baseline.Findings), all)
	}
	baseline.Findings[0].Until = "2026-10-31"
	for day, open := range map[string]int{"2026-10-31": 0, "2026-11-01": 1} {
		now, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		report := compared()
		if report.Accept(baseline, now); report.Count(drift.New) != open || report.Accepted != all-open {
			t.Errorf("on %s %d are new and %d accepted, want %d and %d", day, report.Count(drift.New), report.Accepted, open, all-open)
		}
	}
	if _, err := drift.ReadBaseline(strings.NewReader(`{"findings":[{"rule":"nobody"}]}`)); err == nil {
		t.Error("an unknown rule is no error")
	}
}
