package house_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "accept the public API as it is now")

// public are the packages that other programs import. Of package gen only the models count that package api names: the rest
// is generated, and api stands in front of it.
var public = []string{"api", "api/apitest", "api/audit", "openapi", "openapi/contract", "openapi/drift"}

// A change to what other programs can use must be seen by its author and, in the diff of testdata/api.txt, by its reviewer.
func TestPublicAPIHasNoUnacceptedChange(t *testing.T) {
	t.Parallel()
	const golden = "internal/house/testdata/api.txt"
	got := publicAPI(t)
	if *update {
		if err := os.WriteFile(filepath.Join(root, golden), []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := readFile(t, golden)
	if got == want {
		return
	}
	before, after := strings.Split(want, "\n\n"), strings.Split(got, "\n\n")
	for _, d := range before {
		if !slices.Contains(after, d) {
			t.Errorf("removed or changed:\n%s", d)
		}
	}
	for _, d := range after {
		if !slices.Contains(before, d) {
			t.Errorf("added or changed:\n%s", d)
		}
	}
	t.Errorf("the public API is not the one in %s; if the change is intended, run make api and commit that file", golden)
}

// publicAPI returns the exported declarations of the public packages as source without comments and function bodies.
func publicAPI(t *testing.T) string {
	t.Helper()
	models := map[string]bool{}
	var declarations []string
	for _, p := range packages(t, "./...") {
		if !slices.Contains(public, p.name()) {
			continue
		}
		for _, d := range exported(t, p) {
			declarations = append(declarations, p.name()+": "+d.text)
			ast.Inspect(d.node, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "gen" {
						models[s.Sel.Name] = true
					}
				}
				return true
			})
		}
	}
	declarations = append(declarations, modelsOf(t, models)...)
	slices.Sort(declarations)
	return strings.Join(declarations, "\n\n") + "\n"
}

// modelsOf returns the types of package gen with these names, and those that they lead to.
func modelsOf(t *testing.T, names map[string]bool) (declarations []string) {
	t.Helper()
	all := exported(t, packages(t, "./gen")[0])
	for found := true; found; {
		found = false
		for _, d := range all {
			decl, ok := d.node.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE || !names[decl.Specs[0].(*ast.TypeSpec).Name.Name] || slices.Contains(declarations, "gen: "+d.text) {
				continue
			}
			found = true
			declarations = append(declarations, "gen: "+d.text)
			ast.Inspect(decl, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					names[id.Name] = true
				}
				return true
			})
		}
	}
	return declarations
}

type declaration struct {
	node ast.Decl
	text string
}

// exported returns a package's exported declarations.
func exported(t *testing.T, p pkg) (found []declaration) {
	t.Helper()
	for _, name := range p.GoFiles {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.FileExports(file)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				if f.Recv != nil && !hasExportedType(f.Recv.List[0].Type) {
					continue
				}
				f.Body = nil
			} else if d.(*ast.GenDecl).Tok == token.IMPORT {
				continue
			}
			var text bytes.Buffer
			if err := format.Node(&text, set, d); err != nil {
				t.Fatal(err)
			}
			found = append(found, declaration{d, strings.ReplaceAll(text.String(), "\n\n", "\n")})
		}
	}
	return found
}

// hasExportedType reports whether a receiver has one, which may be behind a pointer or have type parameters.
func hasExportedType(receiver ast.Expr) bool {
	switch t := receiver.(type) {
	case *ast.StarExpr:
		return hasExportedType(t.X)
	case *ast.IndexExpr:
		return hasExportedType(t.X)
	case *ast.Ident:
		return t.IsExported()
	}
	return true
}
