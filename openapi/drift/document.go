package drift

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"

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
	held, err := parsedContract()
	if err != nil {
		return nil, err
	}
	return parse(data, name, held.operations)
}

// parsedContract is the contract as a document, parsed once.
var parsedContract = sync.OnceValues(func() (*Document, error) { return parse([]byte(openapi.Contract()), "the contract", nil) })

// parse keeps the operations that fit the wanted ones, or all if there are none.
func parse(data []byte, name string, wanted map[string]*operation) (*Document, error) {
	doc := &Document{name: text.Excerpt(name, 200), operations: map[string]*operation{}, hosts: map[string]bool{}, others: map[string]string{}}
	if err := doc.build(data, wanted); err != nil {
		return nil, fmt.Errorf("%s: %w", doc.name, err)
	}
	return doc, nil
}

func (d *Document) build(data []byte, wanted map[string]*operation) error {
	value, err := decode(data)
	if err != nil {
		return err
	}
	root, ok := value.(map[string]any)
	if !ok {
		return errors.New("it is not an OpenAPI document")
	}
	swagger, modern, err := formatOf(root)
	if err != nil {
		return err
	}
	r := &resolver{root: root, modern: modern, left: maxExpanded}
	schemes := r.schemes()
	d.urls = schemeURLs(schemes)
	if err := r.cut(swagger, wanted); err != nil {
		return err
	}
	spec, err := read3(root, swagger)
	if err != nil {
		return errors.New(text.Excerpt(err.Error(), 300))
	}
	d.addHosts(serversOf(spec.Servers))
	found, fits := map[string]*operation{}, map[string]int{}
	all := map[string]*operation{}
	for template, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			at := &operation{Operation: op, route: route{method: method, path: template, template: segments(template)}}
			servers := spec.Servers
			if op.Servers != nil && len(*op.Servers) > 0 {
				servers = *op.Servers
			} else if len(item.Servers) > 0 {
				servers = item.Servers
			}
			at.servers = serversOf(servers)
			d.addHosts(at.servers)
			at.inherit(item)
			all[method+" "+template] = at
		}
	}
	d.page = len(all) == 1
	for _, name := range slices.Sorted(maps.Keys(all)) {
		at := all[name]
		if wanted == nil {
			found[at.OperationID] = at
		}
		for id, w := range wanted {
			if fit := at.fit(w.route); fit > fits[id] {
				found[id], fits[id] = at, fit
			}
		}
		if wanted != nil && isFamily(at.template) {
			d.others[at.name()] = at.method + " " + at.path
		}
	}
	if len(found) == 0 {
		return errors.New("it describes none of the contract's operations")
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		op := found[id]
		delete(d.others, op.name())
		if err := op.complete(spec.Security, schemes); err != nil {
			return fmt.Errorf("%s %s: %w", op.method, text.Excerpt(op.path, 200), err)
		}
		d.operations[id] = op
	}
	return nil
}

func (d *Document) addHosts(servers []server) {
	for _, s := range servers {
		if _, host, ok := strings.Cut(s.origin, "://"); ok {
			d.hosts[host] = true
		}
	}
}

// formatOf returns whether a document is Swagger 2.0, and otherwise whether it is OpenAPI 3.1.
func formatOf(root map[string]any) (swagger, modern bool, err error) {
	for _, key := range []string{"swagger", "openapi"} {
		if root[key] == nil {
			continue
		}
		version := fmt.Sprint(root[key])
		switch parts := strings.SplitN(version+".0.0", ".", 3); key + " " + parts[0] + "." + parts[1] {
		case "swagger 2.0":
			return true, false, nil
		case "openapi 3.0":
			return false, false, nil
		case "openapi 3.1":
			return false, true, nil
		}
		return false, false, fmt.Errorf("it is %s %s; want Swagger 2.0, OpenAPI 3.0 or 3.1", key, text.Excerpt(version, 20))
	}
	return false, false, errors.New("it is not an OpenAPI document: it has neither of the members swagger and openapi")
}

// keptSchema is where the schema of a Swagger response passes by openapi2conv, which drops what Swagger does not have, such
// as oneOf and nullable, though generators write it and mean it.
const keptSchema = "x-kept-schema"

// read3 has kin-openapi read a document of OpenAPI 3.0 or Swagger 2.0.
func read3(root map[string]any, swagger bool) (spec *openapi3.T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it cannot be read: %v", p)
		}
	}()
	data, err := json.Marshal(root)
	if err != nil {
		return nil, err
	}
	if !swagger {
		spec = &openapi3.T{}
		if err := json.Unmarshal(data, spec); err != nil {
			return nil, err
		}
		return spec, openapi3.NewLoader().ResolveRefsIn(spec, nil)
	}
	var old openapi2.T
	if err := json.Unmarshal(data, &old); err != nil {
		return nil, err
	}
	if spec, err = openapi2conv.ToV3(&old); err != nil {
		return nil, err
	}
	for _, item := range spec.Paths.Map() {
		for _, op := range item.Operations() {
			for _, response := range op.Responses.Map() {
				if response.Value == nil || response.Value.Extensions[keptSchema] == nil {
					continue
				}
				kept, err := json.Marshal(response.Value.Extensions[keptSchema])
				if err != nil {
					return nil, err
				}
				ref := &openapi3.SchemaRef{}
				if err := json.Unmarshal(kept, ref); err != nil {
					return nil, err
				}
				for _, media := range response.Value.Content {
					media.Schema = ref
				}
			}
		}
	}
	return spec, nil
}
