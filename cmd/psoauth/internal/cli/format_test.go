package cli_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
)

func TestOutputs(t *testing.T) {
	t.Parallel()
	user := userOf(serveStatic(t, static["2025-12"], 3, staticInfo["active"])).with("COLUMNS", "100")
	for name, args := range requests {
		for _, format := range []string{"human", "json", "csv"} {
			file := strings.ReplaceAll(name, " ", "-") + "." + map[string]string{"human": "txt"}[format]
			if format != "human" {
				file += format
			}
			golden(t, file, mustRun(t, user, append(args, "--format", format)...))
		}
	}
	bare := userOf(serveStatic(t, static["2026-09"], 0, staticInfo["legacy without owner"]))
	for name, args := range requests {
		golden(t, strings.ReplaceAll(name, " ", "-")+"-bare.txt", mustRun(t, bare, args...))
	}
	for format, want := range map[string]string{"json": "[]\n", "human": "0 tokens\n"} {
		if got := mustRun(t, bare, "token", "list", "5kq1x0v2m8yd", "--format", format); got != want {
			t.Errorf("no tokens as %s: %q", format, got)
		}
	}
	if got := mustRun(t, bare, "token", "list", "5kq1x0v2m8yd", "--format", "csv"); strings.Count(got, "\n") != 1 {
		t.Errorf("no tokens as csv: %q", got)
	}
}

func TestCSVHasAColumnForEveryMember(t *testing.T) {
	t.Parallel()
	user := userOf(serveStatic(t, static["2026-08"], 1, staticInfo["active"]))
	for name, schema := range map[string]string{
		"app show": "OAuthApplication", "token show": "OAuthToken", "token list": "OAuthToken", "token info": "TokenInfo",
	} {
		header, _, _ := strings.Cut(mustRun(t, user, append(requests[name], "--format", "csv")...), "\n")
		columns := strings.Split(header, ",")
		for _, member := range declared(t, schema) {
			flattened := map[string]string{"oauth_accesses_by_resource": "database_accesses", "application": "application_uid"}
			if other, ok := flattened[member]; ok {
				member = other
			}
			if !slices.Contains(columns, member) {
				t.Errorf("%s: no column for %s", name, member)
			}
		}
	}
}

func TestTokenInfoInItsForms(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]struct {
		says   string
		status int // with --require-active
	}{
		"active":               {"The token is active.", 0},
		"inactive":             {"not active", 1},
		"legacy":               {"does not say", 1},
		"legacy without owner": {"does not say", 1},
	} {
		user := userOf(serveStatic(t, static["2026-08"], 1, staticInfo[form]))
		if out := mustRun(t, user, "token", "info"); !strings.Contains(out, want.says) {
			t.Errorf("%s: %s", form, out)
		}
		r := run(t, user, "token", "info", "--require-active")
		if r.status != want.status || !strings.Contains(r.stdout, want.says) || strings.Count(r.stderr, "\n") != want.status {
			t.Errorf("%s, --require-active: status %d, %s%s", form, r.status, r.stdout, r.stderr)
		}
	}
}

func TestATableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	names := []string{"short", "日本語の名前です、とても長い名前", "été with accents of their own, and long", "🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀"}
	var tokens []string
	for i, name := range names {
		token := strings.Replace(static["2025-12"].token, "CI deploys", name, 1)
		if i == 1 { // the only one whose expiry would fit in full
			token = strings.Replace(token, "2026-12-11T", "2026-09-17T", 1)
		}
		tokens = append(tokens, strings.Replace(token, staticID, tokenID(i), 1))
	}
	user := userOf(serve(t, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, static["2025-12"].page(tokens, 1, 1))
	}))
	for _, width := range []string{"", "12", "40", "60", "100", "140", "300"} {
		golden(t, "table"+width+".txt", mustRun(t, user.with("COLUMNS", width), "token", "list", "5kq1x0v2m8yd"))
	}
}

// hostile is text that a terminal would act on, a spreadsheet run, or a reader take for another line.
var hostile = []string{
	"\x1b]0;owned\x07\x1b[31mred", "two\nlines\r\n", "\u009b31m", "back\bspace", "right\u202eleft", "zero\u200bwidth",
	"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u00a0=1", "\n=1", "＝1", "=cmd|' /C calc'!A0", "a;=1", "a; \t;-1",
	`quote " comma , apostrophe '`, leakedSecret, "x pscale_oauth_refresh_canary y", plainSecret, "Bearer of news",
}

