package drift

import (
	"regexp"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// normalize says in OpenAPI 3.0 what a schema says in the words of another version, so that it is judged by what it says.
func normalize(in *openapi3.Schema) error {
	if nullable, ok := in.Extensions["x-nullable"].(bool); ok {
		in.Nullable = nullable
	}
	for name, ref := range in.Properties {
		if ref != nil && ref.Value != nil && ref.Value.WriteOnly { // it is in no response
			delete(in.Properties, name)
			in.Required = slices.DeleteFunc(in.Required, func(required string) bool { return required == name })
		}
	}
	if in.Type.Is("file") { // Swagger's word for a body that is no JSON
		in.Type = &openapi3.Types{openapi3.TypeString}
	}
	if in.Const != nil {
		in.Enum, in.Const = []any{in.Const}, nil
	}
	if _, err := regexp.Compile(in.Pattern); err != nil {
		// It may be a good one elsewhere. It is compared as text, and judges nothing.
		if in.Extensions == nil {
			in.Extensions = map[string]any{}
		}
		in.Extensions[unreadPattern], in.Pattern = in.Pattern, ""
	}
	if len(in.OneOf) > 0 {
		// A server sends what its code makes, and sees to none of the other branches; nor does package api.
		in.AllOf = append(slices.Clone(in.AllOf), &openapi3.SchemaRef{Value: &openapi3.Schema{AnyOf: in.OneOf}})
		in.OneOf = nil
	}
	for _, child := range children(in) {
		if child == nil {
			return errNoSchema
		}
		if err := normalize(child); err != nil {
			return err
		}
	}
	return nil
}

// unreadPattern keeps a pattern that is no regular expression of Go's.
const unreadPattern = "x-unread-pattern"

// children returns the schemas directly inside a schema. A reference to nothing is nil.
func children(in *openapi3.Schema) []*openapi3.Schema {
	var all []*openapi3.Schema
	add := func(refs ...*openapi3.SchemaRef) {
		for _, ref := range refs {
			if ref != nil {
				all = append(all, ref.Value)
			}
		}
	}
	add(in.AllOf...)
	add(in.AnyOf...)
	add(in.Not, in.Items, in.AdditionalProperties.Schema)
	for _, ref := range in.Properties {
		add(ref)
	}
	return all
}
