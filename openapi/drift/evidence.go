package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// An Example is what shows that a finding breaks: a response the newer side allows and the older one refuses, or, if
// Request is there, a request that the older side describes and the newer one does not serve.
type Example struct {
	Request     string         `json:"request,omitempty"`      // its first line, and what there is to say of it
	Status      int            `json:"status,omitempty"`       // of the response
	ContentType string         `json:"content_type,omitempty"` // empty for a response without a body
	Headers     map[string]any `json:"headers,omitempty"`      // of the response, by name
	Body        any            `json:"body"`                   // a value of package encoding/json
}

// takes reports whether an operation of a document allows the response: for a reader, if what a program copes with is
// allowed as well. kin-openapi judges bodies and headers.
func (op *operation) takes(e *Example, reader bool) bool {
	status := fmt.Sprint(e.Status)
	declared := op.declared(status)
	if declared == nil {
		return false
	}
	if declared.headers != nil && e.Headers != nil && !allows(declared.headers, e.Headers, reader, false) {
		return false
	}
	success := status[0] == '2'
	if len(declared.media) == 0 { // a success has no body then, which a reader does not look for; an error has any
		return e.ContentType == "" || !success || reader
	}
	if e.ContentType == "" {
		return false
	}
	for name, schema := range declared.media {
		if mediaCovers(name, e.ContentType) && (schema == nil || allows(schema, e.Body, reader, !success)) {
			return true
		}
	}
	return false
}

// allows has kin-openapi judge a value.
func allows(schema *openapi3.Schema, value any, reader, lenient bool) bool {
	if reader {
		schema = asRead(schema, lenient)
	}
	return schema.VisitJSON(value, openapi3.FailFast()) == nil
}

// asRead returns a schema as package api reads by it: a required member that may be null may be missing, and in an error
// any member may be null.
func asRead(in *openapi3.Schema, lenient bool) *openapi3.Schema {
	if in.Extensions[ownType] != nil && !lenient {
		return in
	}
	out := *in
	out.Nullable = in.Nullable || lenient
	out.Required = slices.DeleteFunc(slices.Clone(in.Required), func(name string) bool {
		p := in.Properties[name]
		return lenient || p != nil && p.Value.PermitsNull()
	})
	each := func(refs openapi3.SchemaRefs) openapi3.SchemaRefs {
		var all openapi3.SchemaRefs
		for _, ref := range refs {
			all = append(all, asReadRef(ref, lenient))
		}
		return all
	}
	out.AllOf, out.AnyOf = each(in.AllOf), each(in.AnyOf)
	out.Items = asReadRef(in.Items, lenient)
	out.AdditionalProperties.Schema = asReadRef(in.AdditionalProperties.Schema, lenient)
	out.Properties = openapi3.Schemas{}
	for name, ref := range in.Properties {
		out.Properties[name] = asReadRef(ref, lenient)
	}
	return &out
}

func asReadRef(ref *openapi3.SchemaRef, lenient bool) *openapi3.SchemaRef {
	if ref == nil {
		return nil
	}
	return &openapi3.SchemaRef{Value: asRead(ref.Value, lenient)}
}

// mediaCovers reports whether a declared media type, which may be a range such as text/*, stands for one.
func mediaCovers(declared, media string) bool {
	if prefix, ok := strings.CutSuffix(declared, "*"); ok {
		return prefix == "*/" || strings.HasPrefix(media, prefix)
	}
	return declared == media
}
