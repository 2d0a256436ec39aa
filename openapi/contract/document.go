package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
			addLines(doc, data)
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

// A node is a member of a document, or an item, and its value.
type node struct{ key, value *yaml.Node }

func (n node) at(name string) node {
	if n.value != nil && n.value.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.value.Content); i += 2 {
			if n.value.Content[i].Value == name {
				return node{n.value.Content[i], n.value.Content[i+1]}
			}
		}
	}
	return node{}
}

func (n node) origin() *openapi3.Origin {
	if n.key == nil {
		return nil
	}
	return &openapi3.Origin{Key: &openapi3.Location{Line: n.key.Line}}
}

// addLines gives a converted document the lines of the Swagger document it was made of, which kin-openapi does not read.
func addLines(doc *openapi3.T, data []byte) {
	var file yaml.Node
	if err := yaml.Unmarshal(data, &file); err != nil || len(file.Content) == 0 {
		return // JSON that is no YAML: then there are no lines
	}
	root := node{value: file.Content[0]}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			at := root.at("paths").at(path).at(strings.ToLower(method))
			op.Origin = at.origin()
			for status, ref := range op.Responses.Map() {
				addResponseLines(ref, at.at("responses").at(status))
			}
		}
	}
	if doc.Components == nil {
		return
	}
	for name, ref := range doc.Components.Responses {
		addResponseLines(ref, root.at("responses").at(name))
	}
	for name, ref := range doc.Components.Schemas {
		addSchemaLines(ref, root.at("definitions").at(name))
	}
}

func addResponseLines(ref *openapi3.ResponseRef, at node) {
	if ref.Ref != "" {
		return // it has those of what it refers to
	}
	ref.Value.Origin = at.origin()
	for _, media := range ref.Value.Content {
		addSchemaLines(media.Schema, at.at("schema"))
	}
	for name, header := range ref.Value.Headers {
		header.Value.Origin = at.at("headers").at(name).origin()
		addSchemaLines(header.Value.Schema, at.at("headers").at(name))
	}
}

func addSchemaLines(ref *openapi3.SchemaRef, at node) {
	if ref == nil || ref.Ref != "" || ref.Value == nil {
		return
	}
	s := ref.Value
	s.Origin = at.origin()
	addSchemaLines(s.Items, at.at("items"))
	addSchemaLines(s.AdditionalProperties.Schema, at.at("additionalProperties"))
	for name, p := range s.Properties {
		addSchemaLines(p, at.at("properties").at(name))
	}
	if parts := at.at("allOf").value; parts != nil && len(parts.Content) == len(s.AllOf) {
		for i, part := range s.AllOf {
			addSchemaLines(part, node{parts.Content[i], parts.Content[i]})
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
