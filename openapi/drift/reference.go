package drift

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/psoauth/psoauth/internal/document"
)

// maxExpanded is how many values the operations that are compared may hold once references are resolved.
const maxExpanded = 50_000

// A resolver puts the target in the place of every reference, so that what follows knows none: a reference that cannot
// be followed, goes round in a circle or makes too much of a document is found here or nowhere.
type resolver struct {
	root    map[string]any
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
	naming  = []string{"properties", "patternProperties", "dependentSchemas", "headers", "responses", "content", "scopes"}
	methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}
)

// cut leaves of the document what is compared, references resolved: of operations that none of the wanted ones can be it
// leaves that they are there, and where.
func (r *resolver) cut(swagger bool, wanted map[string]*operation) error {
	items, ok := r.root["paths"].(map[string]any)
	if !ok || len(items) == 0 {
		return errors.New("it describes no operations")
	}
	produces := r.root["produces"]
	paths := map[string]any{}
	for _, template := range slices.Sorted(maps.Keys(items)) {
		item, ok := items[template].(map[string]any)
		if ref, isRef := item["$ref"].(string); isRef {
			target, err := r.lookup(ref)
			if err != nil {
				return fmt.Errorf("the path %.100q: %w", template, err)
			}
			item, ok = target.(map[string]any)
		}
		if !ok && items[template] != nil {
			return fmt.Errorf("the path %.100q is not an object", template)
		}
		if !strings.HasPrefix(template, "/") {
			continue // an extension
		}
		kept := map[string]any{"servers": item["servers"]}
		paths[template] = kept
		for _, method := range methods {
			op, ok := item[method].(map[string]any)
			switch path := segments(template); {
			case !ok:
				continue
			case wanted != nil && !slices.ContainsFunc(slices.Collect(maps.Values(wanted)), func(w *operation) bool {
				n := min(len(path), len(w.template))
				return strings.EqualFold(w.method, method) && slices.Equal(path[len(path)-n:], w.template[len(w.template)-n:])
			}):
				kept[method] = map[string]any{"servers": op["servers"], "responses": map[string]any{"default": map[string]any{"description": ""}}}
				continue
			}
			resolved, err := r.value(op, 0, "")
			if err != nil {
				return fmt.Errorf("%s %.100s: %w", method, template, err)
			}
			kept[method] = resolved
			if kept["parameters"], err = r.value(item["parameters"], 0, ""); err != nil {
				return fmt.Errorf("%.100s: %w", template, err)
			}
			if !swagger {
				continue
			}
			op = resolved.(map[string]any)
			if op["produces"] == nil { // openapi2conv reads it there only
				op["produces"] = produces
			}
			responses, _ := op["responses"].(map[string]any)
			for status, value := range responses {
				response, _ := value.(map[string]any)
				if schema, ok := response["schema"]; ok && schema == nil {
					return fmt.Errorf("status %.20q: %w", status, errNoSchema)
				} else if ok {
					response["schema"], response[keptSchema] = map[string]any{}, schema
				}
			}
		}
	}
	for name := range r.root {
		if !slices.Contains([]string{"swagger", "host", "basePath", "schemes", "servers", "security"}, name) {
			delete(r.root, name)
		}
	}
	r.root["paths"], r.root["info"] = paths, map[string]any{"title": "what is compared", "version": "0"}
	if !swagger {
		r.root["openapi"] = "3.0.3"
	}
	return nil
}

// value resolves what stands below the keyword within.
func (r *resolver) value(value any, depth int, within string) (any, error) {
	if r.left--; r.left < 0 {
		return nil, fmt.Errorf("its references make more than %d values of the operations", maxExpanded)
	}
	if depth > document.MaxDepth {
		return nil, document.ErrDepth
	}
	switch value := value.(type) {
	case map[string]any:
		if ref, ok := value["$ref"].(string); ok && !slices.Contains(naming, within) {
			return r.follow(ref, value, depth)
		}
		return r.members(value, depth, within)
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			var err error
			if items[i], err = r.value(item, depth+1, ""); err != nil {
				return nil, err
			}
		}
		return items, nil
	case bool: // JSON Schema's two schemas that are no objects; where OpenAPI 3.0 has a schema, it has no boolean
		if within == "items" || within == "not" {
			return booleanSchema(value), nil
		}
	}
	return value, nil
}

func booleanSchema(takes bool) map[string]any {
	if takes {
		return map[string]any{}
	}
	return map[string]any{"not": map[string]any{}}
}

func (r *resolver) members(in map[string]any, depth int, within string) (map[string]any, error) {
	out := make(map[string]any, len(in))
	for _, name := range slices.Sorted(maps.Keys(in)) { // in order, so that of several errors it is always the same one
		keyword, value := name, in[name]
		if slices.Contains(naming, within) {
			keyword = ""
			if takes, ok := value.(bool); ok && within == "properties" {
				value = booleanSchema(takes)
			}
		}
		switch {
		case slices.Contains(dropped, keyword):
			continue
		case slices.Contains(opaque, keyword), strings.HasPrefix(keyword, "x-"):
			out[name] = value
			continue
		}
		var err error
		if out[name], err = r.value(value, depth+1, keyword); err != nil {
			return nil, err
		}
	}
	return out, nil
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
	out, err := r.members(beside, depth, "")
	if err != nil {
		return nil, err
	}
	also, _ := out["allOf"].([]any)
	out["allOf"] = append([]any{schema}, also...)
	return out, nil
}

// lookup finds what a JSON pointer in a fragment points at (RFC 6901, section 6).
func (r *resolver) lookup(ref string) (any, error) {
	if !strings.HasPrefix(ref, "#") {
		return nil, fmt.Errorf("it refers to %.100q, and other documents are not read", ref)
	}
	pointer, err := url.PathUnescape(ref[1:])
	if err != nil || pointer != "" && pointer[0] != '/' {
		return nil, fmt.Errorf("it refers to %.100q, which is no JSON pointer", ref)
	}
	var at any = r.root
	for _, token := range pointerNames(pointer) {
		var ok bool
		switch parent := at.(type) {
		case map[string]any:
			at, ok = parent[token]
		case []any:
			if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(parent) {
				at, ok = parent[i], true
			}
		}
		if !ok {
			return nil, fmt.Errorf("it refers to %.100q, which is not there", ref)
		}
	}
	return at, nil
}
