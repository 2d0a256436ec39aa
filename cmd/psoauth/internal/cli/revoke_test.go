package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A planetscale is a small stateful server of two applications, one of which may be taken away.
type planetscale struct {
	mu      sync.Mutex
	apps    []string
	tokens  []string
	deletes []string // the ids, as they were asked for
	// onDelete may respond in place of the server. It returns whether the token is deleted, and whether it has responded.
	onDelete func(w http.ResponseWriter, r *http.Request, id string, try int) (deleted, responded bool)
	onList   func(w http.ResponseWriter, deletes int) (responded bool)
}

const appsPath = "/v1/organizations/acme/oauth-applications"

func (s *planetscale) serve(t testing.TB) environment {
	t.Helper()
	return userOf(serve(t, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		application := func(id string) string {
			return strings.NewReplacer("5kq1x0v2m8yd", id, "Schema Sentinel", "name of "+id).Replace(static["2026-08"].application)
		}
		token := func(id string) string { return strings.Replace(static["2026-08"].token, staticID, id, 1) }
		path, perPage := strings.TrimPrefix(r.URL.Path, appsPath), 100
		words := strings.Split(strings.TrimPrefix(path, "/"), "/")
		known := path == "" || slices.Contains(s.apps, words[0])
		switch {
		case !known:
			http.Error(w, `{"code":"not_found"}`, http.StatusNotFound)
		case path == "":
			perPage = 1 // so that there are pages
			page := 1
			_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
			var shown []string
			if page <= len(s.apps) {
				shown = []string{application(s.apps[page-1])}
			}
			writeJSON(w, strings.Replace(static["2025-12"].page(shown, page, len(s.apps)), "{", fmt.Sprintf(`{"per_page":%d,`, perPage), 1))
		case len(words) == 1:
			writeJSON(w, application(words[0]))
		case len(words) == 2:
			if s.onList != nil && s.onList(w, len(s.deletes)) {
				return
			}
			var shown []string
			for _, id := range s.tokens {
				shown = append(shown, token(id))
			}
			writeJSON(w, static["2025-12"].page(shown, 1, 1))
		case r.Method == http.MethodDelete:
			s.delete(w, r, words[2])
		default:
			http.NotFound(w, r)
		}
	}))
}

func (s *planetscale) delete(w http.ResponseWriter, r *http.Request, id string) {
	s.deletes = append(s.deletes, id)
	deleted, responded := true, false
	if s.onDelete != nil {
		tries := 0
		for _, other := range s.deletes {
			if other == id {
				tries++
			}
		}
		deleted, responded = s.onDelete(w, r, id, tries)
	}
	before := len(s.tokens)
	if deleted {
		s.tokens = slices.DeleteFunc(s.tokens, func(other string) bool { return other == id })
	}
	switch {
	case responded:
	case len(s.tokens) < before:
		w.WriteHeader(http.StatusNoContent)
	default:
		http.Error(w, `{"code":"not_found"}`, http.StatusNotFound)
	}
}

// receipt is what psoauth token revoke --format json writes, by the ids of the tokens.
func receipt(t testing.TB, document string) map[string]string {
	t.Helper()
	var targets []struct{ ID, Result string }
	if err := json.Unmarshal([]byte(document), &targets); err != nil {
		t.Fatalf("%v: %s", err, document)
	}
	results := map[string]string{}
	for _, target := range targets {
		results[target.ID] = target.Result
	}
	return results
}

func TestTheListDecidesWhatIsGone(t *testing.T) {
	t.Parallel()
	server := &planetscale{apps: []string{"app1"}, tokens: []string{"good", "lost", "forbidden", "notfound", "slow", "broken", "zombie", "other"}}
	server.onDelete = func(w http.ResponseWriter, _ *http.Request, id string, try int) (bool, bool) {
		status := func(status int) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(status)
		}
		switch {
		case id == "lost" && try == 1: // deleted, and the response is lost
			server.tokens = slices.DeleteFunc(server.tokens, func(other string) bool { return other == id })
			panic(http.ErrAbortHandler)
		case id == "forbidden":
			status(http.StatusForbidden)
			return false, true
		case id == "notfound":
			status(http.StatusNotFound)
			return false, true
		case id == "slow" && try == 1:
			status(http.StatusTooManyRequests)
			return false, true
		case id == "broken":
			status(http.StatusInternalServerError)
			return true, true
		case id == "zombie":
			status(http.StatusNoContent)
			return false, true
		}
		return true, false
	}
	r := run(t, server.serve(t), strings.Fields("token revoke app1 good lost forbidden notfound slow broken zombie --yes --format json")...)
	want := map[string]string{
		"good": "revoked", "lost": "revoked", "forbidden": "failed", "notfound": "failed", "slow": "revoked", "broken": "gone", "zombie": "still listed",
	}
	got := receipt(t, r.stdout)
	for id, result := range want {
		if got[id] != result {
			t.Errorf("%s: %s, want %s", id, got[id], result)
		}
	}
	if r.status != 1 || !strings.Contains(r.stderr, "3 of 7 tokens not gone") {
		t.Errorf("status %d: %s", r.status, r.stderr)
	}
	if slices.Contains(server.deletes, "other") || !slices.Contains(server.tokens, "other") {
		t.Error("a token was deleted that was not asked for")
	}
	noSecret(t, r.stdout+r.stderr)
}