// serveHostile serves tokens whose every text is hostile, and an application.
func serveHostile(t testing.TB) string {
	quoted := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var tokens []string
	for _, s := range hostile {
		q := quoted(s)
		tokens = append(tokens, strings.NewReplacer(
			`"ci"`, q, `"CI deploys"`, q, `"Ada"`, q, `"User"`, q, `"main"`, q, `"shop"`, q, `"acme"`, q, `"read_branch"`, q,
			`"Read a branch"`, q, `"database:read_database"`, q, `"u4m9b2x7k1re"`, q, `"`+staticID+`"`, q,
		).Replace(static["2025-12"].token))
	}
	application := strings.NewReplacer(`"Schema Sentinel"`, quoted(strings.Join(hostile, "|")), `"read_user"`, quoted(leakedSecret)).
		Replace(static["2026-08"].application)
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/tokens"):
			writeJSON(w, static["2025-12"].page(tokens, 1, 1))
		case strings.Contains(r.URL.Path, "/tokens/"):
			writeJSON(w, strings.Replace(tokens[0], quoted(hostile[0]), `"`+staticID+`"`, 1))
		case strings.HasSuffix(r.URL.Path, "/info"):
			writeJSON(w, strings.NewReplacer(`read_user`, leakedSecret, `u4m9b2x7k1re`, plainSecret).Replace(staticInfo["active"]))
		default:
			writeJSON(w, application)
		}
	})
}

func TestTextFromAServerIsData(t *testing.T) {
	t.Parallel()
	user := userOf(serveHostile(t)).with("COLUMNS", "400").with("PLANETSCALE_ACCESS_TOKEN", plainSecret)
	for name, args := range requests {
		for _, format := range []string{"human", "json", "csv"} {
			out := mustRun(t, user, append(args, "--format", format)...)
			noSecret(t, out)
			if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && (r < ' ' || r == 0x7f || r > 0x7f && r < 0xa0) }); i >= 0 {
				t.Errorf("%s as %s: control character %q", name, format, out[i:i+4])
			}
			if strings.ContainsAny(out, "\u202e\u200b") {
				t.Errorf("%s as %s: a mark that is not seen", name, format)
			}
			if format == "human" && name == "token list" && strings.Count(out, "\n") != len(hostile)+3 {
				t.Errorf("%d lines for %d tokens:\n%s", strings.Count(out, "\n"), len(hostile), out)
			}
		}
	}
}

