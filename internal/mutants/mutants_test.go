package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// Running the mutants takes minutes; that each still fits the code and has its test is seen at once.
func TestEveryMutationFitsTheCode(t *testing.T) {
	t.Parallel()
	for _, m := range mutations {
		code, err := os.ReadFile(filepath.Join(root, m.file))
		if err != nil {
			t.Errorf("%s: %v", m.takesOut, err)
			continue
		}
		mutant, err := m.apply(code)
		if err != nil {
			t.Errorf("%s: %v", m.takesOut, err)
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), m.file, mutant, 0); err != nil {
			t.Errorf("%s: %v", m.takesOut, err)
		}
		if name, _, _ := strings.Cut(m.by, "/"); !hasTest(t, m.pkg, name) {
			t.Errorf("%s: %s has no %s", m.takesOut, m.pkg, name)
		}
	}
}

func hasTest(t *testing.T, pkg, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == name {
				return true
			}
		}
	}
	return false
}
