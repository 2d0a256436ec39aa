package drift

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A schema is what a document says of a value, in one form for all the ways of writing it: null or not, and otherwise
// one of several alternatives, each of one kind. Composition (allOf, anyOf, oneOf), lists of types and values without a
// type all come to that.
type schema struct {
	null         bool
	alternatives []*alternative
	words        map[string]string // description, title, default: nothing that a value shows
	deprecated   bool
}

// A kind is one of JSON's types, null apart.
type kind int

const (
	boolean kind = iota
	number
	str
	array
	object
	kinds
)

// An alternative is what a schema says of values of one kind. Keywords of other kinds are zero.
type alternative struct {
	kind     kind
	enum     []any // nil for any value
	integer  bool
	minimum  bound
	maximum  bound
	multiple *float64
	format   string // of strings and numbers
	implied  bool   // the format is the contract's, and the document says nothing of one
	pattern  string
	size     limits // characters of a string, items of an array, members of an object
	unique   bool
	items    *schema // nil for anything
	members  map[string]*member
	closed   bool    // to members that are not among those
	rest     *schema // of members that are not among those; nil for anything
	other    map[string]string
}

type member struct {
	schema   *schema
	required bool
	strict   bool // and so it is even where it may be null; see ownType
}

// ownType is the extension by which the contract gives a schema a Go type of its own, which takes the contract at its
// word. The generated types do not tell a missing member from null.
const ownType = "x-go-type"

type bound struct {
	value     *float64
	exclusive bool
}

type limits struct {
	min uint64
	max *uint64
}

// Limits on what composition makes of one schema.
const (
	maxAlternatives = 64
	maxMerged       = 100_000 // alternatives put together, over all levels
)

var (
	errComposed = errors.New("it composes schemas into too many alternatives")
	errNoSchema = errors.New("there is nothing where a schema belongs")
)

// anything is the schema of every value.
func anything() *schema {
	s := &schema{null: true}
	for k := range kinds {
		s.alternatives = append(s.alternatives, &alternative{kind: k})
	}
	return s
}

// compile brings a schema into its one form. References are resolved already, so the schema is a tree.
func compile(in *openapi3.Schema) (*schema, error) {
	c := &compiler{left: maxMerged}
	return c.compile(in)
}

// A compiler counts what composition makes of a schema: it multiplies.
type compiler struct {
	left   int
	strict bool // inside a schema with a Go type of its own
}

func (c *compiler) compile(in *openapi3.Schema) (*schema, error) {
	if in.Extensions[ownType] != nil && !c.strict {
		c.strict = true
		defer func() { c.strict = false }()
	}
	s, err := c.own(in)
	if err != nil {
		return nil, err
	}
	for _, ref := range in.AllOf {
		part, err := c.ref(ref)
		if err != nil {
			return nil, err
		}
		if s, err = c.both(s, part); err != nil {
			return nil, err
		}
	}
	if len(in.AnyOf) > 0 {
		union := &schema{}
		for _, ref := range in.AnyOf {
			part, err := c.ref(ref)
			if err != nil {
				return nil, err
			}
			union.null = union.null || part.null
			union.alternatives = append(union.alternatives, part.alternatives...)
		}
		if s, err = c.both(s, union); err != nil {
			return nil, err
		}
	}
	s.null = s.null || in.Nullable
	annotate(s, in)
	return s, nil
}

// annotate gives a schema the annotations of all that it is composed of.
func annotate(s *schema, in *openapi3.Schema) {
	s.deprecated = s.deprecated || in.Deprecated
	if s.words == nil {
		s.words = map[string]string{}
	}
	own := wordsOf("title", in.Title, "description", in.Description)
	if in.Default != nil {
		own["default"] = jsonText(in.Default)
	}
	for keyword, words := range own {
		s.words[keyword] = strings.TrimSpace(s.words[keyword] + "\n" + words)
	}
	for _, ref := range slices.Concat(in.AllOf, in.AnyOf) {
		annotate(s, ref.Value)
	}
}

func (c *compiler) ref(ref *openapi3.SchemaRef) (*schema, error) {
	if ref == nil || ref.Value == nil {
		return nil, errNoSchema
	}
	return c.compile(ref.Value)
}

var kindsByType = map[string][]kind{
	openapi3.TypeBoolean: {boolean}, openapi3.TypeNumber: {number}, openapi3.TypeInteger: {number},
	openapi3.TypeString: {str}, openapi3.TypeArray: {array}, openapi3.TypeObject: {object}, openapi3.TypeNull: nil,
}