func TestNothingIsRevokedUnasked(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]struct {
		status int
		says   string
	}{
		"token revoke app1 a b":           {2, "no terminal to ask on; give --yes"},
		"token revoke app1 a b --dry-run": {0, ""},
		"token revoke app1 a typo --yes":  {2, "no token typo in application app1 of organization acme; nothing was revoked"},
		"token revoke nosuch a --yes":     {2, "there are several applications: give APP_ID, one of app1 (name of app1), app2 (name of app2)"},
		"token revoke a --yes":            {2, "there are several applications: give APP_ID, one of app1"},
		"token revoke app1 --yes":         {2, "no token to revoke"},
		"token revoke --yes":              {2, "want TOKEN_ID"},
		"token revoke a --rule x --yes":   {2, "give it, or leave them out"},
	} {
		server := &planetscale{apps: []string{"app1", "app2"}, tokens: []string{"a", "b"}}
		r := run(t, server.serve(t), strings.Fields(args)...)
		if r.status != want.status || !strings.Contains(r.stderr, want.says) || len(server.deletes) > 0 {
			t.Errorf("%s: status %d, %q were deleted: %s", args, r.status, server.deletes, r.stderr)
		}
	}
}

func TestTheApplicationMayBeLeftOutWhereThereIsOne(t *testing.T) {
	t.Parallel()
	one := (&planetscale{apps: []string{"app1"}, tokens: []string{"a"}}).serve(t)
	two := (&planetscale{apps: []string{"app1", "app2"}, tokens: []string{"a"}}).serve(t)
	none := (&planetscale{}).serve(t)
	for _, args := range []string{"app show", "token list"} {
		mustRun(t, one, strings.Fields(args)...)
		for user, want := range map[*environment]string{
			&two:  "there are several applications: give APP_ID, one of app1 (name of app1), app2 (name of app2)",
			&none: "organization acme has no OAuth applications",
		} {
			if line := failed(t, run(t, *user, strings.Fields(args)...)); !strings.Contains(line, want) {
				t.Errorf("%s: %s, want %s", args, line, want)
			}
		}
		line := failed(t, run(t, two, append(strings.Fields(args), "wrong")...))
		if !strings.Contains(line, "organization acme has app1 (name of app1), app2 (name of app2)") {
			t.Errorf("%s with a wrong id: %s", args, line)
		}
	}
	if r := run(t, one, "token", "revoke", "a", "--yes"); r.status != 0 {
		t.Errorf("status %d: %s", r.status, r.stderr)
	}
	if out := mustRun(t, two, "app", "list", "--format", "csv"); strings.Count(out, "\n") != 3 || !strings.Contains(out, "\napp2,name of app2,") {
		t.Errorf("app list: %s", out)
	}
}

