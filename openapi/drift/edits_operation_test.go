package drift_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

var paths = map[string]string{
	"deleteOAuthToken":      "/organizations/{organization}/oauth-applications/{application_id}/tokens/{token_id}",
	"listOAuthApplications": "/organizations/{organization}/oauth-applications",
	"getOAuthApplication":   "/organizations/{organization}/oauth-applications/{application_id}",
	"listOAuthTokens":       "/organizations/{organization}/oauth-applications/{application_id}/tokens",
	"getOAuthToken":         "/organizations/{organization}/oauth-applications/{application_id}/tokens/{token_id}",
	"getTokenInfo":          "/oauth/token/info",
}

// operationEdits returns the edits of what is around schemas.
func operationEdits() []edit {
	var all []edit
	add := func(id, name, want, back string, change func(doc, item, op tree)) {
		all = append(all, edit{id + ": " + name, want, back, func(doc tree) {
			item := doc["paths"].(tree)[paths[id]].(tree)
			change(doc, item, item["get"].(tree))
		}})
	}
	for _, id := range slices.Sorted(maps.Keys(paths)) {
		if id == "deleteOAuthToken" { // which is at the path of another
			continue
		}
		info := id == "getTokenInfo"
		gone := breaking
		if info { // the document then says nothing of the authorization host
			gone = none
		}
		add(id, "removed", gone, skip, func(doc, item, op tree) { delete(item, "get") })
		add(id, "POST for GET", breaking, skip, func(doc, item, op tree) { item["post"] = op; delete(item, "get") })
		if info {
			all[len(all)-1].want = breaking // there is another operation on its host
		}
		add(id, "path moved", gone, skip, func(doc, item, op tree) {
			p := doc["paths"].(tree)
			delete(p, paths[id])
			p[strings.Replace(paths[id], "oauth", "o-auth", 1)] = item
		})
		if info {
			all[len(all)-1].want = breaking
		}
		add(id, "parameters renamed", wording, skip, func(doc, item, op tree) {
			p := doc["paths"].(tree)
			delete(p, paths[id])
			p[strings.ReplaceAll(paths[id], "{", "{the_")] = item
			item["parameters"] = []any{}
			for _, name := range []string{"organization", "application_id", "token_id"} {
				if strings.Contains(paths[id], "{"+name+"}") {
					item["parameters"] = append(item["parameters"].([]any), tree{"name": "the_" + name, "in": "path", "required": true,
						"schema": tree{"type": "string"}})
				}
			}
		})
		if info {
			all[len(all)-1].want = none
		}
		server := func(name, want, url string, more ...any) {
			add(id, name, want, skip, func(doc, item, op tree) { item["servers"] = append(more, tree{"url": url}) })
		}
		server("another host", breaking, "https://api.example.com/v1")
		server("another path", breaking, "https://api.planetscale.com/v2")
		server("another scheme", breaking, strings.Replace(serverOf(id), "https", "http", 1))
		server("one more server", new_, "https://eu.example.com", tree{"url": serverOf(id)})
		server("server in capitals", none, strings.Replace(serverOf(id), "planetscale", "PlanetScale", 1))
		elsewhere := none // those of the document stand in
		if info {
			elsewhere = breaking
		}
		add(id, "no servers", elsewhere, skip, func(doc, item, op tree) { delete(item, "servers") })
		add(id, "no servers anywhere", relaxed, skip, func(doc, item, op tree) { delete(item, "servers"); delete(doc, "servers") })
		add(id, "server on the operation", none, skip, func(doc, item, op tree) { op["servers"] = item["servers"]; delete(item, "servers") })

		for _, keyword := range []string{"operationId", "summary", "description"} {
			add(id, keyword, wording, wording, func(doc, item, op tree) { op[keyword] = "other_words" })
			if keyword == "operationId" {
				all[len(all)-1].back = skip
			}
		}
		add(id, "tags", wording, wording, func(doc, item, op tree) { op["tags"] = []any{"Others"} })
		add(id, "deprecated", new_, wording, func(doc, item, op tree) { op["deprecated"] = true })
		all = append(all, credentialEdits(id, info, add)...)
		all = append(all, parameterListEdits(id, add)...)
		all = append(all, responseEdits(id, add)...)
	}
	return all
}

type adder func(id, name, want, back string, change func(doc, item, op tree))

