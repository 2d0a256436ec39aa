package contract

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A route is one way to an operation: a method, and a URL on one of its servers.
type route struct {
	op     *operation
	method string
	server *server
	path   []segment // the server's base path and the operation's path
}

// A server is what the contract says about the beginning of a URL. A server without a host is relative to wherever the
// document is served, so any host will do.
type server struct {
	url          string // as declared, with the defaults of its variables
	scheme, host *regexp.Regexp
	base         []segment
}

// A segment is what stands between two slashes of a path: literal text, or a pattern with parameters.
type segment struct {
	literal string
	pattern *regexp.Regexp // nil for literal text
	names   []string       // of the parameters, in the order of the pattern's groups
}

// A target is where a request went.
type target struct {
	scheme, host string // in lower case, without the scheme's own port; empty if unknown
	path         string // escaped
}

func (t target) String() string {
	if t.scheme == "" {
		return t.host + t.path
	}
	return t.scheme + "://" + t.host + t.path
}

// A match is the best route for a request, and what is wrong with it.
type match struct {
	route  *route
	params map[string]string
	target target
	method bool
	host   bool
	scheme bool
}

func (s *spec) addRoutes(op *operation, methods []string, servers openapi3.Servers) error {
	if len(servers) == 0 {
		servers = openapi3.Servers{{URL: "/"}}
	}
	path, err := segments(op.path, nil)
	if err != nil {
		return err
	}
	for _, declared := range servers {
		srv, err := compileServer(declared)
		if err != nil {
			return err
		}
		for _, method := range methods {
			s.routes = append(s.routes, &route{op: op, method: method, server: srv, path: slices.Concat(srv.base, path)})
		}
	}
	return nil
}

func compileServer(in *openapi3.Server) (*server, error) {
	s := &server{url: in.URL}
	for name, variable := range in.Variables {
		s.url = strings.ReplaceAll(s.url, "{"+name+"}", variable.Default)
	}
	rest := in.URL
	if scheme, after, ok := strings.Cut(rest, "://"); ok {
		host, path, _ := strings.Cut(after, "/")
		if u, err := url.Parse(s.url); err == nil { // without the scheme's own port, as requests are compared
			host = strings.TrimSuffix(host, defaultPort(u.Scheme))
		}
		var err1, err2 error
		s.scheme, err1 = template(scheme, in.Variables)
		s.host, err2 = template(host, in.Variables)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		rest = path
	}
	base, err := segments(strings.Trim(rest, "/"), in.Variables)
	s.base = base
	return s, err
}

func defaultPort(scheme string) string {
	switch strings.ToLower(scheme) {
	case "http":
		return ":80"
	case "https":
		return ":443"
	}
	return "\x00"
}

var templateVariable = regexp.MustCompile(`\{([^{}]*)\}`)

// template compiles a part of a URL with variables in braces; every variable is one group. A server's variable takes the
// values it lists; any other takes whatever stands there.
func template(text string, variables openapi3.ServerVariables) (*regexp.Regexp, error) {
	var b strings.Builder
	last := 0
	for _, at := range templateVariable.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(regexp.QuoteMeta(text[last:at[0]]))
		last = at[1]
		values := `.+`
		if v := variables[text[at[2]:at[3]]]; v != nil && len(v.Enum) > 0 {
			quoted := make([]string, len(v.Enum))
			for i, value := range v.Enum {
				quoted[i] = regexp.QuoteMeta(value)
			}
			values = strings.Join(quoted, "|")
		}
		b.WriteString("(" + values + ")")
	}
	b.WriteString(regexp.QuoteMeta(text[last:]))
	return regexp.Compile("(?is)^" + b.String() + "$")
}

