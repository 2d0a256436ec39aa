package cli_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/gen"
	writers "github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/openapi"
)

func TestTheSandboxHasACaseOfEveryRule(t *testing.T) {
	t.Parallel()
	r := run(t, nil, "--sandbox", "audit", "--format", "json")
	var report struct {
		Findings []struct{ Rule, Severity string }
		Summary  struct{ Tokens, Flagged, Errors int }
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || r.status != 1 {
		t.Fatalf("status %d, %v", r.status, err)
	}
	for _, rule := range audit.Rules() {
		if rule.ID == "token.widened" { // which needs a baseline
			continue
		}
		if !slices.ContainsFunc(report.Findings, func(f struct{ Rule, Severity string }) bool { return f.Rule == rule.ID }) {
			t.Errorf("no case of %s", rule.ID)
		}
	}
	if s := report.Summary; s.Tokens != 120 || s.Flagged == 0 || s.Flagged > s.Tokens/2 || s.Errors == 0 {
		t.Errorf("summary %+v", s)
	}
	if want := fmt.Sprintf("psoauth: %d findings at severity error or higher\n", report.Summary.Errors); r.stderr != want {
		t.Errorf("stderr %q, want %q", r.stderr, want)
	}
}

func TestAuditForPeople(t *testing.T) {
	t.Parallel()
	r := run(t, environment{"COLUMNS": "100"}, "--sandbox", "audit")
	golden(t, "audit.txt", r.stdout)
}

// one is a server with one token, which is as it should be but for the changes.
func one(t *testing.T, changes ...func(*gen.OAuthToken)) environment {
	t.Helper()
	return userOfTestServer(newServer(t, apitest.WithTokenList([]gen.OAuthToken{token(changes...)})))
}

func token(changes ...func(*gen.OAuthToken)) gen.OAuthToken {
	actor, kind, used, expires := "u4m9b2x7k1re", "User", now.AddDate(0, 0, -1), now.AddDate(0, 0, 20)
	tok := gen.OAuthToken{
		ID: "8zt3c5n7w1qa", DisplayName: "CI deploys", ActorID: &actor, ActorDisplayName: &actor, ActorType: &kind,
		AvatarURL: "https://app.planetscale.com/x.png",
		CreatedAt: now.AddDate(0, 0, -10), UpdatedAt: now, LastUsedAt: &used, ExpiresAt: &expires,
	}
	for _, change := range changes {
		change(&tok)
	}
	return tok
}

func forever(tok *gen.OAuthToken)  { tok.ExpiresAt = nil }
func someones(tok *gen.OAuthToken) { tok.ActorType = nil }
func soon(tok *gen.OAuthToken)     { t := now.AddDate(0, 0, 2); tok.ExpiresAt = &t }

func TestAuditExitStatus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*gen.OAuthToken)
		failOn string
		status int
	}{
		{"nothing", func(*gen.OAuthToken) {}, "note", 0},
		{"a note", soon, "note", 1},
		{"a note", soon, "warning", 0},
		{"a warning", forever, "warning", 1},
		{"a warning", forever, "note", 1},
		{"a warning", forever, "error", 0},
		{"a warning", forever, "", 0},
		{"an error", someones, "", 1},
	} {
		args := []string{"audit", apitest.ApplicationID}
		if tt.failOn != "" {
			args = append(args, "--fail-on", tt.failOn)
		}
		r := run(t, one(t, tt.change), args...)
		if r.status != tt.status || (r.stderr == "") != (tt.status == 0) || !strings.Contains(r.stdout, "\n1 token on 2026-09-15: ") {
			t.Errorf("%s, --fail-on %s: status %d, stderr %q, stdout %s", tt.name, tt.failOn, r.status, r.stderr, r.stdout)
		}
	}
}

