package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// devNull opens /dev/null as the Go runtime does for a standard file that is closed, with os.O_RDWR, or as a shell does.
func devNull(t testing.TB, flag int) *os.File {
	t.Helper()
	file, err := os.OpenFile(os.DevNull, flag, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func TestAClosedStandardOutputIsAFailure(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	const closed = "psoauth: cannot write the output: standard output is closed: redirect it to a file, or write-only to /dev/null\n"
	for _, test := range []struct {
		args   string
		status int // with an output
	}{
		{"token list --sandbox", 0},
		{"version", 0},
		{"contract check --sandbox", 0},
		{"contract check --sandbox --format github --fail-on note", 0},
		{"contract diff ../../../../openapi/drift/testdata/upstream.yaml", 0},
		{"audit --sandbox", 1},
		{"audit --sandbox --format json", 1},
		{"token revoke --sandbox --dry-run f41bs2zdmm70", 0},
	} {
		args := strings.Fields(test.args)
		for _, env := range []environment{nil, {"GITHUB_ACTIONS": "true"}} {
			var stderr bytes.Buffer
			status := process(t.Context(), env, devNull(t, os.O_RDWR), &stderr, args...)
			if status != 2 || stderr.String() != closed {
				t.Errorf("%s, closed: status %d, %s", test.args, status, stderr.String())
			}
		}
		if status := process(t.Context(), nil, devNull(t, os.O_WRONLY), io.Discard, args...); status != test.status {
			t.Errorf("%s >/dev/null: status %d, want %d", test.args, status, test.status)
		}
		if args[0] == "version" || strings.Contains(test.args, "diff") {
			continue
		}
		args = append(args, "--output", filepath.Join(directory, "report"))
		if status := process(t.Context(), nil, devNull(t, os.O_RDWR), io.Discard, args...); status != test.status {
			t.Errorf("%q, closed: status %d, want %d", args, status, test.status)
		}
	}
}

// A program that discards both outputs of a gate, as with Python's subprocess.DEVNULL, reads its status.
func TestWithoutAnyOutputOnlyTheStatusIsWanted(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]int{"contract check --sandbox": 0, "audit --sandbox": 1, "token list --sandbox": 0} {
		null := devNull(t, os.O_RDWR)
		if status := process(t.Context(), nil, null, null, strings.Fields(args)...); status != want {
			t.Errorf("%s: status %d, want %d", args, status, want)
		}
	}
}

// A deletion cannot be undone, so what cannot write its receipt deletes nothing.
func TestWithoutStandardOutputNothingIsRevoked(t *testing.T) {
	t.Parallel()
	server := &planetscale{apps: []string{"app1"}, tokens: []string{"a"}}
	user := server.serve(t)
	args := []string{"token", "revoke", "app1", "a", "--yes"}
	var stderr bytes.Buffer
	if status := process(t.Context(), user, devNull(t, os.O_RDWR), &stderr, args...); status != 2 || len(server.deletes) != 0 {
		t.Errorf("status %d, %q were deleted: %s", status, server.deletes, stderr.String())
	}
	args = append(args, "--output", filepath.Join(t.TempDir(), "receipt"))
	if status := process(t.Context(), user, devNull(t, os.O_RDWR), &stderr, args...); status != 0 || len(server.deletes) != 1 {
		t.Errorf("with --output: status %d, %q were deleted: %s", status, server.deletes, stderr.String())
	}
}

func TestWithoutStandardOutputTheSandboxServes(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	status := process(ctx, nil, devNull(t, os.O_RDWR), io.Discard, "sandbox")
	if ctx.Err() == nil || status != 2 {
		t.Errorf("status %d before the interrupt: %v", status, ctx.Err() == nil)
	}
}
