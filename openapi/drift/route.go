package drift

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A route is how an operation is reached.
type route struct {
	method   string // as in HTTP
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

func newServer(address string) server {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return server{path: segments(strings.SplitN(address, "?", 2)[0])}
	}
	return server{origin: strings.ToLower(u.Scheme + "://" + u.Host), path: segments(u.Path)}
}

// path returns the segments of the whole path on a server.
func (r route) path(s server) []string { return slices.Concat(s.path, r.template) }

// addresses returns where the operation is served, as URLs with {} for parameters.
func (r route) addresses() []string {
	var all []string
	for _, s := range r.servers {
		all = append(all, s.origin+"/"+strings.Join(r.path(s), "/"))
	}
	return all
}

// How well a route of a document fits one of the contract. The path may move to other servers without being another.
const (
	fitsNot  = iota
	fitsTail // ends with the contract's template
	fitsPath
	fitsAddress
)

func (r route) fit(wanted route) int {
	best := fitsNot
	if r.method != wanted.method {
		return best
	}
	for _, s := range r.servers {
		path := r.path(s)
		if n := len(path) - len(wanted.template); n >= 0 && slices.Equal(path[n:], wanted.template) {
			best = max(best, fitsTail)
		}
		for _, w := range wanted.servers {
			switch {
			case !slices.Equal(path, wanted.path(w)):
			case s.origin == w.origin || s.origin == "":
				best = fitsAddress
			default:
				best = max(best, fitsPath)
			}
		}
	}
	return best
}

// A location is where in a document an operation stands.
type location struct {
	id       string // of the contract's operation
	template string // the document's own
	item, op map[string]any
	route    route
}

var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// locate finds the operations of the wanted routes in a document, by method and path: names of path parameters do not
// count, nor which part of the path the document has in its servers. Without wanted routes it finds all.
// It also returns the other operations of the family, by method and path.
func locate(root map[string]any, format format, wanted map[string]route) ([]location, map[string]string, error) {
	paths, ok := root["paths"].(map[string]any)
	if !ok || len(paths) == 0 {
		return nil, nil, errors.New("it describes no operations")
	}
	others := map[string]string{}
	found, fits := map[string]location{}, map[string]int{}
	for _, template := range slices.Sorted(maps.Keys(paths)) {
		item, err := pathItem(root, paths[template], template)
		if err != nil {
			return nil, nil, err
		}
		for _, method := range methods {
			op, ok := item[method].(map[string]any)
			if !ok {
				continue
			}
			at := location{template: template, item: item, op: op}
			at.route = route{strings.ToUpper(method), serversOf(root, item, op, format), segments(template)}
			if wanted == nil {
				at.id, _ = op["operationId"].(string)
				found[at.id] = at
			}
			for id, w := range wanted {
				if fit := at.route.fit(w); fit > fits[id] {
					at.id, fits[id] = id, fit
					found[id] = at
				}
			}
			if wanted != nil && isFamily(at.route.template) {
				others[at.route.name()] = strings.TrimSpace(at.route.method + " " + template)
			}
		}
	}
	if len(found) == 0 {
		return nil, nil, errors.New("it describes none of the contract's operations")
	}
	for _, at := range found {
		delete(others, at.route.name())
	}
	return slices.SortedFunc(maps.Values(found), func(a, b location) int { return strings.Compare(a.id, b.id) }), others, nil
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

// pathItem returns a path item. One that is a reference is looked up, because its operations are what is looked for.
func pathItem(root map[string]any, value any, template string) (map[string]any, error) {
	item, ok := value.(map[string]any)
	if ref, isRef := item["$ref"].(string); isRef {
		r := &resolver{root: root}
		target, err := r.lookup(ref)
		if err != nil {
			return nil, fmt.Errorf("the path %.100q: %w", template, err)
		}
		item, ok = target.(map[string]any)
	}
	if !ok && value != nil {
		return nil, fmt.Errorf("the path %.100q is not an object", template)
	}
	return item, nil
}

// serversOf returns the servers of one operation.
func serversOf(root, item, op map[string]any, format format) []server {
	var servers []server
	for _, address := range addressesOf(root, item, op, format) {
		if s := newServer(address); !slices.ContainsFunc(servers, func(other server) bool {
			return s.origin == other.origin && slices.Equal(s.path, other.path)
		}) {
			servers = append(servers, s)
		}
	}
	if len(servers) == 0 {
		servers = []server{{}}
	}
	return servers
}

func addressesOf(root, item, op map[string]any, format format) []string {
	if format == swagger2 {
		base, _ := root["basePath"].(string)
		host, _ := root["host"].(string)
		if host == "" {
			return []string{base}
		}
		schemes, ok := op["schemes"].([]any)
		if !ok {
			schemes, ok = root["schemes"].([]any)
		}
		if !ok || len(schemes) == 0 {
			schemes = []any{"https"}
		}
		var all []string
		for _, scheme := range schemes {
			all = append(all, fmt.Sprintf("%v://%s/%s", scheme, host, strings.TrimPrefix(base, "/")))
		}
		return all
	}
	for _, level := range []map[string]any{op, item, root} {
		list, _ := level["servers"].([]any)
		var all []string
		for _, entry := range list {
			s, _ := entry.(map[string]any)
			address, _ := s["url"].(string)
			variables, _ := s["variables"].(map[string]any)
			for name, v := range variables {
				variable, _ := v.(map[string]any)
				address = strings.ReplaceAll(address, "{"+name+"}", fmt.Sprint(variable["default"]))
			}
			all = append(all, address)
		}
		if len(all) > 0 {
			return all
		}
	}
	return nil
}

// surroundings returns the hosts that the servers of a document name, in lower case, and whether there is one operation
// only.
func surroundings(root map[string]any, format format) (hosts map[string]bool, one bool) {
	hosts = map[string]bool{}
	add := func(item, op map[string]any) {
		for _, s := range serversOf(root, item, op, format) {
			if _, host, ok := strings.Cut(s.origin, "://"); ok {
				hosts[host] = true
			}
		}
	}
	add(nil, nil)
	operations := 0
	paths, _ := root["paths"].(map[string]any)
	for template, value := range paths {
		item, err := pathItem(root, value, template)
		if err != nil {
			continue // locate has told
		}
		for _, method := range methods {
			if op, ok := item[method].(map[string]any); ok {
				add(item, op)
				operations++
			}
		}
	}
	return hosts, operations == 1
}