func TestAuditFormats(t *testing.T) {
	t.Parallel()
	env := one(t, forever)
	for format, want := range map[string]string{
		"human":    "    8zt3c5n7w1qa  CI deploys  u4m9b2x7k1re\n      issued on 2026-09-05 without an expiry date\n      → psoauth token revoke 5kq1x0v2m8yd 8zt3c5n7w1qa\n",
		"json":     `"rule": "token.never-expires"`,
		"csv":      "warning,token.never-expires,5kq1x0v2m8yd,8zt3c5n7w1qa,CI deploys,",
		"sarif":    `"ruleId": "token.never-expires"`,
		"junit":    `name="token.never-expires 5kq1x0v2m8yd/8zt3c5n7w1qa CI deploys"`,
		"github":   "::warning title=token.never-expires::5kq1x0v2m8yd/8zt3c5n7w1qa CI deploys: ",
		"html":     "<bdi>issued on 2026-09-05 without an expiry date</bdi>",
		"markdown": "| `8zt3c5n7w1qa` | `CI deploys` |",
	} {
		if out := mustRun(t, env, "audit", apitest.ApplicationID, "--format", format); !strings.Contains(out, want) || format != "html" && !strings.Contains(out, "psoauth token revoke 5kq1x0v2m8yd 8zt3c5n7w1qa") {
			t.Errorf("%s: want %q in %s", format, want, out)
		}
		if out := mustRun(t, env, "--format", format, "audit", apitest.ApplicationID); !strings.Contains(out, want) {
			t.Errorf("%s before the command: want %q in %s", format, want, out)
		}
	}
	failed(t, run(t, env, "token", "list", "x", "--format", "sarif"))
	failed(t, run(t, env, "audit", "x", "--format", "yaml"))
	failed(t, run(t, env, "audit", "x", "--fail-on", "off"))
}

// file writes a file into a folder of the test's own.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAuditPolicy(t *testing.T) {
	t.Parallel()
	env := one(t, forever)
	accepted := file(t, "policy.yaml", "accept:\n  - {token: 8zt3c5n7w1qa, until: 2026-09-15, reason: soon gone}\n  - {token: gone, until: 2026-12-31}\n")
	out := strings.Join(strings.Fields(mustRun(t, env, "audit", apitest.ApplicationID, "--fail-on", "note", "--policy", accepted)), " ")
	for _, want := range []string{"0 with findings", "; 1 accepted", " gone 2026-12-31"} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q in %s", want, out)
		}
	}
	if strings.Contains(out, "CI deploys") {
		t.Errorf("an accepted finding is listed: %s", out)
	}
	over := file(t, "policy.yaml", "accept:\n  - {token: 8zt3c5n7w1qa, until: 2026-09-14}\n")
	if r := run(t, env, "audit", apitest.ApplicationID, "--fail-on", "warning", "--policy", over); r.status != 1 {
		t.Errorf("status %d: %s", r.status, r.stdout)
	}
	strict := file(t, "policy.yaml", "rules:\n  token.never-expires: error\n")
	if r := run(t, env, "audit", apitest.ApplicationID, "--policy", strict); r.status != 1 {
		t.Errorf("status %d: %s", r.status, r.stdout)
	}
}