// segments compiles a path. Unlike hosts, paths are compared by case.
func segments(path string, variables openapi3.ServerVariables) ([]segment, error) {
	var all []segment
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if part == "" && path == "" {
			continue
		}
		s := segment{literal: part}
		if strings.Contains(part, "{") {
			pattern, err := template(part, variables)
			if err != nil {
				return nil, fmt.Errorf("path %s: %w", path, err)
			}
			s.pattern = regexp.MustCompile(strings.Replace(pattern.String(), "(?is)", "(?s)", 1))
			for _, name := range templateVariable.FindAllStringSubmatch(part, -1) {
				s.names = append(s.names, name[1])
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// targetOf returns where a request went, for a client's request as well as a server's.
func targetOf(req *http.Request) target {
	t := target{scheme: strings.ToLower(req.URL.Scheme), host: strings.ToLower(req.URL.Host), path: req.URL.EscapedPath()}
	if t.host == "" {
		t.host = strings.ToLower(req.Host)
	}
	if t.scheme == "" && req.TLS != nil {
		t.scheme = "https"
	}
	t.host = strings.TrimSuffix(t.host, defaultPort(t.scheme))
	return t
}

// find returns the best route for a request, nil if no path fits. It tries the request as it is and under every server
// it stands for.
func (s *spec) find(method string, t target, stands []stand) *match {
	var best *match
	for _, seen := range append(standFor(t, stands), t) {
		parts := strings.Split(strings.TrimPrefix(seen.path, "/"), "/")
		for _, r := range s.routes {
			if m := r.match(method, seen, parts); m != nil && (best == nil || m.score() > best.score()) {
				best = m
			}
		}
	}
	return best
}

// knows reports whether a request went to a host of the contract, or to one that stands for such a host.
func (s *spec) knows(t target, stands []stand) bool {
	return slices.ContainsFunc(s.routes, func(r *route) bool { return r.server.host == nil || r.server.host.MatchString(t.host) }) ||
		slices.ContainsFunc(stands, func(s stand) bool { return s.at.host == t.host })
}

func (m *match) score() (score int) {
	if m.host {
		score += 4
	}
	if m.method {
		score += 2
	}
	if m.scheme {
		score++
	}
	return score
}

// match returns nil if the path is another one.
func (r *route) match(method string, t target, parts []string) *match {
	if len(parts) != len(r.path) {
		return nil
	}
	m := &match{route: r, target: t, params: map[string]string{}}
	for i, segment := range r.path {
		part, err := url.PathUnescape(parts[i])
		if err != nil {
			return nil
		}
		if segment.pattern == nil {
			if part != segment.literal {
				return nil
			}
			continue
		}
		values := segment.pattern.FindStringSubmatch(part)
		if values == nil {
			return nil
		}
		for j, name := range segment.names {
			m.params[name] = values[j+1]
		}
	}
	m.method = method == r.method
	m.host = r.server.host == nil || r.server.host.MatchString(t.host)
	m.scheme = r.server.scheme == nil || t.scheme == "" || r.server.scheme.MatchString(t.scheme)
	return m
}

// A stand is a server that stands for a declared one, such as a test server on 127.0.0.1.
type stand struct {
	at, declared target
}

// standFor returns where the request would have gone if it had not been for the stands.
func standFor(t target, stands []stand) []target {
	var all []target
	for _, s := range stands {
		rest, ok := strings.CutPrefix(t.path, s.at.path)
		if ok && t.host == s.at.host && (t.scheme == s.at.scheme || t.scheme == "") && (rest == "" || rest[0] == '/') {
			all = append(all, target{scheme: s.declared.scheme, host: s.declared.host, path: s.declared.path + rest})
		}
	}
	return all
}

// newStand checks a pair of base URLs as WithServer takes them. The declared one must be a server of the contract. An error
// repeats no URL that may hold a password.
func (s *spec) newStand(at, declared string) (stand, error) {
	var pair [2]target
	for i, raw := range []string{at, declared} {
		u, err := url.Parse(raw)
		if wrong, ok := errors.AsType[*url.Error](err); ok {
			return stand{}, fmt.Errorf("no base URL: %w", wrong.Err)
		}
		if u.Scheme == "" || u.Host == "" || u.RawQuery != "" || u.User != nil {
			return stand{}, fmt.Errorf("%q is no base URL: want a scheme, a host and perhaps a path", u.Redacted())
		}
		pair[i] = targetOf(&http.Request{URL: u})
		pair[i].path = strings.TrimSuffix(pair[i].path, "/")
	}
	for _, r := range s.routes {
		if r.server.matches(pair[1]) {
			return stand{pair[0], pair[1]}, nil
		}
	}
	return stand{}, fmt.Errorf("%q is no server of the contract", declared)
}

// matches reports whether t is the server's own base URL.
func (s *server) matches(t target) bool {
	if s.host == nil || !s.host.MatchString(t.host) || !s.scheme.MatchString(t.scheme) {
		return false
	}
	r := route{server: s, path: s.base}
	return len(s.base) == 0 && t.path == "" || t.path != "" && r.match("", t, strings.Split(t.path[1:], "/")) != nil
}
