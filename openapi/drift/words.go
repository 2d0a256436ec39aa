package drift

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/psoauth/psoauth/internal/text"
)

// A keyword is one limit that a schema can set to values of a kind.
type keyword struct {
	rule string
	only func(a *openapi3.Schema) openapi3.Schema // a schema that sets this limit alone
}

// keywords are the limits whose difference is found by values. What is inside arrays and objects is compared by itself.
var keywords = []keyword{
	{"type", func(a *openapi3.Schema) openapi3.Schema { return openapi3.Schema{Type: a.Type} }},
	{"enum", func(a *openapi3.Schema) openapi3.Schema { return openapi3.Schema{Enum: a.Enum} }},
	{"minimum", func(a *openapi3.Schema) openapi3.Schema {
		return openapi3.Schema{Min: a.Min, ExclusiveMin: a.ExclusiveMin}
	}},
	{"maximum", func(a *openapi3.Schema) openapi3.Schema {
		return openapi3.Schema{Max: a.Max, ExclusiveMax: a.ExclusiveMax}
	}},
	{"multipleOf", func(a *openapi3.Schema) openapi3.Schema { return openapi3.Schema{MultipleOf: a.MultipleOf} }},
	{"format", func(a *openapi3.Schema) openapi3.Schema { return openapi3.Schema{Type: a.Type, Format: a.Format} }},
	{"pattern", func(a *openapi3.Schema) openapi3.Schema { return openapi3.Schema{Pattern: a.Pattern} }},
	{"size", func(a *openapi3.Schema) openapi3.Schema {
		return openapi3.Schema{MinLength: a.MinLength, MaxLength: a.MaxLength, MinItems: a.MinItems, MaxItems: a.MaxItems, MinProps: a.MinProps, MaxProps: a.MaxProps}
	}},
	{"uniqueItems", func(a *openapi3.Schema) openapi3.Schema { return openapi3.Schema{UniqueItems: a.UniqueItems} }},
	{"not", func(a *openapi3.Schema) openapi3.Schema { return openapi3.Schema{Not: a.Not} }},
	{"allOf", func(a *openapi3.Schema) openapi3.Schema { return openapi3.Schema{AllOf: a.AllOf} }}, // what merge leaves there
}

// words says what the limit of an alternative is: the same for two if the limit is.
func (k keyword) words(a *openapi3.Schema) string {
	unread, _ := a.Extensions[unreadPattern].(string)
	switch {
	case k.rule == "type":
		return alternativeWords(&openapi3.Schema{Type: a.Type})
	case k.rule == "enum" && len(a.Enum) > 0:
		return enumWords(a.Enum)
	case k.rule == "format":
		return orNone("format", a.Format)
	case k.rule == "pattern":
		return orNone("pattern", a.Pattern+unread)
	}
	if said := jsonText(k.only(a)); said != "{}" {
		return strings.Trim(said, "{}")
	}
	return "no " + k.rule
}

// uncompared returns the keywords that are compared as text only, because kin-openapi does not judge by them.
func uncompared(in *openapi3.Schema) string {
	rest := openapi3.Schema{PrefixItems: in.PrefixItems, Contains: in.Contains, MinContains: in.MinContains,
		MaxContains: in.MaxContains, PatternProperties: in.PatternProperties, DependentSchemas: in.DependentSchemas,
		PropertyNames: in.PropertyNames, UnevaluatedItems: in.UnevaluatedItems, UnevaluatedProperties: in.UnevaluatedProperties,
		If: in.If, Then: in.Then, Else: in.Else, DependentRequired: in.DependentRequired,
		ContentMediaType: in.ContentMediaType, ContentEncoding: in.ContentEncoding, ContentSchema: in.ContentSchema}
	if rest.IsEmpty() {
		return ""
	}
	return strings.Trim(jsonText(rest), "{}")
}

func orAnything(in *openapi3.Schema) *openapi3.Schema {
	if in == nil {
		return anything
	}
	return in
}

var anything = &openapi3.Schema{Nullable: true}

// isAnything reports whether a schema allows every value.
func isAnything(in *openapi3.Schema) bool {
	plain := *in
	plain.Nullable = false
	return plain.IsEmpty() && judges(in, nil)
}

// maxWords is how many bytes either side of a finding has at most.
const maxWords = 160

var kindWords = map[string]string{openapi3.TypeBoolean: "a boolean", openapi3.TypeNumber: "a number", openapi3.TypeString: "a string",
	openapi3.TypeArray: "an array", openapi3.TypeObject: "an object"}

// typeWords says in words what a schema allows, without going into objects.
func typeWords(in *openapi3.Schema) string {
	all, err := alternatives(in)
	if err != nil {
		return "too many alternatives"
	}
	var words []string
	several := len(ofKind(all, openapi3.TypeObject)) > 1
	for _, a := range all {
		one := alternativeWords(a)
		if several && kindOf(a) == openapi3.TypeObject && len(a.Required) > 0 {
			one += " with " + strings.Join(slices.Sorted(slices.Values(a.Required)), ", ")
		}
		if !slices.Contains(words, one) {
			words = append(words, one)
		}
	}
	if judges(in, nil) {
		words = append(words, "null")
	}
	switch {
	case len(words) == 0:
		return "nothing"
	case len(words) == len(kinds)+1 && !slices.ContainsFunc(all, func(a *openapi3.Schema) bool { return alternativeWords(a) != kindWords[kindOf(a)] }):
		return "anything"
	}
	return text.Excerpt(strings.Join(words, " or "), maxWords)
}

func alternativeWords(a *openapi3.Schema) string {
	format := ""
	if a.Format != "" && a.Extensions[impliedFormat] == nil && (kindOf(a) == openapi3.TypeNumber || kindOf(a) == openapi3.TypeString) {
		format = " (" + a.Format + ")"
	}
	switch kind := kindOf(a); {
	case len(a.Enum) > 0 && kind != openapi3.TypeObject && kind != openapi3.TypeArray:
		return enumWords(a.Enum)
	case kind == openapi3.TypeArray && a.Items != nil && typeWords(a.Items.Value) != "anything":
		return "an array of " + plural(a.Items.Value)
	case a.Type.Is(openapi3.TypeInteger):
		return "an integer" + format
	default:
		return kindWords[kind] + format
	}
}

func plural(in *openapi3.Schema) string {
	all, err := alternatives(in)
	if err != nil || len(all) != 1 || judges(in, nil) || len(all[0].Enum) > 0 {
		return "(" + typeWords(in) + ")"
	}
	words := strings.SplitN(alternativeWords(all[0]), " ", 3) // an integer (int64)
	if words[1] += "s"; kindOf(all[0]) == openapi3.TypeArray {
		words = words[:2]
	}
	return strings.Join(words[1:], " ")
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
func presence(required bool) string {
	if required {
		return "required"
	}
	return "optional"
}

func memberWords(in *openapi3.Schema, required bool) string {
	return typeWords(in) + ", " + presence(required)
}

func orNone(what, s string) string {
	if s == "" {
		return "no " + what
	}
	return what + " " + s
}

// excerpt returns a text of the document's as one side of a finding.
func excerpt(s string) string {
	if s == "" {
		return "nothing"
	}
	return text.Excerpt(s, maxWords)
}

// textsOf makes a map of names and texts, without those that are empty.
func textsOf(pairs ...string) map[string]string {
	words := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			words[pairs[i]] = pairs[i+1]
		}
	}
	return words
}

func jsonText(value any) string {
	raw, err := json.Marshal(value)
	if err != nil { // which no value of JSON's makes
		return err.Error()
	}
	return string(raw)
}
