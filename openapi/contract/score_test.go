package contract_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/psoauth/psoauth/openapi"
	"github.com/psoauth/psoauth/openapi/contract"
	"github.com/psoauth/psoauth/openapi/contract/mutant"
)

// document loads a document the way kin-openapi's users do.
func document(t testing.TB, data []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err == nil {
		err = doc.Validate(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// closedContract returns the contract with its objects closed and something for every fault.
func closedContract(t testing.TB) []byte {
	t.Helper()
	doc := document(t, []byte(openapi.Contract()))
	mutant.Close(doc)
	data, err := doc.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A verdict is what a validator says of a response: how many faults of those planted it names, and where it sees any.
type verdict struct {
	rejected bool
	named    int
	places   []string // JSON pointers into the body
	messages []string
}

// ours judges by this package. A fault is named if its rule is found at its place.
func ours(v *contract.Validator) func(m *mutant.Mutant) verdict {
	return func(m *mutant.Mutant) verdict {
		run := v.NewRun()
		if m.Before != nil {
			run.CheckResponse(m.Before.Request(), m.Before.Response())
		}
		var got verdict
		findings := run.CheckResponse(m.Request(), m.Response())
		for _, f := range findings {
			got.rejected = got.rejected || f.Severity >= contract.Warning || len(m.Faults) == 1 && m.Faults[0].Rule == f.Rule
			got.messages = append(got.messages, f.String())
			if f.In == contract.InBody {
				got.places = append(got.places, f.Pointer)
			}
		}
		for _, fault := range m.Faults {
			if slices.ContainsFunc(findings, func(f contract.Finding) bool {
				return f.Rule == fault.Rule && f.In == fault.In && f.Pointer == fault.Pointer
			}) {
				got.named++
			}
		}
		return got
	}
}

// theirs judges by kin-openapi's ValidateResponse with the options that see most. Its errors have no rules, so a fault
// is named if an error has its place, or for status and media type if it says so.
func theirs(t testing.TB, data []byte) func(m *mutant.Mutant) verdict {
	router, err := gorillamux.NewRouter(document(t, data))
	if err != nil {
		t.Fatal(err)
	}
	options := &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true}
	return func(m *mutant.Mutant) (got verdict) {
		req, resp := m.Request(), m.Response()
		route, params, err := router.FindRoute(req)
		if err == nil {
			err = validate(route, params, req, resp, options)
		}
		if err == nil {
			return got
		}
		got.rejected = true
		got.messages = []string{err.Error()}
		got.places = places(err)
		for _, fault := range m.Faults {
			switch {
			case fault.In == contract.InRoute && (errors.Is(err, routers.ErrPathNotFound) || errors.Is(err, routers.ErrMethodNotAllowed)),
				fault.In == contract.InStatus && strings.Contains(err.Error(), "status is not supported"),
				fault.In == contract.InHeader && strings.Contains(err.Error(), fault.Pointer[1:]),
				fault.In == contract.InBody && slices.Contains(got.places, fault.Pointer):
				got.named++
			}
		}
		return got
	}
}

func validate(route *routers.Route, params map[string]string, req *http.Request, resp *http.Response, options *openapi3filter.Options) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, Route: route, PathParams: params, Options: options},
		Status:                 resp.StatusCode, Header: resp.Header, Body: resp.Body, Options: options,
	})
}

func places(err error) []string {
	var all []string
	switch e := err.(type) {
	case openapi3.MultiError:
		for _, err := range e {
			all = append(all, places(err)...)
		}
	case *openapi3.SchemaError:
		var b strings.Builder
		for _, step := range e.JSONPointer() {
			b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step))
		}
		all = append(all, b.String())
	case interface{ Unwrap() error }:
		all = places(e.Unwrap())
	}
	return all
}

// A score counts the responses of a class and what a validator made of them.
type score struct{ all, rejected, named, placed, inBody, leaks int }

func (s *score) add(m *mutant.Mutant, got verdict) {
	s.all++
	if got.rejected {
		s.rejected++
	}
	if got.named == len(m.Faults) {
		s.named++
	}
	if len(m.Faults) == 1 && m.Faults[0].In == contract.InBody {
		s.inBody++
		if slices.Contains(got.places, m.Faults[0].Pointer) {
			s.placed++
		}
	}
	for _, message := range got.messages {
		if strings.Contains(message, mutant.Secret) {
			s.leaks++
			break
		}
	}
}

func percent(n, of int) string {
	return fmt.Sprintf("%d of %d (%.1f %%)", n, of, 100*float64(n)/float64(max(of, 1)))
}

