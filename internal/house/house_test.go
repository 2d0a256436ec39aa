package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const (
	module = "github.com/psoauth/psoauth"
	root   = "../.."
)

// A pkg is what go list says of one package.
type pkg struct {
	Name, ImportPath, Dir, Export string
	GoFiles, Imports              []string
	Standard                      bool
	Module                        struct{ Path string }
}

// name returns the package's path within the module.
func (p pkg) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func packages(t *testing.T, args ...string) (found []pkg) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(run(t, append([]string{"list", "-json"}, args...)...)))
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

// compiled returns the packages of the names given, as the compiler sees them.
func compiled(t *testing.T, names []string) (found []*types.Package) {
	t.Helper()
	patterns := []string{"-export", "-deps"}
	for _, name := range names {
		patterns = append(patterns, "./"+name)
	}
	exports := map[string]string{}
	for _, p := range packages(t, patterns...) {
		exports[p.ImportPath] = p.Export
	}
	from := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	for _, name := range names {
		p, err := from.Import(module + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, p)
	}
	return found
}

// run returns what the go command writes at the module's root.
func run(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out
}
