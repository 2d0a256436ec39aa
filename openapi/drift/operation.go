package drift

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"

	"github.com/psoauth/psoauth/internal/text"
)

// An operation is one operation of a document, whatever the document's format.
type operation struct {
	route       route
	template    string
	words       map[string]string // what says nothing to a program: operationId, summary, description, tags
	deprecated  bool
	parameters  map[parameterKey]*parameter
	body        *bool                // whether the request needs a body; nil if it has none
	responses   map[string]*response // by status, range such as 4XX, or default
	credentials credentials
	accesses    []string // a service token needs one of them
}

// A parameterKey is what tells parameters apart. One in the path has its position for a name: its name is the document's
// own affair.
type parameterKey struct{ in, name string }

type parameter struct {
	name       string
	words      map[string]string
	required   bool
	deprecated bool
	encoding   string // style and explode
	source     *openapi3.Schema
}

type response struct {
	words   map[string]string
	headers *openapi3.Schema            // an object with a member for each header, or nil
	media   map[string]*openapi3.Schema // by media type; the schema may be nil
}

func newOperation(r *resolver, format format, at location) (*operation, error) {
	in, err := load(r, format, at)
	if err != nil {
		return nil, err
	}
	op := &operation{route: at.route, template: at.template, deprecated: in.Deprecated, responses: map[string]*response{}}
	op.words = textsOf("operationId", in.OperationID, "summary", in.Summary, "description", in.Description,
		"tags", strings.Join(in.Tags, ", "))
	if op.parameters, err = parametersOf(in, at.template); err != nil {
		return nil, err
	}
	if in.RequestBody != nil && in.RequestBody.Value != nil {
		op.body = &in.RequestBody.Value.Required
	}
	for status, ref := range in.Responses.Map() {
		status = strings.ToUpper(status)
		if !isStatus(status) {
			return nil, fmt.Errorf("%.20q is no status of a response", status)
		}
		if ref == nil || ref.Value == nil {
			return nil, fmt.Errorf("the response to status %s is not described", status)
		}
		if op.responses[status], err = newResponse(ref.Value); err != nil {
			return nil, fmt.Errorf("status %s: %w", status, err)
		}
	}
	if len(op.responses) == 0 {
		return nil, errors.New("it has no responses")
	}
	op.credentials = credentialsOf(r.root, at.op)
	op.accesses = accessesOf(in)
	return op, nil
}

// load has kin-openapi read one operation, alone in a document of OpenAPI 3.0.
func load(r *resolver, format format, at location) (op *openapi3.Operation, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New(text.Excerpt(fmt.Sprintf("it cannot be read: %v", p), 300))
		}
	}()
	resolved, err := r.value(at.op, 0, "")
	if err != nil {
		return nil, err
	}
	inherited, err := r.value(at.item["parameters"], 0, "")
	if err != nil {
		return nil, err
	}
	raw := resolved.(map[string]any)
	delete(raw, "security") // the schemes are not in this document; see credentialsOf
	if raw["parameters"], err = mergeParameters(inherited, raw["parameters"]); err != nil {
		return nil, err
	}
	var bodies map[string]*openapi3.SchemaRef
	if format == swagger2 {
		if bodies, err = takeBodies(raw); err != nil {
			return nil, err
		}
		// openapi2conv reads produces on the operation only.
		for _, name := range []string{"produces", "consumes"} {
			if raw[name] == nil && r.root[name] != nil {
				raw[name] = r.root[name]
			}
		}
	}
	doc := map[string]any{
		"info":  map[string]any{"title": "one operation", "version": "0"},
		"paths": map[string]any{"/": map[string]any{"get": raw}},
	}
	if format == swagger2 {
		doc["swagger"] = "2.0"
	} else {
		doc["openapi"] = "3.0.3"
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	t, err := read3(data, format)
	if err != nil {
		return nil, errors.New(text.Excerpt(err.Error(), 300))
	}
	op = t.Paths.Value("/").Get
	for status, schema := range bodies {
		for _, media := range op.Responses.Value(status).Value.Content {
			media.Schema = schema
		}
	}
	for _, schema := range schemasOf(op) {
		if _, err := normalize(schema, false); err != nil {
			return nil, err
		}
	}
	return op, nil
}

// schemasOf returns the schemas that an operation has at the top of something.
func schemasOf(op *openapi3.Operation) []*openapi3.Schema {
	var all []*openapi3.Schema
	add := func(ref *openapi3.SchemaRef) {
		if ref != nil && ref.Value != nil {
			all = append(all, ref.Value)
		}
	}
	content := func(c openapi3.Content) {
		for _, media := range c {
			if media != nil {
				add(media.Schema)
			}
		}
	}
	for _, ref := range op.Parameters {
		if ref.Value != nil {
			add(ref.Value.Schema)
			content(ref.Value.Content)
		}
	}
	for _, ref := range op.Responses.Map() {
		if ref.Value == nil {
			continue
		}
		content(ref.Value.Content)
		for _, header := range ref.Value.Headers {
			if header.Value != nil {
				add(header.Value.Schema)
			}
		}
	}
	return all
}

func read3(data []byte, format format) (*openapi3.T, error) {
	if format != swagger2 {
		return openapi3.NewLoader().LoadFromData(data)
	}
	var old openapi2.T
	if err := json.Unmarshal(data, &old); err != nil {
		return nil, err
	}
	return openapi2conv.ToV3(&old)
}

