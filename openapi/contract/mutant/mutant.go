// Package mutant makes responses with known faults out of an OpenAPI 3.0 document, to measure a validator with: valid
// responses are made of the document's schemas and examples, and each mutant is one of them with a fault planted at a
// known place. It knows nothing of the validator but the ids of its rules.
package mutant

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// A Class is a kind of fault.
type Class string

// The classes, in the order of a score table.
const (
	Valid      Class = "valid responses"
	Schema     Class = "schema faults"
	Wire       Class = "wire faults"
	HTTP       Class = "HTTP faults"
	Number     Class = "numbers"
	Meaning    Class = "rules no schema can say"
	Several    Class = "several faults at once"
	Undeclared Class = "undeclared members"
)

// A Fault is what a validator must find: a rule, and where.
type Fault struct {
	Rule    string // the id of the rule
	In      string // body, header, status or route
	Pointer string // RFC 6901, into the body, or / and the name of a header
}

// A Mutant is a response with planted faults, or none, and the request it answers.
type Mutant struct {
	Class     Class       // what kind of fault was planted
	Name      string      // what was done to which response
	Operation string      // the id of the operation
	Method    string      // of the request
	URL       string      // of the request
	Status    int         // of the response
	Header    http.Header // of the response
	Body      []byte      // of the response
	Faults    []Fault     // empty for a valid response
	Before    *Mutant     // a response that must be seen first, for faults between two; usually nil
}

// Request returns the request the response answers.
func (m *Mutant) Request() *http.Request {
	u, err := url.Parse(m.URL)
	if err != nil {
		panic(fmt.Sprintf("mutant: the URL of %s: %v", m.Name, err)) // this package made it
	}
	return &http.Request{Method: m.Method, URL: u, Host: u.Host, Header: http.Header{}}
}

// Response returns the response, with a body that can be read once.
func (m *Mutant) Response() *http.Response {
	return &http.Response{
		StatusCode: m.Status, Header: m.Header.Clone(), ContentLength: int64(len(m.Body)),
		Body: io.NopCloser(bytes.NewReader(m.Body)), ProtoMajor: 1, ProtoMinor: 1,
	}
}

// All returns the corpus of a document: valid responses first, then mutants of every class but Undeclared, which needs a
// document whose objects are open. The same document gives the same corpus.
func All(doc *openapi3.T) []Mutant {
	valid := validResponses(doc)
	var all []Mutant
	for _, s := range valid {
		all = append(all, s.mutant(Valid, s.name))
	}
	all = append(all, validVariants(valid)...)
	all = append(all, httpMutants(doc, valid)...)
	telling := slices.DeleteFunc(slices.Clone(valid), func(s *sound) bool { return !s.telling() })
	all = append(all, schemaMutants(telling)...)
	all = append(all, wireMutants(telling)...)
	all = append(all, numberMutants(telling)...)
	all = append(all, meaningMutants(valid)...)
	return append(all, severalMutants(valid)...)
}

// Open returns, for a document whose objects are open, valid responses with one member in each that is not declared.
func Open(doc *openapi3.T) []Mutant {
	var all []Mutant
	for _, s := range validResponses(doc) {
		for _, at := range s.sites() {
			if at.object() && len(at.schema.Properties) > 0 {
				pointer := at.pointer + "/an_extra~1member"
				m := s.with(Undeclared, "extra member at "+at.pointer, func(root any) any {
					return put(root, pointer, "x")
				}, Fault{"schema.undeclared-member", "body", pointer})
				all = append(all, m)
			}
		}
	}
	return all
}
