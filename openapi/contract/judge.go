package contract

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/psoauth/psoauth/internal/text"
)

// A judge collects the findings of one exchange: one request and what came back.
type judge struct {
	run     *Run
	v       *Validator
	source  string
	req     *http.Request // nil for a bare body
	url     string        // for findings
	at      time.Time     // when the response was sent; zero for the present
	method  string
	match   *match // nil if no path of the contract fits, and for a bare body
	known   bool   // whether the host is one of the contract's
	query   url.Values
	op      *operation
	status  int
	header  http.Header
	body    func() body // called at most once, and only if the body is to be judged
	secrets []string    // the request's credentials, and what may be one

	recorded   bool   // by an exporter, which may have changed what HTTP says of bodies
	anonymous  bool   // the recorder leaves credentials out
	headerLess bool   // nobody knows the headers, so none is missing
	unjudged   string // a rule; set if there is nothing to judge
	why        string // for unjudged

	judged   bool // whether the response, as far as it should have a body, was checked against the contract
	success  any  // the value in the body of a success
	findings []Finding
}

// asked takes in what the request says.
func (j *judge) asked(req *http.Request) {
	j.req, j.method = req, cmp.Or(req.Method, http.MethodGet) // what net/http means by it
	j.secrets = credentialsOf(req.Header)
	j.query = req.URL.Query()
	to := targetOf(req)
	j.match = j.v.spec.find(j.method, to, j.v.aliases)
	j.known = j.match != nil || j.v.spec.knows(to, j.v.aliases)
	if j.match != nil && j.match.method {
		j.op = j.match.op
	}
	sep := "?"
	j.url = to.String()
	for _, name := range sortedKeys(j.query) {
		for _, value := range j.query[name] {
			if !plainNumber.MatchString(value) {
				if len(value) >= minSecret { // it may be a credential, which a response may repeat
					j.secrets = append(j.secrets, value)
				}
				value = "[redacted]"
			}
			j.url += sep + url.QueryEscape(name) + "=" + value
			sep = "&"
		}
	}
	j.url = text.Excerpt(j.url, maxMessage, j.secrets...)
}

// credentialsOf returns what of a request's headers must show nowhere, not even where the response repeats it.
func credentialsOf(header http.Header) []string {
	var all []string
	for _, name := range []string{"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key"} {
		for _, value := range header.Values(name) {
			value = strings.TrimSpace(authScheme.ReplaceAllString(value, ""))
			if plain, err := base64.StdEncoding.DecodeString(value); err == nil {
				all = append(all, string(plain))
			}
			all = append(all, value)
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return len(s) < minSecret })
}

var authScheme = regexp.MustCompile("^[A-Za-z]+ ")

// judge returns the findings of the exchange, without those of rules that are off.
func (j *judge) judge() []Finding {
	if j.at.IsZero() {
		j.at = j.v.clock()
	}
	if j.unjudged != "" {
		j.find(j.unjudged, inRoute, "", 0, "%s", j.why)
	} else if j.route(); j.op != nil {
		j.request()
		j.response()
	}
	j.run.add(j)
	return j.findings
}

