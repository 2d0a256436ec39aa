package contract

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"
)

// A header is what the contract says of a response's header.
type header struct {
	name     string
	required bool
	line     int
	schema   *schema // nil if the contract says nothing of the value
	json     bool    // the value is JSON, not OpenAPI's simple style
}

func (c *compiler) header(name string, in *openapi3.Header) header {
	h := header{name: name, required: in.Required, line: line(in.Origin)}
	if in.Schema != nil {
		h.schema = c.compile(in.Schema)
	}
	for name, media := range in.Content { // one at most
		if isJSON(name) && media.Schema != nil {
			h.schema, h.json = c.compile(media.Schema), true
		}
	}
	if h.schema != nil && h.schema.types == typeObject && !h.json {
		c.unjudged = append(c.unjudged, fmt.Sprintf("line %d: header %s is not checked: it is an object in OpenAPI's simple style", h.line, name))
		h.schema = nil
	}
	return h
}

// check returns what is wrong with a header's text, which is in OpenAPI's simple style or JSON.
func (h header) check(text string) (faults []fault) {
	switch {
	case h.json:
		readJSON([]byte(text), func(rule *Rule, at trail, message string) {
			faults = append(faults, fault{rule, at.String(), h.line, message})
		}, func(root *value) {
			faults = append(faults, checkSchema(h.schema, root)...)
		})
		return faults
	case h.schema.items != nil && !h.schema.takes(&value{kind: str}):
		list := value{kind: array}
		for part := range strings.SplitSeq(text, ",") {
			list.list = append(list.list, h.schema.items.read(strings.TrimSpace(part)))
		}
		return checkSchema(h.schema, &list)
	}
	v := h.schema.read(text)
	return checkSchema(h.schema, &v)
}

// read returns the scalar that text stands for, by the types that s takes.
func (s *schema) read(text string) value {
	v := value{kind: str, text: text}
	if kind := jsontext.Value(text).Kind(); kind != str && jsontext.Value(text).IsValid() && s.takes(&value{kind: kind}) {
		v.kind = kind
	}
	return v
}
