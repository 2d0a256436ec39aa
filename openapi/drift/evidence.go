package drift

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// takes reports whether an operation of a document allows the response: for a reader, if what a program copes with is
// allowed as well. kin-openapi judges bodies and headers.
func (op *operation) takes(e *Example, reader bool) bool {
	status := fmt.Sprint(e.Status)
	declared := op.declared(status)
	if declared == nil {
		return false
	}
	success := status[0] == '2'
	takes := func(schema *openapi3.Schema, lenient bool, value any) bool {
		if reader && schema != nil {
			schema = asRead(schema, lenient, false)
		}
		return judges(schema, value)
	}
	if e.Headers != nil && !takes(declared.headers, false, e.Headers) {
		return false
	}
	if len(declared.media) == 0 { // a success has no body then, which a reader does not look for; an error has any
		return e.ContentType == "" || !success || reader
	}
	for name, schema := range declared.media {
		if e.ContentType != "" && mediaCovers(name, e.ContentType) && takes(schema, !success, e.Body) {
			return true
		}
	}
	return false
}

// mediaCovers reports whether a declared media type, which may be a range such as text/*, stands for one.
func mediaCovers(declared, media string) bool {
	if prefix, ok := strings.CutSuffix(declared, "*"); ok {
		return prefix == "*/" || strings.HasPrefix(media, prefix)
	}
	return declared == media
}
