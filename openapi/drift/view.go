package drift

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/psoauth/psoauth/internal/text"
)

// kinds are JSON's types but null.
var kinds = []string{openapi3.TypeBoolean, openapi3.TypeNumber, openapi3.TypeString, openapi3.TypeArray, openapi3.TypeObject}

// A view is what a schema says of values of one kind, with all that it is composed of taken together. It says where members
// are, of what to make values, and what to call a difference. No verdict rests on it: kin-openapi judges by the schema.
type view struct {
	integer     bool
	enum        []any              // empty for any value
	limits      map[string]string  // what the keywords of a rule say, in words
	sides       []*openapi3.Schema // that say it, each without what it is composed of
	properties  map[string]*openapi3.Schema
	required    []string
	closed      bool             // whether there are no members but the properties
	rest, items *openapi3.Schema // nil is anything
	forms       []string         // what each branch requires, in words, if several are of the kind
}

// views are a schema's, by kind. A kind that the schema does not allow has none.
type views map[string]*view

// of returns the views of a schema.
func (s *sampler) of(in *openapi3.Schema) views {
	in = cmp.Or(in, anything)
	all, known := s.views[in]
	if known {
		return all
	}
	all = views{}
	for _, kind := range kinds {
		integer := kind == openapi3.TypeNumber && !in.Type.Permits(kind)
		if v := viewOf(in, kind, integer); v != nil && (in.Type.Permits(kind) || integer && in.Type.Permits(openapi3.TypeInteger)) {
			all[kind] = v
		}
	}
	for _, ref := range in.AllOf {
		all = s.merge(all, s.of(ref.Value), true)
	}
	if len(in.AnyOf) > 0 {
		choice := views{}
		for _, ref := range in.AnyOf {
			choice = s.merge(choice, s.of(ref.Value), false)
		}
		all = s.merge(all, choice, true)
	}
	s.views[in] = all
	return all
}

// viewOf returns what a schema says of values of a kind by itself, or nil if it allows none.
func viewOf(in *openapi3.Schema, kind string, integer bool) *view {
	bare := *in
	bare.AllOf, bare.AnyOf = nil, nil
	v := &view{integer: integer, limits: limitsOf(bare, kind), sides: []*openapi3.Schema{&bare}}
	ofKind := &openapi3.Schema{Type: &openapi3.Types{kind}}
	for _, value := range in.Enum {
		if judges(ofKind, value) {
			v.enum = append(v.enum, value)
		}
	}
	if len(in.Enum) > 0 && len(v.enum) == 0 || in.Always != nil && !*in.Always {
		return nil
	}
	v.items, v.rest, v.required = valueOf(in.Items), valueOf(in.AdditionalProperties.Schema), in.Required
	if has := in.AdditionalProperties.Has; has != nil {
		v.closed = !*has
	}
	v.properties = make(map[string]*openapi3.Schema, len(in.Properties))
	for name, ref := range in.Properties {
		v.properties[name] = ref.Value
	}
	for _, name := range v.required {
		if v.properties[name] == nil && !v.closed {
			v.properties[name] = cmp.Or(v.rest, anything)
		}
	}
	return v
}

// orNone returns a view that says nothing in place of none.
func orNone(v *view) *view { return cmp.Or(v, &view{}) }

// merge returns the views of what both sides allow, or of what either does.
func (s *sampler) merge(some, others views, both bool) views {
	all := views{}
	for _, kind := range kinds {
		a, b := some[kind], others[kind]
		switch {
		case a != nil && b != nil && s.spend(len(a.properties)+len(b.properties)):
			if m := a.merge(b, both); len(m.enum) > 0 || !both || len(a.enum)+len(b.enum) == 0 {
				all[kind] = m
			}
		case !both && (a != nil || b != nil):
			all[kind] = cmp.Or(a, b)
		}
	}
	return all
}

