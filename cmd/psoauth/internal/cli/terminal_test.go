//go:build linux

package cli_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/cmd/psoauth/internal/cli"
)

// A screen is a terminal, and what was written to it.
type screen struct {
	*os.File
	keyboard *os.File
	shown    chan string   // all, when the terminal is closed
	seen     chan struct{} // closed when the awaited text is there
}

// newScreen opens a pseudoterminal of so many columns.
func newScreen(t testing.TB, columns uint16, await string) screen {
	t.Helper()
	primary, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudoterminal: %v", err)
	}
	t.Cleanup(func() { primary.Close() })
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	fd := int(primary.Fd())
	check(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	check(err)
	check(unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}))
	secondary, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	check(err)
	s := screen{secondary, primary, make(chan string, 1), make(chan struct{})}
	go func() {
		var all strings.Builder
		buf := make([]byte, 4096)
		for seen := false; ; {
			n, err := primary.Read(buf)
			all.Write(buf[:n])
			if !seen && strings.Contains(all.String(), await) {
				seen = true
				close(s.seen)
			}
			if err != nil { // the other side is closed
				s.shown <- strings.ReplaceAll(all.String(), "\r\n", "\n")
				return
			}
		}
	}()
	return s
}

// text closes the terminal and returns what was shown.
func (s screen) text() string {
	s.Close()
	return <-s.shown
}

func TestOnATerminalATableIsAsWideAndColoured(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithTokens(3))
	user := userOfTestServer(server).with("TERM", "xterm")
	for _, test := range []struct {
		name   string
		user   environment
		args   []string
		colour bool
	}{
		{"as it is", user, nil, true},
		{"NO_COLOR", user.with("NO_COLOR", "1"), nil, false},
		{"--no-color", user, []string{"--no-color"}, false},
		{"a terminal without colours", user.with("TERM", "dumb"), nil, false},
	} {
		stdout := newScreen(t, 80, "")
		status := process(t.Context(), test.user, stdout.File, io.Discard,
			append(test.args, "token", "list", apitest.ApplicationID)...)
		shown := stdout.text()
		if status != 0 || strings.Contains(shown, "\x1b[31m") != test.colour {
			t.Errorf("%s: status %d\n%q", test.name, status, shown)
		}
		if !strings.Contains(shown, "EXPIRES") || strings.Contains(shown, "CREATED") {
			t.Errorf("%s: not the columns that 80 have room for:\n%s", test.name, shown)
		}
	}
}

func TestAnInterruptEndsTheWaitForAFIFO(t *testing.T) {
	t.Parallel()
	for _, args := range []string{
		"audit --sandbox --output ", "contract check --sandbox --spec ", "contract check --sandbox --baseline ", "audit --sandbox --policy ",
		"contract diff ", "contract check ", "contract proxy --spec ", "contract proxy --log ",
	} {
		fifo := filepath.Join(t.TempDir(), "fifo")
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Skip(err)
		}
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, interrupt)
		var stderr bytes.Buffer
		start := time.Now()
		if got := process(ctx, nil, io.Discard, &stderr, strings.Fields(args+fifo)...); got != 130 || time.Since(start) > 10*time.Second {
			t.Errorf("%s: status %d after %v, %s", args, got, time.Since(start), stderr.String())
		}
	}
}

func TestProgressIsShownOnATerminalOnly(t *testing.T) {
	t.Parallel()
	list := []string{"token", "list", apitest.ApplicationID, "--format", "csv"}
	for _, test := range []struct {
		name     string
		revision string
		args     []string
		want     string
	}{
		{"a list of known length", "2026-08", list, "\r\x1b[Kpage 1 of 3\r\x1b[Kpage 2 of 3\r\x1b[Kpage 3 of 3\r\x1b[K"},
		{"a list of unknown length", "2025-12", list, ""},
		{"something short", "2026-08", []string{"app", "show", apitest.ApplicationID}, ""},
	} {
		server := newServer(t, apitest.WithTokens(250), apitest.WithRevision(test.revision))
		stderr := newScreen(t, 80, "")
		status := process(t.Context(), userOfTestServer(server), io.Discard, stderr.File, test.args...)
		if shown := stderr.text(); status != 0 || shown != test.want {
			t.Errorf("%s: status %d, %q", test.name, status, shown)
		}
	}
	server := newServer(t, apitest.WithTokens(250))
	stdout, stderr := newScreen(t, 80, ""), newScreen(t, 80, "")
	process(t.Context(), userOfTestServer(server), stdout.File, stderr.File, list...)
	if shown := stderr.text(); shown != "" || !strings.Contains(stdout.text(), server.Token(249).ID) {
		t.Errorf("with the list on a terminal too: %q", shown)
	}
}

func TestOnATerminalRowsAreShownAtOnce(t *testing.T) {
	t.Parallel()
	const last = 99 // of the first page
	for _, format := range []string{"human", "csv", "json"} {
		stdout := newScreen(t, 80, apitest.NewHandler(apitest.WithClock(clock)).Token(last).ID)
		server := newServer(t, apitest.WithTokens(150), apitest.WithFaults(apitest.Fault{Match: apitest.OnPage(2), Do: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-stdout.seen:
					next.ServeHTTP(w, r)
				case <-r.Context().Done():
				}
			})
		}}))
		status := process(t.Context(), userOfTestServer(server), stdout.File, io.Discard,
			"token", "list", apitest.ApplicationID, "--format", format)
		if shown := stdout.text(); status != 0 || !strings.Contains(shown, server.Token(149).ID) {
			t.Errorf("%s: status %d", format, status)
		}
	}
}

func TestTheNameOfTheApplicationIsAskedForOnATerminal(t *testing.T) {
	t.Parallel()
	for typed, test := range map[string]struct {
		status  int
		deleted int
	}{
		"name of app1\n": {0, 1}, "name of app2\n": {2, 0}, "app1\n": {2, 0}, "\n": {2, 0}, "y\n": {2, 0},
	} {
		server := &planetscale{apps: []string{"app1", "app2"}, tokens: []string{"a", "b"}}
		user := server.serve(t)
		terminal := newScreen(t, 80, "Type the name")
		go func() {
			<-terminal.seen
			_, _ = terminal.keyboard.WriteString(typed)
		}()
		var stdout bytes.Buffer
		status := cli.Run(t.Context(), cli.Process{
			Args: []string{"token", "revoke", "app1", "a"}, Getenv: func(name string) string { return user[name] },
			Stdin: terminal.File, Stdout: &stdout, Stderr: terminal.File, Now: clock,
		})
		if shown := terminal.text(); status != test.status || len(server.deletes) != test.deleted || !strings.Contains(shown, "name of app1, to revoke 1 token: ") {
			t.Errorf("%q: status %d, %q were deleted: %s", typed, status, server.deletes, shown)
		}
	}
}

func TestAnInterruptEndsTheQuestionOfARevocation(t *testing.T) {
	t.Parallel()
	server := &planetscale{apps: []string{"app1"}, tokens: []string{"a"}}
	user := server.serve(t)
	terminal := newScreen(t, 80, "Type the name")
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		<-terminal.seen
		interrupt()
	}()
	start := time.Now()
	status := cli.Run(ctx, cli.Process{
		Args: []string{"token", "revoke", "app1", "a"}, Getenv: func(name string) string { return user[name] },
		Stdin: terminal.File, Stdout: io.Discard, Stderr: terminal.File, Now: clock,
	})
	if took := time.Since(start); status != 130 || len(server.deletes) != 0 || took > 8*time.Second {
		t.Errorf("status %d after %v, %q were deleted", status, took, server.deletes)
	}
}
