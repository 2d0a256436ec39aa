package contract

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/psoauth/psoauth/internal/text"
)

// A judge collects the findings of one exchange.
type judge struct {
	*exchange
	v        *Validator
	run      *Run
	by       *schema // of the body; nil as long as it is unknown
	findings []Finding
}

// judge returns the findings of one exchange, without those of rules that are off.
func (v *Validator) judge(run *Run, ex *exchange) []Finding {
	j := &judge{exchange: ex, v: v, run: run}
	if ex.unjudged != nil {
		j.find(ex.unjudged, InRoute, "", 0, "%s", ex.why)
	} else {
		j.route()
		if ex.op != nil {
			j.response()
		}
	}
	if run != nil {
		run.add(j.findings, ex.unjudged != recordingNoResponse)
	}
	return j.findings
}

// find adds a finding, unless its rule is off or it repeats one. Two schemas that look at one value often agree.
func (j *judge) find(rule *Rule, in, pointer string, line int, format string, args ...any) {
	severity, ok := j.v.severities[rule]
	if !ok {
		severity = rule.Severity
	}
	n := len(j.findings)
	if severity == Off || n > maxPerResponse {
		return
	}
	f := Finding{
		Severity: severity, Rule: rule.ID, Source: j.source, Status: j.status, In: in, Pointer: pointer,
		Message: text.Excerpt(fmt.Sprintf(format, args...), maxMessage), Line: line,
	}
	if j.op != nil {
		f.Operation = j.op.id
	}
	if n == maxPerResponse {
		f.Message = "further findings in this response are left out"
	}
	if !slices.Contains(j.findings[max(0, n-repeats):], f) {
		j.findings = append(j.findings, f)
	}
}

// maxPerResponse is how many findings there are in one response: a body of one kind of fault must not fill the memory.
const maxPerResponse = 5000

// repeats is how far back a finding is looked for that says the same. It need not be far: such findings are of schemas
// that look at one value.
const repeats = 64

func (j *judge) route() {
	if j.op != nil && j.match == nil {
		return // a bare body: somebody says which operation it answers
	}
	m := j.match
	switch {
	case m == nil && j.known:
		j.find(routeNotFound, InRoute, "", 0, "the contract has no such path: %s", j.asked)
		return
	case m == nil:
		j.find(routeForeign, InRoute, "", 0, "the contract has neither the host nor the path: %s", j.asked)
		return
	case !m.method:
		j.find(routeMethod, InRoute, "", m.route.op.line, "the contract does not have this method for the path: %s", j.asked)
	}
	if !m.host {
		j.find(routeHost, InRoute, "", m.route.op.line, "the contract has this path on %s only: %s", m.route.server.url, j.asked)
	}
	if !m.scheme {
		j.find(routeScheme, InRoute, "", m.route.op.line, "the contract has this path on %s only: %s", m.route.server.url, j.asked)
	}
}

// response judges status, headers and body. An answer with an undeclared status is judged by the declared one it is
// nearest to, so that one fault does not hide the others; but a redirect and the like only with a success's media type.
func (j *judge) response() {
	if j.run != nil {
		j.run.coverage.answered(j.op, j.status)
	}
	declared := j.op.declared(j.status)
	class, redirect := j.status/100, false
	if declared == nil {
		j.find(httpStatus, InStatus, "", j.op.line, "the operation does not declare the status %d", j.status)
		if declared = j.op.nearest(j.status); declared == nil {
			return
		}
		redirect = class != 2 && class != 4 && class != 5
		if redirect && declared.media(j.header.Get("Content-Type")) == nil {
			return
		}
	}
	j.headers(declared)
	b := j.body()
	switch empty := len(bytes.TrimSpace(b.data)) == 0; {
	case j.method == http.MethodHead, class == 1, j.status == http.StatusNoContent, j.status == http.StatusNotModified:
		if len(b.data) > 0 {
			j.find(httpBodyUnexpected, InBody, "", declared.line, "there is a body where HTTP has none")
		}
	case b.broken != nil:
		j.find(b.broken, InBody, "", declared.line, "%s", b.message)
	case len(declared.content) == 0:
		if len(b.data) > 0 {
			j.find(httpBodyUnexpected, InBody, "", declared.line, "there is a body and the contract declares none")
		}
	case empty && j.status >= 400:
		j.find(httpErrorBodyMissing, InBody, "", declared.line, "there is no body")
	case empty && !redirect:
		j.find(httpBodyMissing, InBody, "", declared.line, "there is no body and the contract declares one")
	case !empty:
		j.content(declared, b.data)
	}
}

