package drift_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/psoauth/psoauth/openapi/drift"
)

var allEdits = flag.Bool("all-edits", false, "try every edit of the contract, not one in eight; it takes a minute")

// TestEditsOfTheContractAreFound changes one thing of the contract at a time, over every keyword it uses, takes the
// result for what PlanetScale publishes, and then for a contract that PlanetScale's document is compared with, and compares
// the verdict with what the edit is known to mean. Each finding is of a rule that docs/drift.md explains.
func TestEditsOfTheContractAreFound(t *testing.T) {
	t.Parallel()
	original, err := drift.Whole(contractJSON())
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	right, all, classes := 0, 0, map[string]int{}
	score := func(name, want string, report *drift.Report, err error) {
		if err != nil {
			report = &drift.Report{}
		}
		mu.Lock()
		defer mu.Unlock()
		all++
		for _, f := range report.Findings {
			if !slices.ContainsFunc(drift.Rules(), func(r drift.Rule) bool { return r.ID == f.Rule }) {
				t.Errorf("%s: there is no rule %q", name, f.Rule)
			}
		}
		if problem := verdict(report, err, want); problem != "" {
			t.Logf("%s: want %q: %s", name, want, problem)
			return
		}
		right++
		classes[want]++
	}
	var wait sync.WaitGroup
	limit := make(chan struct{}, 4)
	for i, e := range edits(t) {
		if !*allEdits && i%8 != 0 {
			continue
		}
		limit <- struct{}{}
		wait.Go(func() {
			defer func() { <-limit }()
			doc := contractTree(t)
			e.change(doc)
			edited := parse(t, doc)
			if e.want != skip {
				report, err := drift.CompareAs(original, edited)
				score(e.name, e.want, report, err)
			}
			if e.back != skip {
				contract, err := drift.Whole(encode(t, doc))
				if err != nil {
					t.Error(err)
					return
				}
				published, err := drift.ParseAs(contract, contractJSON())
				if err != nil {
					t.Error(err)
					return
				}
				report, err := drift.CompareAs(contract, published)
				score(e.name+", taken back", e.back, report, err)
			}
		})
	}
	wait.Wait()
	percent := 100 * float64(right) / float64(all)
	t.Logf("%d of %d edits are found as what they are: %.2f %%; by class %v", right, all, percent, classes)
	if percent < 99 {
		t.Errorf("%.2f %% of the edits are found as what they are, want 99 %% at least", percent)
	}
	if all < 300 {
		t.Errorf("only %d edits: does the generator still find the contract's schemas?", all)
	}
}

func parse(t testing.TB, doc tree) *drift.Document {
	t.Helper()
	parsed, err := drift.Parse(encode(t, doc), "upstream")
	if err != nil {
		t.Error(err)
	}
	return parsed
}

// verdict says what is wrong with a report on one edit: the worst class in it is the edit's.
func verdict(report *drift.Report, err error, want string) string {
	if err != nil {
		return err.Error()
	}
	worst := none
	if len(report.Findings) > 0 {
		worst = report.Findings[0].Class.String()
	}
	unshown := slices.ContainsFunc(report.Findings, func(f drift.Finding) bool { return strings.Contains(f.Message, "no example") })
	if worst == want && !unshown {
		return ""
	}
	var shown []string
	for _, f := range report.Findings[:min(3, len(report.Findings))] {
		shown = append(shown, f.String())
	}
	return fmt.Sprintf("found %q: %s", worst, strings.Join(shown, "; "))
}
