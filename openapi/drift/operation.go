package drift

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// An operation is one operation of a document, with what is derived from it.
type operation struct {
	*openapi3.Operation
	route
	item, tree  map[string]any                 // as the document has it, until it is read
	parameters  map[string]*openapi3.Parameter // by place and name, those in the path by their position
	responses   map[string]*response           // by status, range such as 4XX, or DEFAULT
	credentials credentials
	accesses    []string // a service token needs one of them
}

type response struct {
	description string
	headers     *openapi3.Schema            // an object with a member for each header
	media       map[string]*openapi3.Schema // by media type; the schema may be nil
}

// read derives what is compared, and brings the schemas into one form.
func (op *operation) read(r *resolver, head *openapi3.T) error {
	resolved, err := r.value(map[string]any{"get": op.tree, "parameters": op.item["parameters"]}, 0, "")
	if err != nil {
		return err
	}
	op.item, op.tree = nil, nil
	item := &openapi3.PathItem{}
	if r.swagger {
		item, err = convert(resolved, r.root["produces"])
	} else {
		err = into(resolved, item)
	}
	if err != nil {
		return err
	}
	op.Operation = item.Get
	op.accesses = accessesOf(op.Operation)
	op.credentials = credentialsOf(op, head)
	op.parameters, op.responses = map[string]*openapi3.Parameter{}, map[string]*response{}
	for _, ref := range append(item.Parameters, op.Parameters...) { // its own instead of the path's
		if err := op.addParameter(ref); err != nil {
			return err
		}
	}
	for status, ref := range op.Responses.Map() {
		if status = strings.ToUpper(status); !statuses.MatchString(status) {
			return fmt.Errorf("%.20q is no status of a response", status)
		}
		if ref == nil || ref.Value == nil {
			return fmt.Errorf("the response to status %s is not described", status)
		}
		if op.responses[status], err = newResponse(ref.Value); err != nil {
			return fmt.Errorf("status %s: %w", status, err)
		}
	}
	if len(op.responses) == 0 {
		return errors.New("it has no responses")
	}
	return nil
}

var statuses = regexp.MustCompile(`^(DEFAULT|[1-5]([0-9][0-9]|XX))$`)

func (op *operation) addParameter(ref *openapi3.ParameterRef) error {
	if ref == nil || ref.Value == nil || ref.Value.Name == "" || ref.Value.In == "" {
		return errors.New("it has a parameter without a name or a place")
	}
	p := ref.Value
	key := p.In + " " + p.Name
	switch p.In {
	case "path": // its name is the document's own affair
		position := slices.Index(templated.FindAllString(op.path, -1), "{"+p.Name+"}")
		if position < 0 {
			return fmt.Errorf("the path has no parameter %.100q", p.Name)
		}
		key = p.In + " " + strconv.Itoa(position)
	case "header":
		key = p.In + " " + http.CanonicalHeaderKey(p.Name)
	}
	for _, media := range p.Content {
		if media != nil && media.Schema != nil {
			p.Schema = media.Schema
		}
	}
	p.Schema = cmp.Or(p.Schema, (&openapi3.Schema{}).NewRef())
	op.parameters[key] = p
	_, err := normalize(p.Schema, false)
	return err
}

func newResponse(in *openapi3.Response) (*response, error) {
	out := &response{
		description: *cmp.Or(in.Description, new(string)), media: map[string]*openapi3.Schema{},
		headers: &openapi3.Schema{Type: &openapi3.Types{openapi3.TypeObject}, Properties: openapi3.Schemas{}},
	}
	for name, media := range in.Content { // in lower case, and without a charset of UTF-8, which is JSON's anyway
		base, params, err := mime.ParseMediaType(name)
		if err != nil {
			return nil, fmt.Errorf("%.100q is no media type", name)
		}
		if strings.EqualFold(params["charset"], "utf-8") {
			delete(params, "charset")
		}
		name = mime.FormatMediaType(base, params)
		out.media[name] = nil
		if media != nil && media.Schema != nil {
			out.media[name] = media.Schema.Value
			if _, err := normalize(media.Schema, false); err != nil {
				return nil, err
			}
		}
	}
	for name, ref := range in.Headers {
		name = http.CanonicalHeaderKey(name)
		if ref == nil || ref.Value == nil || name == "Content-Type" { // which OpenAPI says to ignore there
			continue
		}
		out.headers.Properties[name] = cmp.Or(ref.Value.Schema, (&openapi3.Schema{}).NewRef())
		if ref.Value.Required {
			out.headers.Required = append(out.headers.Required, name)
		}
	}
	_, err := normalize(out.headers.NewRef(), false)
	return out, err
}

// declared returns what the operation says of a status, or nil. The default response stands for errors, and for
// successes only if the operation declares none of its own.
func (op *operation) declared(status int) *response {
	exact := strconv.Itoa(status)
	for _, key := range []string{exact, exact[:1] + "XX"} {
		if r := op.responses[key]; r != nil {
			return r
		}
	}
	succeeds := slices.ContainsFunc(union(op.responses, nil), func(declared string) bool { return declared[0] == '2' })
	if status >= 400 || status/100 == 2 && !succeeds {
		return op.responses["DEFAULT"]
	}
	return nil
}

// A route is how an operation is reached.
type route struct {
	method    string   // as in HTTP
	path      string   // as the document has it
	template  string   // the path with {} for a parameter
	addresses []string // URLs of the template; paths only if the document does not name a host
}

var templated = regexp.MustCompile(`\{[^{}]*\}`)

