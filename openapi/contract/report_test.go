package contract_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/openapi/contract"
)

var update = flag.Bool("update", false, "write the golden files and docs/rules.md")

// golden compares got with a file, or writes it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is written now; run the test with -update and look at the difference\n%s", path, got)
	}
}

// mixedRun is a run with findings of each severity, in two operations and in none.
func mixedRun(t *testing.T) *contract.Run {
	t.Helper()
	spec, err := os.ReadFile("testdata/spec.yaml")
	if err != nil {
		t.Fatal(err)
	}
	run := validator(t, atNoon(), contract.WithSpec(spec, "testdata/spec.yaml")).NewRun()
	token := `{"id":"8zt3c5n7w1qa","created_at":"2026-05-01T08:00:00Z","display_name":"CI"}`
	bad := strings.NewReplacer(`"id"`, `"new":1,"id"`, `"CI"`, "7", "2026-05-01T08:00:00Z", "yesterday").Replace(token)
	header := http.Header{"Content-Type": {jsonType}, "X-Request-Id": {"3f0e1a52-6a3c-4b7e-9d51-0c7f6f1b2a10"}}
	page := func(tokens ...string) string { return `{"current_page":1,"data":[` + strings.Join(tokens, ",") + `]}` }
	for _, a := range []answer{
		{url: listURL, body: page(bad, token)},
		{url: listURL, body: page(strings.Replace(token, "8zt", "9zt", 1), bad)},
		{url: listURL, body: page(token), header: http.Header{"Content-Type": {"text/html"}}},
		{url: tokenURL, body: token, header: header},
		{url: tokenURL, body: strings.Replace(token, `{`, `{"token":"pscale_oauth_verysecret",`, 1), header: http.Header{"Content-Type": {jsonType}}},
		{url: tokenURL, status: 302, header: http.Header{}},
		{url: "https://app.planetscale.com/favicon.ico?key=pscale_oauth_verysecret"},
	} {
		run.CheckResponse(a.request(t), a.response())
	}
	return run
}

func TestReportAsJSON(t *testing.T) {
	t.Parallel()
	report := contract.NewReport(mixedRun(t), nil, contract.Off)
	written, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(written), "verysecret") {
		t.Error("a secret is in the report")
	}
	golden(t, "testdata/report.json", string(written)+"\n")
}

func TestGroupsAreTheFindingsByRuleAndPlace(t *testing.T) {
	t.Parallel()
	report := contract.NewReport(mixedRun(t), nil, contract.Off)
	counted := 0
	var groups []string
	last := contract.Error
	for _, g := range report.Groups() {
		counted += g.Count
		groups = append(groups, strings.TrimSpace(g.Rule+" "+g.Operation+" "+g.Place))
		if g.Severity > last {
			t.Errorf("%s comes after what is less severe", g.Rule)
		}
		last = g.Severity
	}
	if counted != len(report.Findings) {
		t.Errorf("%d of %d findings are in a group", counted, len(report.Findings))
	}
	for _, want := range []string{"schema.format listOAuthTokens /data/*/created_at", "route.foreign", "token.secret-in-read getOAuthToken /token"} {
		if !slices.Contains(groups, want) {
			t.Errorf("%q is not among %q", want, groups)
		}
	}
}

