package audit_test

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/text"
)

const everything = `
# Everything a policy can set.
thresholds:
  never_used_days: 14
  unused_days: 60
  lifetime_days: 36525
  expires_days: 1
  tokens_per_actor: 25
  age_spread: 2.5
production_branches: [live, "eu-live"]
rules:
  reach.write: off
  token.never-expires: error
  token.unused: "note"
accept:
  - token: 8zt3c5n7w1qa
    rule: token.never-expires
    until: 2026-12-31
    reason: to be renewed with the new pipeline
  - {token: 8zt3c5n7w1qa, until: "2024-02-29"}
`

func TestPolicySetsEverything(t *testing.T) {
	t.Parallel()
	got, err := audit.ReadPolicy(strings.NewReader(everything))
	if err != nil {
		t.Fatal(err)
	}
	want := audit.Options{
		NeverUsedDays: 14, UnusedDays: 60, LifetimeDays: 36525, ExpiresDays: 1, TokensPerActor: 25, AgeSpread: 2.5,
		ProductionBranches: []string{"live", "eu-live"},
		Severities: map[string]audit.Severity{
			"reach.write": audit.Off, "token.never-expires": audit.Error, "token.unused": audit.Note,
		},
		Accept: []audit.Acceptance{
			{
				Token: "8zt3c5n7w1qa", Rule: "token.never-expires", Until: "2026-12-31",
				Reason: "to be renewed with the new pipeline",
			},
			{Token: "8zt3c5n7w1qa", Until: "2024-02-29"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// The policy in the documentation sets what holds without it.
func TestDocumentedPolicy(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../../docs/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got, err := audit.ReadPolicy(file)
	if err != nil {
		t.Fatal(err)
	}
	want := audit.Options{
		NeverUsedDays: 30, UnusedDays: 90, LifetimeDays: 90, ExpiresDays: 7, TokensPerActor: 10, AgeSpread: 5,
		ProductionBranches: []string{"main", "master", "production", "prod"}, Severities: map[string]audit.Severity{},
	}
	for id := range got.Severities {
		i := slices.IndexFunc(audit.Rules(), func(r audit.Rule) bool { return r.ID == id })
		want.Severities[id] = audit.Rules()[i].Severity
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestPolicyThatSetsNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"# nothing yet\n", "{}"} {
		if got, err := audit.ReadPolicy(strings.NewReader(text)); err != nil || !reflect.DeepEqual(got, audit.Options{}) {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
}

func TestNoProductionBranches(t *testing.T) {
	t.Parallel()
	got, err := audit.ReadPolicy(strings.NewReader("production_branches: []"))
	if err != nil || got.ProductionBranches == nil {
		t.Errorf("got %#v, %v, want an empty list that is not nil", got.ProductionBranches, err)
	}
}

// Each policy has mistakes, which are named.
func TestMistakes(t *testing.T) {
	t.Parallel()
	const (
		keys = ": a policy has thresholds (never_used_days, unused_days, lifetime_days, expires_days, tokens_per_actor, age_spread), " +
			"production_branches, rules and accept (token, rule, until, reason)"
	)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"nothing at all", "", []string{"the policy is empty, and one that sets nothing is {}"}},
		{"empty lines", "\n \n", []string{"the policy is empty, and one that sets nothing is {}"}},
		{"not YAML", "a: [b", []string{"this is not YAML: line 1: did not find expected ',' or ']'"}},
		{"tab", "rules:\n\treach.write: off", []string{"this is not YAML: line 2: found character that cannot start any token"}},
		{"binary", "\x00\x01", []string{"this is not YAML: control characters are not allowed"}},
		{"two documents", "rules:\n  reach.write: off\n---\nrules:\n  reach.write: note\n", []string{"line 3: a policy is one document"}},
		{"a broken second document", "{}\n---\n[", []string{"this is not YAML: line 3: did not find expected node content"}},
		{"null", "---\n...\n", []string{"line 2: there is no value"}},
		{"a list", "- a", []string{"line 1: want a mapping, not a list"}},
		{"words", "be careful", []string{"line 1: want a mapping, not a single value"}},
		{"unknown key", "rule:\n  reach.write: off", []string{"line 1: field rule is unknown" + keys}},
		{"key that is no word", "[a]: 1\n? {b: c}\n: 1", []string{
			"line 1: want a text, not a list", "line 2: want a text, not a mapping"}},
		{"key given twice", "thresholds:\n  unused_days: 1\n  unused_days: 2\n", []string{
			`line 3: mapping key "unused_days" already defined at line 2`}},
		{"section given twice", "thresholds:\n  unused_days: 1\nthresholds: {}", []string{
			`line 3: mapping key "thresholds" already defined at line 1`}},
		{"rule given twice", "rules: {reach.write: off, reach.write: off}", []string{
			`line 1: mapping key "reach.write" already defined at line 1`}},
		{"empty section", "rules:\nthresholds:\naccept:\nproduction_branches:", []string{
			"line 1: there is no value", "line 2: there is no value", "line 3: there is no value", "line 4: there is no value"}},
		{"unknown threshold", "thresholds:\n  unused: 1", []string{"line 2: field unused is unknown" + keys}},
		{"days", "thresholds: {unused_days: 0, expires_days: -1, never_used_days: 1.5}", []string{
			`line 1: want a number of days from 1 to 36525, not "0"`, `line 1: want a number of days from 1 to 36525, not "-1"`,
			`line 1: want a number of days from 1 to 36525, not "1.5"`}},
		{"more days than there are", "thresholds: {lifetime_days: 36526, tokens_per_actor: 2147483648}", []string{
			`line 1: want a number of days from 1 to 36525, not "36526"`, `line 1: want a whole number above 0, not "2147483648"`}},
		{"days in odd forms", "thresholds: {unused_days: 010, lifetime_days: 0x10, expires_days: '7', never_used_days: [7]}", []string{
			`line 1: want a number of days from 1 to 36525, not "010"`, `line 1: want a number of days from 1 to 36525, not "0x10"`,
			`line 1: want a number of days from 1 to 36525, not "7"`, `line 1: want a number of days from 1 to 36525, not a list`}},
		{"days without a number", "thresholds:\n  unused_days:", []string{
			"line 2: there is no value"}},
		{"tokens", "thresholds: {tokens_per_actor: many}", []string{
			`line 1: want a whole number above 0, not "many"`}},
		{"spread", "thresholds:\n  age_spread: .nan\n", []string{`line 2: want a number above 0 and up to 1000, not ".nan"`}},
		{"spread of nothing", "thresholds:\n  age_spread: 0\n", []string{`line 2: want a number above 0 and up to 1000, not "0"`}},
		{"branches", "production_branches:\n - main\n - ''\n -", []string{"line 3: there is no value", "line 4: there is no value"}},
		{"branches of branches", "production_branches:\n - main\n - [a]", []string{"line 3: want a text, not a list"}},
		{"branches in one word", "production_branches: main", []string{"line 1: want a list, not a single value"}},
		{"acceptances in one word", "accept: x", []string{"line 1: want a list, not a single value"}},
		{"unknown rule", "rules:\n  reach.writes: off", []string{`line 2: want the id of a rule, as docs/audit.md lists them, not "reach.writes"`}},
		{"unknown severity", "rules:\n  reach.write: high", []string{`line 2: want error, warning, note or off, not "high"`}},
		{"no is no severity", "rules:\n  reach.write: no", []string{`line 2: want error, warning, note or off, not "no"`}},
		{"several severities", "rules:\n  reach.admin: [off]\n  reach.write: {}", []string{
			"line 2: want error, warning, note or off, not a list", "line 3: want error, warning, note or off, not a mapping"}},
		{"acceptance", "accept:\n  - token: x\n  - until: 2026-01-01\n  - {}", []string{
			`acceptance 1 needs a last day such as 2026-12-31, not ""`, "acceptance 2 needs a token",
			"acceptance 3 needs a token", `acceptance 3 needs a last day such as 2026-12-31, not ""`,
			"acceptance 3 is for the same token and rule as acceptance 2"}},
		{"half an acceptance", "accept:\n  - x\n  - token: x\n    until: 2026-01-01\n    by: me", []string{
			"line 2: want a mapping, not a single value", "line 5: field by is unknown" + keys}},
		{"dates", "accept:\n - {token: a, until: 2026-02-29}\n - {token: b, until: 31.12.2026}\n - {token: c, until: 2026-12-31T00:00:00Z}\n", []string{
			`line 2: want a date such as 2026-12-31, not "2026-02-29"`, `line 3: want a date such as 2026-12-31, not "31.12.2026"`,
			`line 4: want a date such as 2026-12-31, not "2026-12-31T00:00:00Z"`}},
		{"no date", "accept:\n - {token: d, until: }", []string{"line 2: there is no value"}},
		{"accepted rule", "accept:\n - {token: a, until: 2026-02-28, rule: token.blue}", []string{
			`line 2: want the id of a rule, as docs/audit.md lists them, not "token.blue"`}},
		{"accepted twice", "accept:\n - {token: a, until: 2026-02-28}\n - {token: a, rule: token.unused, until: 2026-02-28}\n - {token: a, until: 2026-03-28}", []string{
			"acceptance 3 is for the same token and rule as acceptance 1"}},
		{"aliases", "rules: &r\n  reach.write: off\nthresholds: *r\naccept:\n - <<: {token: a, until: 2026-02-28}", []string{
			"line 3: a policy has no aliases", "line 5: a policy has no aliases"}},
		{"hostile text", "\"\\e[2J\\u202e\": 1\npscale_tkn_abcdef: 1", []string{
			`line 1: field \x1b[2J\u202e is unknown` + keys, "line 2: field [redacted] is unknown" + keys}},
		{"more keys than there are", "rules: {a: a, b: b, c: c, d: d, e: e, f: f, g: g, h: h, i: i, j: j, k: k, l: l, m: m, n: n, o: o, p: p, q: q, r: r, s: s}",
			[]string{"line 1: there are more keys than a policy has"}},
		{"too long", strings.Repeat("#", 1<<20+1), []string{"the policy is longer than 1048576 bytes"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			options, err := audit.ReadPolicy(strings.NewReader(tt.text))
			if err == nil || !reflect.DeepEqual(options, audit.Options{}) {
				t.Fatalf("got %+v, %v", options, err)
			}
			if got := strings.ReplaceAll(err.Error(), "; ", "\n"); got != strings.Join(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestMistakesAreFew(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"production_branches:\n" + strings.Repeat("  - []\n", 1234),
		"thresholds: {" + strings.Repeat("unused_days: 1, ", 60_000) + "}",
		"{" + strings.Repeat("? [a]\n: 1\n, ", 60_000) + "}",
	} {
		if _, err := audit.ReadPolicy(strings.NewReader(text)); err == nil || len(err.Error()) > 2000 {
			t.Errorf("%.40s: got %d bytes: %.200v", text, len(err.Error()), err)
		}
	}
}

func TestReadPassesOnTheError(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	if _, err := audit.ReadPolicy(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// FuzzParse wants options that an audit takes, or mistakes.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{everything, "", "rules: [", "a: &a [*a]", "? a\n: b", "accept:\n- {token: a, until: 2026-01-01}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		options, err := audit.ReadPolicy(bytes.NewReader(data))
		if err != nil {
			if err.Error() == "" || err.Error() != text.Printable(err.Error()) {
				t.Fatalf("an error that is not fit to be shown: %q", err)
			}
			return
		}
		options.Now = time.Now()
		if _, err := audit.New(options); err != nil {
			t.Fatalf("%q is taken by ReadPolicy and not by New: %v", data, err)
		}
	})
}
