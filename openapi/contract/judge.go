package contract

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/psoauth/psoauth/internal/text"
)

// An exchange is one request and what came back.
type exchange struct {
	source  string
	req     *http.Request // nil for a bare body
	asked   string        // method and URL, for messages
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
	secrets []string    // the request's credentials

	recorded   bool   // by an exporter, which may have changed what HTTP says of bodies
	anonymous  bool   // the recorder leaves credentials out
	headerLess bool   // nobody knows the headers, so none is missing
	unjudged   string // a rule; set if there is nothing to judge
	why        string // for unjudged
}

// request fills in what the request says.
func (ex *exchange) request(v *Validator, req *http.Request) {
	ex.req, ex.method = req, req.Method
	if ex.method == "" { // what net/http means by it
		ex.method = http.MethodGet
	}
	ex.secrets = credentialsOf(req.Header)
	ex.query = req.URL.Query()
	to := targetOf(req)
	ex.asked = text.Excerpt(ex.method+" "+to.String(), maxMessage/2, ex.secrets...)
	ex.match = v.spec.find(ex.method, to, v.aliases)
	ex.known = ex.match != nil || v.spec.knows(to, v.aliases)
	if ex.match != nil && ex.match.method {
		ex.op = ex.match.op
	}
	var query []string
	for _, name := range sortedKeys(ex.query) {
		for _, value := range ex.query[name] {
			if name != "page" && name != "per_page" && !plainNumber.MatchString(value) {
				value = "[redacted]"
			}
			query = append(query, url.QueryEscape(name)+"="+value)
		}
	}
	if ex.url = to.String(); len(query) > 0 {
		ex.url += "?" + strings.Join(query, "&")
	}
	ex.url = text.Excerpt(ex.url, maxMessage, ex.secrets...)
}

