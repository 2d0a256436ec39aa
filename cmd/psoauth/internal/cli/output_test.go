package cli_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
)

// What decides is the verdict: a pipe to head must not turn it into success.
func TestAReaderThatLeavesDoesNotHideTheVerdict(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args   string
		status int
	}{
		{"audit --sandbox --format human", 1},
		{"audit --sandbox --format json", 1},
		{"audit --sandbox --format csv", 1},
		{"app show --sandbox", 2},
		{"token info --sandbox", 2},
		{"contract show", 2},
		{"--help", 2},
		{"token list --sandbox", 0},
	} {
		var stderr bytes.Buffer
		gone := &brokenWriter{100, &os.PathError{Op: "write", Err: syscall.EPIPE}}
		if status := process(t.Context(), nil, gone, &stderr, strings.Fields(test.args)...); status != test.status {
			t.Errorf("%s: status %d, want %d: %s", test.args, status, test.status, stderr.String())
		}
		if (test.status != 0) != (strings.Count(stderr.String(), "\n") == 1) {
			t.Errorf("%s: %q", test.args, stderr.String())
		}
	}
}

func TestTheNameOfTheOutputImpliesTheFormat(t *testing.T) {
	t.Parallel()
	for name, begins := range map[string]string{
		"a.html": "<!doctype html>", "a.JSON": "{", "a.csv": "severity,", "a.sarif": "{", "a.md": "#", "a.txt": "Token audit of", "a": "Token audit of", "a.xml": "<?xml",
	} {
		file := filepath.Join(t.TempDir(), name)
		r := run(t, nil, "audit", "--sandbox", "--output", file)
		content, err := os.ReadFile(file)
		if err != nil || !strings.HasPrefix(strings.ToLower(string(content)), strings.ToLower(begins)) {
			t.Errorf("%s: %v, %.60q", name, err, content)
		}
		if r.status != 1 || !strings.HasPrefix(r.stderr, "psoauth: wrote "+file+"\npsoauth: 120 tokens") || r.stdout != "" {
			t.Errorf("%s: status %d, %s%s", name, r.status, r.stdout, r.stderr)
		}
	}
	file := filepath.Join(t.TempDir(), "a.csv")
	if r := run(t, nil, "token", "list", "--sandbox", "--output", file, "--format", "json"); r.status != 0 {
		t.Error(r.stderr)
	}
	if content, _ := os.ReadFile(file); !json.Valid(content) {
		t.Errorf("--format did not beat the extension: %.60s", content)
	}
}

func TestPagesSayWhatWasExamined(t *testing.T) {
	t.Parallel()
	const recording = "../../../../conformance_test/testdata/2026-09.har"
	for args, want := range map[string][]string{
		"audit --sandbox":             {"organization " + apitest.Organization, "default policy", "UTC", "psoauth "},
		"contract check --sandbox":    {"application of the sandbox", "UTC", "psoauth "},
		"contract check " + recording: {recording, "UTC", "psoauth "},
	} {
		r := run(t, nil, append(strings.Fields(args), "--format", "html")...)
		_, head, _ := strings.Cut(r.stdout, "<header")
		head, _, _ = strings.Cut(head, "</header>")
		for _, fact := range want {
			if !strings.Contains(head, fact) {
				t.Errorf("%s: the head of the page does not say %q: %s", args, fact, head)
			}
		}
	}
}

// A kill cannot be caught, so what is being written must not have the name of the file yet.
func TestAnUnfinishedFileHasNotItsName(t *testing.T) {
	t.Parallel()
	folder, seen := t.TempDir(), make(chan error, 1)
	file := filepath.Join(folder, "tokens.csv")
	server := newServer(t, apitest.WithTokens(500), apitest.WithFaults(), apitest.WithFaults(apitest.Fault{Match: apitest.OnPage(4), Do: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := os.Stat(file)
			seen <- err
			next.ServeHTTP(w, r)
		})
	}}))
	if r := run(t, userOfTestServer(server), "token", "list", apitest.ApplicationID, "--output", file); r.status != 0 {
		t.Fatal(r.stderr)
	}
	if err := <-seen; !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v while the list was read", err)
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 || entries[0].Name() != "tokens.csv" {
		t.Errorf("%v in the end", entries)
	}
}

