package house_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/api/apitest"
)

// A step is one of an action or of a job.
type step struct {
	If, Name, Run, Uses string
	Env, With           map[string]string
}

func readAction(t *testing.T) (action struct {
	Inputs map[string]struct{ Default string }
	Runs   struct{ Steps []step }
}) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(readFile(t, "action.yml")), &action); err != nil || len(action.Runs.Steps) == 0 {
		t.Fatalf("action.yml: %d steps, %v", len(action.Runs.Steps), err)
	}
	return action
}

// A tag can be moved to other code, a commit cannot.
func TestActionsOfOthersArePinnedByCommit(t *testing.T) {
	t.Parallel()
	uses := regexp.MustCompile(`uses: *(.*)`)
	pinned := regexp.MustCompile(`^(psoauth/psoauth@.*|[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$`)
	workflows, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.yml"))
	if err != nil || len(workflows) == 0 {
		t.Fatalf("%v, %v", workflows, err)
	}
	for _, file := range append(workflows, root+"/action.yml", root+"/README.md", root+"/docs/ci.md", root+"/docs/drift-workflow.yml", root+"/docs/audit-workflow.yml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range uses.FindAllStringSubmatch(string(text), -1) {
			if !pinned.MatchString(found[1]) {
				t.Errorf("%s: want a commit and a comment with its version: %s", file, found[1])
			}
		}
	}
}

// commit is that of the only release, v0.1.0.
const commit = "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff"

// releaseIn fills a folder with a release, and with programs git and curl that know no other.
func releaseIn(t *testing.T, dir string) {
	t.Helper()
	const archive = "psoauth_0.1.0_linux_amd64.tar.gz"
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	build(t, filepath.Join(dir, "psoauth"))
	if out, err := exec.Command("tar", "-C", dir, "-czf", filepath.Join(dir, archive), "psoauth").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(dir, archive))
	if err != nil {
		t.Fatal(err)
	}
	write("checksums.txt", fmt.Sprintf("%x  psoauth_0.1.0_linux_arm64.tar.gz\n%x  %s\n", sha256.Sum256(nil), sha256.Sum256(data), archive))
	write("git", "#!/usr/bin/env bash\necho '"+commit+"\trefs/tags/v0.1.0'")
	write("curl", `#!/usr/bin/env bash
		while [ $# -gt 1 ]; do [ "$1" = --output ] && out=$2; shift; done
		case "$1" in https://github.com/psoauth/psoauth/releases/download/v0.1.0/*) cp "${0%/*}/${1##*/}" "$out" ;; *) exit 22 ;; esac
		[ -z "${TAMPER:-}" ] || echo >>"$out"`)
}

// The steps of the action that are scripts, on this machine.
func TestTheAction(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || testing.Short() {
		t.Skip("builds the command, and needs bash as GitHub's machines have it")
	}
	release := t.TempDir()
	releaseIn(t, release)
	recordings, err := filepath.Abs(root + "/conformance_test/testdata")
	if err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(release, "wrong $(exit 7).har")
	text := strings.ReplaceAll(readFile(t, "conformance_test/testdata/token-info-legacy.har"), `\"expires_in\":`, `\"expires_in\":true,\"x\":`)
	if err := os.WriteFile(wrong, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	srv := apitest.NewServer()
	t.Cleanup(srv.Close)
	live := leadingTo(srv)

	type given = map[string]string
	for name, test := range map[string]struct {
		ref    string
		inputs given
		env    []string
		status int
		want   string // in the outputs and the log
	}{
		"a release by its tag":      {"v0.1.0", given{"paths": recordings}, nil, 0, "found=true"},
		"a release by its commit":   {commit, given{"paths": recordings}, nil, 0, "found=true"},
		"another archive":           {commit, given{"paths": recordings}, []string{"TAMPER=1"}, 1, "FAILED"},
		"a ref without a release":   {"main", given{"paths": recordings}, nil, 0, "enough=true"},
		"a finding":                 {commit, given{"paths": "\n" + recordings + "\n" + wrong + "\n"}, nil, 1, "schema.type"},
		"another severity":          {commit, given{"paths": wrong, "severity": "schema.type=note\nschema.required=note"}, nil, 0, "schema.type"},
		"SARIF":                     {commit, given{"paths": wrong, "format": "sarif"}, nil, 1, "report=psoauth.sarif"},
		"a baseline that is absent": {commit, given{"paths": recordings, "baseline": "no where"}, nil, 2, "no where"},
		"nothing to check":          {commit, nil, nil, 2, ""},
		"an id like a flag":         {commit, given{"app": "-a"}, nil, 2, ""},
		"a server":                  {commit, given{"app": apitest.ApplicationID, "server": srv.URL + "=https://api.planetscale.com/v1"}, live, 0, ""},
		"an audit":                  {commit, given{"audit": "true", "app": apitest.ApplicationID, "policy": recordings + "/../../docs/policy.yaml"}, live, 1, "::error"},
		"a policy for the check":    {commit, given{"paths": recordings, "policy": "x"}, nil, 2, "policy is for the audit"},
		"paths for the audit":       {commit, given{"audit": "true", "paths": recordings}, nil, 2, "are for the check"},
		"an output of two lines":    {commit, given{"paths": recordings, "output": "x\nreport=other"}, nil, 2, "on one line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temp := t.TempDir()
			got, status := runAction(t, test.ref, temp, test.inputs, append(test.env, "PATH="+release+":"+os.Getenv("PATH")))
			if status != test.status || !strings.Contains(got, test.want) || strings.Contains(got, "report=other") {
				t.Errorf("exit status %d, want %d; want %q in\n%s", status, test.status, test.want, got)
			}
			if built, want := strings.Contains(got, "enough="), test.ref == "main"; built != want {
				t.Errorf("built from source: %t, want %t", built, want)
			}
		})
	}
}

// runAction runs the scripts of the action as GitHub does, up to the first that fails, and returns their outputs and log.
func runAction(t *testing.T, ref, temp string, inputs map[string]string, env []string) (got string, status int) {
	t.Helper()
	action, output := readAction(t), filepath.Join(temp, "output")
	path, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	expressions := []string{"${{ github.action_ref }}", ref, "${{ github.action_path }}", path, "${{ runner.temp }}", temp,
		"${{ runner.os }}", "Linux", "${{ runner.arch }}", "X64"}
	for name, input := range action.Inputs {
		value, ok := inputs[name]
		if !ok {
			value = input.Default
		}
		expressions = append(expressions, "${{ inputs."+name+" }}", value)
	}
	expand := strings.NewReplacer(expressions...)
	for _, s := range action.Runs.Steps {
		outputs, _ := os.ReadFile(output) // absent before the first output
		if s.Run == "" || strings.Contains(s.If, "found != 'true'") && strings.Contains(string(outputs), "found=true") {
			continue
		}
		cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
		cmd.Dir, cmd.Env = temp, append(os.Environ(), "GITHUB_OUTPUT="+output)
		for name, value := range s.Env {
			cmd.Env = append(cmd.Env, name+"="+expand.Replace(value))
		}
		if strings.Contains(s.Run+strings.Join(cmd.Env, ""), "${{") {
			t.Errorf("%s: an unknown expression, or one in the script, of which it would become a part", s.Name)
		}
		cmd.Env = append(cmd.Env, env...)
		log, err := cmd.CombinedOutput()
		got += string(log)
		if status = cmd.ProcessState.ExitCode(); err != nil {
			break
		}
	}
	outputs, _ := os.ReadFile(output) // absent if there are none
	return string(outputs) + got, status
}