func TestJSONKeepsTextToTheByte(t *testing.T) {
	t.Parallel()
	var tokens []struct {
		Name string `json:"name"`
	}
	// A credential that is a part of every other word is no reason to redact those.
	user := userOf(serveHostile(t)).with("PLANETSCALE_ACCESS_TOKEN", "e")
	out := mustRun(t, user, "token", "list", "5kq1x0v2m8yd", "--format", "json")
	if err := json.Unmarshal([]byte(out), &tokens); err != nil {
		t.Fatal(err)
	}
	for i, s := range hostile {
		if !strings.Contains(s, "pscale_") && tokens[i].Name != s {
			t.Errorf("%q became %q", s, tokens[i].Name)
		}
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	out := mustRun(t, userOf(serveHostile(t)), "token", "list", "5kq1x0v2m8yd", "--format", "csv")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != len(hostile)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, row := range rows[1:] {
		for j, cell := range row {
			for _, part := range strings.Split(cell, ";") { // where a spreadsheet may begin another
				start := strings.TrimLeft(part, " \u00a0\n")
				if start != "" && strings.ContainsAny(start[:1], "=+-@\t\r") {
					t.Errorf("row %d, %s: %q", i, rows[0][j], cell)
				}
			}
		}
		if s := hostile[i]; strings.Contains("=+-@ ＝", string([]rune(s)[:1])) && row[0] != "'"+s {
			t.Errorf("%q became %q", s, row[0])
		}
	}
	if got := rows[20][0]; got != hostile[19] {
		t.Errorf("a harmless text changed: %q", got)
	}
}

// A name is anyone's choice, also that of a server that was shown the credential.
func TestACredentialInTextFromAServerOrAUserIsNotShown(t *testing.T) {
	t.Parallel()
	const own = "a0token0without0any0prefix"
	sample := newServer(t)
	user := userOfTestServer(sample).with("PLANETSCALE_ACCESS_TOKEN", own)
	for name, named := range map[string]string{"one's own": own, "somebody's": "pscale_pw_canary0123"} {
		token := sample.Token(0)
		token.DisplayName, token.ActorDisplayName = "my "+named, &named
		server := newServer(t, apitest.WithTokenList([]api.Token{token}))
		for _, args := range [][]string{{"token", "list", apitest.ApplicationID}, {"token", "show", apitest.ApplicationID, token.ID}} {
			for _, format := range []string{"human", "json", "csv"} {
				r := run(t, user.with("PLANETSCALE_API_URL", server.URL), append(args, "--format", format)...)
				if strings.Contains(r.stdout+r.stderr, named) || !strings.Contains(r.stdout, "my [redacted]") {
					t.Errorf("%s, %q as %s: %s%s", name, args, format, r.stdout, r.stderr)
				}
			}
		}
		for _, args := range [][]string{{"contract", "diff", named}, {"token", "show", named, " "}} {
			if line := failed(t, run(t, user, args...)); strings.Contains(line, named) {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

// Members that have their names from credentials are as many without them.
func TestNamesOfMembersThatAreCredentialsAreNotShown(t *testing.T) {
	t.Parallel()
	bodies := static["2026-08"]
	bodies.application = strings.Replace(bodies.application, `"all_scopes_by_resource":{}`,
		`"all_scopes_by_resource":{"pscale_pw_canary1":[],"pscale_pw_canary2":[]}`, 1)
	out := mustRun(t, userOf(serveStatic(t, bodies, 1, staticInfo["active"])), "app", "show", "5kq1x0v2m8yd", "--format", "json")
	if strings.Contains(out, "canary") || strings.Count(out, `"[redacted]": []`) != 2 {
		t.Error(out)
	}
}

func TestNoSecretInAnyOutput(t *testing.T) {
	t.Parallel()
	leaky := newServer(t, apitest.WithTokens(40), apitest.WithLeakedSecret(0, 1, 2))
	user := userOfTestServer(leaky)
	var secrets []string
	for _, request := range []string{"PLANETSCALE_SERVICE_TOKEN", "PLANETSCALE_ACCESS_TOKEN"} {
		secrets = append(secrets, user[request])
	}
	for i := range 3 {
		token := leaky.Token(i)
		secrets = append(secrets, token.Token.Reveal(), token.PlainTextRefreshToken.Reveal())
	}
	records := []string{"human", "json", "csv"}
	for _, test := range []struct {
		args    []string
		formats []string
	}{
		{[]string{"app", "show", apitest.ApplicationID}, records},
		{[]string{"token", "list", apitest.ApplicationID}, records},
		{[]string{"token", "show", apitest.ApplicationID, leaky.Token(1).ID}, records},
		{[]string{"token", "show", "a", "b"}, records},
		{[]string{"token", "info"}, records},
		{[]string{"audit", apitest.ApplicationID}, []string{"human", "json", "csv", "sarif", "markdown", "html"}},
		{[]string{"contract", "check", "--app", apitest.ApplicationID}, []string{"human", "json", "junit", "sarif", "github", "html"}},
	} {
		args := test.args
		for _, format := range test.formats {
			r := run(t, user, append(args, "--debug", "--format", format)...)
			if !strings.Contains(r.stderr, "level=DEBUG msg=exchange operation=") {
				t.Errorf("%q: no debug log: %s", args, r.stderr)
			}
			for _, secret := range secrets {
				if secret == "" || strings.Contains(r.stdout+r.stderr, secret) {
					t.Errorf("%q as %s shows %q", args, format, secret)
				}
			}
			if shown := args[1] == "show" && args[0] == "token" && args[2] != "a"; shown && strings.Count(r.stdout, "[redacted]") != 2 {
				t.Errorf("%q as %s does not say that there are secrets: %s", args, format, r.stdout)
			}
		}
	}
}
