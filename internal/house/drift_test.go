package house_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The two workflows that look for drift: the project's, and the one for users to copy.
var driftWorkflows = []string{".github/workflows/drift.yml", "docs/drift-workflow.yml"}

func driftSteps(t *testing.T, file string) (steps []step) {
	t.Helper()
	var workflow struct {
		Permissions map[string]string
		Jobs        map[string]struct{ Steps []step }
	}
	readYAML(t, readFile(t, file), &workflow)
	if steps = workflow.Jobs["diff"].Steps; len(steps) == 0 {
		t.Fatalf("%s has no steps", file)
	}
	if workflow.Permissions["contents"] != "read" || workflow.Permissions["issues"] != "write" || len(workflow.Permissions) != 2 {
		t.Errorf("%s asks for the permissions %v", file, workflow.Permissions)
	}
	return steps
}

// Only the way to the program differs: users have it from their go.mod.
func TestTheDriftWorkflowForUsersIsTheProjectsOwn(t *testing.T) {
	t.Parallel()
	ours, theirs := driftSteps(t, driftWorkflows[0]), driftSteps(t, driftWorkflows[1])
	if len(ours) != len(theirs) {
		t.Fatalf("%d steps, %d for users", len(ours), len(theirs))
	}
	for i, s := range ours {
		if s.Name != "Build" && (s.Uses != theirs[i].Uses || s.Run != theirs[i].Run) {
			t.Errorf("the step %d, %s, differs", i, s.Name)
		}
	}
	pinned := regexp.MustCompile(`uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+\n`)
	if text := readFile(t, driftWorkflows[1]); len(pinned.FindAllString(text, -1)) != strings.Count(text, "uses: ") {
		t.Errorf("%s: not all actions are pinned by commit", driftWorkflows[1])
	}
}

// The scripts of the workflow run with stand-ins for GitHub and the network.
func TestTheDriftWorkflowKeepsOneIssue(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "jq"} {
		if _, err := exec.LookPath(tool); err != nil || runtime.GOOS == "windows" {
			t.Skipf("there is no %s as GitHub's machines have it", tool)
		}
	}
	if testing.Short() {
		t.Skip("builds the command")
	}
	bin := t.TempDir()
	build, err := filepath.Abs(filepath.Join(bin, "psoauth"))
	if err != nil {
		t.Fatal(err)
	}
	run(t, "build", "-o", build, "./cmd/psoauth")
	stand := func(name, script string) {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/usr/bin/env bash\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	stand("curl", `while [ $# -gt 0 ]; do [ "$1" = --output ] && out=$2; shift; done; cp "$PUBLISHED" "$out"`)
	stand("gh", `echo "gh $*" >>"$LOG"; [ "$2" = list ] && echo "$OPEN"; while [ $# -gt 0 ]; do [ "$1" = --body-file ] && cat "$2" >>"$LOG"; shift; done; true`)
	published := readFile(t, "openapi/drift/testdata/upstream.yaml")
	for name, test := range map[string]struct {
		published, open string
		fails           bool
		want, never     string
	}{
		"nothing to act on":    {published, "", false, "", "gh "},
		"a new member":         {strings.Replace(published, "dcr: {", "logo: {type: string}\n      dcr: {", 1), "", false, "gh issue create --label drift --title PlanetScale's published API: 0 breaking, 1 new", "gh issue edit"},
		"something breaks":     {strings.Replace(published, "tokens: {type: integer}", "tokens: {type: string}", 1), "", false, "1 breaking, 0 new", "gh issue edit"},
		"an issue already":     {strings.Replace(published, "tokens: {type: integer}", "tokens: {type: string}", 1), "7", false, "gh issue edit 7 --title", "gh issue create"},
		"no document":          {"<html>", "", true, "", "gh "},
		"none of the contract": {"openapi: 3.0.0\npaths: {/pets: {get: {}}}\n", "", true, "", "gh "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temp := t.TempDir()
			file, log := filepath.Join(temp, "published"), filepath.Join(temp, "log")
			if err := os.WriteFile(file, []byte(test.published), 0o600); err != nil {
				t.Fatal(err)
			}
			said, failed := runDrift(t, temp, []string{"PATH=" + bin + string(filepath.ListSeparator) + os.Getenv("PATH"),
				"PUBLISHED=" + file, "LOG=" + log, "OPEN=" + test.open})
			asked, err := os.ReadFile(log)
			if err != nil && test.want != "" {
				t.Fatal(err)
			}
			if failed != test.fails || !strings.Contains(string(asked), test.want) || strings.Contains(string(asked), test.never) {
				t.Errorf("it failed: %t, want %t; it said\n%s\nand asked GitHub\n%s", failed, test.fails, said, asked)
			}
		})
	}
}

// runDrift runs the scripts of the project's workflow after the build, as GitHub does, up to the first that fails.
func runDrift(t *testing.T, temp string, env []string) (said string, failed bool) {
	t.Helper()
	kept := filepath.Join(temp, "env")
	env = append(slices.Concat(os.Environ(), env), "RUNNER_TEMP="+temp, "GITHUB_ENV="+kept, "GITHUB_STEP_SUMMARY="+filepath.Join(temp, "summary"))
	for _, s := range driftSteps(t, driftWorkflows[0]) {
		if s.Run == "" || s.Name == "Build" {
			continue
		}
		if strings.Contains(s.Run, "${{") {
			t.Errorf("%s: what an expression stands for becomes a part of the script; give it by env", s.Name)
		}
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
		cmd.Dir, cmd.Env = temp, env
		if more, err := os.ReadFile(kept); err == nil {
			cmd.Env = append(cmd.Env, strings.Fields(string(more))...)
		}
		out, err := cmd.CombinedOutput()
		said += string(out)
		if err != nil {
			return said, true
		}
	}
	return said, false
}