// find adds a finding, unless its rule is off or it repeats one. Two schemas that look at one value often agree.
func (j *judge) find(rule, in, pointer string, line int, format string, args ...any) {
	severity, n := j.v.severities[rule], len(j.findings)
	if severity == Off || n > maxPerResponse {
		return
	}
	f := Finding{
		Severity: severity, Rule: rule, Source: j.source, URL: j.url, Status: j.status, In: in, Pointer: pointer,
		Message: text.Excerpt(fmt.Sprintf(format, args...), maxMessage, j.secrets...), Line: line,
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

// response judges status, headers and body. A response with an undeclared status is judged by the declared one it is
// nearest to, so that one fault does not hide the others; but a redirect and the like only with a success's media type.
func (j *judge) response() {
	j.judged = true
	switch {
	case j.recorded && (j.status == http.StatusNotModified || j.method == http.MethodHead):
		return // exporters write what the browser had in its cache, or nothing
	case j.status == http.StatusNotModified && j.req != nil &&
		(j.req.Header.Get("If-None-Match") != "" || j.req.Header.Get("If-Modified-Since") != ""):
		return // as RFC 9110, section 13, has it for any GET; the contract need not say so
	}
	declared := j.op.declared(j.status)
	class, redirect := j.status/100, false
	if declared == nil {
		j.find("http.status", inStatus, "", j.op.line, "the operation does not declare the status %d", j.status)
		if declared = j.op.nearest(j.status); declared == nil {
			return
		}
		redirect = class != 2 && class != 4 && class != 5
		if redirect && declared.Content.Get(j.header.Get("Content-Type")) == nil {
			return
		}
	}
	j.headers(declared)
	if sent := j.header.Get("Content-Type"); strings.HasPrefix(strings.ToLower(sent), "text/event-stream") {
		j.mediaType(declared, nil)
		return // such a body may have no end
	}
	b := j.body()
	at := line(declared.Origin)
	if coding := codingOf(j.header); b.broken == "http.unjudged" && !j.asksFor(coding) {
		b.broken = "http.content-encoding"
		b.message = "the body has the content coding " + knownOr(coding, "of another name") + ", for which the request does not ask"
	}
	switch empty := len(bytes.TrimSpace(b.data)) == 0; {
	case j.method == http.MethodHead, class == 1, j.status == http.StatusNoContent, j.status == http.StatusNotModified:
		if len(b.data) > 0 {
			j.find("http.body-unexpected", inBody, "", at, "there is a body where HTTP has none")
		}
	case b.broken != "":
		j.judged = b.broken != "http.unjudged" && !strings.HasPrefix(b.broken, "recording.")
		j.find(b.broken, inBody, "", at, "%s", b.message)
	case len(declared.Content) == 0 && len(b.data) == 0:
	case len(declared.Content) == 0 && j.status >= 400:
		j.find("http.error-body", inBody, "", at, "there is a body and the contract declares none for the error")
	case len(declared.Content) == 0:
		j.find("http.body-unexpected", inBody, "", at, "there is a body and the contract declares none")
	case empty && j.status >= 400:
		j.find("http.error-body-missing", inBody, "", at, "there is no body")
	case empty && !redirect:
		j.find("http.body-missing", inBody, "", at, "there is no body and the contract declares one")
	case !empty:
		j.content(declared, b.data)
	}
}

// asksFor reports whether the request names a content coding in its Accept-Encoding (RFC 9110, section 12.5.3), which an
// exporter may have left out.
func (j *judge) asksFor(coding string) bool {
	accepted := strings.ToLower(strings.Join(j.req.Header.Values("Accept-Encoding"), ","))
	return accepted == "" && j.recorded || strings.Contains(accepted, coding) || strings.Contains(accepted, "*")
}

// codingOf returns the content coding of a response by the name by which it is compared; of several the whole list.
func codingOf(header http.Header) string {
	return strings.TrimPrefix(strings.ToLower(strings.Join(header.Values("Content-Encoding"), ", ")), "x-")
}

// headers judges what the contract says of headers but Content-Type, whose definition OpenAPI ignores. A header is a number or
// the like where the schema takes that, and else a string. What kin-openapi decodes of a oneOf does not fit any of its choices.
func (j *judge) headers(declared *openapi3.Response) {
	for _, name := range sortedKeys(declared.Headers) {
		header, values := declared.Headers[name].Value, j.header.Values(name)
		pointer, at := "/"+escapeName(name), line(header.Origin)
		switch {
		case strings.EqualFold(name, "Content-Type"):
		case len(values) == 0 && header.Required && !j.headerLess:
			j.find("http.header-missing", inHeader, pointer, at, "the required header is missing")
		case len(values) > 0:
			sent := []byte(strings.Join(values, ", "))
			_, _, faults := read(sent, true, header.Schema)
			if len(faults) > 0 && strings.HasPrefix(faults[0].rule, "json.") || len(mistyped(faults, nil)) > 0 {
				_, _, faults = read(sent, false, header.Schema)
			}
			j.faults(inHeader, pointer, faults, at)
		}
	}
}

// content judges a body by its media type.
func (j *judge) content(declared *openapi3.Response, data []byte) {
	media, isJSON := j.mediaType(declared, data)
	if media == nil {
		return
	}
	at := line(declared.Origin)
	root, ok, faults := read(data, isJSON, media.Schema)
	if !isJSON && len(mistyped(faults, nil)) > 0 {
		j.judged = false
		j.find("http.unjudged", inBody, "", at, "only JSON and text are checked against a schema")
		return
	}
	j.faults(inBody, "", faults, at)
	if isJSON && ok && j.status/100 == 2 {
		if j.success = root; j.op.meaning != nil {
			j.op.meaning.judge(j, root)
		}
	}
}

// read returns the value in JSON or a text, whether it is whole, and what of it is not as a schema, if there is one, has it.
func read(data []byte, isJSON bool, schema *openapi3.SchemaRef) (root any, ok bool, faults []fault) {
	root, values, ok := any(string(data)), 1, true
	if isJSON {
		root, values, ok, faults = readJSON(data)
	}
	if ok && schema != nil {
		faults = append(faults, check(schema.Value, root, values)...)
	}
	return root, ok, faults
}

func (j *judge) faults(in, pointer string, faults []fault, at int) {
	for _, f := range faults {
		j.find(f.rule, in, pointer+j.pointer(f.at), cmp.Or(f.line, at), "%s", f.message)
	}
}

// known are the media types, encodings and content codings that a message repeats. Others may hold anything.
var known = strings.Fields(`application/json text/json application/problem+json application/xml text/xml text/html text/plain
	text/csv text/css text/javascript application/javascript application/octet-stream application/x-www-form-urlencoded
	multipart/form-data application/pdf application/x-ndjson text/event-stream application/yaml text/yaml image/png
	iso-8859-1 iso-8859-15 latin1 windows-1252 utf-16 utf-16le utf-16be utf-32 shift_jis gb2312 big5 euc-jp
	gzip deflate br zstd compress exi dcb dcz aes128gcm`)

func knownOr(value, other string) string {
	if value = strings.ToLower(value); slices.Contains(known, value) {
		return value
	}
	return other
}

// mediaType returns the declared media type that the body is to be judged by, nil if none is, and whether it is JSON. A
// body with a wrong Content-Type is judged all the same if it can only be the declared JSON.
func (j *judge) mediaType(declared *openapi3.Response, data []byte) (media *openapi3.MediaType, json bool) {
	types := j.header.Values("Content-Type")
	contentType, at := "", line(declared.Origin)
	if len(types) > 0 {
		contentType = types[0]
	}
	name, params, err := mime.ParseMediaType(contentType)
	if err == nil || errors.Is(err, mime.ErrInvalidMediaParameter) {
		media = declared.Content.Get(contentType)
	}
	switch want := strings.Join(slices.Sorted(maps.Keys(declared.Content)), " or "); {
	case len(types) > 1:
		j.find("http.content-type", inHeader, contentTypePointer, at, "Content-Type is sent %d times", len(types))
	case len(types) == 0 && j.headerLess:
	case len(types) == 0:
		j.find("http.content-type", inHeader, contentTypePointer, at, "there is no Content-Type; want %s", want)
	case media == nil:
		j.find("http.content-type", inHeader, contentTypePointer, at, "want %s, got %s", want, knownOr(name, "another media type"))
	}
	if media == nil {
		start := bytes.TrimLeft(bytes.TrimPrefix(data, byteOrderMark), " \t\r\n")
		looks := len(start) > 0 && (start[0] == '{' || start[0] == '[')
		unsaid := len(types) == 0 && j.headerLess && len(declared.Content) == 1
		for name, choice := range declared.Content {
			if isJSON(name) && media != nil {
				return nil, false // one of several
			} else if isJSON(name) && (looks || unsaid) {
				media = choice
			}
		}
		return media, media != nil
	}
	if json = isJSON(contentType); json {
		if charset := strings.ToLower(params["charset"]); charset != "" && charset != "utf-8" && charset != "us-ascii" {
			charset = knownOr(charset, "another charset")
			j.find("http.charset", inHeader, contentTypePointer, at, "want no charset or utf-8, got %s", charset)
		}
	}
	return media, json
}

const contentTypePointer = "/Content-Type"
