package drift

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A route is how an operation is reached.
type route struct {
	method   string // as in HTTP
	path     string // as the document has it
	servers  []server
	template []string // the path's segments, with {} for a parameter
}

// A server is where an operation is served.
type server struct {
	origin string // scheme and host in lower case; empty if the document does not say, which is any
	path   []string
}

var templated = regexp.MustCompile(`\{[^{}]*\}`)

func segments(path string) []string {
	return strings.FieldsFunc(templated.ReplaceAllString(path, "{}"), func(r rune) bool { return r == '/' })
}

// serversOf returns where servers are, variables at their defaults.
func serversOf(in openapi3.Servers) (all []server) {
	for _, s := range in {
		if s == nil {
			continue
		}
		address := s.URL
		for name, v := range s.Variables {
			if v != nil {
				address = strings.ReplaceAll(address, "{"+name+"}", v.Default)
			}
		}
		out := server{path: segments(strings.SplitN(address, "?", 2)[0])}
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			out = server{strings.ToLower(u.Scheme + "://" + u.Host), segments(u.Path)}
		}
		if !slices.ContainsFunc(all, func(o server) bool { return o.origin == out.origin && slices.Equal(o.path, out.path) }) {
			all = append(all, out)
		}
	}
	if len(all) == 0 {
		all = []server{{}}
	}
	return all
}

// full returns the segments of the whole path on a server.
func (r route) full(s server) []string { return slices.Concat(s.path, r.template) }

// addresses returns where the operation is served, as URLs with {} for parameters.
func (r route) addresses() (all []string) {
	for _, s := range r.servers {
		all = append(all, s.origin+"/"+strings.Join(r.full(s), "/"))
	}
	return all
}

// fit says how well a route of a document fits one of the contract: 0 for not at all, 1 if it ends with the contract's
// template, 2 if the paths are the same, 3 if the servers are. The path may move to other servers without being another.
func (r route) fit(wanted route) (best int) {
	if r.method != wanted.method {
		return 0
	}
	for _, s := range r.servers {
		path := r.full(s)
		if n := len(path) - len(wanted.template); n >= 0 && slices.Equal(path[n:], wanted.template) {
			best = max(best, 1)
		}
		for _, w := range wanted.servers {
			switch {
			case !slices.Equal(path, wanted.full(w)):
			case s.origin == w.origin || s.origin == "":
				return 3
			default:
				best = max(best, 2)
			}
		}
	}
	return best
}

// isFamily reports whether a path is below /oauth-applications or /oauth/, wherever they are.
func isFamily(path []string) bool {
	return slices.Contains(path, "oauth-applications") || slices.Contains(path[:max(len(path)-1, 0)], "oauth")
}

var version = regexp.MustCompile(`^v[0-9]+$`)

// name returns the method and the path, whatever the names of its parameters and with or without a version before it.
func (r route) name() string {
	path := r.template
	if len(path) > 0 && version.MatchString(path[0]) {
		path = path[1:]
	}
	return r.method + " /" + strings.Join(path, "/")
}