// own reads what a schema says itself, without what it is composed of.
func (c *compiler) own(in *openapi3.Schema) (*schema, error) {
	s := &schema{null: in.Type == nil}
	types := in.Type.Slice()
	if in.Type == nil {
		types = []string{openapi3.TypeBoolean, openapi3.TypeNumber, openapi3.TypeString, openapi3.TypeArray, openapi3.TypeObject}
	}
	if x := in.Always; x != nil && !*x {
		types, s.null = nil, false
	}
	other := otherKeywords(in)
	for _, name := range types {
		of, ok := kindsByType[name]
		if !ok {
			return nil, fmt.Errorf("%.60q is no type", name)
		}
		s.null = s.null || name == openapi3.TypeNull
		for _, k := range of {
			if k == number && name == openapi3.TypeInteger && slices.Contains(types, openapi3.TypeNumber) {
				continue
			}
			a, err := c.alternative(k, in)
			if err != nil {
				return nil, err
			}
			a.integer, a.other = name == openapi3.TypeInteger, other
			if len(in.Enum) == 0 || len(a.enum) > 0 {
				s.alternatives = append(s.alternatives, a)
			}
		}
	}
	if len(in.Enum) > 0 && s.null {
		s.null = slices.Contains(in.Enum, any(nil))
	}
	return s, nil
}

func (c *compiler) alternative(k kind, in *openapi3.Schema) (*alternative, error) {
	a := &alternative{kind: k}
	for _, value := range in.Enum {
		if value != nil && kindOfValue(value) == k {
			a.enum = append(a.enum, value)
		}
	}
	var err error
	switch k {
	case number:
		a.format, a.multiple = in.Format, in.MultipleOf
		a.minimum, a.maximum = newBound(in.Min, in.ExclusiveMin, 1), newBound(in.Max, in.ExclusiveMax, -1)
	case str:
		a.format, a.pattern, a.size = in.Format, in.Pattern, limits{in.MinLength, in.MaxLength}
	case array:
		a.size, a.unique = limits{in.MinItems, in.MaxItems}, in.UniqueItems
		if in.Items != nil {
			a.items, err = c.ref(in.Items)
		}
	case object:
		err = c.members(a, in)
	}
	return a, err
}

func (c *compiler) members(a *alternative, in *openapi3.Schema) (err error) {
	a.size = limits{in.MinProps, in.MaxProps}
	a.members = map[string]*member{}
	for name, ref := range in.Properties {
		m := &member{strict: c.strict}
		if m.schema, err = c.ref(ref); err != nil {
			return fmt.Errorf("the member %.100q: %w", name, err)
		}
		a.members[name] = m
	}
	for _, name := range in.Required {
		if a.members[name] == nil {
			a.members[name] = &member{schema: anything(), strict: c.strict}
		}
		a.members[name].required = true
	}
	a.closed = in.AdditionalProperties.Has != nil && !*in.AdditionalProperties.Has
	if rest := in.AdditionalProperties.Schema; rest != nil && !(rest.Value != nil && rest.Value.IsEmpty()) {
		a.rest, err = c.ref(rest)
	}
	return err
}

// newBound reads a bound as OpenAPI 3.0 writes it, with a flag, or as 3.1 does, with a bound of its own; with both, the
// tighter one counts. The sign is 1 for a minimum, -1 for a maximum.
func newBound(value *float64, exclusive openapi3.ExclusiveBound, sign float64) bound {
	b := bound{value: value, exclusive: value != nil && exclusive.IsTrue()}
	if own := exclusive.Value; own != nil && (value == nil || *own*sign >= *value*sign) {
		b = bound{value: own, exclusive: true}
	}
	return b
}

// otherKeywords returns the keywords that are compared as text only, because nothing else here knows them.
func otherKeywords(in *openapi3.Schema) map[string]string {
	other := map[string]string{}
	if in.Not != nil {
		other["not"] = jsonText(in.Not)
	}
	if pattern, ok := in.Extensions[unreadPattern].(string); ok {
		other["pattern"] = pattern
	}
	rest := openapi3.Schema{PrefixItems: in.PrefixItems, Contains: in.Contains, MinContains: in.MinContains,
		MaxContains: in.MaxContains, PatternProperties: in.PatternProperties, DependentSchemas: in.DependentSchemas,
		PropertyNames: in.PropertyNames, UnevaluatedItems: in.UnevaluatedItems, UnevaluatedProperties: in.UnevaluatedProperties,
		If: in.If, Then: in.Then, Else: in.Else, DependentRequired: in.DependentRequired,
		ContentMediaType: in.ContentMediaType, ContentEncoding: in.ContentEncoding, ContentSchema: in.ContentSchema}
	if rest.IsEmpty() {
		return other
	}
	var keywords map[string]json.RawMessage
	if raw, err := json.Marshal(rest); err == nil && json.Unmarshal(raw, &keywords) == nil {
		for keyword, value := range keywords {
			other[keyword] = string(value)
		}
	}
	return other
}

func kindOfValue(value any) kind {
	switch value.(type) {
	case bool:
		return boolean
	case string:
		return str
	case []any:
		return array
	case map[string]any:
		return object
	}
	return number
}

// ofKind returns the alternatives of a kind.
func (s *schema) ofKind(k kind) []*alternative {
	var of []*alternative
	for _, a := range s.alternatives {
		if a.kind == k {
			of = append(of, a)
		}
	}
	return of
}

func jsonText(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(raw)
}
