package house_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link       = regexp.MustCompile(`(?:\]\(|src(?:set)?=")([^)":#]+)[)"#]`) // to another file, in Markdown or HTML
	claim      = regexp.MustCompile("((?:`Test\\w+`(?:, )?)+) in ([\\w/]+)")
	testName   = regexp.MustCompile(`Test\w+`)
	dependency = regexp.MustCompile("`((?:github\\.com|golang\\.org|go\\.yaml\\.in)/[^`]+)`")
	makeTarget = regexp.MustCompile("(?m)(?:^|`)make ([a-z-]+)")
)

// documents returns the text of each document of the module by its name.
func documents(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "openapi/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d documents, %v", pattern, len(files), err)
		}
		for _, file := range files {
			name, _ := filepath.Rel(root, file)
			found[name] = readFile(t, name)
		}
	}
	return found
}

func TestLinksInDocumentsLeadToFiles(t *testing.T) {
	t.Parallel()
	for name, text := range documents(t) {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(name), match[1])); err != nil {
				t.Errorf("%s links to %s, which is no file", name, match[1])
			}
		}
	}
}

func TestMakeTargetsInDocumentsExist(t *testing.T) {
	t.Parallel()
	makefile := readFile(t, "Makefile")
	for name, text := range documents(t) {
		for _, match := range makeTarget.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(makefile, "\n"+match[1]+":") {
				t.Errorf("%s names make %s, which the Makefile does not have", name, match[1])
			}
		}
	}
}

// SECURITY.md names a test for each claim; a change that renames or drops the test must see the claim.
func TestEveryClaimOfTheSecurityPageHasItsTest(t *testing.T) {
	t.Parallel()
	rows := claim.FindAllStringSubmatch(readFile(t, "SECURITY.md"), -1)
	if len(rows) < 15 {
		t.Errorf("only %d claims name a test", len(rows))
	}
	for _, row := range rows {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(row[2]), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		source := ""
		for _, file := range files {
			name, _ := filepath.Rel(root, file)
			source += readFile(t, name)
		}
		for _, name := range testName.FindAllString(row[1], -1) {
			if !strings.Contains(source, "func "+name+"(t *testing.T)") {
				t.Errorf("SECURITY.md names %s, which %s does not have", name, row[2])
			}
		}
	}
}

func TestEachDirectDependencyHasItsReason(t *testing.T) {
	t.Parallel()
	var mod struct {
		Go, Toolchain string
		Require       []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal([]byte(run(t, "mod", "edit", "-json")), &mod); err != nil {
		t.Fatal(err)
	}
	reasons, direct := readFile(t, "CONTRIBUTING.md"), map[string]bool{}
	for _, required := range mod.Require {
		direct[required.Path] = !required.Indirect
		if !required.Indirect && !strings.Contains(reasons, "`"+required.Path+"`") {
			t.Errorf("CONTRIBUTING.md does not say why go.mod requires %s", required.Path)
		}
	}
	for _, row := range dependency.FindAllStringSubmatch(reasons, -1) {
		if !direct[row[1]] {
			t.Errorf("CONTRIBUTING.md has a reason for %s, which go.mod does not require", row[1])
		}
	}
	// A newer Go than users have would send their toolchain to a download.
	if !strings.HasPrefix(mod.Go, "1.26") || mod.Toolchain != "" {
		t.Errorf("go.mod has go %q and toolchain %q, want go 1.26 and no toolchain", mod.Go, mod.Toolchain)
	}
}
