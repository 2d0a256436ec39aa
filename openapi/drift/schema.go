package drift

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-openapi/jsonpointer"

	"github.com/psoauth/psoauth/internal/document"
	"github.com/psoauth/psoauth/openapi/contract"
)

// maxExpanded is how many values the operations that are compared may hold once references are resolved.
const maxExpanded = 50_000

// A resolver puts the target in the place of every reference, so that what follows knows none: a reference that cannot
// be followed, goes round in a circle or makes too much of a document is found here or nowhere. kin-openapi follows
// references too, but of all operations, among them those that are nobody's business here.
type resolver struct {
	root    map[string]any
	swagger bool     // Swagger 2.0
	modern  bool     // OpenAPI 3.1, where keywords beside a reference count
	lends   bool     // it is the contract, whose formats are lent to documents
	left    int      // values that may still be made
	entered []string // the references that lead to here
}

var (
	// dropped are keywords that hold data, among which $ref would mean nothing, or that no comparison looks at.
	dropped = []string{"example", "examples", "discriminator", "callbacks", "links", "externalDocs", "xml"}
	// opaque are keywords that hold data and are compared.
	opaque = []string{"enum", "const", "default"}
	// naming are keywords below which the keys are names of the author's, not keywords.
	naming = []string{"properties", "patternProperties", "dependentSchemas", "headers", "responses", "content", "scopes"}
)

// value resolves a keyword's value.
func (r *resolver) value(value any, depth int, keyword string) (any, error) {
	if r.left--; r.left < 0 {
		return nil, fmt.Errorf("its references make more than %d values of the operations", maxExpanded)
	}
	if depth > document.MaxDepth {
		return nil, document.ErrDepth
	}
	var err error
	switch value := value.(type) {
	case map[string]any:
		if ref, ok := value["$ref"].(string); ok {
			return r.follow(ref, value, depth)
		}
		out := make(map[string]any, len(value))
		for _, name := range slices.Sorted(maps.Keys(value)) { // in order, so that of several errors it is always the same one
			within := name
			if slices.Contains(naming, keyword) {
				within = ""
			}
			if slices.Contains(dropped, within) {
				continue
			}
			if out[name] = value[name]; slices.Contains(opaque, within) || strings.HasPrefix(within, "x-") {
				continue
			}
			if out[name], err = r.value(value[name], depth+1, within); err != nil {
				return nil, err
			}
		}
		if _, says := value["format"].(string); says && r.lends {
			out[lentFormat] = true
		}
		if constant, says := out["const"]; says && !slices.Contains(naming, keyword) { // a null of kin-openapi's would be none
			out["enum"] = []any{constant}
			delete(out, "const")
		}
		return out, nil
	case []any:
		out := make([]any, len(value))
		for i, item := range value {
			if out[i], err = r.value(item, depth+1, ""); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return value, nil
}

func (r *resolver) follow(ref string, from map[string]any, depth int) (any, error) {
	if slices.Contains(r.entered, ref) {
		return nil, fmt.Errorf("%.100q refers to itself, which has no end", ref)
	}
	target, err := r.lookup(ref)
	if err != nil {
		return nil, err
	}
	r.entered = append(r.entered, ref)
	defer func() { r.entered = r.entered[:len(r.entered)-1] }()
	resolved, err := r.value(target, depth+1, "")
	schema, ok := resolved.(map[string]any)
	if err != nil || !ok {
		return resolved, err
	}
	// OpenAPI 3.0 and Swagger tell a reader to ignore the keywords beside a reference; whether null is allowed counts all
	// the same, because generators write it there and mean it.
	beside := map[string]any{}
	for name, value := range from {
		switch words := slices.Contains([]string{"description", "summary", "title", "deprecated"}, name); {
		case name == "nullable", name == "x-nullable", r.modern && words:
			schema[name] = value
		case r.modern && name != "$ref" && !strings.HasPrefix(name, "x-"):
			beside[name] = value
		}
	}
	if len(beside) == 0 {
		return schema, nil
	}
	resolved, err = r.value(beside, depth, "")
	if err != nil {
		return nil, err
	}
	return map[string]any{"allOf": []any{schema, resolved}}, nil
}

// lookup finds what a JSON pointer in a fragment points at (RFC 6901, section 6).
func (r *resolver) lookup(ref string) (any, error) {
	if !strings.HasPrefix(ref, "#") {
		return nil, fmt.Errorf("it refers to %.100q, and other documents are not read", ref)
	}
	fragment, err := url.PathUnescape(ref[1:])
	pointer, invalid := jsonpointer.New(fragment)
	if err != nil || invalid != nil {
		return nil, fmt.Errorf("it refers to %.100q, which is no JSON pointer", ref)
	}
	target, _, err := pointer.Get(r.root)
	if err != nil {
		return nil, fmt.Errorf("it refers to %.100q, which is not there", ref)
	}
	return target, nil
}

// into reads a value of JSON's as a type of kin-openapi's.
func into(value, target any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, target)
}

// maxJudging is how many schemas kin-openapi may visit for one value: composition multiplies what there is to judge.
const maxJudging = 200_000

// Extensions that mark what is not in the document's own words.
const (
	lentFormat    = "x-lent-format"    // the format is the contract's
	unreadPattern = "x-unread-pattern" // a pattern that is no regular expression of Go's
)

// normalize says in OpenAPI 3.0 what a schema says in the words of another version. It returns how many schemas a judge
// visits for one value at most: kin-openapi visits the branches of an anyOf twice.
func normalize(ref *openapi3.SchemaRef, branch bool) (visits int, err error) {
	if ref == nil || ref.Value == nil {
		return 0, errors.New("there is nothing where a schema belongs")
	}
	in := ref.Value
	listed := slices.Contains(in.Enum, nil)
	if in.Type == nil && (listed || !branch && len(in.AllOf)+len(in.AnyOf)+len(in.OneOf)+len(in.Enum) == 0) {
		in.Nullable = true // to kin-openapi it would not be, though nothing is said against it
	}
	if in.Always != nil && *in.Always {
		in.Always = nil
	}
	if in.Not != nil && in.Not.Value != nil && (in.Not.Value.IsEmpty() || in.Not.Value.Always != nil && *in.Not.Value.Always) {
		in.Not, in.Always = nil, new(bool)
	}
	if nullable, ok := in.Extensions["x-nullable"].(bool); ok {
		in.Nullable = nullable
	}
	if types := in.Type.Slice(); slices.Contains(types, openapi3.TypeNull) && len(types) > 1 {
		kept := openapi3.Types(slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == openapi3.TypeNull }))
		in.Type, in.Nullable = &kept, listed || len(in.Enum) == 0
	}
	if in.Type.Is("file") { // Swagger's word for a body that is no JSON
		in.Type = &openapi3.Types{openapi3.TypeString}
	}
	for _, name := range in.Type.Slice() {
		if name != openapi3.TypeInteger && name != openapi3.TypeNull && !slices.Contains(kinds, name) {
			return 0, fmt.Errorf("%.60q is no type", name)
		}
	}
	for name, ref := range in.Properties {
		if ref != nil && ref.Value != nil && ref.Value.WriteOnly { // it is in no response
			delete(in.Properties, name)
			in.Required = slices.DeleteFunc(in.Required, func(required string) bool { return required == name })
		}
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
	visits = 1
	parts := slices.AppendSeq(slices.Concat(in.AllOf, in.AnyOf), maps.Values(in.Properties))
	for _, ref := range []*openapi3.SchemaRef{in.Items, in.AdditionalProperties.Schema, in.Not} {
		if ref != nil {
			parts = append(parts, ref)
		}
	}
	for _, ref := range parts {
		n, err := normalize(ref, slices.Contains(in.AnyOf, ref) || slices.Contains(in.AllOf, ref))
		if err != nil {
			return 0, err
		}
		if slices.Contains(in.AnyOf, ref) {
			n *= 2
		}
		if visits += n; visits > maxJudging {
			return 0, errors.New("it composes schemas into too many alternatives")
		}
	}
	return visits, nil
}

