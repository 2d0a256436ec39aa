package drift_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/openapi/drift"
)

// upstream is a document as PlanetScale publishes them, in Swagger 2.0.
//
//go:embed testdata/upstream.yaml
var upstream string

func upstreamTree(t testing.TB) tree {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(upstream), &value); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(named(value)) // names of statuses are numbers to YAML
	if err != nil {
		t.Fatal(err)
	}
	var doc tree
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func named(value any) any {
	switch value := value.(type) {
	case map[any]any:
		out := tree{}
		for k, v := range value {
			out[fmt.Sprint(k)] = named(v)
		}
		return out
	case tree:
		for k, v := range value {
			value[k] = named(v)
		}
	case []any:
		for i, v := range value {
			value[i] = named(v)
		}
	}
	return value
}

// openAPI says in OpenAPI 3 what a Swagger document says. The modern form, 3.1, has null among the types.
func openAPI(doc tree, modern bool) tree {
	var convert func(v any) any
	convert = func(v any) any {
		switch v := v.(type) {
		case []any:
			for i, item := range v {
				v[i] = convert(item)
			}
		case tree:
			for name, item := range v {
				v[name] = convert(item)
			}
			if ref, ok := v["$ref"].(string); ok {
				v["$ref"] = strings.Replace(ref, "#/definitions/", "#/components/schemas/", 1)
			}
			if v["x-nullable"] == true {
				delete(v, "x-nullable")
				if modern {
					v["type"] = []any{v["type"], "null"}
				} else {
					v["nullable"] = true
				}
			}
			if kind := v["type"]; v["in"] != nil && kind != nil && v["schema"] == nil {
				v["schema"] = tree{"type": kind}
				for _, keyword := range []string{"default", "minimum"} {
					if v[keyword] != nil {
						v["schema"].(tree)[keyword] = v[keyword]
						delete(v, keyword)
					}
				}
				delete(v, "type")
			}
			if schema := v["schema"]; schema != nil && v["in"] == nil {
				v["content"] = tree{"application/json": tree{"schema": schema}}
				delete(v, "schema")
			}
		}
		return v
	}
	doc = convert(doc).(tree)
	version := "3.0.1"
	if modern {
		version = "3.1.0"
	}
	return tree{
		"openapi": version, "info": doc["info"], "paths": doc["paths"], "security": doc["security"],
		"servers": []any{tree{"url": "https://api.planetscale.com/v1"}},
		"components": tree{"schemas": doc["definitions"], "securitySchemes": tree{"oauth2": tree{
			"type": "oauth2", "flows": tree{"authorizationCode": tree{
				"authorizationUrl": "https://app.planetscale.com/oauth/authorize", "tokenUrl": "https://auth.planetscale.com/oauth/token", "scopes": tree{},
			}}}}},
	}
}

// wantUpstream is what there is to say of the document against the contract.
var wantUpstream = []string{
	"relaxed: required getOAuthApplication /dcr: optional → required",
	"relaxed: type getOAuthApplication /mcp_tool_groups/*: anything → a string",
	"relaxed: type getOAuthApplication /scopes: a string or an array of strings → a string",
	"relaxed: required getOAuthToken /expires_at: optional → required",
	"relaxed: required getOAuthToken /last_used_at: optional → required",
	"relaxed: required getOAuthToken /name: optional → required",
	"relaxed: required listOAuthApplications /data/*/dcr: optional → required",
	"relaxed: type listOAuthApplications /data/*/mcp_tool_groups/*: anything → a string",
	"relaxed: type listOAuthApplications /data/*/scopes: a string or an array of strings → a string",
	"relaxed: required listOAuthApplications /per_page: optional → required",
	"relaxed: required listOAuthApplications /total_count: optional → required",
	"relaxed: required listOAuthApplications /total_pages: optional → required",
	"relaxed: required listOAuthApplications /type: optional → required",
	"relaxed: required listOAuthTokens /data/*/expires_at: optional → required",
	"relaxed: required listOAuthTokens /data/*/last_used_at: optional → required",
	"relaxed: required listOAuthTokens /data/*/name: optional → required",
	"relaxed: required listOAuthTokens /per_page: optional → required",
	"relaxed: required listOAuthTokens /total_count: optional → required",
	"relaxed: required listOAuthTokens /total_pages: optional → required",
	"relaxed: required listOAuthTokens /type: optional → required",
}

