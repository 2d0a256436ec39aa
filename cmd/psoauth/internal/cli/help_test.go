package cli_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// commands are all that have help.
func commands(t testing.TB) (all []string) {
	t.Helper()
	var walk func(path string)
	walk = func(path string) {
		out := mustRun(t, environment{"COLUMNS": "200"}, append(strings.Fields(path), "--help")...)
		all = append(all, path)
		_, listed, _ := strings.Cut(out, "\nCommands\n")
		listed, _, _ = strings.Cut(listed, "\n\n")
		for line := range strings.Lines(listed) {
			words := strings.Fields(line)
			if slices.Contains([]string{"Inspect", "Audit", "Contract", "Tools"}, words[0]) {
				words = words[1:]
			}
			walk(strings.TrimSpace(path + " " + words[0]))
		}
	}
	walk("")
	return all
}

func TestHelpFitsTheTerminal(t *testing.T) {
	t.Parallel()
	all := commands(t)
	if len(all) < 17 {
		t.Fatalf("only %q have help", all)
	}
	for _, command := range all {
		args := append(strings.Fields(command), "--help")
		for _, width := range []string{"80", "60"} {
			for line := range strings.Lines(mustRun(t, environment{"COLUMNS": width}, args...)) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); width == "80" && n > 80 {
					t.Errorf("%s: %d columns: %s", command, n, line)
				}
			}
		}
		out := mustRun(t, nil, args...)
		if _, examples, ok := strings.Cut(out, "\nExamples\n"); !ok || !strings.HasPrefix(examples, "  ") {
			t.Errorf("%s: no example", command)
		}
		if strings.Contains(out, "`") {
			t.Errorf("%s: a backtick", command)
		}
	}
	if n := strings.Count(mustRun(t, nil), "\n"); n > 23 {
		t.Errorf("the help of psoauth has %d lines, and a screen 24 with the prompt", n)
	}
}

func TestGlobalFlagsAreListedWhereTheyAct(t *testing.T) {
	t.Parallel()
	for command, flags := range map[string]struct{ with, without string }{
		"token list":     {"--org --service-token --sandbox --format --no-color", ""},
		"token info":     {"--access-token --auth-url --sandbox", "--org --service-token --api-url"},
		"version":        {"", "--org --format --sandbox --debug Global"},
		"contract show":  {"--format", "--org --sandbox Global"},
		"contract check": {"--org --format", ""},
	} {
		out := mustRun(t, nil, append(strings.Fields(command), "--help")...)
		for _, flag := range strings.Fields(flags.with) {
			if !strings.Contains(out, flag) {
				t.Errorf("%s: %s is missing", command, flag)
			}
		}
		for _, flag := range strings.Fields(flags.without) {
			if strings.Contains(out, flag) {
				t.Errorf("%s: %s is listed", command, flag)
			}
		}
	}
}

func TestTheExamplesOfTheRootRun(t *testing.T) {
	t.Parallel()
	_, examples, _ := strings.Cut(mustRun(t, nil), "\nExamples\n")
	examples, _, _ = strings.Cut(examples, "\n\n")
	for line := range strings.Lines(examples) {
		command, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "psoauth "), "   ")
		if r := run(t, nil, strings.Fields(command)...); r.status > 1 || r.stdout == "" {
			t.Errorf("%s: status %d, %s", command, r.status, r.stderr)
		}
	}
}
