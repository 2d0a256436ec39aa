package drift_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var adopt = flag.Bool("adopt", false, "take members in by the steps of openapi/HISTORY.md on a copy, and run all tests there")

// TestTheDocumentedStepsTakeMembersIn does what openapi/HISTORY.md says on a copy of the repository, and nothing else.
func TestTheDocumentedStepsTakeMembersIn(t *testing.T) {
	if !*adopt {
		t.Skip("runs all tests of a copy: -adopt")
	}
	folder := t.TempDir()
	run := func(dir, script string) string {
		t.Helper()
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "COPY="+folder)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
		return string(out)
	}
	run("../..", `git ls-files -z | tar --null -T - -c | tar -x -C "$COPY"`)
	run(folder, "git init -q . && git add -A && git -c user.name=x -c user.email=x@example.com commit -qm copy")
	published := strings.NewReplacer(
		"      dcr: {type: boolean}\n", "      dcr: {type: boolean}\n      adopted_logo: {type: string, x-nullable: true}\n      adopted_limits: {type: object, properties: {adopted_rate: {type: integer}}}\n",
		"      display_name: {type: string}\n", "      display_name: {type: string}\n      adopted_kind: {type: string, description: What the token is for.}\n",
	).Replace(upstream)
	document := filepath.Join(folder, "..", filepath.Base(folder)+".yaml")
	if err := os.WriteFile(document, []byte(published), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(document) })
	run(folder, "go run ./cmd/psoauth contract diff '"+document+"' --suggest | git apply")
	run(folder, "make adopt")
	history := filepath.Join(folder, "openapi", "HISTORY.md")
	text, err := os.ReadFile(history)
	if err != nil {
		t.Fatal(err)
	}
	row := "|---|---|---|\n| 2099-01-01 | `adopted_logo`, `adopted_limits` with `adopted_rate`, `adopted_kind` | optional members |\n"
	if err := os.WriteFile(history, []byte(strings.Replace(string(text), "|---|---|---|\n", row, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(folder, "make test TESTFLAGS=-short")
}