// A reading is a schema of the reader's side. In an error, which is read leniently, any member may be null or missing.
type reading struct {
	in      *openapi3.Schema
	lenient bool
}

// asRead returns a schema as a program reads by it: members that are not declared may come, and a required member that
// may be null may be missing.
func (s *sampler) asRead(in *openapi3.Schema, lenient bool) *openapi3.Schema {
	key := reading{in, lenient}
	if out := s.read[key]; out != nil {
		return out
	}
	out := *in
	s.read[key] = &out
	of := func(refs openapi3.SchemaRefs) (all openapi3.SchemaRefs) {
		for _, ref := range refs {
			all = append(all, s.asRead(ref.Value, lenient).NewRef())
		}
		return all
	}
	out.Nullable, out.AllOf, out.AnyOf = in.Nullable || lenient, of(in.AllOf), of(in.AnyOf)
	out.Required = slices.DeleteFunc(slices.Clone(in.Required), func(name string) bool {
		p := in.Properties[name]
		return lenient || p != nil && judges(p.Value, nil)
	})
	out.Properties = make(openapi3.Schemas, len(in.Properties))
	for name, ref := range in.Properties {
		out.Properties[name] = s.asRead(ref.Value, lenient).NewRef()
	}
	if in.Items != nil {
		out.Items = s.asRead(in.Items.Value, lenient).NewRef()
	}
	if out.AdditionalProperties = (openapi3.AdditionalProperties{}); in.AdditionalProperties.Schema != nil {
		out.AdditionalProperties.Schema = s.asRead(in.AdditionalProperties.Schema.Value, lenient).NewRef()
	}
	return &out
}

// judging are the options of each verdict: a format means what it means where responses are checked.
var judging = append(contract.FormatOptions(), openapi3.FailFast())

// judges reports whether kin-openapi takes a value by a schema. No schema takes anything.
func judges(schema *openapi3.Schema, value any) bool {
	return schema == nil || schema.VisitJSON(value, judging...) == nil
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
