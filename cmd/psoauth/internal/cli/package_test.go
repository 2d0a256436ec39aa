package cli

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra/doc"
)

var packageFiles = flag.String("package", "", "write the man pages and completions of a release to this directory")

// A test writes them, so that the binary does not link what renders man pages.
func TestManPagesAndCompletionsCanBeWritten(t *testing.T) {
	t.Parallel()
	dir := *packageFiles
	if dir == "" {
		dir = t.TempDir()
	}
	man, completions := filepath.Join(dir, "man"), filepath.Join(dir, "completions")
	for _, d := range []string{man, completions} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	root := (&program{Process: Process{Getenv: func(string) string { return "" }}}).root()
	root.DisableAutoGenTag = true
	if err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "psoauth"}, man); err != nil {
		t.Fatal(err)
	}
	if err := root.GenBashCompletionFileV2(filepath.Join(completions, "psoauth.bash"), true); err != nil {
		t.Fatal(err)
	}
	if err := root.GenZshCompletionFile(filepath.Join(completions, "_psoauth")); err != nil {
		t.Fatal(err)
	}
	if err := root.GenFishCompletionFile(filepath.Join(completions, "psoauth.fish"), true); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(man, "psoauth*.1"))
	if err != nil || len(pages) < 10 {
		t.Errorf("%d man pages, %v", len(pages), err)
	}
}
