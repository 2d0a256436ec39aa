package contract

import (
	"cmp"
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
	secrets []string    // the request's credentials

	recorded   bool   // by an exporter, which may have changed what HTTP says of bodies
	anonymous  bool   // the recorder leaves credentials out
	headerLess bool   // nobody knows the headers, so none is missing
	unjudged   string // a rule; set if there is nothing to judge
	why        string // for unjudged

	by       *openapi3.Schema // of the body; nil as long as it is unknown
	judged   bool             // whether the response, as far as it should have a body, was checked against the contract
	success  any              // the value in the body of a success
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
			if name != "page" && name != "per_page" && !plainNumber.MatchString(value) {
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

func (j *judge) route() {
	m, asked := j.match, "nobody knows the request"
	if j.req != nil {
		asked, _, _ = strings.Cut(j.method+" "+j.url, "?")
	}
	switch {
	case j.op != nil && m == nil:
		return // a bare body: the caller says which operation it is of
	case m == nil && j.known:
		j.find("route.not-found", inRoute, "", 0, "the contract has no such path: %s", asked)
		return
	case m == nil:
		j.find("route.foreign", inRoute, "", 0, "the contract has neither the host nor the path: %s", asked)
		return
	case !m.method:
		j.find("route.method", inRoute, "", m.op.line, "the contract does not have this method for the path: %s", asked)
	}
	if !m.host {
		j.find("route.host", inRoute, "", m.op.line, "the contract has this path on %s only: %s; for a test server see WithServer (--server BASE=DECLARED)", m.server, asked)
	}
	if !m.scheme {
		j.find("route.scheme", inRoute, "", m.op.line, "the contract has this path on %s only: %s", m.server, asked)
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
		if p.In != openapi3.ParameterInQuery {
			continue
		}
		declared[p.Name] = true
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