func serverOf(id string) string {
	if id == "getTokenInfo" {
		return "https://auth.planetscale.com"
	}
	return "https://api.planetscale.com/v1"
}

func credentialEdits(id string, info bool, add adder) []edit {
	basic := func(doc tree) {
		doc["components"].(tree)["securitySchemes"].(tree)["basic"] = tree{"type": "http", "scheme": "basic"}
	}
	add(id, "another credential", breaking, breaking, func(doc, item, op tree) {
		basic(doc)
		op["security"] = []any{tree{"basic": []any{}}}
	})
	add(id, "one more credential", new_, relaxed, func(doc, item, op tree) {
		basic(doc)
		op["security"] = append(slices.Clone(op["security"].([]any)), tree{"basic": []any{}})
	})
	add(id, "two credentials at once", breaking, skip, func(doc, item, op tree) {
		basic(doc)
		op["security"] = []any{tree{"basic": []any{}, "accessToken": []any{}}}
	})
	add(id, "scopes", new_, relaxed, func(doc, item, op tree) {
		op["security"] = []any{tree{"serviceToken": []any{}}, tree{"accessToken": []any{"read"}}}
	})
	add(id, "no security", relaxed, new_, func(doc, item, op tree) { delete(op, "security") })
	add(id, "another header for access tokens", breaking, skip, func(doc, item, op tree) {
		doc["components"].(tree)["securitySchemes"] = tree{
			"serviceToken": tree{"type": "apiKey", "in": "header", "name": "X-Key"},
			"accessToken":  tree{"type": "apiKey", "in": "query", "name": "token"},
		}
	})
	const access = "x-service-token-access"
	if info {
		add(id, "an access", new_, relaxed, func(doc, item, op tree) { op[access] = []any{"read_tokens"} })
		return nil
	}
	add(id, "service tokens only", relaxed, new_, func(doc, item, op tree) { op["security"] = []any{tree{"serviceToken": []any{}}} })
	add(id, "access tokens only", relaxed, new_, func(doc, item, op tree) { op["security"] = []any{tree{"accessToken": []any{}}} })
	add(id, "another access", breaking, breaking, func(doc, item, op tree) { op[access] = []any{"read_all"} })
	add(id, "one more access", new_, breaking, func(doc, item, op tree) { op[access] = append(slices.Clone(op[access].([]any)), "read_all") })
	add(id, "no access", relaxed, new_, func(doc, item, op tree) { op[access] = []any{} })
	add(id, "accesses in the description", wording, skip, func(doc, item, op tree) {
		var names []string
		for _, name := range op[access].([]any) {
			names = append(names, fmt.Sprintf(" `%s`\n", name))
		}
		op["description"] = "### Authorization\nA service token is needed.\n\n**Service Token Accesses**\n" + strings.Join(names, "") + "\n**Others**\n `no_access`\n"
		delete(op, access)
	})
	return nil
}

func parameterListEdits(id string, add adder) []edit {
	with := func(parameter tree) func(doc, item, op tree) {
		return func(doc, item, op tree) {
			list, _ := op["parameters"].([]any)
			op["parameters"] = append(slices.Clone(list), parameter)
		}
	}
	text := tree{"type": "string"}
	add(id, "one more parameter", new_, relaxed, with(tree{"name": "sort", "in": "query", "schema": text}))
	add(id, "one more parameter, required", breaking, relaxed, with(tree{"name": "sort", "in": "query", "required": true, "schema": text}))
	add(id, "a header, required", breaking, relaxed, with(tree{"name": "x-version", "in": "header", "required": true, "schema": text}))
	add(id, "a body", new_, relaxed, func(doc, item, op tree) {
		op["requestBody"] = tree{"content": tree{"application/json": tree{"schema": tree{"type": "object"}}}}
	})
	add(id, "a body, required", breaking, relaxed, func(doc, item, op tree) {
		op["requestBody"] = tree{"required": true, "content": tree{"application/json": tree{"schema": tree{"type": "object"}}}}
	})
	if id != "listOAuthTokens" {
		return nil
	}
	for i, name := range []string{"page", "per_page"} {
		parameter := func(op tree) tree { return op["parameters"].([]any)[i].(tree) }
		add(id, "without "+name, relaxed, new_, func(doc, item, op tree) { op["parameters"] = slices.Delete(op["parameters"].([]any), i, i+1) })
		add(id, name+" required", breaking, new_, func(doc, item, op tree) { parameter(op)["required"] = true })
		add(id, name+" deprecated", new_, wording, func(doc, item, op tree) { parameter(op)["deprecated"] = true })
		add(id, name+" described otherwise", wording, wording, func(doc, item, op tree) { parameter(op)["description"] = "Other words." })
		add(id, name+" in a header", new_, new_, func(doc, item, op tree) { parameter(op)["in"] = "header" })
		add(id, name+" exploded", new_, new_, func(doc, item, op tree) { parameter(op)["style"] = "pipeDelimited"; parameter(op)["explode"] = false })
	}
	return nil
}

