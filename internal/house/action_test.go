package house_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// An action is what action.yml says.
type action struct {
	Inputs map[string]struct{ Default string }
	Runs   struct{ Steps []step }
}

// A step is one of an action or of a job.
type step struct {
	Name, Run, Uses string
	Env, With       map[string]string
}

func readAction(t *testing.T) (a action) {
	t.Helper()
	readYAML(t, readFile(t, "action.yml"), &a)
	if len(a.Inputs) == 0 || len(a.Runs.Steps) == 0 {
		t.Fatal("action.yml has no inputs or no steps")
	}
	return a
}

func readYAML(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A tag can be moved to other code, a commit cannot.
func TestActionsOfOthersArePinnedByCommit(t *testing.T) {
	t.Parallel()
	uses := regexp.MustCompile(`uses: *(\S+)(.*)`)
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	version := regexp.MustCompile(`^ # v\d+\.\d+\.\d+$`)
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	commits := map[string]string{}
	for _, file := range append(files, filepath.Join(root, "action.yml"), filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range uses.FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(found[1], "psoauth/psoauth@") {
				continue // this one
			}
			if !pinned.MatchString(found[1]) || !version.MatchString(found[2]) {
				t.Errorf("%s: want a commit and a comment with its version, got %s", file, found[0])
			}
			name, commit, _ := strings.Cut(found[1], "@")
			if other, ok := commits[name]; ok && other != commit {
				t.Errorf("%s: %s is %s elsewhere", file, found[0], other)
			}
			commits[name] = commit
		}
	}
}

// The steps of the action that are scripts, on this machine.
func TestTheActionChecksRecordings(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil || runtime.GOOS == "windows" {
		t.Skip("there is no bash as GitHub's machines have it")
	}
	if testing.Short() {
		t.Skip("builds the command")
	}
	a, temp := readAction(t), t.TempDir()
	recordings, err := filepath.Abs(filepath.Join(root, "conformance_test/testdata"))
	if err != nil {
		t.Fatal(err)
	}
	text := readFile(t, "conformance_test/testdata/token-info-legacy.har")
	wrong := filepath.Join(temp, "wrong $(exit 7).har")
	if err := os.WriteFile(wrong, []byte(strings.ReplaceAll(text, `\"expires_in\":`, `\"expires_in\":true,\"x\":`)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		inputs map[string]string
		status string
		says   string // in the log
		report string // in the report
	}{
		{"recordings", map[string]string{"paths": recordings}, "exit status 0", "::notice title=contract::40 responses: 0 errors", ""},
		{"a fault", map[string]string{"paths": "\n" + recordings + "\n" + wrong + "\n"}, "exit status 1", ",title=schema.type::getTokenInfo 200 body /expires_in", ""},
		{"SARIF", map[string]string{"paths": wrong, "format": "sarif"}, "exit status 1", "1 finding at or above", `"ruleId": "schema.type"`},
		{"a baseline that is not there", map[string]string{"paths": recordings, "baseline": "no where"}, "exit status 2", "open no where", ""},
		{"nothing", nil, "exit status 2", "nothing to check", ""},
		{"an application", map[string]string{"app": "-a"}, "exit status 2", "no organization", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			said, outputs, status := runAction(t, a, temp, test.inputs)
			if status != test.status || !strings.Contains(said, test.says) || !strings.Contains(outputs, "enough=true\n") {
				t.Errorf("%s, want %s; outputs %s, and\n%s", status, test.status, outputs, said)
			}
			if test.report == "" {
				return
			}
			if !strings.Contains(outputs, "report=psoauth.sarif\n") {
				t.Errorf("outputs %s", outputs)
			}
			if report, err := os.ReadFile(filepath.Join(temp, "psoauth.sarif")); err != nil || !strings.Contains(string(report), test.report) {
				t.Errorf("%v, %s", err, report)
			}
		})
	}
}

// runAction runs the scripts of the action as GitHub does, up to the first that fails.
func runAction(t *testing.T, a action, temp string, inputs map[string]string) (said, outputs, status string) {
	t.Helper()
	path, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	expressions := map[string]string{"github.action_path": path, "runner.temp": temp}
	for name, input := range a.Inputs {
		expressions["inputs."+name] = input.Default
	}
	for name, value := range inputs {
		if _, ok := a.Inputs[name]; !ok {
			t.Fatalf("the action has no input %s", name)
		}
		expressions["inputs."+name] = value
	}
	output := filepath.Join(t.TempDir(), "output")
	for _, step := range a.Runs.Steps {
		if step.Run == "" {
			continue
		}
		if strings.Contains(step.Run, "${{") {
			t.Errorf("%s: what an expression stands for becomes a part of the script; give it by env", step.Name)
		}
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		cmd.Dir = temp
		cmd.Env = append(os.Environ(), "GITHUB_OUTPUT="+output, "PLANETSCALE_ORG=")
		for name, value := range step.Env {
			expression := strings.TrimSuffix(strings.TrimPrefix(value, "${{ "), " }}")
			given, ok := expressions[expression]
			if !ok {
				t.Fatalf("%s: %s is not known", step.Name, value)
			}
			cmd.Env = append(cmd.Env, name+"="+given)
		}
		out, err := cmd.CombinedOutput()
		said += string(out)
		if status = cmd.ProcessState.String(); err != nil {
			break
		}
	}
	data, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return said, string(data), status
}
