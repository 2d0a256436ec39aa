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

func credentialsOf(root, op map[string]any) credentials {
	list, ok := op["security"].([]any)
	if !ok {
		list, _ = root["security"].([]any)
	}
	var all credentials
	for _, entry := range list {
		requirement, _ := entry.(map[string]any)
		alternative := map[string][]string{}
		for name, scopes := range requirement {
			kind := credentialOf(scheme(root, name), name)
			var wanted []string
			if kind == accessToken { // elsewhere the list says nothing, though generators write things into it
				list, _ := scopes.([]any)
				for _, scope := range list {
					wanted = append(wanted, fmt.Sprint(scope))
				}
			}
			slices.Sort(wanted)
			alternative[kind] = wanted
		}
		all = append(all, alternative)
	}
	if _, own := op[accessExtension]; !own && all != nil {
		description, _ := op["description"].(string)
		// PlanetScale's list of schemes names one kind at a time, and has changed; that a service token is taken is
		// said by the list of accesses it needs.
		if len(accessesIn(description, "Service Token Accesses")) > 0 && !all.takes(serviceToken) {
			all = append(all, map[string][]string{serviceToken: nil})
		}
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
func (c credentials) kinds() []string {
	var all []string
	for _, alternative := range c {
		words := strings.Join(slices.Sorted(maps.Keys(alternative)), " with ")
		if words == "" {
			words = "none"
		}
		if !slices.Contains(all, words) {
			all = append(all, words)
		}
	}
	slices.Sort(all)
	return all
}

// scopes returns the OAuth scopes that every alternative with an access token asks for.
func (c credentials) scopes() []string {
	var all []string
	for _, alternative := range c {
		all = append(all, alternative[accessToken]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// urlExtension is where the contract has the URLs of a scheme that it describes by its header only.
const urlExtension = "x-oauth-urls"

// schemeURLs returns the URLs of the schemes for access tokens, by keyword and sorted.
func schemeURLs(root map[string]any) map[string][]string {
	urls := map[string][]string{}
	add := func(in any) {
		from, _ := in.(map[string]any)
		for _, keyword := range []string{"authorizationUrl", "tokenUrl", "refreshUrl", "openIdConnectUrl"} {
			if address, ok := from[keyword].(string); ok && !slices.Contains(urls[keyword], address) {
				urls[keyword] = append(urls[keyword], address)
				slices.Sort(urls[keyword])
			}
		}
	}
	for name := range schemes(root) {
		scheme := scheme(root, name)
		add(scheme)
		add(scheme[urlExtension])
		flows, _ := scheme["flows"].(map[string]any)
		for _, flow := range flows {
			add(flow)
		}
	}
	return urls
}

func schemes(root map[string]any) map[string]any {
	schemes, ok := root["securityDefinitions"].(map[string]any)
	if !ok {
		components, _ := root["components"].(map[string]any)
		schemes, _ = components["securitySchemes"].(map[string]any)
	}
	return schemes
}

func scheme(root map[string]any, name string) map[string]any {
	scheme, _ := schemes(root)[name].(map[string]any)
	if ref, ok := scheme["$ref"].(string); ok {
		target, err := (&resolver{root: root}).lookup(ref)
		if err == nil {
			scheme, _ = target.(map[string]any)
		}
	}
	return scheme
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

// accessesOf returns the accesses of which a service token needs one, sorted.
func accessesOf(op *openapi3.Operation) []string {
	value, ok := op.Extensions[accessExtension]
	if !ok {
		return accessesIn(op.Description, "Service Token Accesses")
	}
	var accesses []string
	if raw, err := json.Marshal(value); err != nil || json.Unmarshal(raw, &accesses) != nil {
		return nil
	}
	slices.Sort(accesses)
	return accesses
}

var code = regexp.MustCompile("`([A-Za-z0-9_:]+)`")

// accessesIn returns the names in backquotes under a bold heading of a description, sorted.
func accessesIn(description, heading string) []string {
	_, section, found := strings.Cut(description, "**"+heading+"**")
	if !found {
		return nil
	}
	section, _, _ = strings.Cut(section, "**")
	section, _, _ = strings.Cut(section, "\n#")
	var names []string
	for _, match := range code.FindAllStringSubmatch(section, -1) {
		names = append(names, match[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}
