package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"
)

// A schema is an OpenAPI 3.0 schema made ready for checking. What says where a fault is, and what is on the path of every
// body, is checked here; the keywords in others are left to kin-openapi.
type schema struct {
	types    types  // none means any
	want     string // the types in words, for messages
	nullable bool
	anything bool // says nothing at all
	line     int  // of the contract

	properties map[string]*schema
	required   []required
	closed     bool    // additionalProperties: false
	rest       *schema // of members that are not among properties; nil if additionalProperties is no schema
	writeOnly  bool

	items        *schema
	enum         []any
	stringFormat *format
	numberFormat *format
	int64        bool // the format
	bounds       *bounds

	allOf, anyOf, oneOf []*schema
	discriminator       *discriminator

	others *openapi3.Schema // nil if there is nothing in it
}

type required struct {
	name     string
	nullable bool
	line     int
}

// A discriminator says by the value of one member which of several schemas is meant.
type discriminator struct {
	member string
	mapped map[string]*schema // by the discriminator's value, as the contract maps it
	named  map[string]*schema // by the name of the schema, which counts where the contract maps nothing
}

// types is a set of JSON types.
type types uint8

const (
	typeString types = 1 << iota
	typeNumber
	typeInteger
	typeBoolean
	typeObject
	typeArray
)

var typesByName = map[string]types{
	openapi3.TypeString: typeString, openapi3.TypeNumber: typeNumber, openapi3.TypeInteger: typeInteger,
	openapi3.TypeBoolean: typeBoolean, openapi3.TypeObject: typeObject, openapi3.TypeArray: typeArray,
}

var typesByKind = map[jsontext.Kind]types{
	str: typeString, number: typeNumber | typeInteger, yes: typeBoolean, no: typeBoolean, object: typeObject, array: typeArray,
}

// composed reports whether other schemas look at the same value as s.
func (s *schema) composed() bool { return len(s.allOf)+len(s.anyOf)+len(s.oneOf) > 0 }

// A compiler turns the schemas of one document into ours, each once, so that a recursive schema stays finite.
type compiler struct {
	done     map[*openapi3.Schema]*schema
	unjudged []string // keywords that cannot be checked, with their line
}

// compile returns the schema ref stands for; within are the schemas that look at the same value from outside it.
func (c *compiler) compile(ref *openapi3.SchemaRef, within ...*openapi3.Schema) *schema {
	in := ref.Value
	if done, ok := c.done[in]; ok {
		return done
	}
	s := &schema{
		nullable:     in.Nullable,
		writeOnly:    in.WriteOnly,
		closed:       in.AdditionalProperties.Has != nil && !*in.AdditionalProperties.Has,
		enum:         in.Enum,
		stringFormat: stringFormats[in.Format],
		numberFormat: numberFormats[in.Format],
		int64:        in.Format == "int64",
		line:         line(in.Origin),
	}
	c.done[in] = s
	var names []string
	for _, name := range in.Type.Slice() {
		s.types |= typesByName[name]
		names = append(names, article(name))
	}
	s.want = strings.Join(names, " or ")
	if in.Items != nil {
		s.items = c.compile(in.Items)
	}
	s.object(c, in)
	within = append(slices.Clone(within), in)
	s.allOf = c.branches(in.AllOf, within)
	s.anyOf = c.branches(in.AnyOf, within)
	s.oneOf = c.branches(in.OneOf, within)
	if in.Discriminator != nil {
		s.discriminator = c.discriminator(in)
	}
	if in.Min != nil || in.Max != nil || in.MultipleOf != nil {
		s.bounds = &bounds{
			min: decimalRat(in.Min), exclusiveMin: in.ExclusiveMin.Bool != nil && *in.ExclusiveMin.Bool,
			max: decimalRat(in.Max), exclusiveMax: in.ExclusiveMax.Bool != nil && *in.ExclusiveMax.Bool,
			multiple: decimalRat(in.MultipleOf),
		}
	}
	s.others = c.others(in)
	s.anything = s.types == 0 && !s.composed() && !s.closed && s.rest == nil && s.items == nil && s.bounds == nil &&
		s.others == nil && in.Format == "" && len(s.properties)+len(s.required)+len(s.enum) == 0
	return s
}