func (v *view) merge(o *view, both bool) *view {
	m := &view{sides: slices.Concat(v.sides, o.sides), limits: map[string]string{}, properties: map[string]*openapi3.Schema{}}
	word := " and "
	if both {
		m.integer, m.closed, m.forms = v.integer || o.integer, v.closed || o.closed, slices.Concat(v.forms, o.forms)
		m.required = sorted(slices.Concat(v.required, o.required))
		m.enum = slices.Concat(v.enum, o.enum)
		if len(v.enum) > 0 && len(o.enum) > 0 {
			m.enum = without(v.enum, without(v.enum, o.enum))
		}
	} else {
		word = " or "
		m.integer, m.closed, m.forms = v.integer && o.integer, v.closed && o.closed, slices.Concat(v.formsOf(), o.formsOf())
		m.required = without(v.required, without(v.required, o.required))
		if len(v.enum) > 0 && len(o.enum) > 0 {
			m.enum = slices.Concat(v.enum, without(o.enum, v.enum))
		}
	}
	m.items, m.rest = joined(v.items, o.items, both), joined(v.rest, o.rest, both)
	for _, rule := range union(v.limits, o.limits) {
		switch said, says := v.limits[rule], o.limits[rule]; {
		case said == says, both && says == "":
			m.limits[rule] = said
		case both && said == "":
			m.limits[rule] = says
		default:
			m.limits[rule] = v.said(rule) + word + o.said(rule)
		}
	}
	names := maps.Clone(v.properties)
	maps.Copy(names, o.properties)
	for name := range names {
		a, b := v.properties[name], o.properties[name]
		if both && (a == nil && v.closed || b == nil && o.closed) {
			continue // nobody may send it
		}
		if both {
			a, b = cmp.Or(a, v.rest), cmp.Or(b, o.rest)
		} else { // if one of them does not declare it, it is what the other says
			a, b = cmp.Or(a, b), cmp.Or(b, a)
		}
		m.properties[name] = joined(a, b, both)
	}
	return m
}

func (v *view) formsOf() []string {
	if len(v.forms) == 0 && len(v.required) > 0 {
		return []string{strings.Join(sorted(v.required), ", ")}
	}
	return v.forms
}

// joined returns a schema of the values of both schemas, or of either. Nil is anything.
func joined(a, b *openapi3.Schema, both bool) *openapi3.Schema {
	switch {
	case both && (a == nil || b == nil):
		return cmp.Or(a, b)
	case a == nil || b == nil:
		return nil
	case both && a == anything:
		return b
	case both && b == anything, reflect.DeepEqual(a, b):
		return a
	case both:
		return &openapi3.Schema{AllOf: openapi3.SchemaRefs{a.NewRef(), b.NewRef()}}
	}
	if rest := *a; len(a.AnyOf) > 0 { // branches in branches cost kin-openapi twice as much each
		if rest.AnyOf = nil; rest.IsEmpty() && !rest.Nullable {
			return &openapi3.Schema{AnyOf: append(slices.Clip(a.AnyOf), b.NewRef())}
		}
	}
	return &openapi3.Schema{AnyOf: openapi3.SchemaRefs{a.NewRef(), b.NewRef()}}
}

// without returns what is in a and not in b.
func without[T any](a, b []T) []T {
	known := make(map[string]bool, len(b))
	for _, v := range b {
		known[jsonText(v)] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(v T) bool { return known[jsonText(v)] })
}

// limitRules are the rules of the keywords that limit values, by kind. kin-openapi names them in its errors.
var limitRules = map[string]map[string]string{
	openapi3.TypeNumber: {
		"format": "format", "minimum": "minimum", "exclusiveMinimum": "minimum", "maximum": "maximum", "exclusiveMaximum": "maximum",
		"multipleOf": "multipleOf",
	},
	openapi3.TypeString: {
		"format": "format", "pattern": "pattern", unreadPattern: "pattern", "minLength": "size", "maxLength": "size",
		"contentMediaType": "keyword", "contentEncoding": "keyword", "contentSchema": "keyword",
	},
	openapi3.TypeArray: {
		"minItems": "size", "maxItems": "size", "uniqueItems": "uniqueItems", "prefixItems": "keyword", "contains": "keyword",
		"minContains": "keyword", "maxContains": "keyword", "unevaluatedItems": "keyword",
	},
	openapi3.TypeObject: {
		"minProperties": "size", "maxProperties": "size", "patternProperties": "keyword", "propertyNames": "keyword",
		"dependentSchemas": "keyword", "dependentRequired": "keyword", "unevaluatedProperties": "keyword",
	},
}

// limitRule returns the rule of a keyword that limits values of a kind, or nothing. That of keyword is not judged.
func limitRule(kind, keyword string) string {
	switch keyword {
	case "not", "enum":
		return keyword
	case "if", "then", "else":
		return "keyword"
	}
	return limitRules[kind][keyword]
}