func templateOf(parts ...string) string {
	return templated.ReplaceAllString(path.Join("/", path.Join(parts...)), "{}")
}

// addressesOf returns where a path is on the servers of the first list that has any, variables at their defaults.
func addressesOf(template string, lists ...any) (all []string, err error) {
	var servers openapi3.Servers
	for i := 0; i < len(lists) && len(servers) == 0; i++ {
		if err := into(lists[i], &servers); err != nil {
			return nil, err
		}
	}
	for _, s := range servers {
		if s == nil {
			continue
		}
		address := s.URL
		for name, v := range s.Variables {
			if v != nil {
				address = strings.ReplaceAll(address, "{"+name+"}", v.Default)
			}
		}
		base, _, _ := strings.Cut(address, "?")
		origin := ""
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			origin, base = strings.ToLower(u.Scheme+"://"+u.Host), u.Path
		}
		all = append(all, origin+templateOf(base, template))
	}
	if len(all) == 0 {
		all = []string{template}
	}
	return slices.Compact(all), nil
}

// split returns the scheme and the host of an address, which may be empty, and its path.
func split(address string) (origin, path string) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return "", address
	}
	host, path, _ := strings.Cut(rest, "/")
	return scheme + "://" + host, "/" + path
}

// fit says how well a route of a document fits one of the contract: 0 for not at all, 1 if it ends with the contract's
// template, 2 if the paths are the same, 3 if the servers are. The path may move to other servers without being another.
func (r route) fit(wanted route) (best int) {
	if r.method != wanted.method {
		return 0
	}
	for _, address := range r.addresses {
		origin, path := split(address)
		if strings.HasSuffix(path, wanted.template) {
			best = max(best, 1)
		}
		for _, w := range wanted.addresses {
			switch o, p := split(w); {
			case p != path:
			case o == origin || origin == "":
				return 3
			default:
				best = max(best, 2)
			}
		}
	}
	return best
}

var versioned = regexp.MustCompile(`^/v[0-9]+(/|$)`)

// name returns the method and the path, whatever the names of its parameters and with or without a version before it.
func (r route) name() string { return r.method + " " + versioned.ReplaceAllString(r.template, "/") }

// isFamily reports whether the path is below /oauth-applications or /oauth/, wherever they are.
func (r route) isFamily() bool {
	return strings.Contains(r.template+"/", "/oauth-applications/") || strings.Contains(r.template, "/oauth/")
}

// The kinds of credential the contract knows.
const (
	serviceToken = "a service token"
	accessToken  = "an access token"
)

// credentials are what an operation asks for.
type credentials struct {
	kinds  []string // each alternative in words, sorted; none if the document says nothing of credentials
	scopes []string // that an access token needs
}

func credentialsOf(op *operation, head *openapi3.T) (c credentials) {
	for _, requirement := range *cmp.Or(op.Security, &head.Security) {
		var together []string
		for name, scopes := range requirement {
			kind := credentialOf(head.Components.SecuritySchemes[name], name)
			together = append(together, kind)
			if kind == accessToken { // elsewhere the list says nothing, though generators write things into it
				c.scopes = append(c.scopes, scopes...)
			}
		}
		c.kinds = append(c.kinds, cmp.Or(strings.Join(sorted(together), " with "), "none"))
	}
	// PlanetScale's list of schemes names one kind at a time, and has changed; that a service token is taken is said by the
	// list of accesses it needs.
	if op.Extensions[accessExtension] == nil && c.kinds != nil && len(op.accesses) > 0 && !c.takes(serviceToken) {
		c.kinds = append(c.kinds, serviceToken)
	}
	return credentials{sorted(c.kinds), sorted(c.scopes)}
}

// takes reports whether that alternative is enough.
func (c credentials) takes(kind string) bool {
	return slices.Contains(c.kinds, kind) || slices.Contains(c.kinds, "none")
}

// sorted returns names in order, each once.
func sorted(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// credentialOf says in words what credential a scheme stands for.
func credentialOf(ref *openapi3.SecuritySchemeRef, name string) string {
	scheme := &openapi3.SecurityScheme{}
	if ref != nil {
		scheme = cmp.Or(ref.Value, scheme)
	}
	words := strings.ToLower(strings.Join([]string{scheme.Type, scheme.Scheme, scheme.In, scheme.Name}, " "))
	switch kind := strings.Join(strings.Fields(words), " "); {
	case kind == "apikey header authorization":
		return serviceToken
	case scheme.Type == "oauth2", scheme.Type == "openIdConnect", kind == "http bearer":
		return accessToken
	default:
		return fmt.Sprintf("the scheme %.60q (%.60s)", name, cmp.Or(kind, "not described"))
	}
}

// accessExtension is where the contract has what PlanetScale writes into descriptions.
const accessExtension = "x-service-token-access"

var code = regexp.MustCompile("`([A-Za-z0-9_:]+)`")

// accessesOf returns the accesses of which a service token needs one, sorted: of the extension, or the names in backquotes
// under the description's heading.
func accessesOf(op *openapi3.Operation) (accesses []string) {
	if value, ok := op.Extensions[accessExtension]; ok {
		if raw, err := json.Marshal(value); err != nil || json.Unmarshal(raw, &accesses) != nil {
			return nil
		}
	} else {
		_, section, _ := strings.Cut(op.Description, "**Service Token Accesses**")
		section, _, _ = strings.Cut(section, "**")
		section, _, _ = strings.Cut(section, "\n#")
		for _, match := range code.FindAllStringSubmatch(section, -1) {
			accesses = append(accesses, match[1])
		}
	}
	return sorted(accesses)
}
