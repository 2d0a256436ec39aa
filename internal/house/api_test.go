package house_test

import (
	"flag"
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/api.txt anew")

// public are the packages that other programs import.
var public = []string{"api", "api/apitest", "openapi"}

// Whoever changes what other programs may use sees it here, and a reviewer sees it in the diff of testdata/api.txt.
func TestPublicAPIIsTheOneAgreed(t *testing.T) {
	t.Parallel()
	got := publicAPI(t)
	golden := filepath.Join("testdata", "api.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(data)), "\n")
	changed := false
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("- %s", line)
			changed = true
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("+ %s", line)
			changed = true
		}
	}
	if changed {
		t.Error("the public API has changed; if that is meant, run make api and commit internal/house/testdata/api.txt")
	}
}

// publicAPI returns a line for each exported name, field and method, in order. Every line says all there is to know of
// its subject, so that a diff can be read by itself.
func publicAPI(t *testing.T) []string {
	t.Helper()
	api := listing{models: map[string]bool{}}
	for _, p := range compiled(t, public) {
		for _, exported := range p.Scope().Names() {
			if object := p.Scope().Lookup(exported); object.Exported() {
				api.add(object)
			}
		}
	}
	slices.Sort(api.lines)
	return api.lines
}

// A listing holds the lines so far, and the generated types among them: those that the public packages lead to are public,
// and generating anew may change them.
type listing struct {
	lines  []string
	models map[string]bool
}

// add lists object and, for a type, its fields and methods.
func (l *listing) add(object types.Object) {
	qualify := func(p *types.Package) string {
		if p == object.Pkg() {
			return ""
		}
		return p.Name()
	}
	line := func(format string, args ...any) {
		for i, arg := range args {
			switch arg := arg.(type) {
			case types.Type:
				args[i] = types.TypeString(arg, qualify)
			case *types.Func:
				args[i] = arg.Name() + strings.TrimPrefix(types.TypeString(arg.Signature(), qualify), "func")
			}
		}
		from := strings.TrimPrefix(object.Pkg().Path(), module+"/")
		l.lines = append(l.lines, from+": "+fmt.Sprintf(format, args...))
	}
	if constant, ok := object.(*types.Const); ok {
		line("%s = %s", types.ObjectString(object, qualify), constant.Val().ExactString())
		return
	}
	name, ok := object.(*types.TypeName)
	if !ok {
		line("%s", types.ObjectString(object, qualify))
		return
	}
	if name.IsAlias() {
		line("type %s = %s", name.Name(), types.Unalias(name.Type()))
		l.reach(name.Type())
		return
	}
	named := name.Type().(*types.Named)
	switch underlying := named.Underlying().(type) {
	case *types.Struct:
		line("type %s struct", name.Name())
		for i := range underlying.NumFields() {
			field := underlying.Field(i)
			switch tag := underlying.Tag(i); {
			case !field.Exported():
			case field.Embedded():
				line("type %s, embeds %s", name.Name(), field.Type())
			case tag != "":
				line("type %s, field %s %s `%s`", name.Name(), field.Name(), field.Type(), tag)
			default:
				line("type %s, field %s %s", name.Name(), field.Name(), field.Type())
			}
			if field.Exported() {
				l.reach(field.Type())
			}
		}
	default:
		line("type %s %s", name.Name(), underlying)
	}
	for i := range named.NumMethods() {
		if method := named.Method(i); method.Exported() {
			line("type %s, method (%s) %s", name.Name(), method.Signature().Recv().Type(), method)
		}
	}
}

// reach lists the generated type that typ is, or is made of.
func (l *listing) reach(typ types.Type) {
	switch typ := types.Unalias(typ).(type) {
	case interface{ Elem() types.Type }:
		l.reach(typ.Elem())
	case *types.Named:
		if object := typ.Obj(); object.Pkg() != nil && object.Pkg().Path() == module+"/gen" && !l.models[object.Name()] {
			l.models[object.Name()] = true
			l.add(object)
		}
	}
}
