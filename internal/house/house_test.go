package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	module = "github.com/psoauth/psoauth"
	root   = "../.."
)

// A pkg is what go list prints for one package.
type pkg struct {
	ImportPath, Dir  string
	GoFiles, Imports []string
	Module           struct{ Path string }
}

// name returns the package's path within the module.
func (p pkg) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func packages(t *testing.T, args ...string) (found []pkg) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(run(t, append([]string{"list", "-json"}, args...)...)))
	for {
		var p pkg
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF) && found != nil:
			return found
		case err != nil:
			t.Fatal(err)
		}
		found = append(found, p)
	}
}

// run returns what the go command writes when it is run at the module's root.
func run(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return string(out)
}

// readFile returns a file that is named from the module's root.
func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
