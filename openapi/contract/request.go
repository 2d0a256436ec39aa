package contract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// A target is where a request went, in the form in which two of them compare.
type target struct {
	scheme, host string // in lower case, without the scheme's own port; empty if unknown
	path         string // escaped, where it must be
}

func (t target) String() string {
	if t.scheme == "" {
		return t.host + t.path
	}
	return t.scheme + "://" + t.host + t.path
}

// targetOf returns where a request went, for a client's request as well as a server's.
func targetOf(req *http.Request) target {
	host := cmp.Or(req.URL.Host, req.Host)
	t := target{strings.ToLower(req.URL.Scheme), strings.ToLower(host), normal(req.URL.EscapedPath())}
	if t.scheme == "" && req.TLS != nil {
		t.scheme = "https"
	}
	t.host = strings.TrimSuffix(t.host, defaultPort(t.scheme))
	return t
}

// normal returns a path with everything escaped that must be, and nothing else.
func normal(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			parts[i] = url.PathEscape(plain)
		}
	}
	return strings.Join(parts, "/")
}

func defaultPort(scheme string) string {
	switch scheme {
	case "http":
		return ":80"
	case "https":
		return ":443"
	}
	return "\x00"
}

// An endpoint is an operation at one of its servers. Paths are matched here because kin-openapi's routers compare hosts by
// case, take any port where none is declared, know no servers of an operation, and do not say which part does not match.
type endpoint struct {
	op     *operation
	server target         // as declared, with its variables
	hosts  *regexp.Regexp // nil for wherever the document is served
	paths  *regexp.Regexp // with a group for each parameter
	params []string       // their names
}

func (e *endpoint) at(host, scheme string) bool {
	return e.hosts == nil || e.hosts.MatchString(host) || e.hosts.MatchString(host+defaultPort(scheme))
}

var (
	pathParameter    = regexp.MustCompile(`\{([^{}/]+)\}`)
	escapedParameter = regexp.MustCompile(`%7B[^/]+?%7D`)
)

// serve adds the endpoints of an operation, and returns its path at the first of them.
func (s *spec) serve(op *operation) string {
	servers := openapi3.Servers{{URL: "/"}}
	switch {
	case op.Servers != nil && len(*op.Servers) > 0:
		servers = *op.Servers
	case len(op.item.Servers) > 0:
		servers = op.item.Servers
	case len(s.doc.Servers) > 0:
		servers = s.doc.Servers
	}
	first := ""
	for _, server := range servers {
		scheme, rest, ok := strings.Cut(server.URL, "://")
		if !ok {
			scheme, rest = "", "/"+strings.Trim(server.URL, "/")
		}
		host, base, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
		scheme = strings.ToLower(scheme)
		e := &endpoint{op: op, server: target{scheme, strings.TrimSuffix(host, defaultPort(scheme)), strings.TrimSuffix("/"+base, "/")}}
		path := e.server.path + op.path
		first = cmp.Or(first, path)
		for _, name := range pathParameter.FindAllStringSubmatch(path, -1) {
			e.params = append(e.params, name[1])
		}
		pattern := escapedParameter.ReplaceAllLiteralString(regexp.QuoteMeta(normal(path)), "([^/]+)")
		e.paths = regexp.MustCompile("^" + pattern + "$")
		hosts, raw := regexp.QuoteMeta(e.server.host), server.URL
		for name, variable := range server.Variables {
			values := ".+"
			if len(variable.Enum) > 0 {
				values = "(?:" + strings.ReplaceAll(regexp.QuoteMeta(strings.Join(variable.Enum, "\n")), "\n", "|") + ")"
			}
			hosts = strings.ReplaceAll(hosts, regexp.QuoteMeta("{"+name+"}"), values)
			raw = strings.ReplaceAll(raw, "{"+name+"}", variable.Default)
		}
		if host != "" {
			e.hosts = regexp.MustCompile("(?i)^" + hosts + "$")
		}
		s.endpoints = append(s.endpoints, e)
		if u, err := url.Parse(strings.TrimSuffix(raw, "/")); err == nil && u.Host != "" {
			if at := targetOf(&http.Request{URL: u}); !slices.Contains(s.servers, at) {
				s.servers = append(s.servers, at)
			}
		}
	}
	return first
}

