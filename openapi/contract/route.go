package contract

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
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
	t := target{scheme: strings.ToLower(req.URL.Scheme), host: strings.ToLower(req.URL.Host)}
	if t.host == "" {
		t.host = strings.ToLower(req.Host)
	}
	if t.scheme == "" && req.TLS != nil {
		t.scheme = "https"
	}
	t.host = strings.TrimSuffix(t.host, defaultPort(t.scheme))
	parts := strings.Split(req.URL.EscapedPath(), "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			parts[i] = url.PathEscape(plain)
		}
	}
	t.path = strings.Join(parts, "/")
	return t
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

// A site is a host that the contract declares, by one scheme, and finds the operations there. gorillamux compares hosts by
// case, takes any port where none is declared, and knows no servers of an operation, so it gets paths only.
type site struct {
	target                // as declared, with variables and without a path
	host   *regexp.Regexp // nil for wherever the document is served
	doc    *openapi3.T
	router routers.Router
}

func (at *site) at(host, scheme string) bool {
	return at.host == nil || at.host.MatchString(host) || at.host.MatchString(host+defaultPort(scheme))
}

// serve adds an operation to the sites of its servers, and returns its path on the first of them.
func (s *spec) serve(op *operation, item *openapi3.PathItem) (first string) {
	servers := openapi3.Servers{{URL: "/"}}
	switch {
	case op.Servers != nil && len(*op.Servers) > 0:
		servers = *op.Servers
	case len(item.Servers) > 0:
		servers = item.Servers
	case len(s.doc.Servers) > 0:
		servers = s.doc.Servers
	}
	for _, server := range servers {
		scheme, rest, ok := strings.Cut(server.URL, "://")
		if !ok {
			scheme, rest = "", "/"+strings.Trim(server.URL, "/")
		}
		host, base, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
		at := s.site(strings.ToLower(scheme), host, server.Variables)
		path := strings.TrimSuffix("/"+base, "/") + op.path
		there := at.doc.Paths.Value(path)
		if there == nil {
			there = &openapi3.PathItem{Parameters: item.Parameters}
			at.doc.Paths.Set(path, there)
		}
		there.SetOperation(op.method, op.Operation)
		first = cmp.Or(first, path)

		raw := server.URL
		for name, variable := range server.Variables {
			raw = strings.ReplaceAll(raw, "{"+name+"}", variable.Default)
		}
		if u, err := url.Parse(strings.TrimSuffix(raw, "/")); err == nil && u.Host != "" && !slices.Contains(s.servers, targetOf(&http.Request{URL: u})) {
			s.servers = append(s.servers, targetOf(&http.Request{URL: u}))
		}
	}
	return first
}

// site returns the site of that scheme and host, which may have variables.
func (s *spec) site(scheme, host string, variables map[string]*openapi3.ServerVariable) *site {
	host = strings.TrimSuffix(host, defaultPort(scheme))
	for _, at := range s.sites {
		if at.scheme == scheme && at.target.host == host {
			return at
		}
	}
	at := &site{target: target{scheme: scheme, host: host}}
	at.doc = &openapi3.T{Info: s.doc.Info, Components: s.doc.Components, Security: s.doc.Security, Paths: openapi3.NewPaths()}
	if host != "" {
		pattern := regexp.QuoteMeta(host)
		for name, variable := range variables {
			values := ".+"
			if len(variable.Enum) > 0 {
				values = "(?:" + strings.ReplaceAll(regexp.QuoteMeta(strings.Join(variable.Enum, "\n")), "\n", "|") + ")"
			}
			pattern = strings.ReplaceAll(pattern, regexp.QuoteMeta("{"+name+"}"), values)
		}
		at.host = regexp.MustCompile("(?i)^" + pattern + "$")
	}
	s.sites = append(s.sites, at)
	return at
}

// route makes the routers of all sites.
func (s *spec) route() (err error) {
	// The one with the longest path first: it is the best of those that a path could be under.
	slices.SortStableFunc(s.servers, func(a, b target) int {
		return cmp.Or(cmp.Compare(len(b.path), len(a.path)), cmp.Compare(a.String(), b.String()))
	})
	for _, at := range s.sites {
		if at.router, err = gorillamux.NewRouter(at.doc); err != nil {
			return err
		}
	}
	return nil
}

// A match is the operation that a request is for, and what of the request is not as the contract has it.
type match struct {
	op     *operation
	site   *site
	route  *routers.Route
	values []string // of the parameters in the path, in their order
	params map[string]string
	target target

	method, host, scheme bool // whether they are the declared ones
}

// find returns the operation a request is for, nil if no path fits: of those that it is an alias of, the one that fits best.
func (s *spec) find(method string, t target, aliases []alias) *match {
	var best *match
	for _, t := range append(declaredTargets(t, aliases), t) {
		for _, at := range s.sites {
			m := s.lookup(at, method, t)
			if m != nil && (best == nil || m.score() > best.score()) {
				best = m
			}
		}
	}
	return best
}

func (m *match) score() int { return 4*btoi(m.host) + 2*btoi(m.method) + btoi(m.scheme) }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

var (
	methods       = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions, http.MethodTrace}
	pathParameter = regexp.MustCompile(`\{([^{}:]+)[^{}]*\}`)
)

// lookup asks a site for the operation with a path. HEAD is for what GET is for, unless the contract has it.
func (s *spec) lookup(at *site, method string, t target) *match {
	unescaped, err := url.PathUnescape(t.path)
	if err != nil {
		return nil
	}
	req := &http.Request{Method: method, URL: &url.URL{Path: unescaped, RawPath: t.path}}
	route, params, err := at.router.FindRoute(req)
	for i := 0; errors.Is(err, routers.ErrMethodNotAllowed) && i < len(methods); i++ {
		req.Method = methods[i]
		route, params, err = at.router.FindRoute(req)
	}
	if err != nil {
		return nil
	}
	m := &match{
		site: at, route: route, params: map[string]string{}, target: t,
		method: req.Method == method || method == http.MethodHead && req.Method == http.MethodGet,
		host:   at.at(t.host, t.scheme),
		scheme: at.scheme == "" || t.scheme == "" || t.scheme == at.scheme,
	}
	m.op = s.operations[slices.IndexFunc(s.operations, func(op *operation) bool { return op.Operation == route.Operation })]
	for _, name := range pathParameter.FindAllStringSubmatch(m.op.path, -1) {
		value, err := url.PathUnescape(params[name[1]])
		if err != nil {
			return nil
		}
		m.params[name[1]] = value
		m.values = append(m.values, value)
	}
	return m
}

// server is where the contract has the path, for messages.
func (m *match) server() string {
	return m.site.String() + strings.TrimSuffix(m.route.Path, m.op.path)
}

// knows reports whether a request went to a host of the contract, or to an alias of one.
func (s *spec) knows(t target, aliases []alias) bool {
	return slices.ContainsFunc(s.sites, func(at *site) bool { return at.at(t.host, t.scheme) }) ||
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