// TestScore measures this package on the corpus and fails where it is not perfect. With -score it measures kin-openapi on
// the same corpus, and with -v it prints the table. With -short it takes a part of the corpus.
func TestScore(t *testing.T) {
	t.Parallel()
	closed := closedContract(t)
	corpus := mutant.All(document(t, closed))
	corpus = append(corpus, secretMutants(corpus)...)
	v := validator(t, atNoon(), contract.WithSpec(closed))
	judges := []func(*mutant.Mutant) verdict{ours(v)}
	if *measure {
		judges = append(judges, theirs(t, closed))
	}
	scores := map[mutant.Class]*[2]score{}
	failures := 0
	for i := range corpus {
		m := &corpus[i]
		if testing.Short() && i%7 != 0 && m.Class != mutant.Meaning {
			continue
		}
		if scores[m.Class] == nil {
			scores[m.Class] = new([2]score)
		}
		for j, judge := range judges {
			got := judge(m)
			scores[m.Class][j].add(m, got)
			wrong := got.named < len(m.Faults) || got.rejected != (len(m.Faults) > 0)
			if j == 0 && wrong && failures < 25 {
				failures++
				t.Errorf("%s, %s: %s %s %d %v\n%.400s\n got  %q\n want %v", m.Class, m.Name, m.Method, m.URL, m.Status, m.Header, m.Body, got.messages, m.Faults)
			}
		}
	}
	var table strings.Builder
	row := func(name string, value func(score) (int, int), classes ...mutant.Class) {
		fmt.Fprintf(&table, "%-52s", name)
		for j := range judges {
			n, of := 0, 0
			for _, class := range classes {
				a, b := value(scores[class][j])
				n, of = n+a, of+b
			}
			fmt.Fprintf(&table, "%-26s", percent(n, of))
		}
		table.WriteString("\n")
	}
	rejected := func(s score) (int, int) { return s.rejected, s.all }
	named := func(s score) (int, int) { return s.named, s.all }
	placed := func(s score) (int, int) { return s.placed, s.inBody }
	leaks := func(s score) (int, int) { return s.leaks, s.all }
	fmt.Fprintf(&table, "\n%-52s%-26s%-26s\n", fmt.Sprintf("%d responses", len(corpus)), "this package", []string{"", "kin-openapi"}[len(judges)-1])
	row("schema faults rejected", rejected, mutant.Schema)
	row("wire faults rejected", rejected, mutant.Wire)
	row("HTTP faults rejected", rejected, mutant.HTTP)
	row("numbers rejected", rejected, mutant.Number)
	row("rules no schema can say, found", named, mutant.Meaning)
	row("exact pointer at the fault, schema and numbers", placed, mutant.Schema, mutant.Number)
	row("exact pointer at the fault, wire", placed, mutant.Wire)
	row("several faults, all named", named, mutant.Several)
	row("false positives", rejected, mutant.Valid)
	row("messages with a secret", leaks, mutant.Schema, mutant.Meaning)
	t.Log(table.String())
}

// secretMutants are responses with a secret in every string that a fault put there.
func secretMutants(corpus []mutant.Mutant) []mutant.Mutant {
	var all []mutant.Mutant
	for _, m := range corpus {
		if m.Class == mutant.Schema && bytes.Contains(m.Body, []byte(`"x"`)) {
			m.Name += ", with a secret"
			m.Body = bytes.ReplaceAll(m.Body, []byte(`"x"`), []byte(`"`+mutant.Secret+`"`))
			all = append(all, m)
		}
	}
	return all
}

// TestUndeclaredMembers measures notes: every undeclared member of an open contract is one, and nothing else is.
func TestUndeclaredMembers(t *testing.T) {
	t.Parallel()
	v := validator(t, atNoon())
	corpus := mutant.Open(document(t, []byte(openapi.Contract())))
	if len(corpus) < 50 {
		t.Errorf("a corpus of %d", len(corpus))
	}
	for i := range corpus {
		m := &corpus[i]
		for _, f := range v.CheckResponse(m.Request(), m.Response()) {
			switch {
			case f.Rule == m.Faults[0].Rule && f.Pointer == m.Faults[0].Pointer && f.Severity == contract.Note:
				m.Faults[0].Rule = "found"
			case f.Rule == "info.inactive-with-members" && f.Pointer == m.Faults[0].Pointer, f.Rule == "scope.unknown":
			default:
				t.Errorf("%s: %v", m.Name, f)
			}
		}
		if m.Faults[0].Rule != "found" {
			t.Errorf("%s: not found", m.Name)
		}
	}
}