// listed returns the findings of a report but those of wording, each in a line without what follows from it.
// A member that the contract took in after the document was written is left out.
func listed(report *drift.Report) []string {
	var lines []string
	for _, f := range report.Findings {
		if f.Class == drift.Relaxed && f.Rule == "member" && unrecorded()[f.Pointer[strings.LastIndex(f.Pointer, "/")+1:]] {
			continue
		}
		if f.Class != drift.Wording {
			lines = append(lines, strings.TrimSuffix(f.String(), ": "+f.Message))
		}
	}
	return lines
}

// unrecorded returns the members of the contract that no recording has yet, as --suggest marks them.
var unrecorded = sync.OnceValue(func() map[string]bool {
	var doc tree
	if err := json.Unmarshal(contractJSON(), &doc); err != nil {
		panic(err)
	}
	members := map[string]bool{}
	for _, n := range nodes(doc) {
		if n.schema["x-unrecorded"] == true {
			members[n.member] = true
		}
	}
	return members
})

func TestCompareReadsEveryFormat(t *testing.T) {
	t.Parallel()
	asYAML := func(doc tree) []byte {
		data, err := yaml.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for name, data := range map[string][]byte{
		"Swagger 2.0 in YAML, with anchors": []byte(upstream),
		"Swagger 2.0 in JSON":               encode(t, upstreamTree(t)),
		"OpenAPI 3.0 in JSON":               encode(t, openAPI(upstreamTree(t), false)),
		"OpenAPI 3.0 in YAML":               asYAML(openAPI(upstreamTree(t), false)),
		"OpenAPI 3.1 in JSON":               encode(t, openAPI(upstreamTree(t), true)),
		"OpenAPI 3.1 in YAML":               asYAML(openAPI(upstreamTree(t), true)),
		"with a byte order mark":            append([]byte("\xef\xbb\xbf"), encode(t, upstreamTree(t))...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := drift.Parse(data, "upstream")
			if err != nil {
				t.Fatal(err)
			}
			report, err := drift.Compare(doc)
			if err != nil {
				t.Fatal(err)
			}
			if got := listed(report); !slices.Equal(got, wantUpstream) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wantUpstream, "\n"))
			}
		})
	}
}

// What a document says in other words is no difference.
func TestCompareFindsOperationsWhereverTheDocumentHasThem(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(doc tree){
		"the version in the paths": func(doc tree) {
			delete(doc, "basePath")
			renamePaths(doc, func(path string) string { return "/v1" + path })
		},
		"other names of parameters": func(doc tree) {
			renamePaths(doc, func(path string) string { return strings.ReplaceAll(path, "{application_id}", "{app}") })
			for _, item := range doc["paths"].(tree) {
				for _, method := range []string{"get", "delete"} {
					op, _ := item.(tree)[method].(tree)
					list, _ := op["parameters"].([]any)
					for _, p := range list {
						if p.(tree)["name"] == "application_id" {
							p.(tree)["name"] = "app"
						}
					}
				}
			}
		},
		"a slash at the end":  func(doc tree) { renamePaths(doc, func(path string) string { return path + "/" }) },
		"no host":             func(doc tree) { delete(doc, "host"); delete(doc, "schemes") },
		"a base path bare":    func(doc tree) { doc["basePath"] = "v1/" },
		"a host in capitals":  func(doc tree) { doc["host"] = "API.PlanetScale.com" },
		"schemes left out":    func(doc tree) { delete(doc, "schemes") },
		"a path by reference": func(doc tree) { moveOut(doc, "/organizations/{organization}/oauth-applications/{id}") },
		"another of the same path, elsewhere": func(doc tree) {
			for path, item := range maps.Clone(doc["paths"].(tree)) {
				_ = item
				doc["paths"].(tree)["/beta"+path] = tree{"get": tree{"responses": tree{"204": tree{"description": "x"}}}}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := upstreamTree(t)
			change(doc)
			report, err := drift.Compare(parse(t, doc))
			if err != nil {
				t.Fatal(err)
			}
			got := slices.DeleteFunc(listed(report), func(line string) bool { return strings.Contains(line, "operation GET /beta/") })
			if !slices.Equal(got, wantUpstream) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wantUpstream, "\n"))
			}
		})
	}
}