func (s *schema) object(c *compiler, in *openapi3.Schema) {
	if ref := in.AdditionalProperties.Schema; ref != nil {
		s.rest = c.compile(ref)
	}
	s.properties = make(map[string]*schema, len(in.Properties))
	for name, ref := range in.Properties {
		s.properties[name] = c.compile(ref)
	}
	for _, name := range in.Required {
		r := required{name: name, line: s.line}
		if p := in.Properties[name]; p != nil {
			r.nullable, r.line = p.Value.Nullable, line(p.Value.Origin)
		}
		s.required = append(s.required, r)
	}
}

// branches leaves out a schema that would look at the same value for ever.
func (c *compiler) branches(refs openapi3.SchemaRefs, within []*openapi3.Schema) []*schema {
	var branches []*schema
	for _, ref := range refs {
		if !slices.Contains(within, ref.Value) {
			branches = append(branches, c.compile(ref, within...))
		}
	}
	return branches
}

const schemaPrefix = "#/components/schemas/"

func (c *compiler) discriminator(in *openapi3.Schema) *discriminator {
	d := &discriminator{member: in.Discriminator.PropertyName, mapped: map[string]*schema{}, named: map[string]*schema{}}
	byRef := map[string]*schema{}
	for _, ref := range slices.Concat(in.OneOf, in.AnyOf) {
		byRef[ref.Ref] = c.compile(ref)
		d.named[strings.TrimPrefix(ref.Ref, schemaPrefix)] = byRef[ref.Ref]
	}
	for name, to := range in.Discriminator.Mapping {
		ref := to.Ref
		if !strings.Contains(ref, "/") { // the specification allows a schema's bare name
			ref = schemaPrefix + ref
		}
		if s, ok := byRef[ref]; ok {
			d.mapped[name] = s
		}
	}
	return d
}

// others returns what of a schema is left to kin-openapi: every keyword but those that schema has a field for.
func (c *compiler) others(in *openapi3.Schema) *openapi3.Schema {
	left := *in
	left.Type, left.Nullable, left.WriteOnly, left.ReadOnly = nil, false, false, false
	left.Properties, left.Required, left.AdditionalProperties = nil, nil, openapi3.AdditionalProperties{}
	left.Items, left.Enum, left.Format = nil, nil, ""
	left.Min, left.Max, left.MultipleOf = nil, nil, nil
	left.ExclusiveMin, left.ExclusiveMax = openapi3.ExclusiveBound{}, openapi3.ExclusiveBound{}
	left.AllOf, left.AnyOf, left.OneOf, left.Discriminator = nil, nil, nil, nil
	left.AllowEmptyValue = false // means nothing in a response
	if left.Pattern != "" {
		pattern := openapi3.Schema{Type: &openapi3.Types{openapi3.TypeString}, Pattern: left.Pattern}
		if err := pattern.Validate(context.Background()); err != nil {
			c.unjudged = append(c.unjudged, fmt.Sprintf("line %d: pattern %q is not checked: it is no regular expression of Go's",
				line(in.Origin), left.Pattern))
			left.Pattern = ""
		}
	}
	if left.IsEmpty() && left.Not == nil {
		return nil
	}
	left.Nullable = true // null does not get here; without this, kin-openapi does not look at "not: {}"
	return &left
}

// choices returns the values an enum allows, for a message. They are the contract's, not the response's.
func (s *schema) choices() string {
	choices := make([]string, len(s.enum))
	for i, choice := range s.enum {
		text, err := json.Marshal(choice)
		if err != nil {
			text = fmt.Append(nil, choice)
		}
		choices[i] = string(text)
	}
	return strings.Join(choices, ", ")
}

func article(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return "an " + noun
	}
	return "a " + noun
}

// at returns the schema of what a pointer leads to in a value of s, nil if s does not declare it.
func (s *schema) at(pointer string) *schema { return s.find(strings.Split(pointer, "/")[1:], nil) }

// find goes a way from s. Within are the schemas that look at the same value from outside it.
func (s *schema) find(way []string, within []*schema) *schema {
	switch {
	case s == nil || len(way) == 0:
		return s
	case slices.Contains(within, s):
		return nil
	}
	if found := s.properties[nameUnescapes.Replace(way[0])].find(way[1:], nil); found != nil {
		return found
	}
	if found := s.items.find(way[1:], nil); found != nil {
		return found
	}
	within = append(within, s)
	for _, part := range slices.Concat(s.allOf, s.anyOf, s.oneOf) {
		if found := part.find(way, within); found != nil {
			return found
		}
	}
	return nil
}

// line returns where in the contract something begins, or 0.
func line(origin *openapi3.Origin) int {
	if origin == nil || origin.Key == nil {
		return 0
	}
	return origin.Key.Line
}
