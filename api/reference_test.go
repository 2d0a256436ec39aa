package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/psoauth/psoauth/openapi"
)

// A reference decodes what the generated decoder does in another way, so that each can be compared with the other: a library
// reads the JSON into the Go type, and then the contract itself says which members must be there, and which may be null.
type reference struct{ schema *openapi3.Schema }

var contract = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData([]byte(openapi.Contract()))
})

// goodAnswer returns what the contract says of an operation's answers with status 200.
func goodAnswer(tb testing.TB, operation string) *openapi3.MediaType {
	tb.Helper()
	doc, err := contract()
	if err != nil {
		tb.Fatal(err)
	}
	for _, item := range doc.Paths.Map() {
		if item.Get.OperationID == operation {
			return item.Get.Responses.Value("200").Value.Content["application/json"]
		}
	}
	tb.Fatalf("no operation %s", operation)
	return nil
}

// examples returns the contract's examples of an operation's good answers.
func examples(tb testing.TB, operation string) map[string][]byte {
	tb.Helper()
	bodies := map[string][]byte{}
	for name, example := range goodAnswer(tb, operation).Examples {
		body, err := json.Marshal(example.Value.Value)
		if err != nil {
			tb.Fatal(err)
		}
		bodies[name] = body
	}
	return bodies
}

// decode decodes body into value, which is a pointer. It returns what is wrong in the client's words, and nothing if nothing
// is.
func (r reference) decode(body []byte, value any) (problem string) {
	if err := json.Unmarshal(body, value); err != nil {
		return problemOf(err)
	}
	d := jsontext.NewDecoder(bytes.NewReader(body))
	if err := check(d, r.schema); err != nil {
		return problemOf(err)
	}
	return ""
}

// A memberError says which member is not as the contract has it.
type memberError struct {
	at      jsontext.Pointer
	problem string
}

func (e *memberError) Error() string { return located(e.at, e.problem) }

const nullProblem = "unexpected null"

// check goes over a value that is strict JSON already, and finds the first member that is missing although every revision of
// the contract requires it, or null although none allows that. A nil schema is one that says nothing of members.
func check(d *jsontext.Decoder, schema *openapi3.Schema) error {
	if schema == nil || schema.Extensions["x-go-type"] != nil {
		return d.SkipValue()
	}
	switch d.PeekKind() {
	case '[':
		return checkItems(d, schema)
	case '{':
		return checkObject(d, schema)
	case 'n':
		return &memberError{d.StackPointer(), nullProblem}
	}
	return d.SkipValue()
}

func checkItems(d *jsontext.Decoder, schema *openapi3.Schema) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		if _, n := d.StackIndex(d.StackDepth()); d.PeekKind() == 'n' {
			return &memberError{container(d).AppendToken(strconv.FormatInt(n, 10)), nullProblem}
		}
		if err := check(d, valueOf(schema.Items)); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func checkObject(d *jsontext.Decoder, schema *openapi3.Schema) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	var seen []string
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		seen = append(seen, name.String())
		member := valueOf(schema.Properties[name.String()])
		if d.PeekKind() == 'n' && member != nil {
			if !member.Nullable {
				return &memberError{d.StackPointer(), nullProblem}
			}
			member = nil
		}
		if err := check(d, member); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(slices.Values(schema.Required)) {
		// A required member that may be null may be missing too: a program reads nil for both.
		if !schema.Properties[name].Value.Nullable && !slices.Contains(seen, name) {
			return &memberError{container(d).AppendToken(name), "the member is missing"}
		}
	}
	_, err := d.ReadToken()
	return err
}

func valueOf(ref *openapi3.SchemaRef) *openapi3.Schema {
	if ref == nil {
		return nil
	}
	return ref.Value
}

// container returns the pointer of the object or array that d is inside of.
func container(d *jsontext.Decoder) jsontext.Pointer {
	at := d.StackPointer()
	if _, members := d.StackIndex(d.StackDepth()); members > 0 {
		return at.Parent() // at is the last value inside
	}
	return at
}

// problemOf puts what is wrong into the client's words.
func problemOf(err error) string {
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return fmt.Sprintf("the JSON ends too early, at byte %d", e.ByteOffset)
		case e.JSONPointer == "":
			return fmt.Sprintf("invalid JSON at byte %d: %v", e.ByteOffset, e.Err)
		}
		return fmt.Sprintf("invalid JSON at byte %d, in %s: %v", e.ByteOffset, e.JSONPointer, e.Err)
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		problem := "unexpected " + kindName(e.JSONKind)
		switch {
		case e.JSONKind == 'n':
			problem = nullProblem
		case e.GoType == reflect.TypeFor[time.Time]() && e.JSONKind == '"':
			problem = "a string that is not an RFC 3339 time"
		case e.Err != nil && e.GoType != nil && e.GoType.PkgPath() == reflect.TypeFor[openapi.Scopes]().PkgPath():
			problem = e.Err.Error()
		}
		return located(e.JSONPointer, problem)
	}
	return err.Error()
}

func located(p jsontext.Pointer, problem string) string {
	if p == "" {
		return problem
	}
	return fmt.Sprintf("at %s: %s", p, problem)
}

func kindName(k jsontext.Kind) string {
	switch k {
	case 't', 'f':
		return "boolean"
	case '"':
		return "string"
	case '0':
		return "number"
	case '{':
		return "object"
	case '[':
		return "array"
	}
	return "end"
}
