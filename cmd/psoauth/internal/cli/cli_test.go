package cli_test

import (
	"bytes"
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/cmd/psoauth/internal/cli"
)

// now is what time it is in every test that shows times.
var now = time.Date(2026, time.September, 15, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

// The credentials of tests. None may ever be seen in an output.
const (
	serviceTokenID = "k3v9x2m7q4tz"
	serviceSecret  = "pscale_tkn_canary0of0the0service0token"
	accessSecret   = "pscale_oauth_canary0of0the0access0token"
	plainSecret    = "a-canary-without-any-known-prefix"
	leakedSecret   = "pscale_oauth_canary0leaked0by0the0server"
	leakedRefresh  = "canary0leaked0without0a0prefix"
)

// environment is what a user has set who uses the server at an address.
type environment map[string]string

func userOf(address string) environment {
	return environment{
		"PLANETSCALE_ORG":              "acme",
		"PLANETSCALE_SERVICE_TOKEN_ID": serviceTokenID,
		"PLANETSCALE_SERVICE_TOKEN":    serviceSecret,
		"PLANETSCALE_ACCESS_TOKEN":     accessSecret,
		"PLANETSCALE_API_URL":          address + "/v1",
		"PLANETSCALE_AUTH_URL":         address,
	}
}

func userOfTestServer(server *apitest.Server) environment {
	return environment{
		"PLANETSCALE_ORG":              apitest.Organization,
		"PLANETSCALE_SERVICE_TOKEN_ID": apitest.ServiceTokenID,
		"PLANETSCALE_SERVICE_TOKEN":    apitest.ServiceToken,
		"PLANETSCALE_ACCESS_TOKEN":     apitest.AccessToken,
		"PLANETSCALE_API_URL":          server.URL,
		"PLANETSCALE_AUTH_URL":         server.AuthURL,
	}
}

// with returns a copy in which the variable has another value; "" stands for a variable that is not set.
func (e environment) with(variable, value string) environment {
	changed := environment{variable: value}
	for k, v := range e {
		if k != variable {
			changed[k] = v
		}
	}
	return changed
}

type result struct {
	status         int
	stdout, stderr string
}

// run runs the command.
func run(t testing.TB, env environment, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := cli.Run(t.Context(), cli.Process{
		Args:   args,
		Getenv: func(name string) string { return env[name] },
		Stdout: &stdout, Stderr: &stderr,
		Now: clock,
	})
	return result{status, stdout.String(), stderr.String()}
}

// mustRun runs a command that must succeed in silence.
func mustRun(t testing.TB, env environment, args ...string) string {
	t.Helper()
	r := run(t, env, args...)
	if r.status != 0 || r.stderr != "" {
		t.Fatalf("psoauth %q: status %d, stderr %s", args, r.status, r.stderr)
	}
	return r.stdout
}

// failed checks that a run failed as a run must, and returns the line it said.
func failed(t testing.TB, r result) string {
	t.Helper()
	if r.status != 2 {
		t.Errorf("status %d, want 2", r.status)
	}
	line, more, ended := strings.Cut(r.stderr, "\n")
	if !strings.HasPrefix(line, "psoauth: ") || more != "" || !ended {
		t.Errorf("stderr is not one line: %q", r.stderr)
	}
	noSecret(t, r.stdout+r.stderr)
	return line
}

// interrupted checks that a run ended as one that was interrupted must, and returns the line it said.
func interrupted(t testing.TB, r result) string {
	t.Helper()
	if r.status != 130 {
		t.Errorf("status %d, want 130", r.status)
	}
	r.status = 2
	return failed(t, r)
}

func noSecret(t testing.TB, output string) {
	t.Helper()
	if i := strings.Index(output, "canary"); i >= 0 {
		t.Errorf("a secret is in the output: …%s…", output[max(0, i-60):min(len(output), i+20)])
	}
}

func newServer(t testing.TB, options ...apitest.Option) *apitest.Server {
	t.Helper()
	server := apitest.NewServer(append([]apitest.Option{apitest.WithClock(clock)}, options...)...)
	t.Cleanup(server.Close)
	return server
}

// serve starts a server of the test's own and returns its address.
func serve(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func writeJSON(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write([]byte(body)) // a client that has gone is not the server's fault
}

var update = flag.Bool("update", false, "write the files in testdata instead of comparing with them")

// golden compares an output with a file in testdata.
func golden(t testing.TB, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("not as in %s:\n%s", path, got)
	}
}

// canceled is a context that has ended.
func canceled(t testing.TB) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