// credentialsOf returns what of a request's headers must show nowhere, not even where the response repeats it.
func credentialsOf(header http.Header) []string {
	var all []string
	for _, name := range []string{"Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key"} {
		for _, value := range header.Values(name) {
			if scheme, credential, ok := strings.Cut(value, " "); ok && strings.Trim(scheme, letters) == "" {
				value = strings.TrimSpace(credential)
			}
			if plain, err := base64.StdEncoding.DecodeString(value); err == nil {
				all = append(all, string(plain))
			}
			all = append(all, value)
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return len(s) < minSecret })
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// A judge collects the findings of one exchange.
type judge struct {
	*exchange
	v        *Validator
	run      *Run
	by       *openapi3.Schema // of the body; nil as long as it is unknown
	judged   bool             // whether the response, as far as it should have a body, was checked against the contract
	findings []Finding
}

// judge returns the findings of one exchange, without those of rules that are off.
func (r *Run) judge(v *Validator, ex *exchange) []Finding {
	j := &judge{exchange: ex, v: v, run: r}
	if j.at.IsZero() {
		j.at = v.clock()
	}
	if ex.unjudged != "" {
		j.find(ex.unjudged, inRoute, "", 0, "%s", ex.why)
	} else {
		j.route()
		if ex.op != nil {
			j.request()
			j.response()
		}
	}
	r.add(j.findings, ex.unjudged != "recording.no-response", j.judged)
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

func (j *judge) route() {
	if j.op != nil && j.match == nil {
		return // a bare body: the caller says which operation it is of
	}
	m := j.match
	switch {
	case m == nil && j.known:
		j.find("route.not-found", inRoute, "", 0, "the contract has no such path: %s", j.asked)
		return
	case m == nil:
		j.find("route.foreign", inRoute, "", 0, "the contract has neither the host nor the path: %s", j.asked)
		return
	case !m.method:
		j.find("route.method", inRoute, "", m.op.line, "the contract does not have this method for the path: %s", j.asked)
	}
	if !m.host {
		j.find("route.host", inRoute, "", m.op.line, "the contract has this path on %s only: %s; for a test server see WithServer (--server BASE=DECLARED)", m.server, j.asked)
	}
	if !m.scheme {
		j.find("route.scheme", inRoute, "", m.op.line, "the contract has this path on %s only: %s", m.server, j.asked)
	}
}

// request judges what was asked for. Without headers nobody knows what credential was sent.
func (j *judge) request() {
	if j.match == nil {
		return
	}
	params := map[string]string{}
	for i, name := range j.match.params {
		params[name] = j.match.values[i]
	}
	at := &http.Request{Method: j.method, Header: j.req.Header, URL: j.req.URL, Host: j.req.Host}
	input := &openapi3filter.RequestValidationInput{
		Request: at, PathParams: params, QueryParams: j.query,
		Route: &routers.Route{Spec: j.v.spec.doc, PathItem: j.op.item, Operation: j.op.Operation},
		Options: &openapi3filter.Options{
			MultiError: true, SkipSettingDefaults: true, ExcludeRequestBody: true, AuthenticationFunc: j.authenticate,
			SchemaValidationOptions: []openapi3.SchemaValidationOption{openapi3.DisableSchemaErrorDetails()},
		},
	}
	all, _ := openapi3filter.ValidateRequest(j.req.Context(), input).(openapi3.MultiError)
	for _, err := range all {
		if e, ok := errors.AsType[*openapi3filter.RequestError](err); ok && e.Parameter != nil {
			j.parameter(e.Parameter, j.query.Get(e.Parameter.Name), err)
		} else if _, ok := errors.AsType[*openapi3filter.SecurityRequirementsError](err); ok {
			j.find("request.credential", inRequest, "", j.op.line, "the request has none of the credentials that the contract declares, in their form")
		}
	}
	declared := map[string]bool{}
	for _, ref := range slices.Concat(j.op.Parameters, j.op.item.Parameters) {
		p := ref.Value
		if declared[p.Name] = declared[p.Name] || p.In == openapi3.ParameterInQuery; p.In != openapi3.ParameterInQuery {
			continue
		}
		if sent := j.query[p.Name]; len(sent) > 1 && p.Schema != nil && !p.Schema.Value.Type.Permits(openapi3.TypeArray) {
			for _, value := range sent[1:] { // kin-openapi looks at the first
				input.QueryParams = url.Values{p.Name: {value}}
				if err := openapi3filter.ValidateParameter(j.req.Context(), input, p); err != nil {
					j.parameter(p, value, err)
				}
			}
		}
	}
	if components := j.v.spec.doc.Components; components != nil {
		for _, ref := range components.SecuritySchemes {
			declared[ref.Value.Name] = declared[ref.Value.Name] || ref.Value.In == openapi3.ParameterInQuery
		}
	}
	for _, name := range sortedKeys(j.query) {
		if !declared[name] {
			j.find("request.undeclared-parameter", inRequest, j.pointer([]string{name}), j.op.line, "the contract does not declare the query parameter")
		}
	}
}

// parameter adds what is wrong with a parameter that was sent with a value, or not sent.
func (j *judge) parameter(p *openapi3.Parameter, sent string, err error) {
	what := "is not as the contract has it" + got(p.Name, sent)
	if errors.Is(err, openapi3filter.ErrInvalidRequired) {
		what = "is missing"
	}
	if p.In != openapi3.ParameterInHeader || len(j.req.Header) > 0 {
		j.find("request.parameter", inRequest, "/"+escapeName(p.Name), line(p.Origin), "the %s parameter %s %s", p.In, p.Name, what)
	}
}

// masked is what people and programs put in place of a credential before they hand on a recording.
var masked = regexp.MustCompile(`(?i)redacted|removed|masked|\*\*\*`)

// authenticate reports whether the request has a credential of a declared kind. Whether it is good only the server knows.
func (j *judge) authenticate(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	scheme, sent := in.SecurityScheme, strings.TrimSpace(j.req.Header.Get("Authorization"))
	kind, credential, _ := strings.Cut(sent, " ")
	bearer := strings.EqualFold(kind, "Bearer")
	has := sent != "" && !(bearer && credential == "")
	switch {
	case len(j.req.Header) == 0 || j.anonymous || j.recorded && masked.MatchString(sent):
		return nil
	case scheme.Type == "apiKey" && scheme.In == openapi3.ParameterInHeader && strings.EqualFold(scheme.Name, "Authorization"):
		if j.op.meaning != nil && !bearer { // PlanetScale's service tokens are ID:SECRET
			id, secret, _ := strings.Cut(sent, ":")
			has = id != "" && secret != "" && credential == ""
		}
	case scheme.Type == "apiKey" && scheme.In == openapi3.ParameterInHeader:
		has = strings.TrimSpace(j.req.Header.Get(scheme.Name)) != ""
	case scheme.Type == "apiKey":
		_, err := j.req.Cookie(scheme.Name)
		has = err == nil || j.query.Get(scheme.Name) != ""
	case scheme.Type == "http":
		has = strings.EqualFold(kind, scheme.Scheme) && credential != ""
	}
	if !has {
		return in.NewError(nil)
	}
	return nil
}

// response judges status, headers and body. A response with an undeclared status is judged by the declared one it is
// nearest to, so that one fault does not hide the others; but a redirect and the like only with a success's media type.
func (j *judge) response() {
	j.run.answered(j.op, j.status)
	j.judged = true
	switch {
	case j.recorded && (j.status == http.StatusNotModified || j.method == http.MethodHead):
		return // exporters write what the browser had in its cache, or nothing
	case j.status == http.StatusNotModified && j.req != nil && j.req.Header.Get("If-None-Match")+j.req.Header.Get("If-Modified-Since") != "":
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
	if coding := j.unasked(); coding != "" && (len(b.data) > 0 || b.broken == "http.unjudged") {
		j.find("http.content-encoding", inBody, "", at, "the body has the content coding %s, for which the request does not ask", knownOr(knownCodings, coding, "of another name"))
		if b.broken == "http.unjudged" {
			j.judged = false
			return
		}
	}
	switch empty := len(bytes.TrimSpace(b.data)) == 0; {
	case j.method == http.MethodHead, class == 1, j.status == http.StatusNoContent, j.status == http.StatusNotModified:
		if len(b.data) > 0 {
			j.find("http.body-unexpected", inBody, "", at, "there is a body where HTTP has none")
		}
	case b.broken != "":
		j.judged = b.broken != "http.unjudged" && !strings.HasPrefix(b.broken, "recording.")
		j.find(b.broken, inBody, "", at, "%s", b.message)
	case len(declared.Content) == 0 && len(b.data) > 0 && j.status >= 400:
		j.find("http.error-body", inBody, "", at, "there is a body and the contract declares none for the error")
	case len(declared.Content) == 0:
		if len(b.data) > 0 {
			j.find("http.body-unexpected", inBody, "", at, "there is a body and the contract declares none")
		}
	case empty && j.status >= 400:
		j.find("http.error-body-missing", inBody, "", at, "there is no body")
	case empty && !redirect:
		j.find("http.body-missing", inBody, "", at, "there is no body and the contract declares one")
	case !empty:
		j.content(declared, b.data)
	}
}
