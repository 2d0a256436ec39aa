package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/cmd/psoauth/internal/cli"
)

// The paths of operations at PlanetScale, for recordings.
const (
	applicationURL = "https://api.planetscale.com/v1/organizations/acme/oauth-applications/5kq1x0v2m8yd"
	tokenURL       = applicationURL + "/tokens/" + staticID
	tokenInfoURL   = "https://auth.planetscale.com/oauth/token/info"
)

// An answered is an exchange of a recording.
type answered struct {
	url  string
	body string
}

// The exchanges that tests judge: one that keeps the contract, and one for each severity that does not.
var (
	good    = answered{tokenInfoURL, `{"active":true,"exp":1791000000,"iat":1788408000}`}
	erring  = answered{tokenInfoURL, `{"active":"` + leakedSecret + `"}`}
	warning = answered{tokenURL, static["2025-12"].token} // a secret is in it
	noting  = answered{tokenInfoURL, `{"active":true,"new":"` + leakedSecret + `"}`}
	foreign = answered{"https://example.com/?token=" + leakedSecret, "<html>"}
)

// har returns a recording.
func har(exchanges ...answered) string {
	entries := []any{}
	for _, e := range exchanges {
		entries = append(entries, map[string]any{
			"startedDateTime": now.Format("2006-01-02T15:04:05.000Z07:00"),
			"request": map[string]any{
				"method": "GET", "url": e.url,
				"headers": []any{map[string]any{"name": "Authorization", "value": "Bearer " + accessSecret}},
			},
			"response": map[string]any{
				"status":  200,
				"headers": []any{map[string]any{"name": "Content-Type", "value": "application/json"}},
				"content": map[string]any{"size": len(e.body), "mimeType": "application/json", "text": e.body},
			},
		})
	}
	data, err := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "entries": entries}})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// write writes files into a folder of the test's own and returns where it is.
func write(t testing.TB, files map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// recorded writes a recording and returns its path.
func recorded(t testing.TB, exchanges ...answered) string {
	t.Helper()
	return filepath.Join(write(t, map[string]string{"traffic.har": har(exchanges...)}), "traffic.har")
}

// runWithInput runs the command with something on standard input.
func runWithInput(t testing.TB, stdin string, args ...string) result {
	t.Helper()
	var stdout, stderr strings.Builder
	status := cli.Run(t.Context(), cli.Process{
		Args: args, Getenv: func(string) string { return "" },
		Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr, Now: clock,
	})
	return result{status, stdout.String(), stderr.String()}
}

// checked runs psoauth contract check --format json, checks its status and that nothing leaks, and returns the report.
func checked(t testing.TB, env environment, status int, args ...string) report {
	t.Helper()
	r := run(t, env, append([]string{"contract", "check", "--format", "json"}, args...)...)
	if i := slices.Index(args, "--baseline"); slices.Contains(args, "--update-baseline") {
		said, more, _ := strings.Cut(r.stderr, "\n")
		if r.stderr = more; said != "psoauth: wrote "+args[i+1] {
			t.Errorf("the update says %q", said)
		}
	}
	return r.report(t, status)
}

// A report is the JSON form of one.
type report struct {
	Findings []struct {
		Severity, Rule, Source, Operation, URL, In, Pointer, Message string
		Status                                                       int
	}
	Coverage struct {
		Operations []struct {
			ID       string
			Statuses map[string]int
			Members  struct {
				Seen, Declared int
				Unseen         []string
			}
		}
	}
	Summary    struct{ Responses, Errors, Warnings, Notes, Accepted int }
	Incomplete string
}

func (r result) report(t testing.TB, status int) (read report) {
	t.Helper()
	noSecret(t, r.stdout+r.stderr)
	decoder := json.NewDecoder(strings.NewReader(r.stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil || decoder.More() || r.status != status {
		t.Fatalf("status %d, want %d; %v\n%s%s", r.status, status, err, r.stdout, r.stderr)
	}
	if lines := strings.Count(r.stderr, "\n") - strings.Count(r.stderr, " are taken for those of "); (status > 0) != (lines == 1) {
		t.Errorf("%d lines on standard error: %s", lines, r.stderr)
	}
	return read
}

// rules returns which rules were found, each with its source, in order.
func (r report) rules() (rules []string) {
	for _, f := range r.Findings {
		source := f.Source
		if i := strings.LastIndex(source, "/"); i >= 0 {
			source = source[i+1:]
		}
		rules = append(rules, source+" "+f.Rule)
	}
	return rules
}

// answers returns how many responses of an operation there were.
func (r report) answers(operation string) (n int) {
	for _, o := range r.Coverage.Operations {
		if o.ID == operation {
			for _, count := range o.Statuses {
				n += count
			}
		}
	}
	return n
}