func TestFailed(t *testing.T) {
	t.Parallel()
	run := func(body string) *contract.Run {
		run := validator(t, atNoon()).NewRun()
		run.CheckResponse(answer{url: tokenURL}.request(t), answer{body: body}.response())
		return run
	}
	note := run(strings.Replace(tokenBody, "{", `{"new":1,`, 1))
	warning := run(strings.Replace(tokenBody, "{", `{"token":"x",`, 1))
	failure := run("{}")
	for _, test := range []struct {
		run    *contract.Run
		failOn contract.Severity
		want   bool
	}{
		{note, contract.Off, false}, {note, contract.Warning, false}, {note, contract.Note, true},
		{warning, contract.Off, false}, {warning, contract.Warning, true}, {warning, contract.Note, true},
		{failure, contract.Off, true}, {failure, contract.Note, true}, {run(tokenBody), contract.Note, false},
	} {
		report := contract.NewReport(test.run, nil, test.failOn)
		if (report.Failures() > 0) != test.want {
			t.Errorf("fail on %v, %v: %d failures", test.failOn, report.Summary, report.Failures())
		}
	}
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	run := mixedRun(t)
	baseline := &contract.Baseline{}
	run.UpdateBaseline(baseline)
	var b bytes.Buffer
	if err := baseline.Write(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/baseline.json", b.String())

	read, err := contract.ReadBaseline(&b)
	if err != nil {
		t.Fatal(err)
	}
	all := contract.NewReport(run, nil, contract.Off)
	report := contract.NewReport(run, read, contract.Note)
	if len(report.Findings) != 0 || report.Failures() > 0 || report.Summary.Accepted != len(all.Findings) {
		t.Errorf("the baseline of a run does not accept it: %v", report.Summary)
	}

	read.Findings[0].Until = noon.Format(time.DateOnly)
	if report := contract.NewReport(run, read, contract.Off); len(report.Findings) != 0 {
		t.Error("a finding is not accepted on its last day")
	}
	read.Findings[0].Until = noon.Add(-24 * time.Hour).Format(time.DateOnly)
	report = contract.NewReport(run, read, contract.Off)
	if len(report.Findings) != 1 || report.Findings[0].Rule != read.Findings[0].Rule {
		t.Errorf("after its last day a finding is accepted: %v", report.Findings)
	}

	read.Findings[1].Reason = "known since May"
	b.Reset()
	if err := read.Write(&b); err != nil {
		t.Fatal(err)
	}
	if again, err := contract.ReadBaseline(&b); err != nil || !slices.Equal(again.Findings, read.Findings) {
		t.Errorf("written and read, the baseline is %v, %v", again, err)
	}
	kept := *read
	run.UpdateBaseline(read)
	if len(read.Findings) != len(kept.Findings) || read.Findings[0] != kept.Findings[0] || read.Findings[1] != kept.Findings[1] {
		t.Error("an update changes what is in the baseline already")
	}
	validator(t).NewRun().UpdateBaseline(read)
	if len(read.Findings) != 0 {
		t.Errorf("an update keeps what did not occur: %v", read.Findings)
	}
}

func TestReadBaselineRefuses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "[]", `{"findings":[{"rule":"schema.typo","operation":"","pointer":""}]}`, `{"finding":[]}`, `{"findings":[]}{}`,
		`{"findings":[{"rule":"schema.type","operation":"","pointer":"","expires":"2026-02-30"}]}`,
	} {
		if _, err := contract.ReadBaseline(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

func TestABaselineKeepsItsDates(t *testing.T) {
	t.Parallel()
	const entry = `"operation": "getTokenInfo",
      "pointer": "/active",
      "rule": "schema.type",
      "expires": "2026-12-31"`
	baseline, err := contract.ReadBaseline(strings.NewReader(`{"findings":[{` + entry + `}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := baseline.Write(&b); err != nil || !strings.Contains(b.String(), entry) {
		t.Errorf("%v, and %s is not in %s", err, entry, b.String())
	}
}

func TestCoverageOfAnotherOperationIsNone(t *testing.T) {
	t.Parallel()
	run := validator(t, atNoon()).NewRun()
	run.CheckResponse(answer{url: infoURL}.request(t), answer{body: `{"active":false}`}.response())
	run.CheckResponse(answer{url: infoURL}.request(t), answer{status: 401, body: `{}`}.response())
	for _, op := range contract.NewReport(run, nil, contract.Off).Coverage.Operations {
		want := 0
		if op.ID == "getTokenInfo" {
			want = 1
			if op.Statuses["200"] != 1 || op.Statuses["401"] != 1 || len(op.Statuses) != 2 {
				t.Errorf("statuses: %v", op.Statuses)
			}
		}
		if op.Members.Seen != want || op.Members.Declared != op.Members.Seen+len(op.Members.Unseen) {
			t.Errorf("%s: %d of %d members, %d unseen", op.ID, op.Members.Seen, op.Members.Declared, len(op.Members.Unseen))
		}
	}
}
