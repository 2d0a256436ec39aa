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
	t := target{scheme: strings.ToLower(req.URL.Scheme), host: strings.ToLower(cmp.Or(req.URL.Host, req.Host)), path: normal(req.URL.EscapedPath())}
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
		if host != "" {
			pattern := regexp.QuoteMeta(e.server.host)
			for name, variable := range server.Variables {
				values := ".+"
				if len(variable.Enum) > 0 {
					values = "(?:" + strings.ReplaceAll(regexp.QuoteMeta(strings.Join(variable.Enum, "\n")), "\n", "|") + ")"
				}
				pattern = strings.ReplaceAll(pattern, regexp.QuoteMeta("{"+name+"}"), values)
			}
			e.hosts = regexp.MustCompile("(?i)^" + pattern + "$")
		}
		s.endpoints = append(s.endpoints, e)

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
