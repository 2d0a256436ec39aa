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

// A match is the operation that a request is for, and what of the request is not as the contract has it.
type match struct {
	op     *operation
	route  *routers.Route
	server string   // as declared
	values []string // of the parameters in the path, in their order
	params map[string]string
	target target
	method bool
	host   bool
	scheme bool
}

var (
	quotedParameter = regexp.MustCompile(`\\\{.+?\\\}`)
	portVariable    = regexp.MustCompile(`:\{[^{}]*\}`)
	pathParameter   = regexp.MustCompile(`\{([^{}:]+)[^{}]*\}`)
)

// route makes the router. gorillamux compares hosts by case and does not know servers of an operation, so before it gets the
// document the hosts are in lower case, and a path item has the servers of its operations.
func (s *spec) route() (err error) {
	lists := []*openapi3.Servers{&s.doc.Servers}
	for _, item := range s.doc.Paths.Map() {
		var all openapi3.Servers
		for _, op := range item.Operations() {
			if op.Servers != nil {
				all = append(all, *op.Servers...)
			}
		}
		if len(all) > 0 {
			item.Servers = append(all, item.Servers...)
		}
		lists = append(lists, &item.Servers)
	}
	for _, list := range lists {
		for i, declared := range *list {
			server := *declared
			server.URL = lowerHost(portVariable.ReplaceAllStringFunc(server.URL, func(port string) string {
				if variable := server.Variables[strings.Trim(port, ":{}")]; variable != nil {
					return ":" + variable.Default // the only one that gorillamux takes (kin-openapi issue 367)
				}
				return port
			}))
			(*list)[i] = &server
			at := server.URL
			for name, variable := range server.Variables {
				at = strings.ReplaceAll(at, "{"+name+"}", variable.Default)
			}
			if _, rest, ok := strings.Cut(server.URL, "://"); ok {
				host, _, _ := strings.Cut(rest, "/")
				s.hosts = append(s.hosts, regexp.MustCompile("^"+quotedParameter.ReplaceAllString(regexp.QuoteMeta(host), ".+")+"$"))
			} else {
				s.anyHost = true
			}
			if u, err := url.Parse(at); err == nil && u.Host != "" {
				t := targetOf(&http.Request{URL: u})
				t.path = strings.TrimSuffix(t.path, "/")
				if !slices.Contains(s.servers, t) {
					s.servers = append(s.servers, t)
				}
			}
		}
	}
	// The one with the longest path first: it is the best of those that a path could be under.
	slices.SortFunc(s.servers, func(a, b target) int {
		return cmp.Or(cmp.Compare(len(b.path), len(a.path)), cmp.Compare(a.String(), b.String()))
	})
	s.router, err = gorillamux.NewRouter(s.doc)
	return err
}

// lowerHost returns a server's URL with its host in lower case and without the scheme's own port. Names of variables stay.
func lowerHost(raw string) string {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return raw
	}
	host, path, slash := strings.Cut(rest, "/")
	lower, inside := []byte(strings.ToLower(host)), false
	for i := range len(lower) {
		if inside = inside && host[i] != '}' || host[i] == '{'; inside && len(lower) == len(host) {
			lower[i] = host[i]
		}
	}
	scheme = strings.ToLower(scheme)
	out := scheme + "://" + strings.TrimSuffix(string(lower), defaultPort(scheme))
	if slash {
		out += "/" + path
	}
	return out
}

// find returns the operation a request is for, nil if no path fits. It tries the request under every server that it is an
// alias of, and then as it is. Where nothing fits as it should, it returns what would, were it not for the host, the
// method or the scheme.
func (s *spec) find(method string, t target, aliases []alias) *match {
	seen := append(declaredTargets(t, aliases), t)
	for _, t := range seen {
		if m := s.lookup(method, t, t); m != nil && t.scheme != "" {
			return m
		}
	}
	var best *match
	for _, t := range seen {
		for _, server := range slices.Concat(s.servers, []target{{scheme: t.scheme, host: t.host}}) {
			for _, other := range append([]string{method}, methods...) {
				m := s.lookup(other, target{server.scheme, server.host, t.path}, t)
				if m == nil {
					continue
				}
				m.method = m.method && other == method
				m.host = server.host == t.host
				m.scheme = t.scheme == "" || server.scheme == t.scheme
				if best == nil || m.score() > best.score() {
					best = m
				}
				break
			}
		}
	}
	return best
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions, http.MethodTrace}

func (m *match) score() int { return 4*btoi(m.host) + 2*btoi(m.method) + btoi(m.scheme) }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// lookup asks the router for the operation at a URL. HEAD is for what GET is for, unless the contract has it.
func (s *spec) lookup(method string, at, from target) *match {
	unescaped, err := url.PathUnescape(at.path)
	if err != nil {
		return nil
	}
	req := &http.Request{Method: method, Host: at.host, URL: &url.URL{Scheme: at.scheme, Host: at.host, Path: unescaped, RawPath: at.path}}
	route, params, err := s.router.FindRoute(req)
	if errors.Is(err, routers.ErrMethodNotAllowed) && method == http.MethodHead {
		req.Method = http.MethodGet
		route, params, err = s.router.FindRoute(req)
	}
	if err != nil {
		return nil
	}
	m := &match{route: route, params: map[string]string{}, target: from, method: true, host: true, scheme: true}
	if route.Server != nil {
		m.server = route.Server.URL
		// The router takes any port where none is declared, and any value for a variable.
		if _, rest, ok := strings.Cut(m.server, "://"); ok {
			host, _, _ := strings.Cut(rest, "/")
			if !strings.Contains(host, "{") && host != at.host || portOf(host) != portOf(at.host) {
				return nil
			}
		}
		for name, variable := range route.Server.Variables {
			if value, ok := params[name]; ok && len(variable.Enum) > 0 && !slices.Contains(variable.Enum, value) {
				return nil
			}
		}
	}
	for _, name := range pathParameter.FindAllStringSubmatch(route.Path, -1) {
		value, err := url.PathUnescape(params[name[1]])
		if err != nil {
			return nil
		}
		m.params[name[1]] = value
		m.values = append(m.values, value)
	}
	i := slices.IndexFunc(s.operations, func(op *operation) bool { return op.Operation == route.Operation })
	m.op = s.operations[i]
	return m
}

func portOf(host string) string {
	return (&url.URL{Host: pathParameter.ReplaceAllString(host, "x")}).Port()
}

// knows reports whether a request went to a host of the contract, or to an alias of one.
func (s *spec) knows(t target, aliases []alias) bool {
	return s.anyHost || len(s.hosts) == 0 ||
		slices.ContainsFunc(s.hosts, func(host *regexp.Regexp) bool { return host.MatchString(t.host) }) ||
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
	if slices.Contains(s.servers, pair[1]) || s.variableServer(pair[1]) {
		return alias{pair[0], pair[1]}, nil
	}
	return alias{}, fmt.Errorf("%q is no server of the contract", declared)
}

// variableServer reports whether some path of the contract is below t, on a server whose URL has variables.
func (s *spec) variableServer(t target) bool {
	for _, op := range s.operations {
		path := pathParameter.ReplaceAllString(op.path, "x")
		if m := s.lookup(op.method, target{t.scheme, t.host, t.path + path}, t); m != nil && strings.Contains(m.server, "://") {
			return true
		}
	}
	return false
}
