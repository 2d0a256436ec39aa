package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/cmd/psoauth/internal/cli"
)

// process runs the command on writers of the test's own.
func process(ctx context.Context, env environment, stdout, stderr io.Writer, args ...string) int {
	return cli.Run(ctx, cli.Process{
		Args:   args,
		Getenv: func(name string) string { return env[name] },
		Stdout: stdout, Stderr: stderr,
		Now: clock,
	})
}

// A brokenWriter takes so many bytes and then fails.
type brokenWriter struct {
	room int
	err  error
}

func (w *brokenWriter) Write(b []byte) (int, error) {
	if len(b) > w.room {
		n := w.room
		w.room = 0
		return n, w.err
	}
	w.room -= len(b)
	return len(b), nil
}

func TestAReaderThatHasSeenEnoughEndsTheRunInSilence(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithTokens(100_000))
	for _, format := range []string{"human", "json", "csv"} {
		var stderr bytes.Buffer
		status := process(t.Context(), userOfTestServer(server), &brokenWriter{50_000, &os.PathError{Op: "write", Err: syscall.EPIPE}},
			&stderr, "token", "list", apitest.ApplicationID, "--format", format)
		if status != 0 || stderr.Len() > 0 {
			t.Errorf("%s: status %d, stderr %s", format, status, stderr.String())
		}
	}
	if n := len(server.Requests()); n > 100 {
		t.Errorf("%d requests for readers of some hundred tokens", n)
	}
}

func TestAFullDiskIsOneLineAndStatus2(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"app", "show", "--sandbox"}, {"token", "list", "--sandbox"}, {"version"}, {"completion", "bash"}, {"--help"}} {
		var stderr bytes.Buffer
		status := process(t.Context(), nil, &brokenWriter{10, syscall.ENOSPC}, &stderr, args...)
		if line := failed(t, result{status, "", stderr.String()}); !strings.Contains(line, "cannot write the output: no space left") {
			t.Errorf("%q: %s", args, line)
		}
	}
}

func TestAnInterruptEndsAListWithThePageToResumeFrom(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	server := newServer(t, apitest.WithTokens(1000), apitest.WithFaults(apitest.Fault{Match: apitest.OnPage(4), Do: func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			interrupt()
			<-r.Context().Done()
		})
	}}))
	var stdout, stderr bytes.Buffer
	status := process(ctx, userOfTestServer(server), &stdout, &stderr, "token", "list", apitest.ApplicationID)
	line := interrupted(t, result{status, stdout.String(), stderr.String()})
	if !strings.HasPrefix(line, "psoauth: interrupted [resume from page ") {
		t.Error(line)
	}
}

func TestAnInterruptBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	var stdout, stderr bytes.Buffer
	status := process(canceled(t), userOfTestServer(server), &stdout, &stderr, "app", "show", apitest.ApplicationID)
	if line := interrupted(t, result{status, stdout.String(), stderr.String()}); line != "psoauth: interrupted" {
		t.Error(line)
	}
}

// A lockedBuffer is read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestAListIsShownWhileItIsRead(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"human", "json", "csv"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			var stdout lockedBuffer
			var early atomic.Bool
			server := newServer(t, apitest.WithTokens(3000), apitest.WithFaults(apitest.Fault{Match: apitest.OnPage(20), Do: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					early.Store(stdout.String() != "")
					next.ServeHTTP(w, r)
				})
			}}))
			if status := process(t.Context(), userOfTestServer(server), &stdout, io.Discard,
				"token", "list", apitest.ApplicationID, "--format", format); status != 0 {
				t.Fatalf("status %d", status)
			}
			if !early.Load() {
				t.Error("nothing was shown before page 20 was asked for")
			}
		})
	}
}

func TestPagesAreFetchedAhead(t *testing.T) {
	t.Parallel()
	third := make(chan struct{})
	wait := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-third:
				next.ServeHTTP(w, r)
			case <-r.Context().Done():
			}
		})
	}
	tell := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(third)
			next.ServeHTTP(w, r)
		})
	}
	server := newServer(t, apitest.WithTokens(500), apitest.WithFaults(apitest.Fault{Match: apitest.OnPage(2), Do: wait}, apitest.Fault{Match: apitest.OnPage(3), Do: tell}))
	mustRun(t, userOfTestServer(server), "token", "list", apitest.ApplicationID)
}

func TestThisMachineHasNoRateLimit(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // with the limit of the API it would be 50
	defer cancel()
	server := newServer(t, apitest.WithTokens(500))
	if status := process(ctx, userOfTestServer(server), io.Discard, io.Discard,
		"token", "list", apitest.ApplicationID, "--per-page", "1"); status != 0 {
		t.Errorf("status %d", status)
	}
}

func TestAPanicIsOneLineAndStatus2(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	status := process(t.Context(), nil, panickingWriter{}, &stderr, "version")
	if line := failed(t, result{status, "", stderr.String()}); !strings.Contains(line, "internal error, please report it") {
		t.Error(line)
	}
}

type panickingWriter struct{}

func (panickingWriter) Write([]byte) (int, error) { panic(errors.New("two\nlines")) }

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version"}, {"--version"}} {
		if out := mustRun(t, nil, args...); !strings.HasPrefix(out, "psoauth ") || !strings.Contains(out, " go1.") {
			t.Errorf("%q: %q", args, out)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ args, want string }{
		{"", "COMMAND [flags]"},
		{"--help", "COMMAND [flags]"},
		{"help", "COMMAND [flags]"},
		{"token", "Usage: psoauth token COMMAND"},
		{"token list --help", "PLANETSCALE_SERVICE_TOKEN;"},
		{"help token list", "PLANETSCALE_SERVICE_TOKEN;"},
		{"help environment", "PLANETSCALE_SERVICE_TOKEN_ID "},
	} {
		out := mustRun(t, userOf("http://127.0.0.1:1").with("COLUMNS", "200"), strings.Fields(test.args)...)
		if !strings.Contains(out, test.want) {
			t.Errorf("%q: want %q in it: %s", test.args, test.want, out)
		}
		noSecret(t, out)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := mustRun(t, nil, "completion", shell); !strings.Contains(out, "psoauth") {
			t.Errorf("%s: %.100s", shell, out)
		}
	}
	for line, want := range map[string]string{
		"--format ":                   "human\njson\ncsv\n",
		"token ":                      "info\t",
		"token list --per-":           "--per-page\t",
		"contract check --operation ": "listOAuthApplications\ngetOAuthApplication\n",
		"token list --output ":        ":0\n", // file names
		"audit --policy ":             ":0\n",
		"completion ":                 "bash\nzsh\nfish\npowershell\n",
		"help to":                     "token\t",
		"help token l":                "list\t",
		"sandbox --fault ":            "rate-limit\nserver-error\n",
		"app show --no-":              "--no-color\t",
		"app show --":                 "--org\tthe organization's name",
		"token show 5kq1x0v2m":        ":4\n", // no file names
	} {
		r := run(t, nil, append([]string{"__complete"}, strings.Split(line, " ")...)...)
		if r.status != 0 || !strings.Contains(r.stdout, want) || strings.Contains(r.stdout, "`") {
			t.Errorf("%s<tab>: status %d\n%s", line, r.status, r.stdout)
		}
	}
}
