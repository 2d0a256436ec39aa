package mutant

import (
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// A site is a value in a valid response, with the schema that says what may be there.
type site struct {
	pointer string
	value   any
	schema  *openapi3.Schema
	choices []*openapi3.Schema // the schemas of oneOf, if there are
	member  bool               // of an object
	needed  bool               // a required member
	either  bool               // required by one of several schemas: without it the value fits none
}

func (s site) object() bool {
	_, ok := s.value.(map[string]any)
	return ok
}

// allows reports whether the contract allows a JSON type here.
func (s site) allows(kind string) bool {
	if s.schema.IsEmpty() {
		return true
	}
	if kind == "null" {
		return s.schema.Nullable || slices.ContainsFunc(s.choices, func(c *openapi3.Schema) bool { return c.Nullable })
	}
	for _, choice := range append(s.choices, s.schema) {
		if choice.Type.Is(kind) || kind == "integer" && choice.Type.Is("number") {
			return true
		}
	}
	return false
}

// sites returns the values of a body that its schema describes, in order; of an array, the first item and what is in it.
func (s *sound) sites() []site {
	var all []site
	if s.schema != nil {
		collect(site{value: s.body, schema: s.schema}, &all)
	}
	return all
}

func collect(at site, all *[]site) {
	var either []string
	for _, ref := range at.schema.OneOf {
		at.choices = append(at.choices, ref.Value)
	}
	*all = append(*all, at)
	switch value := at.value.(type) {
	case map[string]any:
		for _, ref := range at.schema.AnyOf {
			needed := ref.Value.Required
			if !slices.ContainsFunc(needed, func(name string) bool { _, ok := value[name]; return !ok }) {
				either = needed
				break
			}
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if p := at.schema.Properties[name]; p != nil {
				collect(site{
					pointer: at.pointer + "/" + name, value: value[name], schema: p.Value,
					member: true, needed: slices.Contains(at.schema.Required, name) || slices.Contains(either, name), either: slices.Contains(either, name),
				}, all)
			}
		}
	case []any:
		items := at.schema.Items
		for _, choice := range at.choices {
			if choice.Items != nil {
				items = choice.Items
			}
		}
		if len(value) > 0 {
			collect(site{pointer: at.pointer + "/0", value: value[0], schema: items.Value}, all)
		}
	}
}