func responseEdits(id string, add adder) []edit {
	responses := func(op tree) tree { return op["responses"].(tree) }
	content := func(op tree) tree { return responses(op)["200"].(tree)["content"].(tree) }
	object := tree{"type": "object"}
	json := tree{"application/json": tree{"schema": object}}
	status := func(name, want, back string) {
		add(id, "status "+name, want, back, func(doc, item, op tree) { responses(op)[name] = tree{"description": "x", "content": json} })
	}
	status("201", breaking, relaxed)
	status("202", breaking, relaxed)
	status("2XX", breaking, relaxed)
	status("302", breaking, relaxed)
	status("429", new_, new_)
	status("4XX", new_, new_)
	add(id, "201 for 200", breaking, breaking, func(doc, item, op tree) { r := responses(op); r["201"] = r["200"]; delete(r, "200") })
	add(id, "2XX for 200", breaking, relaxed, func(doc, item, op tree) { r := responses(op); r["2XX"] = r["200"]; delete(r, "200") })
	add(id, "without 401", wording, new_, func(doc, item, op tree) { delete(responses(op), "401") })
	add(id, "without default", wording, new_, func(doc, item, op tree) { delete(responses(op), "default") })
	add(id, "without 401 and default", relaxed, new_, func(doc, item, op tree) { delete(responses(op), "401"); delete(responses(op), "default") })
	add(id, "401 without a body", wording, new_, func(doc, item, op tree) { responses(op)["401"] = tree{"description": "x"} })
	add(id, "401 in XML", new_, skip, func(doc, item, op tree) {
		responses(op)["401"] = tree{"description": "x", "content": tree{"application/xml": tree{"schema": tree{"type": "string"}}}}
	})
	add(id, "401 is an array", breaking, breaking, func(doc, item, op tree) {
		responses(op)["401"] = tree{"description": "x", "content": tree{"application/json": tree{"schema": tree{"type": "array", "items": tree{}}}}}
	})
	add(id, "200 described otherwise", wording, wording, func(doc, item, op tree) { responses(op)["200"].(tree)["description"] = "Other words." })
	add(id, "200 without a body", breaking, new_, func(doc, item, op tree) { delete(responses(op)["200"].(tree), "content") })
	add(id, "200 in CSV too", breaking, relaxed, func(doc, item, op tree) { content(op)["text/csv"] = tree{"schema": tree{"type": "string"}} })
	add(id, "200 in XML", breaking, breaking, func(doc, item, op tree) {
		c := content(op)
		c["application/xml"] = c["application/json"]
		delete(c, "application/json")
	})
	add(id, "200 in anything", breaking, skip, func(doc, item, op tree) {
		c := content(op)
		c["*/*"] = c["application/json"]
		delete(c, "application/json")
	})
	add(id, "200 in JSON in Latin-1", breaking, breaking, func(doc, item, op tree) {
		c := content(op)
		c["application/json; charset=iso-8859-1"] = c["application/json"]
		delete(c, "application/json")
	})
	add(id, "200 in JSON in UTF-8", none, none, func(doc, item, op tree) {
		c := content(op)
		c["application/JSON; charset=utf-8"] = c["application/json"]
		delete(c, "application/json")
	})
	add(id, "200 without a schema", breaking, new_, func(doc, item, op tree) { delete(content(op)["application/json"].(tree), "schema") })
	header := func(name, want, back string, header tree) {
		add(id, name, want, back, func(doc, item, op tree) {
			responses(op)["200"].(tree)["headers"] = tree{"X-Request-Id": header}
		})
	}
	header("a header", new_, relaxed, tree{"schema": tree{"type": "string"}})
	header("a header that is always there", new_, breaking, tree{"required": true, "schema": tree{"type": "string"}})
	return nil
}
