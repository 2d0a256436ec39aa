package drift

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

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

func credentialsOf(op *openapi3.Operation, security openapi3.SecurityRequirements, schemes map[string]map[string]any) (c credentials) {
	if op.Security != nil {
		security = *op.Security
	}
	for _, requirement := range security {
		var together []string
		for name, scopes := range requirement {
			kind := credentialOf(schemes[name], name)
			together = append(together, kind)
			if kind == accessToken { // elsewhere the list says nothing, though generators write things into it
				c.scopes = append(c.scopes, scopes...)
			}
		}
		c.kinds = append(c.kinds, cmp.Or(strings.Join(sorted(together), " with "), "none"))
	}
	// PlanetScale's list of schemes names one kind at a time, and has changed; that a service token is taken is said by the
	// list of accesses it needs.
	if op.Extensions[accessExtension] == nil && c.kinds != nil && len(accessesOf(op)) > 0 && !c.takes(serviceToken) {
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

// schemes returns the security schemes of the document by name. One that cannot be read is left out.
func (r *resolver) schemes() map[string]map[string]any {
	list, ok := r.root["securityDefinitions"].(map[string]any)
	if !ok {
		components, _ := r.root["components"].(map[string]any)
		list, _ = components["securitySchemes"].(map[string]any)
	}
	schemes := map[string]map[string]any{}
	for name, value := range list {
		resolved, _ := r.value(value, 0, "")
		schemes[name], _ = resolved.(map[string]any)
	}
	return schemes
}

// urlExtension is where the contract has the URLs of a scheme that it describes by its header only.
const urlExtension = "x-oauth-urls"

// schemeURLs returns the URLs of the schemes for access tokens, by keyword and sorted.
func schemeURLs(schemes map[string]map[string]any) map[string][]string {
	urls := map[string][]string{}
	for _, scheme := range schemes {
		flows, _ := scheme["flows"].(map[string]any)
		for _, value := range append(slices.Collect(maps.Values(flows)), scheme, scheme[urlExtension]) {
			from, _ := value.(map[string]any)
			for _, keyword := range []string{"authorizationUrl", "tokenUrl", "refreshUrl", "openIdConnectUrl"} {
				if address, ok := from[keyword].(string); ok && !slices.Contains(urls[keyword], address) {
					urls[keyword] = append(urls[keyword], address)
					slices.Sort(urls[keyword])
				}
			}
		}
	}
	return urls
}

// credentialOf says in words what credential a scheme stands for.
func credentialOf(scheme map[string]any, name string) string {
	at := func(key string) string {
		s, _ := scheme[key].(string)
		return strings.ToLower(s)
	}
	kind := strings.Join(strings.Fields(at("type")+" "+at("scheme")+" "+at("in")+" "+at("name")), " ")
	switch {
	case kind == "apikey header authorization":
		return serviceToken
	case at("type") == "oauth2", at("type") == "openidconnect", kind == "http bearer":
		return accessToken
	}
	return fmt.Sprintf("the scheme %.60q (%.60s)", name, cmp.Or(kind, "not described"))
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