func TestAuditBaseline(t *testing.T) {
	t.Parallel()
	baseline := filepath.Join(t.TempDir(), "baseline.json")
	type report struct {
		Findings []struct {
			Rule, Token, Message string
			Accepted             *struct{ Reason string }
		}
		Changes *struct {
			NewTokens  []struct{ Token string } `json:"new_tokens"`
			GoneTokens []struct{ Token string } `json:"gone_tokens"`
			Widened    []struct{ Token string } `json:"widened_tokens"`
		}
		Summary struct{ Errors, Warnings, Accepted int }
	}
	audited := func(status int, env environment, args ...string) (got report) {
		t.Helper()
		r := run(t, env, append([]string{"audit", apitest.ApplicationID, "--format", "json", "--fail-on", "note", "--baseline", baseline}, args...)...)
		if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || r.status != status {
			t.Fatalf("status %d, want %d, %v: %s", r.status, status, err, r.stderr)
		}
		return got
	}
	reads := func(tok *gen.OAuthToken) {
		none := []gen.AccessScope{}
		tok.OAuthAccessesByResource = &gen.OAuthAccessesByResource{
			Organization: gen.OrganizationAccesses{Organizations: []gen.AccessibleOrganization{}, Accesses: none},
			Database:     gen.DatabaseAccesses{Databases: []gen.AccessibleDatabase{}, Accesses: none},
			Branch:       gen.BranchAccesses{Branches: []gen.AccessibleBranch{}, Accesses: none},
			User: gen.UserAccesses{
				Users: []gen.AccessibleUser{{ID: "u", Name: "Ada"}}, Accesses: []gen.AccessScope{{Name: "user:read_user"}},
			},
		}
	}
	writes := func(tok *gen.OAuthToken) {
		reads(tok)
		tok.OAuthAccessesByResource.User.Accesses = append(tok.OAuthAccessesByResource.User.Accesses, gen.AccessScope{Name: "database:read_database"})
	}
	failed(t, run(t, one(t), "audit", apitest.ApplicationID, "--baseline", baseline)) // which is not there
	before := one(t, forever, reads)
	if got := audited(0, before, "--update-baseline"); got.Changes != nil || got.Summary.Accepted != 1 || got.Summary.Warnings != 0 {
		t.Errorf("the first audit: %+v", got)
	}
	written := readFile(t, baseline)
	if got := audited(0, before); got.Summary.Accepted != 1 || len(got.Changes.NewTokens)+len(got.Changes.GoneTokens)+len(got.Changes.Widened) != 0 {
		t.Errorf("the second audit: %+v", got)
	}
	if got := audited(1, one(t, forever, writes)); got.Summary.Warnings != 1 || got.Findings[0].Rule != "token.widened" ||
		got.Findings[0].Message != "new since the baseline: database:read_database" || len(got.Changes.Widened) != 1 {
		t.Errorf("a wider token: %+v", got)
	}
	other := func(tok *gen.OAuthToken) { tok.ID = "2hd6y8r4j0vs" }
	if got := audited(1, one(t, forever, reads, other)); got.Summary.Warnings != 1 || len(got.Changes.NewTokens) != 1 || len(got.Changes.GoneTokens) != 1 {
		t.Errorf("another token: %+v", got)
	}
	if readFile(t, baseline) != written {
		t.Error("an audit without --update-baseline writes the baseline")
	}
	audited(0, one(t, forever, writes), "--update-baseline")
	if got := audited(0, one(t, forever, writes)); got.Summary.Accepted != 1 {
		t.Errorf("after the update: %+v", got)
	}
	if got := audited(1, one(t, soon, writes)); len(got.Findings) != 1 || got.Findings[0].Rule != "token.expires-soon" {
		t.Errorf("a new finding: %+v", got)
	}
	failed(t, run(t, before, "audit", apitest.ApplicationID, "--update-baseline"))
	failed(t, run(t, before, "audit", apitest.ApplicationID, "--baseline", file(t, "b.json", `{"findings":[],"apps":[]}`)))
}

func TestAuditOfAllApplications(t *testing.T) {
	t.Parallel()
	app := func(id string) gen.OAuthApplication {
		return gen.OAuthApplication{ID: id, Name: "Application " + id, CreatedAt: now, UpdatedAt: now}
	}
	server := newServer(t, apitest.WithApplication(app("app1"), token(forever)), apitest.WithApplication(app("app2"), token()),
		apitest.WithApplication(app("app3"), token(someones)),
		apitest.WithFaults(apitest.Fault{
			Match: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/app2/tokens") }, Do: apitest.Status(http.StatusForbidden),
		}))
	env := userOfTestServer(server)
	r := run(t, env, "audit", "--all", "--format", "json")
	var got struct {
		Application  *struct{}
		Applications []struct {
			ID     string
			Tokens int
			Error  *string
		}
		Findings []struct{ Rule, Application, Command string }
	}
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || r.status != 2 {
		t.Fatalf("status %d, %v: %s", r.status, err, r.stderr)
	}
	if want := "psoauth: could not read the tokens of 1 application: app2; the report has the others\n"; r.stderr != want {
		t.Errorf("%q, want %q", r.stderr, want)
	}
	if apps := got.Applications; got.Application != nil || len(apps) != 3 || apps[0].Tokens != 1 || apps[1].Error == nil || apps[2].Error != nil {
		t.Errorf("applications %+v", apps)
	}
	var rules []string
	for _, f := range got.Findings {
		rules = append(rules, f.Rule+" "+f.Application+" "+f.Command)
	}
	if want := []string{
		"actor.unknown app3 psoauth token revoke app3 8zt3c5n7w1qa", "token.never-expires app1 psoauth token revoke app1 8zt3c5n7w1qa",
	}; !slices.Equal(rules, want) {
		t.Errorf("found %q, want %q", rules, want)
	}
	for _, format := range []string{"human", "csv", "markdown", "junit", "sarif", "github", "html"} {
		if r := run(t, env, "audit", "--all", "--format", format); r.status != 2 || !strings.Contains(r.stdout, "app3") || !strings.Contains(r.stdout, "app2") {
			t.Errorf("%s: status %d: %s", format, r.status, r.stdout)
		}
	}
	failed(t, run(t, env, "audit", "--all", "app1"))
	if r := run(t, env, "audit"); r.status != 2 {
		t.Errorf("without an application: status %d", r.status)
	}
}

