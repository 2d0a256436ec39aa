package drift

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

// A Document is what a published document says of the contract's operations; of others nothing is kept. It is immutable
// and safe for concurrent use.
type Document struct {
	name       string
	operations map[string]*operation // by the id of the contract's operation
	hosts      map[string]bool       // that any of its servers names, in lower case
	others     map[string]string     // other operations of the family, by method and path
	urls       map[string][]string   // of the schemes for access tokens, by keyword
	page       bool                  // it describes one operation only, as each page of PlanetScale's documentation does
}

// Name returns the name the document was parsed under.
func (d *Document) Name() string { return d.name }

// Parse reads a Swagger 2.0, OpenAPI 3.0 or OpenAPI 3.1 document, in JSON or YAML, of at most 16 MiB. Nothing it refers
// to elsewhere is read. The name is for messages. It is an error if the document is broken, describes none of the
// contract's operations, or has a schema in them that refers to itself.
func Parse(data []byte, name string) (*Document, error) {
	held, err := contract()
	if err != nil {
		return nil, err
	}
	return parse(data, name, held.routes())
}

// contract is the contract as a document, parsed once.
var contract = sync.OnceValues(func() (*Document, error) { return parse([]byte(openapi.Contract()), "the contract", nil) })

// routes returns the routes of a document by the id of their operation.
func (d *Document) routes() map[string]route {
	routes := make(map[string]route, len(d.operations))
	for id, op := range d.operations {
		routes[id] = op.route
	}
	return routes
}

// maxExpanded is how many values the operations that are compared may hold once references are resolved.
const maxExpanded = 50_000

// parse keeps the operations of the wanted routes, or all if there are none.
func parse(data []byte, name string, wanted map[string]route) (*Document, error) {
	doc, err := build(data, wanted)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text.Excerpt(name, 200), err)
	}
	doc.name = text.Excerpt(name, 200)
	return doc, nil
}

func build(data []byte, wanted map[string]route) (*Document, error) {
	value, err := decode(data)
	if err != nil {
		return nil, err
	}
	root, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("it is not an OpenAPI document")
	}
	format, err := formatOf(root)
	if err != nil {
		return nil, err
	}
	found, others, err := locate(root, format, wanted)
	if err != nil {
		return nil, err
	}
	doc := &Document{operations: map[string]*operation{}, others: others, urls: schemeURLs(root)}
	doc.hosts, doc.page = surroundings(root, format)
	r := &resolver{root: root, modern: format == openAPI31, left: maxExpanded}
	for _, at := range found {
		op, err := newOperation(r, format, at)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", at.route.method, text.Excerpt(at.template, 200), err)
		}
		doc.operations[at.id] = op
	}
	return doc, nil
}

// A format is a version of the specification, as far as they differ here.
type format int

const (
	swagger2 format = iota
	openAPI30
	openAPI31
)

func formatOf(root map[string]any) (format, error) {
	for key, formats := range map[string]map[string]format{
		"swagger": {"2.0": swagger2, "2": swagger2},
		"openapi": {"3.0": openAPI30, "3.1": openAPI31},
	} {
		version, there := root[key]
		if !there {
			continue
		}
		number := fmt.Sprint(version)
		if parts := strings.SplitN(number, ".", 3); len(parts) == 3 {
			number = parts[0] + "." + parts[1]
		}
		if f, ok := formats[number]; ok {
			return f, nil
		}
		return 0, fmt.Errorf("it is %s %s; want Swagger 2.0, OpenAPI 3.0 or 3.1", key, text.Excerpt(fmt.Sprint(version), 20))
	}
	return 0, errors.New("it is not an OpenAPI document: it has neither of the members swagger and openapi")
}

// A resolver puts the target in the place of every reference, so that what follows knows none: a reference that cannot
// be followed, goes round in a circle or makes too much of a document is found here or nowhere.
type resolver struct {
	root    map[string]any
	modern  bool     // OpenAPI 3.1, where keywords beside a reference count
	left    int      // values that may still be made
	entered []string // the references that lead to here
}

// dropped are keywords that hold data, among which $ref would mean nothing, or that no comparison looks at.
var dropped = map[string]bool{"example": true, "examples": true, "discriminator": true, "callbacks": true, "links": true,
	"externalDocs": true, "xml": true}

// opaque are keywords that hold data and are compared.
var opaque = map[string]bool{"enum": true, "const": true, "default": true}

// naming are keywords below which the keys are names of the author's, not keywords.
var naming = map[string]bool{"properties": true, "patternProperties": true, "dependentSchemas": true, "headers": true,
	"responses": true, "content": true, "securitySchemes": true, "securityDefinitions": true, "scopes": true}

// value resolves what stands below the keyword within.
func (r *resolver) value(value any, depth int, within string) (any, error) {
	if r.left--; r.left < 0 {
		return nil, fmt.Errorf("its references make more than %d values of the operations", maxExpanded)
	}
	if depth > maxDepth {
		return nil, errDepth
	}
	switch value := value.(type) {
	case map[string]any:
		if ref, ok := value["$ref"].(string); ok && !naming[within] {
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
	case bool:
		// JSON Schema's two schemas that are no objects; where OpenAPI 3.0 has a schema, it has no boolean.
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

func (r *resolver) members(in map[string]any, depth int, within string) (any, error) {
	out := make(map[string]any, len(in))
	for _, name := range slices.Sorted(maps.Keys(in)) { // in order, so that of several errors it is always the same one
		keyword, value := name, in[name]
		if naming[within] {
			keyword = ""
			if takes, ok := value.(bool); ok && within == "properties" {
				value = booleanSchema(takes)
			}
		}
		switch {
		case dropped[keyword]:
			continue
		case opaque[keyword], strings.HasPrefix(keyword, "x-"):
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
	if err != nil {
		return nil, err
	}
	return r.beside(resolved, from, depth)
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
	for _, token := range strings.Split(pointer, "/")[1:] {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		var ok bool
		switch parent := at.(type) {
		case map[string]any:
			at, ok = parent[token]
		case []any:
			var i int
			if i, err = strconv.Atoi(token); err == nil && i >= 0 && i < len(parent) {
				at, ok = parent[i], true
			}
		}
		if !ok {
			return nil, fmt.Errorf("it refers to %.100q, which is not there", ref)
		}
	}
	return at, nil
}

// beside adds the keywords beside a reference to what it refers to. OpenAPI 3.0 and Swagger tell a reader to ignore
// them; whether null is allowed counts all the same, because generators write it there and mean it.
func (r *resolver) beside(target any, from map[string]any, depth int) (any, error) {
	schema, ok := target.(map[string]any)
	if !ok || len(from) == 1 {
		return target, nil
	}
	schema = maps.Clone(schema)
	constraints := map[string]any{}
	for name, value := range from {
		switch name {
		case "$ref":
		case "nullable", "x-nullable":
			schema[name] = value
		case "description", "summary", "title", "deprecated":
			if r.modern {
				schema[name] = value
			}
		default:
			if r.modern && !strings.HasPrefix(name, "x-") {
				constraints[name] = value
			}
		}
	}
	if len(constraints) == 0 {
		return schema, nil
	}
	more, err := r.members(constraints, depth, "")
	if err != nil {
		return nil, err
	}
	out := more.(map[string]any)
	both := []any{schema}
	if also, ok := out["allOf"].([]any); ok {
		both = append(both, also...)
	}
	out["allOf"] = both
	return out, nil
}
