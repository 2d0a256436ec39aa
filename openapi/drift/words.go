package drift

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/psoauth/psoauth/internal/text"
)

func orAnything(in *openapi3.Schema) *openapi3.Schema {
	if in == nil {
		return anything
	}
	return in
}

var anything = &openapi3.Schema{Nullable: true}

// isAnything reports whether a schema allows every value. Nil does.
func isAnything(in *openapi3.Schema) bool {
	if in == nil {
		return true
	}
	plain := *in
	plain.Nullable = false
	return plain.IsEmpty() && judges(in, nil)
}

// maxWords is how many bytes either side of a finding has at most.
const maxWords = 160

var kindWords = map[string]string{openapi3.TypeBoolean: "a boolean", openapi3.TypeNumber: "a number", openapi3.TypeString: "a string",
	openapi3.TypeArray: "an array", openapi3.TypeObject: "an object"}

// typeWords says in words what a schema allows, without going into objects.
func (s *sampler) typeWords(in *openapi3.Schema) string {
	in = orAnything(in)
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
func presence(required bool) string {
	if required {
		return "required"
	}
	return "optional"
}

func (s *sampler) memberWords(in *openapi3.Schema, required bool) string {
	return s.typeWords(in) + ", " + presence(required)
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

// union returns the keys of two maps, sorted.
func union[V any](a, b map[string]V) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

func wording(p place, before, now map[string]string) []Finding {
	var all []Finding
	for _, name := range union(before, now) {
		if was, is := before[name], now[name]; was != is {
			all = append(all, p.find(Wording, name, cmp.Or(was, "nothing"), cmp.Or(is, "nothing")))
		}
	}
	return all
}

func deprecation(p place, before, now bool) []Finding {
	switch {
	case now && !before:
		return []Finding{p.find(New, "deprecated", "in use", "deprecated")}
	case before && !now:
		return []Finding{p.find(Wording, "deprecated", "deprecated", "in use")}
	}
	return nil
}

// wordsOf returns what a schema says that no value shows, with what it is composed of.
func wordsOf(in *openapi3.Schema) map[string]string {
	words := textsOf("title", in.Title, "description", in.Description)
	if in.Default != nil {
		words["default"] = jsonText(in.Default)
	}
	for _, ref := range slices.Concat(in.AllOf, in.AnyOf) {
		for name, text := range wordsOf(ref.Value) {
			words[name] = strings.TrimSpace(words[name] + "\n" + text)
		}
	}
	return words
}

func isDeprecated(in *openapi3.Schema) bool {
	return in.Deprecated || slices.ContainsFunc(slices.Concat(in.AllOf, in.AnyOf), func(ref *openapi3.SchemaRef) bool { return isDeprecated(ref.Value) })
}