func renamePaths(doc tree, rename func(string) string) {
	renamed := tree{}
	for path, item := range doc["paths"].(tree) {
		renamed[rename(path)] = item
	}
	doc["paths"] = renamed
}

func moveOut(doc tree, path string) {
	doc["x-paths"] = tree{"one": doc["paths"].(tree)[path]}
	doc["paths"].(tree)[path] = tree{"$ref": "#/x-paths/one"}
}

// TestCompareSaysWhatAChangeMeans has one change of each kind that PlanetScale has made or may make.
func TestCompareSaysWhatAChangeMeans(t *testing.T) {
	t.Parallel()
	application := func(doc tree) tree { return doc["definitions"].(tree)["Application"].(tree) }
	token := func(doc tree) tree { return doc["definitions"].(tree)["Token"].(tree) }
	properties := func(schema tree) tree { return schema["properties"].(tree) }
	get := func(doc tree) tree {
		return doc["paths"].(tree)["/organizations/{organization}/oauth-applications/{id}"].(tree)["get"].(tree)
	}
	for name, c := range map[string]struct {
		change func(doc tree)
		want   []string // beyond what there is to say of the document anyway
	}{
		"a new member": {func(doc tree) {
			properties(application(doc))["brand_logo"] = tree{"type": "string", "x-nullable": true}
		}, []string{"new: member getOAuthApplication /brand_logo: not declared → a string or null, optional"}},
		"an inner shape where none was published": {func(doc tree) {
			properties(application(doc))["scopes_by_resource"] = tree{"type": "object", "properties": tree{"user": tree{"type": "array", "items": tree{}}}}
		}, []string{"new: member getOAuthApplication /scopes_by_resource/user: not declared → an array, optional"}},
		"times in Unix seconds": {func(doc tree) { properties(application(doc))["created_at"] = tree{"type": "integer"} },
			[]string{"breaking: type getOAuthApplication /created_at: a string (date-time) → an integer"}},
		"dates for times": {func(doc tree) { properties(application(doc))["created_at"] = tree{"type": "string", "format": "date"} },
			[]string{"breaking: format getOAuthApplication /created_at: format date-time → format date"}},
		"addresses that are e-mail addresses": {func(doc tree) { properties(token(doc))["avatar_url"] = tree{"type": "string", "format": "email"} },
			[]string{"breaking: format getOAuthToken /avatar_url: format uri → format email",
				"breaking: format listOAuthTokens /data/*/avatar_url: format uri → format email"}},
		"types that contradict each other": {func(doc tree) {
			response := at(doc, "/paths/"+strings.ReplaceAll(paths["getOAuthToken"], "/", "~1")+"/get/responses/200").(tree)
			response["schema"] = tree{"allOf": []any{response["schema"], tree{"type": "object", "properties": tree{"id": tree{"type": "integer"}}}}}
		}, []string{"differs: type getOAuthToken /id: a string → nothing"}},
		"a number for a constant object": {func(doc tree) { properties(token(doc))["id"] = tree{"type": "string", "const": 1} },
			[]string{"differs: type getOAuthToken /id: a string → nothing",
				"differs: type listOAuthTokens /data/*/id: a string → nothing"}},
		"a list too long for a sample, for a string": {func(doc tree) {
			properties(token(doc))["id"] = tree{"type": "array", "minItems": 1_000_000_000, "items": tree{"type": "string"}}
		}, []string{"breaking: type getOAuthToken /id: a string → an array of strings",
			"breaking: type listOAuthTokens /data/*/id: a string → an array of strings"}},
		"lists in lists, too long for a sample": {func(doc tree) {
			list := tree{"type": "string"}
			for range 3 {
				list = tree{"type": "array", "minItems": 1000, "items": list}
			}
			properties(token(doc))["id"] = list
		}, []string{"breaking: type getOAuthToken /id: a string → an array of arrays",
			"breaking: type listOAuthTokens /data/*/id: a string → an array of arrays"}},
		"texts that are too long for a sample, and were short": {func(doc tree) {
			properties(token(doc))["id"] = tree{"type": "string", "minLength": 1_000_000_000}
		}, []string{"relaxed: size getOAuthToken /id: no size → \"minLength\":1000000000",
			"relaxed: size listOAuthTokens /data/*/id: no size → \"minLength\":1000000000"}},
		"more members than are required": {func(doc tree) { token(doc)["minProperties"] = 30 },
			[]string{"relaxed: size getOAuthToken: no size → \"minProperties\":30",
				"relaxed: size listOAuthTokens /data/*: no size → \"minProperties\":30"}},
		"pages out of a list": {func(doc tree) {
			for _, p := range at(doc, "/paths/"+strings.ReplaceAll(paths["listOAuthTokens"], "/", "~1")+"/get/parameters").([]any) {
				if p.(tree)["name"] == "page" {
					p.(tree)["enum"] = []any{1, 2}
				}
			}
		}, []string{"new: enum listOAuthTokens request /page: no enum → one of 1, 2"}},
		"times that say so": {func(doc tree) {
			properties(application(doc))["created_at"] = tree{"type": "string", "format": "date-time"}
		}, nil},
		"scopes as objects": {func(doc tree) {
			properties(application(doc))["scopes"] = tree{"type": "array", "items": tree{"type": "object"}}
		}, []string{
			"breaking: type getOAuthApplication /scopes/*: a string → an object",
			"relaxed: type getOAuthApplication /scopes: a string or an array of strings → an array of objects",
		}},
		"scopes in both forms, in a word that Swagger lacks": {func(doc tree) {
			properties(application(doc))["scopes"] = tree{"oneOf": []any{tree{"type": "string"}, tree{"type": "array", "items": tree{"type": "string"}}}}
		}, nil},
		"null in a word that Swagger lacks": {func(doc tree) { properties(application(doc))["name"].(tree)["nullable"] = true },
			[]string{"breaking: nullable getOAuthApplication /name: not null → may be null"}},
		"null among the types, in Swagger": {func(doc tree) { properties(application(doc))["name"].(tree)["type"] = []any{"string", "null"} },
			[]string{"breaking: nullable getOAuthApplication /name: not null → may be null"}},
		"two shapes that overlap, of which one may lack a member": {func(doc tree) {
			one := application(doc)
			other := tree{"type": "object", "required": []any{"id"}, "properties": tree{"id": tree{"type": "string"}}}
			doc["definitions"].(tree)["Application"] = tree{"oneOf": []any{one, other}}
		}, []string{
			"breaking: required getOAuthApplication /avatar: required → optional",
			"breaking: required getOAuthApplication /client_id: required → optional",
			"breaking: required getOAuthApplication /created_at: required → optional",
			"breaking: required getOAuthApplication /domain: required → optional",
			"breaking: required getOAuthApplication /name: required → optional",
			"breaking: required getOAuthApplication /redirect_uri: required → optional",
			"breaking: required getOAuthApplication /scopes: required → optional",
			"breaking: required getOAuthApplication /tokens: required → optional",
			"breaking: required getOAuthApplication /updated_at: required → optional",
		}},
		"limits that an example must keep": {func(doc tree) {
			properties(token(doc))["tags"] = tree{"type": "array", "minItems": 3, "uniqueItems": true, "items": tree{"type": "string", "minLength": 4}}
			properties(token(doc))["count"] = tree{"type": "integer", "minimum": 7, "multipleOf": 5}
			require(token(doc), "tags")
			require(token(doc), "count")
			properties(token(doc))["display_name"] = tree{"type": "string", "pattern": "^[a-z]{2,}-[0-9]+$", "x-nullable": true}
		}, []string{
			"breaking: nullable getOAuthToken /display_name: not null → may be null",
			"breaking: nullable listOAuthTokens /data/*/display_name: not null → may be null",
			"new: member getOAuthToken /count: not declared → an integer, required",
			"new: member getOAuthToken /tags: not declared → an array of strings, required",
			"new: member listOAuthTokens /data/*/count: not declared → an integer, required",
			"new: member listOAuthTokens /data/*/tags: not declared → an array of strings, required",
			"relaxed: pattern getOAuthToken /display_name: no pattern → pattern ^[a-z]{2,}-[0-9]+$",
			"relaxed: pattern listOAuthTokens /data/*/display_name: no pattern → pattern ^[a-z]{2,}-[0-9]+$",
		}},
		"a null beside a reference": {func(doc tree) {
			doc["definitions"].(tree)["Name"] = tree{"type": "string"}
			properties(application(doc))["name"] = tree{"$ref": "#/definitions/Name", "x-nullable": true}
		}, []string{"breaking: nullable getOAuthApplication /name: not null → may be null"}},
		"a required member gone": {func(doc tree) {
			delete(properties(application(doc)), "avatar")
			unrequire(application(doc), "avatar")
		}, []string{"breaking: member getOAuthApplication /avatar: a string, required → not declared"}},
		"a required member that may be null no longer required": {func(doc tree) { unrequire(token(doc), "actor_id") },
			[]string{
				"new: required getOAuthToken /actor_id: required → optional",
				"new: required listOAuthTokens /data/*/actor_id: required → optional",
			}},
		"the accesses changed": {func(doc tree) {
			get(doc)["description"] = "**Service Token Accesses**\n `read_oauth_applications`, `manage_oauth_applications`\n"
		}, []string{"new: access getOAuthApplication request: read_oauth_applications → manage_oauth_applications, read_oauth_applications"}},
		"service tokens no longer taken": {func(doc tree) { get(doc)["description"] = "One application." },
			[]string{
				"relaxed: access getOAuthApplication request: read_oauth_applications → none",
				"relaxed: security getOAuthApplication request: a service token or an access token → an access token",
			}},
		"access tokens not named": {func(doc tree) {
			doc["securityDefinitions"].(tree)["key"] = tree{"type": "apiKey", "in": "header", "name": "Authorization"}
			get(doc)["security"] = []any{tree{"key": []any{"Authorization"}}}
		}, []string{"relaxed: security getOAuthApplication request: a service token or an access token → a service token"}},
		"another answer": {func(doc tree) { get(doc)["responses"].(tree)["202"] = tree{"description": "Later."} },
			[]string{"breaking: status getOAuthApplication 202: not declared → declared"}},
		"a limit declared": {func(doc tree) { get(doc)["responses"].(tree)["429"] = tree{"description": "Too many requests"} },
			[]string{"new: status getOAuthApplication 429: not declared → declared"}},
		"another media type, for all operations": {func(doc tree) { doc["produces"] = []any{"application/json", "application/hal+json"} },
			[]string{
				"breaking: media-type getOAuthApplication: application/json → application/hal+json",
				"breaking: media-type getOAuthToken: application/json → application/hal+json",
				"breaking: media-type listOAuthApplications: application/json → application/hal+json",
				"breaking: media-type listOAuthTokens: application/json → application/hal+json",
			}},
		"another host": {func(doc tree) { doc["host"] = "api.example.com" }, []string{
			"breaking: server deleteOAuthToken: https://api.planetscale.com/v1/organizations/{}/oauth-applications/{}/tokens/{} → https://api.example.com/v1/organizations/{}/oauth-applications/{}/tokens/{}",
			"breaking: server getOAuthApplication: https://api.planetscale.com/v1/organizations/{}/oauth-applications/{} → https://api.example.com/v1/organizations/{}/oauth-applications/{}",
			"breaking: server getOAuthToken: https://api.planetscale.com/v1/organizations/{}/oauth-applications/{}/tokens/{} → https://api.example.com/v1/organizations/{}/oauth-applications/{}/tokens/{}",
			"breaking: server listOAuthApplications: https://api.planetscale.com/v1/organizations/{}/oauth-applications → https://api.example.com/v1/organizations/{}/oauth-applications",
			"breaking: server listOAuthTokens: https://api.planetscale.com/v1/organizations/{}/oauth-applications/{}/tokens → https://api.example.com/v1/organizations/{}/oauth-applications/{}/tokens",
		}},
		"another base path, and no host": {func(doc tree) {
			delete(doc, "host")
			doc["basePath"] = "/v2"
		}, []string{
			"breaking: server deleteOAuthToken: https://api.planetscale.com/v1/organizations/{}/oauth-applications/{}/tokens/{} → /v2/organizations/{}/oauth-applications/{}/tokens/{}",
			"breaking: server getOAuthApplication: https://api.planetscale.com/v1/organizations/{}/oauth-applications/{} → /v2/organizations/{}/oauth-applications/{}",
			"breaking: server getOAuthToken: https://api.planetscale.com/v1/organizations/{}/oauth-applications/{}/tokens/{} → /v2/organizations/{}/oauth-applications/{}/tokens/{}",
			"breaking: server listOAuthApplications: https://api.planetscale.com/v1/organizations/{}/oauth-applications → /v2/organizations/{}/oauth-applications",
			"breaking: server listOAuthTokens: https://api.planetscale.com/v1/organizations/{}/oauth-applications/{}/tokens → /v2/organizations/{}/oauth-applications/{}/tokens",
		}},
		"an operation gone": {func(doc tree) { delete(doc["paths"].(tree), "/organizations/{organization}/oauth-applications/{id}") },
			[]string{"breaking: operation getOAuthApplication: /organizations/{organization}/oauth-applications/{application_id} → not described"}},
		"another host, and an operation gone": {func(doc tree) {
			doc["host"] = "api.example.com"
			delete(doc["paths"].(tree), "/organizations/{organization}/oauth-applications/{application_id}/tokens")
			delete(doc["paths"].(tree), "/organizations/{organization}/oauth-applications/{id}")
		}, []string{
			"breaking: server deleteOAuthToken: https://api.planetscale.com/v1/organizations/{}/oauth-applications/{}/tokens/{} → https://api.example.com/v1/organizations/{}/oauth-applications/{}/tokens/{}",
			"breaking: operation getOAuthApplication: /organizations/{organization}/oauth-applications/{application_id} → not described",
			"breaking: server getOAuthToken: https://api.planetscale.com/v1/organizations/{}/oauth-applications/{}/tokens/{} → https://api.example.com/v1/organizations/{}/oauth-applications/{}/tokens/{}",
			"breaking: server listOAuthApplications: https://api.planetscale.com/v1/organizations/{}/oauth-applications → https://api.example.com/v1/organizations/{}/oauth-applications",
			"breaking: operation listOAuthTokens: /organizations/{organization}/oauth-applications/{application_id}/tokens → not described",
		}},
		"token info, missing where its host is described": {func(doc tree) {
			converted := openAPI(upstreamTree(t), false)
			clear(doc)
			for name, value := range converted {
				doc[name] = value
			}
			doc["paths"].(tree)["/oauth/token"] = tree{"servers": []any{tree{"url": "https://AUTH.planetscale.com/"}},
				"get": tree{"responses": tree{"200": tree{"description": "x"}}}}
		}, []string{
			"breaking: operation getTokenInfo: /oauth/token/info → not described",
			"new: operation GET /oauth/token: not described → GET /oauth/token",
		}},
		"one page of the documentation": {func(doc tree) {
			path := "/organizations/{organization}/oauth-applications/{id}"
			doc["paths"] = tree{path: doc["paths"].(tree)[path]}
		}, nil},
		"token info, described": {func(doc tree) {
			doc["paths"].(tree)["/oauth/token/info"] = tree{"get": tree{"responses": tree{"200": tree{
				"description": "It.", "schema": tree{"type": "object", "required": []any{"active"}, "properties": tree{
					"active": tree{"type": "boolean"}, "scope": tree{"type": "integer"},
				}},
			}}}}
		}, []string{
			"breaking: server getTokenInfo: https://auth.planetscale.com/oauth/token/info → https://api.planetscale.com/v1/oauth/token/info",
			"breaking: type getTokenInfo /scope: a string or an array of strings → an integer",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := upstreamTree(t)
			c.change(doc)
			report, err := drift.Compare(parse(t, doc))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, line := range listed(report) {
				if !slices.Contains(wantUpstream, line) && !(strings.Contains(line, "relaxed") && strings.Contains(line, "getTokenInfo")) {
					got = append(got, line)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if breaks := strings.HasPrefix(strings.Join(c.want, ""), "breaking"); report.Breaking() != breaks {
				t.Errorf("it breaks: %t, want %t", report.Breaking(), breaks)
			}
		})
	}
}
