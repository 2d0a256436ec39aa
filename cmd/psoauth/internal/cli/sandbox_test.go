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
		{"app", "show"}, {"app", "show", apitest.ApplicationID}, {"token", "list"}, {"token", "list", "7pm4d9w2k6tb"},
		{"token", "show"}, {"token", "show", apitest.ApplicationID}, {"token", "info"}, {"app", "show", "--org", "any other"},
	} {
		mustRun(t, real, append(args, "--sandbox")...)
	}
	out := mustRun(t, real, "--sandbox", "token", "list", apitest.ApplicationID, "--format", "json")
	if got := strings.Count(out, `"display_name"`); got != 120 {
		t.Errorf("%d tokens, want %d", got, 120)
	}
}

func TestTheSandboxHasTwoApplicationsAndNoOther(t *testing.T) {
	t.Parallel()
	for _, app := range []string{apitest.ApplicationID, "7pm4d9w2k6tb"} {
		out := mustRun(t, nil, "--sandbox", "token", "list", app, "--format", "csv", "--limit", "3")
		id, _, _ := strings.Cut(strings.Split(out, "\n")[2], ",")
		for _, args := range [][]string{{id}, {app, id}} {
			got := members(t, mustRun(t, nil, append([]string{"--sandbox", "--format", "json", "token", "show"}, args...)...))["id"]
			if got != id {
				t.Errorf("token show %q: %v", args, got)
			}
		}
		for _, args := range [][]string{{"app", "show", id}, {"token", "list", "nosuch"}, {"token", "show", "nosuch"}, {"audit", "nosuch"}} {
			if line := failed(t, run(t, nil, append(args, "--sandbox")...)); !strings.Contains(line, "(404); asked for http://") {
				t.Errorf("%q: %s", args, line)
			}
		}
	}
}

// served starts psoauth sandbox and returns the environment it prints.
func served(t *testing.T, args ...string) environment {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	status := make(chan int)
	go func() {
		defer writer.Close()
		status <- process(ctx, nil, writer, io.Discard, append([]string{"sandbox"}, args...)...)
	}()
	t.Cleanup(func() {
		interrupt()
		if got := <-status; got != 0 {
			t.Errorf("psoauth sandbox %q: status %d", args, got)
		}
	})
	user := environment{}
	for lines := bufio.NewScanner(reader); lines.Scan() && strings.HasPrefix(lines.Text(), "export "); {
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		user[name] = value
	}
	return user
}

func TestTheSandboxServesFaultsRevisionsAndApplications(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		args, command []string
		want          string
		status        int
	}{
		{"two requests fail", []string{"--fault", "rate-limit:1", "--fault", "reset:1"}, []string{"app", "show", apitest.ApplicationID}, "Schema Sentinel", 0},
		{"every request is HTML", []string{"--fault", "html"}, []string{"app", "show", apitest.ApplicationID}, "text/html", 2},
		{"truncated", []string{"--fault", "truncated"}, []string{"token", "info"}, "(200); the body begins", 2},
		{"forbidden", []string{"--fault", "forbidden"}, []string{"token", "list", apitest.ApplicationID}, "(403)", 2},
		{"a revision", []string{"--revision", "2025-12"}, []string{"--format", "json", "app", "show", apitest.ApplicationID}, `"all_scopes_by_resource": null`, 0},
		{"an application", []string{"--app", "mine"}, []string{"token", "list", "mine", "--limit", "1"}, "1 token", 0},
		{"its secrets are found", nil, []string{"audit", apitest.ApplicationID}, "token.live-secret", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, served(t, test.args...), test.command...)
			if r.status != test.status || !strings.Contains(r.stdout+r.stderr, test.want) {
				t.Errorf("status %d, want %d and %q in\n%s%s", r.status, test.status, test.want, r.stdout, r.stderr)
			}
		})
	}
	for flag, values := range map[string][]string{"--fault": {"nosuch", "html:0", "html:x"}, "--revision": {"2024-01"}} {
		for _, value := range values {
			if line := failed(t, run(t, nil, "sandbox", flag, value)); !strings.Contains(line, flag) {
				t.Errorf("%s %s: %s", flag, value, line)
			}
		}
	}
}

func TestInTheSandboxFlagsAreRead(t *testing.T) {
	t.Parallel()
	r := run(t, nil, "--sandbox", "token", "info", "--access-token", "pscale_oauth_expired", "--require-active")
	if r.status != 1 || !strings.Contains(r.stdout, "not active") {
		t.Errorf("status %d: %s%s", r.status, r.stdout, r.stderr)
	}
	line := failed(t, run(t, nil, "--sandbox", "token", "show", apitest.ApplicationID, "none"))
	if !strings.Contains(line, "no token none of application "+apitest.ApplicationID) {
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
	if !strings.Contains(out, "match the contract") || !strings.Contains(out, "error: page.next-not-advancing at /next_page") {
		t.Error(out)
	}
}
