package drift

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/go-openapi/jsonpointer"

	"github.com/psoauth/psoauth/internal/document"
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
	if err != nil {
		return nil, fmt.Errorf("it refers to %.100q, which is no JSON pointer", ref)
	}
	pointer, err := jsonpointer.New(fragment)
	if err != nil {
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