// takeBodies reads the schemas of a Swagger operation's responses as those of OpenAPI 3 and leaves others in their place.
// openapi2conv drops what Swagger does not have, such as oneOf and nullable, though generators write it and mean it.
func takeBodies(raw map[string]any) (map[string]*openapi3.SchemaRef, error) {
	bodies := map[string]*openapi3.SchemaRef{}
	responses, _ := raw["responses"].(map[string]any)
	for status, value := range responses {
		response, _ := value.(map[string]any)
		schema, there := response["schema"]
		if !there {
			continue
		}
		data, err := json.Marshal(schema)
		if err != nil {
			return nil, err
		}
		var ref openapi3.SchemaRef
		if err := json.Unmarshal(data, &ref); err != nil {
			return nil, fmt.Errorf("status %.20q: %s", status, text.Excerpt(err.Error(), 300))
		}
		if ref.Value == nil || schema == nil {
			return nil, fmt.Errorf("status %.20q: %w", status, errNoSchema)
		}
		bodies[status] = &ref
		response["schema"] = map[string]any{}
	}
	return bodies, nil
}

// mergeParameters returns the parameters of a path item and those of an operation, which come first where both name one.
func mergeParameters(inherited, own any) ([]any, error) {
	of := func(p any) [2]any {
		m, _ := p.(map[string]any)
		return [2]any{m["in"], m["name"]}
	}
	mine, ok := own.([]any)
	theirs, also := inherited.([]any)
	if own != nil && !ok || inherited != nil && !also {
		return nil, errors.New("its parameters are not a list")
	}
	merged := slices.Clone(mine)
	for _, p := range theirs {
		if !slices.ContainsFunc(mine, func(m any) bool { return of(m) == of(p) }) {
			merged = append(merged, p)
		}
	}
	return merged, nil
}

func isStatus(s string) bool {
	if s == "DEFAULT" {
		return true
	}
	return len(s) == 3 && s[0] >= '1' && s[0] <= '5' && (s[1:] == "XX" || strings.Trim(s[1:], "0123456789") == "")
}

func parametersOf(in *openapi3.Operation, template string) (map[parameterKey]*parameter, error) {
	var path []string // names, by position
	for _, match := range templated.FindAllString(template, -1) {
		path = append(path, strings.Trim(match, "{}"))
	}
	parameters := map[parameterKey]*parameter{}
	for _, ref := range in.Parameters {
		p := ref.Value
		if p == nil || p.Name == "" || p.In == "" {
			return nil, errors.New("it has a parameter without a name or a place")
		}
		key := parameterKey{p.In, p.Name}
		switch p.In {
		case "path":
			position := slices.Index(path, p.Name)
			if position < 0 {
				return nil, fmt.Errorf("the path has no parameter %.100q", p.Name)
			}
			key.name = "{" + strconv.Itoa(position+1) + "}"
		case "header":
			key.name = http.CanonicalHeaderKey(p.Name)
		}
		out := &parameter{name: p.Name, required: p.Required, deprecated: p.Deprecated}
		out.words = textsOf("name", p.Name, "description", p.Description)
		if p.In != "path" {
			delete(out.words, "name")
		}
		if method, err := p.SerializationMethod(); err == nil {
			out.encoding = fmt.Sprintf("style %s, explode %t", method.Style, method.Explode)
		}
		out.source = &openapi3.Schema{}
		if p.Schema != nil && p.Schema.Value != nil {
			out.source = p.Schema.Value
		}
		for _, media := range p.Content {
			if media.Schema != nil && media.Schema.Value != nil {
				out.source, out.encoding = media.Schema.Value, "content"
			}
		}
		parameters[key] = out
	}
	return parameters, nil
}

func newResponse(in *openapi3.Response) (*response, error) {
	out := &response{media: map[string]*openapi3.Schema{}}
	description := ""
	if in.Description != nil {
		description = *in.Description
	}
	out.words = textsOf("description", description)
	for name, media := range in.Content {
		name, err := mediaType(name)
		if err != nil {
			return nil, err
		}
		out.media[name] = nil
		if media != nil && media.Schema != nil {
			out.media[name] = media.Schema.Value
		}
	}
	headers := &openapi3.Schema{Type: &openapi3.Types{openapi3.TypeObject}, Properties: openapi3.Schemas{}}
	for name, ref := range in.Headers {
		name = http.CanonicalHeaderKey(name)
		if ref == nil || ref.Value == nil || name == "Content-Type" { // which OpenAPI says to ignore there
			continue
		}
		headers.Properties[name] = &openapi3.SchemaRef{Value: &openapi3.Schema{}}
		if ref.Value.Schema != nil && ref.Value.Schema.Value != nil {
			headers.Properties[name] = ref.Value.Schema
		}
		if ref.Value.Required {
			headers.Required = append(headers.Required, name)
		}
	}
	slices.Sort(headers.Required)
	out.headers = headers
	return out, nil
}

// mediaType returns a media type as it is compared: in lower case, without a charset of UTF-8, which is JSON's anyway.
func mediaType(name string) (string, error) {
	media, params, err := mime.ParseMediaType(name)
	if err != nil {
		return "", fmt.Errorf("%.100q is no media type", name)
	}
	if strings.EqualFold(params["charset"], "utf-8") {
		delete(params, "charset")
	}
	return mime.FormatMediaType(media, params), nil
}

// declared returns what the operation says of a status, or nil. The default response stands for errors, and for
// successes only if the operation declares none of its own.
func (op *operation) declared(status string) *response {
	if r := op.responses[status]; r != nil {
		return r
	}
	if r := op.responses[status[:1]+"XX"]; r != nil {
		return r
	}
	success := func(s string) bool { return s[0] == '2' }
	if status[0] >= '4' || status == "DEFAULT" || success(status) && !slices.ContainsFunc(slices.Collect(maps.Keys(op.responses)), success) {
		return op.responses["DEFAULT"]
	}
	return nil
}
