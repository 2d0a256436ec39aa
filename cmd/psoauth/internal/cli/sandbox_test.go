package cli_test

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
)

func TestTheSandboxPrintsTheEnvironmentThatLeadsThere(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	status := make(chan int)
	go func() {
		defer writer.Close()
		status <- process(ctx, nil, writer, io.Discard, "sandbox", "--tokens", "3")
	}()
	user, hint := environment{}, ""
	lines := bufio.NewScanner(reader)
	for hint == "" && lines.Scan() {
		if name, value, ok := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "="); ok {
			user[name] = value
		} else {
			hint = lines.Text()
		}
	}
	command := strings.Fields(strings.TrimPrefix(hint, "# psoauth "))
	if out := mustRun(t, user, command...); !strings.Contains(out, "\n3 tokens\n") {
		t.Errorf("psoauth %q: %s", command, out)
	}
	mustRun(t, user, "token", "info", "--require-active")
	interrupt()
	if got := <-status; got != 0 {
		t.Errorf("status %d", got)
	}
	failed(t, run(t, user, command...))
}

func TestInTheSandboxTheEnvironmentIsNotRead(t *testing.T) {
	t.Parallel()
	real := userOf("http://127.0.0.1:1")
	for _, args := range [][]string{
		{"app", "show"}, {"app", "show", "any"}, {"token", "list"}, {"token", "list", "any"}, {"token", "show"},
		{"token", "show", "any"}, {"token", "info"}, {"app", "show", "any", "--org", "any other"},
	} {
		mustRun(t, real, append(args, "--sandbox")...)
	}
	out := mustRun(t, real, "--sandbox", "token", "list", "any", "--format", "json")
	if got := strings.Count(out, `"display_name"`); got != apitest.DefaultTokens {
		t.Errorf("%d tokens, want %d", got, apitest.DefaultTokens)
	}
}

func TestInTheSandboxFlagsAreRead(t *testing.T) {
	t.Parallel()
	r := run(t, nil, "--sandbox", "token", "info", "--access-token", apitest.ExpiredAccessToken, "--require-active")
	if r.status != 1 || !strings.Contains(r.stdout, "not active") {
		t.Errorf("status %d: %s%s", r.status, r.stdout, r.stderr)
	}
	line := failed(t, run(t, nil, "--sandbox", "token", "show", "any", "none"))
	if !strings.Contains(line, "404 Not Found") {
		t.Error(line)
	}
}

func TestTheDemonstration(t *testing.T) {
	t.Parallel()
	// The environment of a real user must not matter.
	out := mustRun(t, userOf("http://127.0.0.1:1"), "demo")
	for _, call := range []string{"GetApplication", "Tokens", "GetToken", "TokenInfo"} {
		if !strings.Contains(out, "client."+call+" ") {
			t.Errorf("%s is not shown", call)
		}
	}
	if !strings.Contains(out, "each keeps the contract") || !strings.Contains(out, "error: page.next-not-advancing at /next_page") {
		t.Error(out)
	}
}