// headers judges what the contract says of headers but Content-Type.
func (j *judge) headers(declared *response) {
	for _, h := range declared.headers {
		values := j.header.Values(h.name)
		pointer := "/" + escapeName(h.name)
		switch {
		case len(values) > 0 && h.schema != nil:
			for _, f := range h.check(strings.Join(values, ", ")) {
				j.find(f.rule, InHeader, pointer+f.pointer, f.line, "%s", f.message)
			}
		case len(values) == 0 && h.required && !j.headerLess:
			j.find(httpHeaderMissing, InHeader, pointer, h.line, "the required header is missing")
		}
	}
}

// content judges a body by its media type.
func (j *judge) content(declared *response, data []byte) {
	media, json := j.mediaType(declared, data)
	if media == nil {
		return
	}
	s := declared.schemas[media]
	j.by = s
	switch {
	case json:
		readJSON(data, func(rule *Rule, at trail, message string) {
			j.find(rule, InBody, at.String(), declared.line, "%s", message)
		}, func(root *value) {
			j.schema(s, root)
			if root.cut || j.status/100 != 2 {
				return
			}
			if j.run != nil {
				j.run.coverage.saw(j.op, root)
			}
			j.meaning(root)
		})
	case s != nil && s.takes(&value{kind: str}):
		j.schema(s, &value{kind: str, text: string(data)})
	}
}

func (j *judge) schema(s *schema, v *value) {
	if s == nil {
		return
	}
	for _, f := range checkSchema(s, v) {
		j.find(f.rule, InBody, f.pointer, f.line, "%s", f.message)
	}
}

// mediaType returns the declared media type that the body is to be judged by, nil if none is, and whether it is JSON. A
// body with a wrong Content-Type is judged all the same if it can only be the declared JSON.
func (j *judge) mediaType(declared *response, data []byte) (media *openapi3.MediaType, json bool) {
	types := slices.Compact(slices.Clone(j.header.Values("Content-Type")))
	var contentType string
	if len(types) > 0 {
		contentType = types[0]
	}
	_, params, err := mime.ParseMediaType(contentType)
	if err == nil || errors.Is(err, mime.ErrInvalidMediaParameter) {
		media = declared.media(contentType)
	}
	switch want := strings.Join(slices.Sorted(maps.Keys(declared.content)), " or "); {
	case len(types) > 1:
		j.find(httpContentType, InHeader, contentTypePointer, declared.line, "Content-Type is sent %d times", len(types))
	case len(types) == 0 && j.headerLess:
	case len(types) == 0:
		j.find(httpContentType, InHeader, contentTypePointer, declared.line, "there is no Content-Type; want %s", want)
	case media == nil:
		j.find(httpContentType, InHeader, contentTypePointer, declared.line, "want %s, got %s", want, text.Excerpt(contentType, 80))
	}
	if media == nil {
		start := bytes.TrimLeft(bytes.TrimPrefix(data, byteOrderMark), " \t\r\n")
		looks := len(start) > 0 && (start[0] == '{' || start[0] == '[')
		unsaid := len(types) == 0 && j.headerLess && len(declared.content) == 1
		if only := declared.json(); only != nil && (looks || unsaid) {
			return only, true
		}
		return nil, false
	}
	if json = isJSON(contentType); json {
		if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
			j.find(httpCharset, InHeader, contentTypePointer, declared.line, "want no charset or utf-8, got %s", text.Excerpt(charset, 40))
		}
	}
	return media, json
}

const contentTypePointer = "/Content-Type"