func TestInAWorkflowNoTextIsACommand(t *testing.T) {
	t.Parallel()
	const command, older = "::error file=x::owned", "a ##[error]owned"
	names := []string{command, "  " + command, older, "###[group]x", "a::b", "#[x", ":::x"}
	var tokens []string
	for _, name := range names {
		quoted, _ := json.Marshal(name)
		tokens = append(tokens, strings.NewReplacer(`"`+staticID+`"`, string(quoted), `"CI deploys"`, string(quoted)).Replace(static["2025-12"].token))
	}
	user := userOf(serve(t, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, static["2025-12"].page(tokens, 1, 1)) }))
	for _, format := range []string{"human", "csv", "json"} {
		list := []string{"token", "list", "5kq1x0v2m8yd", "--format", format}
		here := mustRun(t, user, list...)
		there := mustRun(t, user.with("GITHUB_ACTIONS", "true"), list...)
		for line := range strings.Lines(there) {
			if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
				t.Errorf("%s: a command: %s", format, line)
			}
		}
		if format == "json" && here != there {
			t.Errorf("json differs:\n%s\n%s", here, there)
		}
		if format == "csv" {
			rows, err := csv.NewReader(strings.NewReader(there)).ReadAll()
			if err != nil || len(rows) != len(names)+1 || rows[5][0] != "a::b" || rows[6][0] != "#[x" {
				t.Errorf("csv: %v %q", err, rows)
			}
		}
	}
	if r := run(t, environment{"GITHUB_ACTIONS": "true"}, "app", older, "-fgithub"); strings.Contains(r.stderr, "##[") {
		t.Errorf("a command on stderr: %s", r.stderr)
	}
	for _, format := range [][]string{{"--format", "github"}, {"--format=github"}, {"-fgithub"}, {"-f", "github"}} {
		r := run(t, environment{"GITHUB_ACTIONS": "true"}, append([]string{"audit", "--sandbox"}, format...)...)
		if !strings.HasPrefix(r.stdout, "::") {
			t.Errorf("%q: the commands are broken: %s", format, r.stdout)
		}
	}
	out := mustRun(t, user.with("GITHUB_ACTIONS", "true"), "token", "list", "5kq1x0v2m8yd", "--format", "csv", "--org", "github")
	if strings.Contains(out, "\n::") || strings.Contains(out, "##[") {
		t.Errorf("an organization named github lets a command through: %s", out)
	}
}

func TestColorCanBeForced(t *testing.T) {
	t.Parallel()
	list := []string{"token", "list", "--sandbox"}
	for variable, colour := range map[string]bool{"": false, "FORCE_COLOR": true, "CLICOLOR_FORCE": true, "NO_COLOR": false} {
		user := environment{}.with(variable, "1")
		if out := mustRun(t, user, list...); strings.Contains(out, "\x1b[") != colour {
			t.Errorf("%s: %.80q", variable, out)
		}
		if out := mustRun(t, user, append(list, "--no-color")...); strings.Contains(out, "\x1b[") {
			t.Errorf("%s with --no-color: %.80q", variable, out)
		}
	}
	file := filepath.Join(t.TempDir(), "list")
	if r := run(t, environment{"FORCE_COLOR": "1"}, append(list, "--output", file)...); r.status != 0 {
		t.Error(r.stderr)
	}
	if content, _ := os.ReadFile(file); len(content) == 0 || bytes.Contains(content, []byte("\x1b[")) {
		t.Errorf("a file with colors: %.80q", content)
	}
}
