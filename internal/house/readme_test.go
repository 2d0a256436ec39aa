package house_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/api/apitest"
)

// What README.md tells people to type must work. Each shell line is one of these kinds; a line of another kind fails.
var (
	elsewhere = regexp.MustCompile(`^(go install|go get|make|git|export) |npm|https://`) // needs more than this test has, or runs it
	ours      = regexp.MustCompile(`^(?:go run \./cmd/psoauth|psoauth)((?: .*)?)$`)
	exits     = regexp.MustCompile(`# exits ([0-9])`) // a comment that says the exit status, where it is not 0
)

func TestTheCommandsInTheReadmeWork(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the command")
	}
	command := build(t, filepath.Join(t.TempDir(), "psoauth"))
	srv := apitest.NewServer()
	t.Cleanup(srv.Close)
	dir := t.TempDir() // commands write files
	for _, name := range []string{"conformance_test", "docs", "openapi"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	commands := 0
	for _, block := range fenced(t, "README.md", "sh") {
		for line := range strings.Lines(block) {
			line = strings.TrimSpace(line)
			arguments := ours.FindStringSubmatch(line)
			switch {
			case line == "" || strings.HasPrefix(line, "#") || elsewhere.MatchString(line):
				continue
			case arguments == nil:
				t.Errorf("README.md has a command that no test runs: %s", line)
				continue
			}
			commands++
			t.Run(line, func(t *testing.T) {
				status := "0"
				if said := exits.FindStringSubmatch(line); said != nil {
					status = said[1]
				}
				said, _, _ := strings.Cut(arguments[1], "#")
				said = strings.NewReplacer("TOKEN_ID", srv.Token(0).ID, "'", "").Replace(said)
				cmd := exec.Command(command, strings.Fields(said)...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), leadingTo(srv)...)
				out, err := cmd.CombinedOutput()
				if cmd.ProcessState == nil || cmd.ProcessState.String() != "exit status "+status {
					t.Errorf("%v, want exit status %s\n%s", err, status, out)
				}
			})
		}
	}
	if commands < 5 {
		t.Errorf("only %d commands were found", commands)
	}
}

func TestTheProgramsInTheReadmeWork(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(apitest.WithTokens(1037))
	t.Cleanup(srv.Close)
	expiring := 0
	for i := range 1037 {
		if at := srv.Token(i).ExpiresAt; at != nil && at.After(time.Now()) && at.Before(time.Now().Add(7*24*time.Hour)) {
			expiring++
		}
	}
	programs := 0
	for _, block := range fenced(t, "README.md", "go") {
		if !strings.HasPrefix(block, "package main") {
			continue
		}
		programs++
		file := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(file, []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("go", "run", file)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), leadingTo(srv)...)
		out, err := cmd.CombinedOutput()
		if lines := strings.Count(string(out), "\n"); err != nil || lines != expiring {
			t.Errorf("%v, and %d lines of output, want %d", err, lines, expiring)
		}
		_, body, _ := strings.Cut(block, "func main() {\n")
		if lines := strings.Count(body, "\n"); lines > 15 {
			t.Errorf("the program has %d lines, and README.md says that fifteen are enough", lines)
		}
	}
	if programs == 0 || expiring == 0 {
		t.Error("README.md has no program, or it has nothing to print")
	}
}

func TestTheTestInTheDocsPasses(t *testing.T) {
	t.Parallel()
	tests := 0
	for _, block := range fenced(t, "docs/testing.md", "go") {
		if !strings.HasPrefix(block, "package yours_test") {
			continue
		}
		tests++
		file := filepath.Join(t.TempDir(), "yours_test.go")
		if err := os.WriteFile(file, []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if out := run(t, "test", "-v", file); !strings.Contains(out, "--- PASS: Test") {
			t.Errorf("%s", out)
		}
	}
	if tests == 0 {
		t.Error("docs/testing.md has no test")
	}
}

func TestTheWorkflowsInTheDocsAreThoseOfTheAction(t *testing.T) {
	t.Parallel()
	a, uses := readAction(t), 0
	for _, block := range append(fenced(t, "README.md", "yaml"), fenced(t, "docs/ci.md", "yaml")...) {
		var job struct{ Steps []step }
		if err := yaml.Unmarshal([]byte(block), &job); err != nil {
			t.Fatal(err)
		}
		for _, s := range job.Steps {
			if !strings.HasPrefix(s.Uses, "psoauth/psoauth@") {
				continue
			}
			uses++
			for name := range s.With {
				if _, ok := a.Inputs[name]; !ok {
					t.Errorf("the action has no input %s", name)
				}
			}
		}
	}
	if uses < 2 {
		t.Error("README.md or docs/ci.md does not use the action")
	}
}

// fenced returns the code blocks of a document in a language.
func fenced(t *testing.T, document, language string) []string {
	t.Helper()
	var blocks []string
	for _, match := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(readFile(t, document), -1) {
		blocks = append(blocks, match[1])
	}
	return blocks
}

// leadingTo returns the environment that leads a program to a server.
func leadingTo(srv *apitest.Server) []string {
	return []string{"PLANETSCALE_ORG=" + apitest.Organization, "PLANETSCALE_API_URL=" + srv.URL, "PLANETSCALE_AUTH_URL=" + srv.AuthURL,
		"PLANETSCALE_SERVICE_TOKEN_ID=" + apitest.ServiceTokenID, "PLANETSCALE_SERVICE_TOKEN=" + apitest.ServiceToken,
		"PLANETSCALE_ACCESS_TOKEN=" + apitest.AccessToken}
}

// build builds the command and returns the name of the file.
func build(t *testing.T, file string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	run(t, "build", "-o", file, "./cmd/psoauth")
	return file
}