// limitsOf returns what a schema says of values of a kind, in words, by rule.
func limitsOf(in openapi3.Schema, kind string) map[string]string {
	in.Properties, in.Items, in.AdditionalProperties, in.Enum = nil, nil, openapi3.AdditionalProperties{}, nil
	in.Description, in.Default = "", nil
	members, _ := in.MarshalYAML()
	said, _ := members.(map[string]any) // else it is true or false
	limits := map[string]string{}
	for _, keyword := range slices.Sorted(maps.Keys(said)) {
		switch rule := limitRule(kind, keyword); {
		case rule == "":
		case rule == "format", rule == "pattern":
			limits[rule] = fmt.Sprintf("%s %s", rule, said[keyword])
		default:
			limits[rule] = strings.TrimPrefix(fmt.Sprintf("%s,%q:%s", limits[rule], keyword, jsonText(said[keyword])), ",")
		}
	}
	return limits
}

// said returns what a view says of a rule, in words.
func (v *view) said(rule string) string {
	if rule == "enum" && len(v.enum) > 0 {
		return enumWords(v.enum)
	}
	return cmp.Or(v.limits[rule], "no "+rule)
}

// maxWords is how many bytes either side of a finding has at most.
const maxWords = 160

var kindWords = map[string]string{
	openapi3.TypeBoolean: "a boolean", openapi3.TypeNumber: "a number", openapi3.TypeString: "a string",
	openapi3.TypeArray: "an array", openapi3.TypeObject: "an object",
}

// typeWords says in words what a schema allows, without going into objects.
func (s *sampler) typeWords(in *openapi3.Schema) string {
	in = cmp.Or(in, anything)
	var words []string
	all := s.of(in)
	plain := len(all) == len(kinds) && judges(in, nil)
	for _, kind := range kinds {
		v := all[kind]
		if v == nil {
			continue
		}
		one := s.words(v, kind)
		plain = plain && one == kindWords[kind]
		if kind != openapi3.TypeObject || len(v.forms) < 2 {
			words = append(words, one)
			continue
		}
		for _, form := range v.forms {
			words = append(words, one+" with "+form)
		}
	}
	if judges(in, nil) {
		words = append(words, "null")
	}
	switch {
	case len(words) == 0:
		return "nothing"
	case plain:
		return "anything"
	}
	return text.Excerpt(strings.Join(words, " or "), maxWords)
}

// words says in words what a view of a kind allows.
func (s *sampler) words(v *view, kind string) string {
	format := v.limits["format"]
	if format = strings.TrimPrefix(format, "format "); format != "" {
		format = " (" + format + ")"
	}
	switch {
	case len(v.enum) > 0 && kind != openapi3.TypeObject && kind != openapi3.TypeArray:
		return enumWords(v.enum)
	case kind == openapi3.TypeArray && !isAnything(v.items):
		return "an array of " + s.plural(v.items)
	case v.integer:
		return "an integer" + format
	}
	return kindWords[kind] + format
}

func (s *sampler) plural(in *openapi3.Schema) string {
	all := s.of(in)
	for kind, v := range all {
		if len(all) > 1 || judges(in, nil) || len(v.enum) > 0 || len(v.forms) > 1 {
			break
		}
		words := strings.SplitN(s.words(v, kind), " ", 3) // an integer (int64)
		if words[1] += "s"; kind == openapi3.TypeArray {
			words = words[:2]
		}
		return strings.Join(words[1:], " ")
	}
	return "(" + s.typeWords(in) + ")"
}

func enumWords(enum []any) string {
	var all []string
	for _, v := range enum {
		all = append(all, jsonText(v))
	}
	if len(all) == 1 {
		return "always " + all[0]
	}
	return "one of " + strings.Join(all, ", ")
}

// presence says in words whether a member is always there.
var presence = map[bool]string{true: "required", false: "optional"}

func (s *sampler) memberWords(in *openapi3.Schema, required bool) string {
	return s.typeWords(in) + ", " + presence[required]
}

func jsonText(value any) string {
	raw, err := json.Marshal(value)
	if err != nil { // which no value of JSON's makes
		return err.Error()
	}
	return string(raw)
}

// union returns the keys of two maps, sorted.
func union[V any](a, b map[string]V) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}
