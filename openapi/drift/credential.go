package drift

import (
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

// credentials are what an operation asks for: each alternative is a set of credentials that must come together. Nil
// stands for a document that says nothing of credentials.
type credentials []map[string][]string // by kind, with the OAuth scopes asked for

func credentialsOf(op *openapi3.Operation, security openapi3.SecurityRequirements, schemes map[string]map[string]any) (all credentials) {
	if op.Security != nil {
		security = *op.Security
	}
	for _, requirement := range security {
		alternative := map[string][]string{}
		for name, scopes := range requirement {
			kind := credentialOf(schemes[name], name)
			if kind != accessToken { // the list says nothing there, though generators write things into it
				scopes = nil
			}
			alternative[kind] = slices.Sorted(slices.Values(scopes))
		}
		all = append(all, alternative)
	}
	// PlanetScale's list of schemes names one kind at a time, and has changed; that a service token is taken is said by the
	// list of accesses it needs.
	if op.Extensions[accessExtension] == nil && all != nil && len(accessesOf(op)) > 0 && !all.takes(serviceToken) {
		all = append(all, map[string][]string{serviceToken: nil})
	}
	return all
}

// takes reports whether a credential of that kind is enough.
func (c credentials) takes(kind string) bool {
	return slices.ContainsFunc(c, func(alternative map[string][]string) bool {
		_, ok := alternative[kind]
		return len(alternative) == 0 || ok && len(alternative) == 1
	})
}

// kinds returns each alternative in words, sorted.
func (c credentials) kinds() (all []string) {
	for _, alternative := range c {
		words := strings.Join(slices.Sorted(maps.Keys(alternative)), " with ")
		if words == "" {
			words = "none"
		}
		all = append(all, words)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// scopes returns the OAuth scopes that any alternative with an access token asks for.
func (c credentials) scopes() (all []string) {
	for _, alternative := range c {
		all = append(all, alternative[accessToken]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// schemes returns the security schemes of the document by name. One that cannot be read is left out.
func (r *resolver) schemes() map[string]map[string]any {
	list, ok := r.root["securityDefinitions"].(map[string]any)
	if !ok {
		components, _ := r.root["components"].(map[string]any)
		list, _ = components["securitySchemes"].(map[string]any)
	}
	schemes := map[string]map[string]any{}
	for name, value := range list {
		if resolved, err := r.value(value, 0, ""); err == nil {
			schemes[name], _ = resolved.(map[string]any)
		}
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
	switch kind := at("type"); {
	case kind == "apikey" && at("in") == "header" && at("name") == "authorization":
		return serviceToken
	case kind == "oauth2", kind == "openidconnect", kind == "http" && at("scheme") == "bearer":
		return accessToken
	case kind == "apikey":
		return fmt.Sprintf("a key in the %s %.60s", at("in"), scheme["name"])
	case kind == "http":
		return "HTTP " + at("scheme") + " authentication"
	case kind == "":
		return fmt.Sprintf("the scheme %.60q, which is not described", name)
	default:
		return fmt.Sprintf("%.60s", scheme["type"])
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
	slices.Sort(accesses)
	return slices.Compact(accesses)
}