func TestMistakesInAPolicyAreNamed(t *testing.T) {
	t.Parallel()
	bad := file(t, "policy.yaml", "rule:\n  token.red: off\nthresholds:\n  unused_days: -1\n")
	r := run(t, environment{}, "--sandbox", "audit", "--policy", bad)
	if r.status != 2 || r.stdout != "" || !strings.HasPrefix(r.stderr, "psoauth: --policy "+bad+": line 1: field rule is unknown: a policy has thresholds (") ||
		!strings.Contains(r.stderr, "; line 4: want a number of days from 1 to 36525") {
		t.Errorf("status %d: %s%s", r.status, r.stdout, r.stderr)
	}
	failed(t, run(t, environment{}, "--sandbox", "audit", "--policy", "/nowhere"))
	failed(t, run(t, environment{}, "--sandbox", "audit", "--policy", t.TempDir()))
}

func TestAuditOutput(t *testing.T) {
	t.Parallel()
	env := one(t, someones)
	name := filepath.Join(t.TempDir(), "report.json")
	args := []string{"audit", apitest.ApplicationID, "--format", "json", "--output", name}
	r := run(t, env, args...)
	report, err := os.ReadFile(name)
	if err != nil || r.status != 1 || r.stdout != "" || !json.Valid(report) {
		t.Fatalf("status %d, %v: %s%s%s", r.status, err, r.stdout, r.stderr, report)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	// What is there is replaced, with the rights it had, or kept when the audit fails.
	kept := file(t, "report.json", "as it was")
	broken := userOfTestServer(newServer(t, apitest.WithFaults(apitest.Fault{Do: apitest.Status(500)})))
	failed(t, run(t, broken, "audit", apitest.ApplicationID, "--output", kept))
	if content, err := os.ReadFile(kept); err != nil || string(content) != "as it was" {
		t.Errorf("%q, %v", content, err)
	}
	run(t, env, "audit", apitest.ApplicationID, "--format", "json", "--output", kept)
	if content, err := os.ReadFile(kept); err != nil || string(content) != string(report) {
		t.Errorf("%q, %v", content, err)
	}
	if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for _, name := range []string{name, kept} {
		if left, err := os.ReadDir(filepath.Dir(name)); err != nil || len(left) != 1 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
	// Through a link, the file it leads to is replaced.
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(kept, link); err != nil {
		t.Fatal(err)
	}
	run(t, env, "audit", apitest.ApplicationID, "--format", "csv", "--output", link)
	if content, err := os.ReadFile(kept); err != nil || !strings.HasPrefix(string(content), "severity,") {
		t.Errorf("%q, %v", content, err)
	}
	if r := run(t, env, "audit", apitest.ApplicationID, "--output", os.DevNull); r.status != 1 {
		t.Errorf("status %d: %s", r.status, r.stderr)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%s is %v, %v", os.DevNull, info.Mode(), err)
	}
	failed(t, run(t, env, "audit", apitest.ApplicationID, "--output", t.TempDir()))
	nowhere := filepath.Join(t.TempDir(), "no", "folder")
	if line := failed(t, run(t, env, "audit", apitest.ApplicationID, "--output", nowhere)); !strings.Contains(line, "open "+nowhere+": ") {
		t.Error(line)
	}
}

// Half a list is no audit: nothing is said of it.
func TestAuditOfAListThatBreaksOff(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithTokens(300), apitest.WithFaults(apitest.Fault{Match: apitest.OnPage(3), Do: apitest.HTML(200)}))
	for _, format := range []string{"human", "json", "csv", "sarif", "markdown", "html"} {
		r := run(t, userOfTestServer(server), "audit", apitest.ApplicationID, "--format", format)
		if failed(t, r); r.stdout != "" {
			t.Errorf("%s: %s", format, r.stdout)
		}
	}
}

func TestAuditShowsHostileTextAsText(t *testing.T) {
	t.Parallel()
	hostile := "\x1b[2J\u202eevil\r\n=cmd()|<script>"
	env := one(t, forever, func(tok *gen.OAuthToken) {
		tok.DisplayName, tok.ActorDisplayName = hostile+accessSecret, &hostile
		leaked := openapi.NewSecret(leakedSecret)
		tok.Token = &leaked
		tok.ServiceTokenAccesses = []gen.ServiceTokenAccess{{
			Access: "delete_production_" + hostile, ResourceType: hostile, ResourceName: hostile,
			Resource: gen.AccessResource{DeletedAt: &now},
		}}
	}).with("PLANETSCALE_ACCESS_TOKEN", plainSecret)
	for _, format := range writers.Formats() {
		r := run(t, env, "audit", apitest.ApplicationID, "--format", format, "--debug")
		noSecret(t, r.stdout+r.stderr)
		if r.status != 1 || strings.Contains(r.stdout, plainSecret) {
			t.Errorf("%s: status %d: %q %s", format, r.status, r.stdout, r.stderr)
		}
		isOnlyText(t, format, r.stdout)
	}
}

func TestContractReportsShowHostileTextAsText(t *testing.T) {
	t.Parallel()
	hostile := "\x1b[2J\u202e\r\n::error::=cmd()|<script>`[x](https://evil.example)`@all"
	name, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	folder := write(t, map[string]string{
		"=cmd::x.json": strings.Replace(static["2026-08"].application, "{", "{"+string(name)+":1,", 1),
		"upstream.yaml": strings.Replace(publishedDocument(t), "tokens: {type: integer}",
			"tokens: {type: string, description: "+string(name)+"}\n      "+string(name)+": {type: string}", 1),
	})
	for _, args := range [][]string{
		{"contract", "check", "--fail-on", "note", "--operation", "getOAuthApplication", filepath.Join(folder, "=cmd::x.json")},
		{"contract", "diff", filepath.Join(folder, "upstream.yaml")},
	} {
		for _, format := range writers.Formats() {
			r := run(t, environment{}, append(args, "--format", format)...)
			if r.status != 1 || !strings.Contains(r.stdout, "cmd") {
				t.Errorf("%s %s: status %d: %q %s", args[1], format, r.status, r.stdout, r.stderr)
			}
			isOnlyText(t, format, r.stdout)
		}
	}
}

// isOnlyText wants no text of others in a report that a terminal, a spreadsheet, a browser or GitHub would act on.
func isOnlyText(t *testing.T, format, out string) {
	t.Helper()
	if i := strings.IndexAny(out, "\x1b\u202e\r"); i >= 0 {
		t.Errorf("%s: %q", format, out[i:])
	}
	switch format {
	case "csv":
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if start := strings.TrimSpace(cell); start != "" && strings.Contains("=+-@", start[:1]) {
					t.Errorf("a spreadsheet would run %q", cell)
				}
			}
		}
	case "github":
		for line := range strings.Lines(out) {
			if !regexp.MustCompile(`^::(error|warning|notice) (file=[^,:\n]*,(line=[0-9]+,)?)?title=[^,:\n]*::`).MatchString(line) {
				t.Errorf("another command: %q", line)
			}
		}
	case "json", "sarif":
		if !json.Valid([]byte(out)) {
			t.Errorf("%s: %s", format, out)
		}
	case "junit":
		if err := xml.Unmarshal([]byte(out), new(struct{})); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	case "markdown":
		if strings.Contains(out, "<script") || strings.Contains(out, "](https://evil") {
			t.Errorf("markup: %s", out)
		}
	case "html":
		if strings.Contains(out, "cmd()|<script") || strings.Contains(out, `href="https://evil`) {
			t.Errorf("markup: %s", out)
		}
	}
}

func TestAuditInterrupted(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	var out strings.Builder
	status := process(canceled(t), userOfTestServer(server), &out, &out, "audit", apitest.ApplicationID)
	if status != 130 || !strings.Contains(out.String(), "psoauth: interrupted") {
		t.Errorf("status %d: %s", status, out.String())
	}
}
