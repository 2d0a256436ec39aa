package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// SECURITY.md names a test for each of its claims; a test that is renamed or dropped takes its claim along.
func TestEveryClaimOfTheSecurityPageHasItsTest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	var claims [][2]string // the test and its folder
	for _, row := range regexp.MustCompile("((?:`Test\\w+`(?:, )?)+) in ([\\w/]+)").FindAllStringSubmatch(string(text), -1) {
		for _, name := range regexp.MustCompile(`Test\w+`).FindAllString(row[1], -1) {
			claims = append(claims, [2]string{name, row[2]})
		}
	}
	if len(claims) < 15 {
		t.Errorf("only %d claims name a test", len(claims))
	}
	for _, claim := range claims {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(claim[1]), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(source), "func "+claim[0]+"(t *testing.T)")
		}
		if !found {
			t.Errorf("%s has no %s", claim[1], claim[0])
		}
	}
}
