package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

func TestExportedNamesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t, "./api/...", "./openapi/...") {
		for _, name := range p.GoFiles {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range undocumented(file) {
				t.Errorf("%s: no comment", set.Position(at))
			}
		}
	}
}

// undocumented returns where exported names without a comment are declared. A comment at the end of the line counts for
// one of several declared together, and for a field.
func undocumented(file *ast.File) (at []token.Pos) {
	check := func(names []*ast.Ident, comments ...*ast.CommentGroup) {
		for _, name := range names {
			if name.IsExported() && !slices.ContainsFunc(comments, func(c *ast.CommentGroup) bool { return c != nil }) {
				at = append(at, name.Pos())
			}
		}
	}
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || exportedReceiver(d.Recv.List[0].Type) {
				check([]*ast.Ident{d.Name}, d.Doc)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					check(s.Names, s.Doc, s.Comment, d.Doc)
				case *ast.TypeSpec:
					check([]*ast.Ident{s.Name}, s.Doc, d.Doc)
					if !s.Name.IsExported() {
						continue
					}
					switch underlying := s.Type.(type) {
					case *ast.StructType:
						for _, field := range underlying.Fields.List {
							check(field.Names, field.Doc, field.Comment)
						}
					case *ast.InterfaceType:
						for _, method := range underlying.Methods.List {
							check(method.Names, method.Doc, method.Comment)
						}
					}
				}
			}
		}
	}
	return at
}

func exportedReceiver(receiver ast.Expr) bool {
	switch r := receiver.(type) {
	case *ast.StarExpr:
		return exportedReceiver(r.X)
	case *ast.IndexExpr:
		return exportedReceiver(r.X)
	case *ast.IndexListExpr:
		return exportedReceiver(r.X)
	case *ast.Ident:
		return r.IsExported()
	}
	return false
}
