package contract

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"mime"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/psoauth/psoauth/internal/text"
)

// A spec is an OpenAPI document that is ready for judging.
type spec struct {
	name       string // what reports call it
	doc        *openapi3.T
	endpoints  []*endpoint  // by path, literal ones before those with parameters
	operations []*operation // by id
	servers    []target     // the declared ones, variables at their defaults
	unjudged   []Finding    // the parts of the document that nothing is checked against
}

type operation struct {
	*openapi3.Operation
	item             *openapi3.PathItem
	id, method, path string
	line             int
	meaning          *meaning               // nil if no semantic rule is about the operation
	members          func() map[string]bool // that it declares for its successful responses
}

// loadSpec reads a document. Nothing is fetched: a reference into another file is an error.
func loadSpec(data []byte, name string) (*spec, error) {
	doc, err := loadDocument(bytes.TrimPrefix(data, byteOrderMark))
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, text.Excerpt(err.Error(), 2*maxMessage)) // kin-openapi's may quote the document
	}
	s := &spec{doc: doc, name: name}
	schemas := map[*openapi3.Schema]bool{}
	for _, path := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(path)
		declared := item.Operations()
		for _, method := range sortedKeys(declared) {
			op := &operation{Operation: declared[method], item: item, method: method, path: path}
			op.id, op.line = op.OperationID, line(op.Origin)
			if op.id == "" {
				op.id = method + " " + path
			}
			op.meaning = meaningOf(method, s.serve(op))
			op.members = sync.OnceValue(op.declaredMembers)
			s.operations = append(s.operations, op)
			for _, ref := range slices.Concat(op.Parameters, item.Parameters) {
				p := ref.Value
				schema := p.Schema
				for _, media := range p.Content { // one at most
					schema = media.Schema
				}
				if schema != nil && weigh(schema.Value, maxWeight) == 0 {
					s.leave(p.Origin, "the schema of the parameter "+p.Name+" is made of itself, or of too many others")
					p.Schema, p.Content = nil, nil
				}
			}
			for _, ref := range op.Responses.Map() {
				for _, media := range ref.Value.Content {
					s.prepare(media.Schema, schemas)
				}
				for name, header := range ref.Value.Headers {
					header := header.Value
					s.prepare(header.Schema, schemas)
					several := header.Schema != nil &&
						(header.Schema.Value.Type.Is(openapi3.TypeArray) || header.Schema.Value.Type.Is(openapi3.TypeObject))
					if several || len(header.Content) > 0 {
						s.leave(header.Origin, "header "+name+" is not a single value")
						header.Schema, header.Content = nil, nil
					}
				}
			}
		}
	}
	if len(s.operations) == 0 {
		return nil, fmt.Errorf("%s: the document has no operations", name)
	}
	slices.SortFunc(s.operations, func(a, b *operation) int { return strings.Compare(a.id, b.id) })
	slices.SortFunc(s.unjudged, func(a, b Finding) int { return a.Line - b.Line })
	// The one with the longest path first: it is the best of those that a path could be under.
	slices.SortStableFunc(s.servers, func(a, b target) int {
		return cmp.Or(cmp.Compare(len(b.path), len(a.path)), cmp.Compare(a.String(), b.String()))
	})
	return s, nil
}

// maxWeight is how many schemas a parameter's may be made of: kin-openapi follows them without bounds.
const maxWeight = 1000

// weigh takes what a schema is made of off what is left, each schema as often as it occurs, and for a choice twice.
func weigh(s *openapi3.Schema, left int) int {
	left--
	for _, part := range slices.Concat(partsOf(s), s.AnyOf, s.OneOf) {
		if left > 0 {
			left = weigh(part.Value, left)
		}
	}
	return left
}

// partsOf returns all schemas within a schema, but not those within them.
func partsOf(s *openapi3.Schema) openapi3.SchemaRefs {
	parts := slices.Concat(s.AllOf, s.AnyOf, s.OneOf, openapi3.SchemaRefs{s.Items, s.Not, s.AdditionalProperties.Schema})
	parts = slices.AppendSeq(parts, maps.Values(s.Properties))
	return slices.DeleteFunc(parts, func(part *openapi3.SchemaRef) bool { return part == nil })
}

// leave notes a part of the document that nothing is checked against.
func (s *spec) leave(at *openapi3.Origin, why string) {
	f := Finding{Severity: Note, Rule: "schema.unjudged", In: inBody, Message: text.Excerpt(why, maxMessage), Line: line(at)}
	s.unjudged = append(s.unjudged, f)
}