func TestRevokingByAReport(t *testing.T) {
	t.Parallel()
	finding := func(severity, rule, token, more string) string {
		return fmt.Sprintf(`{"application":"app1","severity":%q,"rule":%q,"token":%q,"name":"n"%s}`, severity, rule, token, more)
	}
	findings := strings.Join([]string{
		finding("error", "token.live-secret", "a", ""), finding("warning", "token.unused", "a", ""), finding("note", "reach.write", "b", ""),
		finding("warning", "token.unused", "gone", ""), finding("warning", "token.unused", "d", `,"accepted":{"until":"2027-01-01"}`),
		finding("error", "scope.undeclared", "c", `,"also":["reach.delete","token.widened"]`),
		`{"application":"app1","severity":"error","rule":"scope.undeclared","token":null}`,
	}, ",")
	report := filepath.Join(t.TempDir(), "audit.json")
	write := func(content string) {
		if err := os.WriteFile(report, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"application":{"id":"app1","name":"x"},"findings":[` + findings + `]}`)
	for args, want := range map[string][]string{
		"":                         {"a", "b", "c"},
		"--severity warning":       {"a", "c"},
		"--rule token.widened":     {"c"},
		"--rule reach.write":       {"b"},
		"app1 --rule token.unused": {"a"},
		"--rule nosuch":            nil,
		"app2":                     nil,
	} {
		server := &planetscale{apps: []string{"app1", "app2"}, tokens: []string{"a", "b", "c", "d"}}
		r := run(t, server.serve(t), append([]string{"token", "revoke", "--from", report, "--yes", "--format", "json"}, strings.Fields(args)...)...)
		if !slices.Equal(server.deletes, want) || (want == nil) != (r.status == 2) {
			t.Errorf("%s: status %d, deleted %q, want %q: %s", args, r.status, server.deletes, want, r.stderr)
		}
		if want != nil && !strings.Contains(args, "reach") && !strings.Contains(args, "widened") && receipt(t, r.stdout)["gone"] != "gone" {
			t.Errorf("%s: %s", args, r.stdout)
		}
	}
	write(`{"findings":[` + finding("error", "x", "a", "") + "," + finding("error", "x", "c", `,"application":"app2"`) + `]}`)
	server := &planetscale{apps: []string{"app1", "app2"}, tokens: []string{"a", "b", "c"}}
	user := server.serve(t)
	if line := failed(t, run(t, user, "token", "revoke", "--from", report, "--yes")); !strings.Contains(line, "give APP_ID, one of app1, app2") {
		t.Error(line)
	}
	if run(t, user, "token", "revoke", "app2", "--from", report, "--yes"); !slices.Equal(server.deletes, []string{"c"}) {
		t.Errorf("deleted %q", server.deletes)
	}
	for _, empty := range []string{"", `{"severity":"note","rule":"actor.many-tokens","token":null,"actor":"ada"}`} {
		write(`{"application":null,"findings":[` + empty + `]}`)
		if line := failed(t, run(t, user, "token", "revoke", "--from", report, "--yes")); !strings.Contains(line, "no token to revoke") {
			t.Error(line)
		}
	}
	write(`{"organization":"acme","application":{"id":"app1"},"findings":[` + findings + `]}`)
	revoke := []string{"token", "revoke", "--from", report, "--yes", "--rule", "token.live-secret"}
	for org, want := range map[string]string{"PLANETSCALE_ORG": "other", "--org": "other", "": "acme", "acme": "acme"} {
		server := &planetscale{apps: []string{"app1"}, tokens: []string{"a"}}
		env, args := server.serve(t).with("PLANETSCALE_ORG", ""), revoke
		switch org {
		case "PLANETSCALE_ORG":
			env = env.with(org, want)
		case "--org":
			args = append(slices.Clone(args), org, want)
		case "acme":
			env = env.with("PLANETSCALE_ORG", org)
		}
		r := run(t, env, args...)
		if want == "acme" {
			if r.status != 0 || len(server.deletes) != 1 {
				t.Errorf("%s: status %d, %s", org, r.status, r.stderr)
			}
			continue
		}
		says := "it is a report on organization acme, but " + org + " names other: give --org acme if you mean that"
		if line := failed(t, r); !strings.Contains(line, says) || len(server.deletes) > 0 {
			t.Errorf("%s: %q were deleted: %s", org, server.deletes, line)
		}
	}
	write(`{"summary":{}}`)
	if line := failed(t, run(t, user, "token", "revoke", "--from", report, "--yes")); !strings.Contains(line, "want a report of psoauth audit") {
		t.Error(line)
	}
}

func TestAnInterruptedRevocationSaysWhatWasDone(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	server := &planetscale{apps: []string{"app1"}, tokens: []string{"a", "b", "c"}}
	server.onDelete = func(_ http.ResponseWriter, r *http.Request, id string, _ int) (bool, bool) {
		if id == "b" {
			interrupt()
			<-r.Context().Done()
		}
		return true, false
	}
	var stdout, stderr bytes.Buffer
	status := process(ctx, server.serve(t), &stdout, &stderr, strings.Fields("token revoke app1 a b c --yes --format json")...)
	got := receipt(t, stdout.String())
	if status != 130 || got["a"] != "deleted" || got["b"] != "unknown" || got["c"] != "not tried" {
		t.Errorf("status %d, %v: %s", status, got, stderr.String())
	}
}

func TestAListThatCannotBeReadAgainProvesNothing(t *testing.T) {
	t.Parallel()
	server := &planetscale{apps: []string{"app1"}, tokens: []string{"a"}}
	server.onList = func(w http.ResponseWriter, deletes int) bool {
		if deletes > 0 {
			http.Error(w, "", http.StatusForbidden)
		}
		return deletes > 0
	}
	r := run(t, server.serve(t), strings.Fields("token revoke app1 a --yes --format json")...)
	if got := receipt(t, r.stdout); r.status != 2 || got["a"] != "deleted" || !strings.Contains(r.stderr, "cannot be listed again") {
		t.Errorf("status %d, %v: %s", r.status, got, r.stderr)
	}
}

func TestAuthStatus(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		refuse string
		status int
		want   map[string]any // allowed, by operation
	}{
		{"all", "", 0, map[string]any{"listOAuthApplications": true, "listOAuthTokens": true, "deleteOAuthToken": nil}},
		{"no tokens", "/tokens", 1, map[string]any{"getOAuthApplication": true, "listOAuthTokens": false, "deleteOAuthToken": nil}},
		{"nothing", "/organizations/", 1, map[string]any{"listOAuthApplications": false, "listOAuthTokens": nil}},
	} {
		user := userOf(serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method != http.MethodGet:
				t.Errorf("%s: %s %s", test.name, r.Method, r.URL.Path)
			case test.refuse != "" && strings.Contains(r.URL.Path, test.refuse):
				http.Error(w, `{"code":"forbidden"}`, http.StatusForbidden)
			case strings.HasSuffix(r.URL.Path, "/oauth-applications"):
				writeJSON(w, static["2025-12"].page([]string{static["2026-08"].application}, 1, 1))
			case strings.HasSuffix(r.URL.Path, "/tokens"):
				writeJSON(w, static["2025-12"].page([]string{static["2026-08"].token}, 1, 1))
			case strings.Contains(r.URL.Path, "/tokens/"):
				writeJSON(w, static["2026-08"].token)
			case strings.HasSuffix(r.URL.Path, "/info"):
				writeJSON(w, staticInfo["active"])
			default:
				writeJSON(w, static["2026-08"].application)
			}
		}))
		r := run(t, user, "auth", "status", "--format", "json")
		var status struct {
			Credential     string `json:"credential"`
			CredentialFrom string `json:"credential_from"`
			Operations     []struct {
				Operation string
				Allowed   any
				Remark    *string // which may be empty, but is ours and so never null
			}
		}
		if err := json.Unmarshal([]byte(r.stdout), &status); err != nil {
			t.Fatalf("%s: %v: %s%s", test.name, err, r.stdout, r.stderr)
		}
		if r.status != test.status || status.Credential != "service token "+serviceTokenID || status.CredentialFrom != "PLANETSCALE_SERVICE_TOKEN" {
			t.Errorf("%s: status %d, %+v, %s", test.name, r.status, status, r.stderr)
		}
		for _, op := range status.Operations {
			if op.Remark == nil {
				t.Errorf("%s: the remark on %s is null", test.name, op.Operation)
			}
		}
		got := map[string]any{}
		for _, o := range status.Operations {
			got[o.Operation] = o.Allowed
		}
		for operation, allowed := range test.want {
			if has, ok := got[operation]; !ok || has != allowed {
				t.Errorf("%s: %s: %v, want %v", test.name, operation, has, allowed)
			}
		}
		for _, format := range []string{"human", "csv"} {
			out := run(t, user, "auth", "status", "--format", format)
			if out.status != test.status || !strings.Contains(out.stdout, "deleteOAuthToken") {
				t.Errorf("%s as %s: %s", test.name, format, out.stdout)
			}
			noSecret(t, out.stdout+out.stderr)
		}
	}
	failed(t, run(t, userOf("http://127.0.0.1:1"), "auth", "status"))
	if r := run(t, nil, "auth", "status", "--sandbox", "nosuch"); r.status != 1 || !strings.Contains(r.stderr, "unless APP_ID is wrong") {
		t.Errorf("another application: status %d, %s", r.status, r.stderr)
	}
}
