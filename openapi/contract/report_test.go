package contract_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/openapi/contract"
)

var update = flag.Bool("update", false, "write the golden files and docs/rules.md anew")

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
	run := validator(t, atNoon(), contract.WithSpec(spec), contract.WithSpecName("testdata/spec.yaml")).NewRun()
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

func TestReportForms(t *testing.T) {
	t.Parallel()
	report := contract.NewReport(mixedRun(t), contract.ReportOptions{})
	for format, file := range map[contract.Format]string{
		contract.FormatHuman: "report.txt", contract.FormatJSON: "report.json", contract.FormatJUnit: "report.xml",
		contract.FormatSARIF: "report.sarif", contract.FormatGitHub: "report.github", contract.FormatHTML: "report.html",
	} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := report.Write(&b, format); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String(), "verysecret") {
				t.Error("a secret is in the report")
			}
			golden(t, filepath.Join("testdata", file), b.String())
			var v any
			if format == contract.FormatJSON || format == contract.FormatSARIF {
				if err := json.Unmarshal(b.Bytes(), &v); err != nil {
					t.Error(err)
				}
			}
			if format == contract.FormatJUnit {
				if err := xml.Unmarshal(b.Bytes(), new(struct{})); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if err := report.Write(new(bytes.Buffer), "yaml"); err == nil {
		t.Error("an unknown format is no error")
	}
}

func TestThePageLoadsNothingAndShowsNamesAsText(t *testing.T) {
	t.Parallel()
	const hostile = `</td><script>alert(1)</script>`
	run := validator(t, atNoon()).NewRun()
	body := strings.Replace(tokenBody, "{", `{"`+hostile+`":1,`, 1)
	if err := run.CheckBody(hostile, "getOAuthToken", 200, strings.NewReader(body)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := contract.NewReport(run, contract.ReportOptions{}).Write(&b, contract.FormatHTML); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if strings.Contains(page, "<script>alert") || strings.Count(page, "&lt;script&gt;alert(1)") < 2 {
		t.Error("a name is not shown as text")
	}
	for _, outside := range []string{"http://", "https://", "src=", "@import", "url("} {
		if strings.Contains(page, outside) {
			t.Errorf("the page holds %s, so it may load something", outside)
		}
	}
	if !strings.Contains(page, "default-src &#39;none&#39;") {
		t.Error("the page's policy does not forbid loading")
	}
}

func TestNamesAreTextInSARIF(t *testing.T) {
	t.Parallel()
	run := validator(t, atNoon()).NewRun()
	body := strings.Replace(tokenBody, "{", `{"[a](javascript:b) {0} \u202e\\":1,`, 1)
	if err := run.CheckBody("traffic.har#0", "getOAuthToken", 200, strings.NewReader(body)); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := contract.NewReport(run, contract.ReportOptions{}).Write(&b, contract.FormatSARIF); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Runs []struct {
			Results []struct{ Message struct{ Text string } }
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &log); err != nil || len(log.Runs[0].Results) != 1 {
		t.Fatalf("%v in %s", err, b.String())
	}
	const want = `getOAuthToken 200 body /\[a\](javascript:b) {{0}} \\u202e\\: the contract does not declare the member`
	if got := log.Runs[0].Results[0].Message.Text; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
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
		report := contract.NewReport(test.run, contract.ReportOptions{FailOn: test.failOn})
		if report.Failed() != test.want {
			t.Errorf("fail on %v, %v: failed is %v", test.failOn, report.Summary, report.Failed())
		}
	}
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	run := mixedRun(t)
	baseline := &contract.Baseline{}
	contract.UpdateBaseline(baseline, run)
	var b bytes.Buffer
	if err := baseline.Write(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/baseline.json", b.String())

	read, err := contract.ReadBaseline(&b)
	if err != nil {
		t.Fatal(err)
	}
	all := contract.NewReport(run, contract.ReportOptions{})
	report := contract.NewReport(run, contract.ReportOptions{Baseline: read, FailOn: contract.Note})
	if len(report.Findings) != 0 || report.Failed() || report.Summary.Accepted != len(all.Findings) {
		t.Errorf("the baseline of a run does not accept it: %v", report.Summary)
	}

	read.Findings[0].Until = noon.Format(time.DateOnly)
	if report := contract.NewReport(run, contract.ReportOptions{Baseline: read}); len(report.Findings) != 0 {
		t.Error("a finding is not accepted on its last day")
	}
	read.Findings[0].Until = noon.Add(-24 * time.Hour).Format(time.DateOnly)
	report = contract.NewReport(run, contract.ReportOptions{Baseline: read})
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
	contract.UpdateBaseline(read, run)
	if len(read.Findings) != len(kept.Findings) || read.Findings[0] != kept.Findings[0] || read.Findings[1] != kept.Findings[1] {
		t.Error("an update changes what is in the baseline already")
	}
	contract.UpdateBaseline(read, validator(t).NewRun())
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
	for _, op := range contract.NewReport(run, contract.ReportOptions{}).Coverage.Operations {
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
