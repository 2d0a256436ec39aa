package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/internal/document"
)

// loadDocument reads OpenAPI 3.0 or Swagger 2.0, as YAML or JSON.
func loadDocument(data []byte) (doc *openapi3.T, err error) {
	// The reader has panicked on hostile documents. They come from elsewhere, so that must not be a crash.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not an OpenAPI document: %v", r)
		}
	}()
	if err := document.Check(data); err != nil {
		return nil, err
	}
	// The version first: kin-openapi panics on some of OpenAPI 3.1, and takes half a minute for others.
	var version struct{ OpenAPI, Swagger string }
	err = json.Unmarshal(data, &version)
	if err != nil || !document.IsJSON(data) {
		err = yaml.Unmarshal(data, &version)
	}
	_, otherwise := errors.AsType[*yaml.TypeError](err) // a text, or a list
	switch {
	case err != nil && !otherwise:
		return nil, err
	case version.Swagger == "2.0":
		var old openapi2.T
		if err := openapi2.UnmarshalFromData(data, &old); err != nil {
			return nil, err
		}
		if doc, err = openapi2conv.ToV3(&old); err == nil {
			err = addLines(doc, data)
		}
	case version.OpenAPI == "3.0", strings.HasPrefix(version.OpenAPI, "3.0."):
		loader := openapi3.NewLoader()
		loader.IncludeOrigin = true
		doc, err = loader.LoadFromData(data)
	case version.OpenAPI != "":
		return nil, fmt.Errorf("this is OpenAPI %s; want OpenAPI 3.0 or Swagger 2.0", version.OpenAPI)
	case version.Swagger != "":
		return nil, fmt.Errorf("this is Swagger %s; want OpenAPI 3.0 or Swagger 2.0", version.Swagger)
	default:
		return nil, errors.New("not an OpenAPI document: it has no openapi member")
	}
	if err != nil {
		return nil, err
	}
	// Examples and defaults judge no response, and many documents that work well have bad ones. Patterns that are no
	// regular expression of Go's are listed as not judged.
	err = doc.Validate(context.Background(), openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation(),
		openapi3.DisableSchemaPatternValidation(), openapi3.AllowExtensionsWithRef())
	return doc, err
}

// responseSchema is where OpenAPI 3 has the schema of a response; without its second half, where Swagger 2.0 has it.
var responseSchema = regexp.MustCompile(`^((?:/paths/[^/]+/[^/]+|/components)/responses/[^/]+)/content/[^/]+`)

// addLines gives a converted document the lines of the Swagger document it was made of, which kin-openapi does not read. What
// that has not, such as the schema of a header, gets the line of what it is in.
func addLines(doc *openapi3.T, data []byte) error {
	var file yaml.Node
	if err := yaml.Unmarshal(data, &file); err != nil || len(file.Content) == 0 {
		return nil // JSON that is no YAML: then there are no lines
	}
	lines := map[string]int{} // by JSON pointer
	addNodes(lines, file.Content[0], "")
	origin := func(at string) *openapi3.Origin {
		for lines[at] == 0 && at != "" {
			at = at[:strings.LastIndexByte(at, '/')]
		}
		return &openapi3.Origin{Key: &openapi3.Location{Line: lines[at]}}
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			at := "/paths/" + escapeName(path) + "/" + strings.ToLower(method)
			op.Origin = origin(at)
			for status, ref := range op.Responses.Map() {
				ref.Value.Origin = origin(at + "/responses/" + status)
			}
		}
	}
	for name, ref := range doc.Components.Responses { // after those that refer to them
		ref.Value.Origin = origin("/responses/" + escapeName(name))
	}
	return doc.WalkSchemas(func(pointer string, ref *openapi3.SchemaRef) error {
		at := strings.TrimPrefix(responseSchema.ReplaceAllString(pointer, "$1"), "/components")
		if name, ok := strings.CutPrefix(at, "/schemas/"); ok {
			at = "/definitions/" + name
		}
		ref.Value.Origin = origin(at)
		return nil
	})
}

func addNodes(lines map[string]int, n *yaml.Node, at string) {
	for i, child := range n.Content {
		key, name := child, strconv.Itoa(i)
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			key = n.Content[i-1]
			name = escapeName(key.Value)
		}
		if len(at)+len(name) < maxPointer {
			lines[at+"/"+name] = key.Line
			addNodes(lines, child, at+"/"+name)
		}
	}
}

// line returns where in the document something begins, or 0.
func line(origin *openapi3.Origin) int {
	if origin == nil || origin.Key == nil {
		return 0
	}
	return origin.Key.Line
}