// prepare makes a schema, and those within it, say what OpenAPI 3.0.3 says where kin-openapi reads them otherwise.
func (s *spec) prepare(ref *openapi3.SchemaRef, done map[*openapi3.Schema]bool) {
	if ref == nil || ref.Value == nil || done[ref.Value] {
		return
	}
	in := ref.Value
	done[in] = true
	for _, part := range partsOf(in) {
		s.prepare(part, done)
	}
	if in.Pattern != "" {
		pattern := openapi3.Schema{Type: &openapi3.Types{openapi3.TypeString}, Pattern: in.Pattern}
		if err := pattern.Validate(context.Background()); err != nil {
			s.leave(in.Origin, fmt.Sprintf("pattern %q is no regular expression of Go's", in.Pattern))
			in.Pattern = ""
		}
	}
	if len(in.AllOf)+len(in.AnyOf)+len(in.OneOf) > 0 || in.Not != nil {
		split(in)
	} else {
		takeNull(in)
	}
}

// takeNull lets a schema without a type take null, which it says nothing about; kin-openapi would refuse it.
func takeNull(s *openapi3.Schema) {
	if !s.Nullable && s.Type == nil && (len(s.Enum) == 0 || slices.Contains(s.Enum, nil)) {
		s.Nullable, s.Extensions = true, takesNull
	}
}

// takesNull marks a schema that takes null although the document does not say nullable.
var takesNull = map[string]any{"x-takes-null": true}

// split makes an allOf of a schema that has keywords beside a composition: kin-openapi does not look at them once the
// composition fails, and lets null pass where only the composition takes it.
func split(s *openapi3.Schema) {
	parts := slices.Clone(s.AllOf)
	part := func(p openapi3.Schema) {
		p.Origin = s.Origin
		parts = append(parts, p.NewRef())
	}
	if len(s.OneOf) > 0 {
		part(openapi3.Schema{OneOf: s.OneOf, Discriminator: s.Discriminator})
	}
	if len(s.AnyOf) > 0 {
		part(openapi3.Schema{AnyOf: s.AnyOf, Discriminator: s.Discriminator})
	}
	if s.Not != nil {
		// With an allOf beside it that takes everything, kin-openapi does not refuse null for want of a type.
		anything := &openapi3.Schema{Nullable: true}
		part(openapi3.Schema{Not: s.Not, AllOf: openapi3.SchemaRefs{anything.NewRef()}})
	}
	rest := *s
	rest.AllOf, rest.OneOf, rest.AnyOf, rest.Not, rest.Discriminator = nil, nil, nil, nil, nil
	if bare := rest; !bare.Nullable && bare.Type == nil && bare.IsEmpty() {
		if len(parts) == 1 {
			return // a composition and nothing else
		}
	} else {
		takeNull(&rest)
		parts = append(parts, rest.NewRef())
	}
	*s = openapi3.Schema{
		AllOf: parts, Nullable: s.Nullable, ReadOnly: s.ReadOnly, WriteOnly: s.WriteOnly, Origin: s.Origin, Extensions: s.Extensions,
	}
}

// declared returns what the operation promises for a status, or nil. The default response is for errors, and for
// successes only if the operation declares none of its own.
func (op *operation) declared(status int) *openapi3.Response {
	if ref := op.Responses.Status(status); ref != nil {
		return ref.Value
	}
	class := status / 100
	_, success := op.first('2')
	if ref := op.Responses.Default(); ref != nil && (class == 4 || class == 5 || class == 2 && success == nil) {
		return ref.Value
	}
	return nil
}

// first returns the lowest status of a class that the operation declares, and the response to it; nil if there is none.
func (op *operation) first(class byte) (string, *openapi3.Response) {
	for _, status := range sortedKeys(op.Responses.Map()) {
		if status[0] == class {
			return status, op.Responses.Value(status).Value
		}
	}
	return "", nil
}

// nearest returns the response by which to judge a response whose status is not declared: that of its own kind.
func (op *operation) nearest(status int) *openapi3.Response {
	classes := "2"
	if status/100 == 4 || status/100 == 5 {
		classes = "45"
	}
	for _, class := range []byte(classes) {
		if _, response := op.first(class); response != nil {
			return response
		}
	}
	return nil
}

// isJSON reports whether a Content-Type is JSON's.
func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	return media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json")
}
