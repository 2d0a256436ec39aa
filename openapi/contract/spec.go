package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/psoauth/psoauth/internal/text"
)

// maxSpec is how large a document may be. The largest that are published have a tenth of it.
const maxSpec = 128 << 20

// A spec is an OpenAPI 3.0 document made ready for judging.
type spec struct {
	operations []*operation // by id
	routes     []*route     // in the order they are tried
	unjudged   []string
	lines      []string // of the document
}

type operation struct {
	id        string
	path      string
	line      int
	responses map[string]*response // by status, range such as 4XX, or DEFAULT
	outline   func() *outline
}

type response struct {
	line    int
	headers []header // by name
	content openapi3.Content
	schemas map[*openapi3.MediaType]*schema
}

// heads reports whether an operation or a response begins at a line.
func (s *spec) heads(line int) bool {
	return slices.ContainsFunc(s.operations, func(op *operation) bool {
		if op.line == line {
			return true
		}
		for _, r := range op.responses {
			if r.line == line {
				return true
			}
		}
		return false
	})
}

// loadSpec reads a document and compiles it. Nothing is fetched: a reference into another file is an error.
func loadSpec(data []byte, name string) (*spec, error) {
	if len(data) > maxSpec {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxSpec)
	}
	doc, err := loadDocument(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, tidy(err))
	}
	s, err := compileSpec(doc, name)
	if err != nil {
		return nil, err
	}
	s.lines = strings.Split(string(data), "\n")
	return s, nil
}

func loadDocument(data []byte) (doc *openapi3.T, err error) {
	// The document is somebody's file and the loader somebody's code: what it cannot stand is an error, not a crash.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not an OpenAPI document: %v", r)
		}
	}()
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = true
	// kin-openapi knows the lines of YAML only. JSON is YAML too, once something keeps it from being read as JSON.
	data = bytes.TrimPrefix(data, byteOrderMark)
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		doc, err = loader.LoadFromData(append([]byte("--- "), data...))
	}
	if doc == nil || err != nil {
		doc, err = loader.LoadFromData(data)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case doc.Extensions["swagger"] != nil:
		return nil, fmt.Errorf("this is Swagger %v; want OpenAPI 3.0", doc.Extensions["swagger"])
	case doc.OpenAPI == "":
		return nil, errors.New("not an OpenAPI document: it has no openapi member")
	case doc.OpenAPI != "3.0" && !strings.HasPrefix(doc.OpenAPI, "3.0."):
		return nil, fmt.Errorf("this is OpenAPI %s; want 3.0", doc.OpenAPI)
	}
	// Examples and defaults do not judge responses, and many documents that work well have bad ones. Patterns that are
	// no regular expression of Go's are listed as not judged.
	err = doc.Validate(context.Background(), openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation(),
		openapi3.DisableSchemaPatternValidation(), openapi3.AllowExtensionsWithRef())
	return doc, err
}

// tidy keeps of an error what fits into a message.
func tidy(err error) error { return errors.New(text.Excerpt(err.Error(), 2*maxMessage)) }

func compileSpec(doc *openapi3.T, name string) (*spec, error) {
	s := &spec{}
	c := compiler{done: map[*openapi3.Schema]*schema{}}
	for _, path := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(path)
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			in := operations[method]
			op := &operation{id: in.OperationID, path: path, line: line(in.Origin), responses: map[string]*response{}}
			if op.id == "" {
				op.id = method + " " + path
			}
			for status, ref := range in.Responses.Map() {
				op.responses[strings.ToUpper(status)] = c.response(ref.Value)
			}
			op.outline = sync.OnceValue(op.newOutline)
			s.operations = append(s.operations, op)
			servers := doc.Servers
			if len(item.Servers) > 0 {
				servers = item.Servers
			}
			if in.Servers != nil && len(*in.Servers) > 0 {
				servers = *in.Servers
			}
			methods := []string{method}
			if method == http.MethodGet && item.Head == nil {
				methods = append(methods, http.MethodHead)
			}
			if err := s.addRoutes(op, methods, servers); err != nil {
				return nil, fmt.Errorf("%s: line %d: %w", name, op.line, err)
			}
		}
	}
	if len(s.operations) == 0 {
		return nil, fmt.Errorf("%s: the document has no operations", name)
	}
	slices.SortFunc(s.operations, func(a, b *operation) int { return strings.Compare(a.id, b.id) })
	s.unjudged = c.unjudged
	slices.Sort(s.unjudged)
	return s, nil
}

func (c *compiler) response(in *openapi3.Response) *response {
	r := &response{line: line(in.Origin), content: in.Content, schemas: map[*openapi3.MediaType]*schema{}}
	for _, media := range in.Content {
		if media.Schema != nil {
			r.schemas[media] = c.compile(media.Schema)
		}
	}
	for name, ref := range in.Headers {
		if !strings.EqualFold(name, "Content-Type") { // OpenAPI: such a definition shall be ignored
			r.headers = append(r.headers, c.header(name, ref.Value))
		}
	}
	slices.SortFunc(r.headers, func(a, b header) int { return strings.Compare(a.name, b.name) })
	return r
}

// operation returns the operation of that id, or nil.
func (s *spec) operation(id string) *operation {
	i := slices.IndexFunc(s.operations, func(op *operation) bool { return op.id == id })
	if i < 0 {
		return nil
	}
	return s.operations[i]
}

// declared returns what the operation promises for a status, or nil. The default response stands for errors, and for
// successes only if the operation declares none of its own.
func (op *operation) declared(status int) *response {
	if r := op.responses[strconv.Itoa(status)]; r != nil {
		return r
	}
	class := status / 100
	if class < 1 || class > 5 {
		return nil
	}
	if r := op.responses[strconv.Itoa(class)+"XX"]; r != nil {
		return r
	}
	if class >= 4 || class == 2 && op.success() == nil {
		return op.responses["DEFAULT"]
	}
	return nil
}

// success returns the response to the lowest status of 2xx that the operation declares, or nil.
func (op *operation) success() *response { return op.first('2') }

func (op *operation) first(class byte) *response {
	lowest := ""
	for status := range op.responses {
		if status[0] == class && (lowest == "" || status < lowest) {
			lowest = status
		}
	}
	return op.responses[lowest]
}

// nearest returns the response by which to judge an answer whose status is not declared: that of its own kind.
func (op *operation) nearest(status int) *response {
	if status/100 == 4 || status/100 == 5 {
		if r := op.first('4'); r != nil {
			return r
		}
		return op.first('5')
	}
	return op.success()
}

// media returns the declared media type and schema for a Content-Type, or nil.
func (r *response) media(contentType string) *openapi3.MediaType { return r.content.Get(contentType) }

// json returns the only JSON media type that is declared, or nil.
func (r *response) json() (only *openapi3.MediaType) {
	for name, media := range r.content {
		if isJSON(name) {
			if only != nil {
				return nil
			}
			only = media
		}
	}
	return only
}

// isJSON reports whether a Content-Type is JSON's.
func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	return media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json")
}

// JSON returns an OpenAPI 3.0 document, which may be YAML, as indented JSON for tools that read no YAML. Its error is that
// of NewValidator for the same document.
func JSON[Text ~[]byte | ~string](document Text) ([]byte, error) {
	doc, err := loadDocument([]byte(document))
	if err != nil {
		return nil, tidy(err)
	}
	var b bytes.Buffer
	err = encodeJSON(&b, doc)
	return b.Bytes(), err
}
