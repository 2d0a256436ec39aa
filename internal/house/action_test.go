package house_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/api/apitest"
)

// An action is what action.yml describes.
type action struct {
	Inputs map[string]struct{ Default string }
	Runs   struct{ Steps []step }
}

// A step is one of an action or of a job.
type step struct {
	ID, If, Name, Run, Uses string
	Env, With               map[string]string
}

func readAction(t *testing.T) (a action) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(readFile(t, "action.yml")), &a); err != nil || len(a.Runs.Steps) == 0 {
		t.Fatalf("action.yml: %d steps, %v", len(a.Runs.Steps), err)
	}
	return a
}

// A tag can be moved to other code, a commit cannot.
func TestActionsOfOthersArePinnedByCommit(t *testing.T) {
	t.Parallel()
	uses := regexp.MustCompile(`uses: *(\S+)(.*)`)
	pinned := regexp.MustCompile(`^([\w.-]+/[\w./-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	files := []string{"action.yml", "README.md", "docs/drift-workflow.yml"}
	workflows, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.yml"))
	if err != nil || len(workflows) == 0 {
		t.Fatalf("%v, %v", workflows, err)
	}
	for _, workflow := range workflows {
		files = append(files, ".github/workflows/"+filepath.Base(workflow))
	}
	pins := map[string]string{}
	for _, file := range files {
		for _, found := range uses.FindAllStringSubmatch(readFile(t, file), -1) {
			if strings.HasPrefix(found[1], "psoauth/psoauth@") {
				continue // this one
			}
			pin := pinned.FindStringSubmatch(found[1] + found[2])
			if pin == nil {
				t.Errorf("%s: want a commit and a comment with its version: %s", file, found[0])
			} else if other, ok := pins[pin[1]]; ok && other != pin[0] {
				t.Errorf("%s: %s, and elsewhere %s", file, pin[0], other)
			} else {
				pins[pin[1]] = pin[0]
			}
		}
	}
}

// The steps of the action that are scripts, on this machine, with git and curl that know one release.
func TestTheAction(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil || runtime.GOOS != "linux" || testing.Short() {
		t.Skip("builds the command and needs bash as GitHub's machines have it")
	}
	commit, release := strings.Repeat("c0ffee", 7)[:40], t.TempDir()
	build(t, filepath.Join(release, "psoauth"))
	script := func(name, text string) {
		if err := os.WriteFile(filepath.Join(release, name), []byte("#!/usr/bin/env bash\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	script("git", `echo "`+commit+`	refs/tags/v0.1.0"`)
	script("curl", `while [ $# -gt 1 ]; do [ "$1" = --output ] && out=$2; shift; done
		case "$1" in https://github.com/psoauth/psoauth/releases/download/v0.1.0/*) cp "${0%/*}/${1##*/}" "$out" ;; *) exit 22 ;; esac`)
	const archive = "psoauth_0.1.0_linux_amd64.tar.gz"
	if out, err := exec.Command("tar", "-C", release, "-czf", filepath.Join(release, archive), "psoauth").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(release, archive))
	if err != nil {
		t.Fatal(err)
	}
	sums := fmt.Sprintf("%x  psoauth_0.1.0_linux_arm64.tar.gz\n%x  %s\n", sha256.Sum256(nil), sha256.Sum256(data), archive)
	if err := os.WriteFile(filepath.Join(release, "checksums.txt"), []byte(sums), 0o600); err != nil {
		t.Fatal(err)
	}

	recordings, err := filepath.Abs(filepath.Join(root, "conformance_test/testdata"))
	if err != nil {
		t.Fatal(err)
	}
	text := readFile(t, "conformance_test/testdata/token-info-legacy.har")
	wrong := filepath.Join(release, "wrong $(exit 7).har")
	if err := os.WriteFile(wrong, []byte(strings.ReplaceAll(text, `\"expires_in\":`, `\"expires_in\":true,\"x\":`)), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := apitest.NewServer()
	t.Cleanup(srv.Close)
	live := map[string]string{"PLANETSCALE_ORG": apitest.Organization, "PLANETSCALE_API_URL": srv.URL, "PLANETSCALE_AUTH_URL": srv.AuthURL,
		"PLANETSCALE_SERVICE_TOKEN_ID": apitest.ServiceTokenID, "PLANETSCALE_SERVICE_TOKEN": apitest.ServiceToken}

	type given = map[string]string
	for name, test := range map[string]struct {
		ref    string
		inputs given
		status int
		log    string // a part of it
		output string // a line of GITHUB_OUTPUT
	}{
		"a release by its tag":      {"v0.1.0", given{"paths": recordings}, 0, " 0 errors", "found=true"},
		"a release by its commit":   {commit, given{"paths": recordings}, 0, " 0 errors", "found=true"},
		"a ref without a release":   {"main", given{"paths": recordings}, 0, " 0 errors", "enough=true"},
		"a finding":                 {commit, given{"paths": "\n" + recordings + "\n" + wrong + "\n"}, 1, "schema.type", ""},
		"another severity":          {commit, given{"paths": wrong, "severity": "schema.type=note\nschema.required=note"}, 0, "schema.type", ""},
		"SARIF":                     {commit, given{"paths": wrong, "format": "sarif"}, 1, "", "report=psoauth.sarif"},
		"a baseline that is absent": {commit, given{"paths": recordings, "baseline": "no where"}, 2, "no where", ""},
		"nothing to check":          {commit, nil, 2, "", ""},
		"an application's id":       {commit, given{"app": "-a"}, 2, "", ""},
		"a server":                  {commit, given{"app": apitest.ApplicationID, "server": srv.URL + "=https://api.planetscale.com/v1"}, 0, " 0 errors", ""},
		"an audit":                  {commit, given{"audit": "true", "app": apitest.ApplicationID, "policy": filepath.Join(recordings, "../../docs/policy.yaml"), "format": "json"}, 1, "findings", ""},
		"a policy for the check":    {commit, given{"paths": recordings, "policy": "x"}, 2, "policy is for the audit", ""},
		"paths for the audit":       {commit, given{"audit": "true", "paths": recordings}, 2, "are for the check", ""},
		"an output of two lines":    {commit, given{"paths": recordings, "output": "x\nfound=other"}, 2, "on one line", "found=true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temp := t.TempDir()
			env := map[string]string{"PATH": release + ":" + os.Getenv("PATH"), "GITHUB_OUTPUT": filepath.Join(temp, "output"), "PLANETSCALE_ORG": ""}
			if test.inputs["app"] == apitest.ApplicationID {
				maps.Copy(env, live)
			}
			log, outputs, status := runAction(t, test.ref, temp, test.inputs, env)
			if status != test.status || !strings.Contains(log, test.log) || !slices.Contains(strings.Split(outputs, "\n"), test.output) {
				t.Errorf("exit status %d, want %d; outputs %q, want %q; the log, want %q:\n%s", status, test.status, outputs, test.output, test.log, log)
			}
			if strings.Contains(outputs, "other") || strings.Contains(test.output, "found") && strings.Contains(outputs, "enough") {
				t.Errorf("outputs %q", outputs)
			}
			if report, err := os.ReadFile(filepath.Join(temp, "psoauth.sarif")); test.inputs["format"] == "sarif" && !strings.Contains(string(report), "schema.type") {
				t.Errorf("%v, %s", err, report)
			}
		})
	}
	t.Run("an archive that is not the released one", func(t *testing.T) {
		t.Parallel()
		temp := t.TempDir()
		tampered := t.TempDir() // its git and curl come first, and the archive is longer than the checksums say
		if err := os.CopyFS(tampered, os.DirFS(release)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(tampered, archive), append(data, 0), 0o600); err != nil {
			t.Fatal(err)
		}
		log, outputs, status := runAction(t, "v0.1.0", temp, given{"paths": recordings},
			map[string]string{"PATH": tampered + ":" + os.Getenv("PATH"), "GITHUB_OUTPUT": filepath.Join(temp, "output")})
		if status == 0 || outputs != "" {
			t.Errorf("exit status %d, outputs %q:\n%s", status, outputs, log)
		}
	})
}

// runAction runs the scripts of the action as GitHub does, up to the first that fails.
func runAction(t *testing.T, ref, temp string, inputs, env map[string]string) (log, outputs string, status int) {
	t.Helper()
	a := readAction(t)
	path, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	expressions := []string{"${{ github.action_ref }}", ref, "${{ github.action_path }}", path, "${{ runner.temp }}", temp,
		"${{ runner.os }}", "Linux", "${{ runner.arch }}", "X64"}
	for name, input := range a.Inputs {
		value, ok := inputs[name]
		if !ok {
			value = input.Default
		}
		expressions = append(expressions, "${{ inputs."+name+" }}", value)
	}
	for name := range inputs {
		if _, ok := a.Inputs[name]; !ok {
			t.Fatalf("the action has no input %s", name)
		}
	}
	expand := strings.NewReplacer(expressions...)
	for _, s := range a.Runs.Steps {
		if s.Run == "" || strings.Contains(s.If, "steps.release.outputs.found != 'true'") && strings.Contains(outputs, "found=true") {
			continue
		}
		if strings.Contains(s.Run, "${{") {
			t.Errorf("%s: an expression becomes a part of the script; give it by env", s.Name)
		}
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
		cmd.Dir, cmd.Env = temp, os.Environ()
		for name, value := range env {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		for name, value := range s.Env {
			if value = expand.Replace(value); strings.Contains(value, "${{") {
				t.Fatalf("%s: %s is not known", s.Name, value)
			}
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		out, err := cmd.CombinedOutput()
		log += string(out)
		if data, err := os.ReadFile(env["GITHUB_OUTPUT"]); err == nil {
			outputs = string(data)
		}
		if status = cmd.ProcessState.ExitCode(); err != nil {
			break
		}
	}
	return log, outputs, status
}