// A match is the operation that a request is for, and what of the request is not as the contract has it.
type match struct {
	*endpoint
	target target
	values []string // of the parameters in the path, in their order

	method, host, scheme bool // whether they are the declared ones
}

// find returns the operation a request is for, nil if no path fits: of those that it is an alias of, the one that fits best.
func (s *spec) find(method string, t target, aliases []alias) (best *match) {
	most := -1
	for _, t := range append(declaredTargets(t, aliases), t) {
		for _, e := range s.endpoints {
			found := e.paths.FindStringSubmatch(t.path)
			if found == nil {
				continue
			}
			exact := method == e.op.method
			m := &match{
				endpoint: e, target: t, values: found[1:],
				method: exact || method == http.MethodHead && e.op.method == http.MethodGet, // HEAD is for what GET is for
				host:   e.at(t.host, t.scheme),
				scheme: e.server.scheme == "" || t.scheme == "" || t.scheme == e.server.scheme,
			}
			if score := 8*btoi(m.host) + 4*btoi(m.method) + 2*btoi(m.scheme) + btoi(exact); score > most {
				best, most = m, score
			}
		}
	}
	if best != nil {
		for i, value := range best.values {
			best.values[i], _ = url.PathUnescape(value) // escaped by normal
		}
	}
	return best
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// knows reports whether a request went to a host of the contract, or to an alias of one.
func (s *spec) knows(t target, aliases []alias) bool {
	return slices.ContainsFunc(s.endpoints, func(e *endpoint) bool { return e.at(t.host, t.scheme) }) ||
		slices.ContainsFunc(aliases, func(a alias) bool { return a.at.host == t.host })
}

// An alias is a server that is taken for a declared one, such as a test server on 127.0.0.1.
type alias struct{ at, declared target }

// declaredTargets returns where the request would have gone if it had not been for the aliases.
func declaredTargets(t target, aliases []alias) []target {
	var all []target
	for _, a := range aliases {
		rest, ok := strings.CutPrefix(t.path, a.at.path)
		if ok && t.host == a.at.host && (t.scheme == a.at.scheme || t.scheme == "") && (rest == "" || rest[0] == '/') {
			all = append(all, target{a.declared.scheme, a.declared.host, a.declared.path + rest})
		}
	}
	return all
}

// newAlias checks a pair of base URLs as WithServer takes them. The declared one must be a server of the contract. An error
// repeats no URL that may hold a password.
func (s *spec) newAlias(at, declared string) (alias, error) {
	var pair [2]target
	for i, raw := range []string{at, declared} {
		u, err := url.Parse(raw)
		if wrong, ok := errors.AsType[*url.Error](err); ok {
			return alias{}, fmt.Errorf("no base URL: %w", wrong.Err)
		}
		if u.Scheme == "" || u.Host == "" || u.RawQuery != "" || u.User != nil {
			return alias{}, fmt.Errorf("%q is no base URL: want a scheme, a host and perhaps a path", u.Redacted())
		}
		pair[i] = targetOf(&http.Request{URL: u})
		pair[i].path = strings.TrimSuffix(pair[i].path, "/")
	}
	if !slices.Contains(s.servers, pair[1]) {
		return alias{}, fmt.Errorf("%q is no server of the contract", declared)
	}
	return alias{pair[0], pair[1]}, nil
}

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
		j.find("route.host", inRoute, "", m.op.line,
			"the contract has this path on %s only: %s; for a test server see WithServer (--server BASE=DECLARED)", m.server, asked)
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
	input := &openapi3filter.RequestValidationInput{
		Request: j.req, PathParams: params, QueryParams: j.query,
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
			j.find("request.credential", inRequest, "", j.op.line,
				"the request has none of the credentials that the contract declares, in their form")
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
			j.find("request.undeclared-parameter", inRequest, j.pointer([]string{name}), j.op.line,
				"the contract does not declare the query parameter")
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
