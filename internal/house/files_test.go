package house_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	const mostLines = 500
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "gen"}, entry.Name()):
			return fs.SkipDir
		case filepath.Ext(path) != ".go":
			return nil
		}
		files++
		data, err := os.ReadFile(path)
		if lines := bytes.Count(data, []byte("\n")); lines > mostLines {
			t.Errorf("%s has %d lines, want at most %d: could it be two files, each about one thing?", path, lines, mostLines)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("walked %d files: %v", files, err)
	}
}

// A link from one document to another file is followed by people only.
func TestLinksOfTheDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	links := 0
	for _, pattern := range []string{"*.md", "docs/*.md", "openapi/*.md"} {
		documents, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range documents {
			text, err := os.ReadFile(document)
			if err != nil {
				t.Fatal(err)
			}
			for _, link := range regexp.MustCompile(`(?:\]\(|src(?:set)?=")([^)":#]+)[)"#]`).FindAllSubmatch(text, -1) {
				links++
				if _, err := os.Stat(filepath.Join(filepath.Dir(document), string(link[1]))); err != nil {
					t.Errorf("%s has a link to nowhere: %s", document, link[1])
				}
			}
		}
	}
	if links < 10 {
		t.Errorf("only %d links were found", links)
	}
}

// The toolchain is the user's own: a directive above what is released would send them to a download.
func TestGoModAsksForNoNewerGo(t *testing.T) {
	t.Parallel()
	var mod struct{ Go, Toolchain string }
	if err := json.Unmarshal(run(t, "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(mod.Go+".", "1.26.") && !strings.HasPrefix(mod.Go+".", "1.25.") || mod.Toolchain != "" {
		t.Errorf("go.mod has go %q, toolchain %q, want go 1.26 at most and no toolchain", mod.Go, mod.Toolchain)
	}
}

// The command that go generate runs, with another place for its output.
func TestGeneratedCodeIsWhatTheContractSays(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join(root, "generate.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, directive, found := strings.Cut(string(source), "\n//go:generate go ")
	if !found {
		t.Fatal("generate.go has no go:generate directive that runs go")
	}
	const committed = "gen/gen.go"
	output := filepath.Join(t.TempDir(), "gen.go")
	run(t, strings.Fields(strings.ReplaceAll(directive, committed, output))...)
	want, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, committed))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("gen/gen.go is not what openapi/openapi.yaml gives: run make generate and commit both together")
	}
}
