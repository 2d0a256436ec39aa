package drift

import (
	"errors"
	"fmt"
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
