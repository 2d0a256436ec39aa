package contract

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A meaning is what semantic rules, which no schema can say, know of an operation: how to judge its successful responses,
// and what the parameters of its path are: an organization, an application and a token, in this order. It goes by method
// and path template, because a document of the same service may have other ids and other names of parameters.
type meaning struct {
	method, path string
	judge        func(j *judge, root any)
}

var meanings = []meaning{
	{http.MethodGet, "/organizations/{}/oauth-applications", (*judge).applications},
	{http.MethodGet, "/organizations/{}/oauth-applications/{}", func(j *judge, root any) {
		j.same("application", root)
		if j.match != nil {
			j.countsTokens(root, "", j.match.target)
		}
		j.application(root, "")
	}},
	{http.MethodGet, "/organizations/{}/oauth-applications/{}/tokens", func(j *judge, root any) {
		j.page(root)
		for i, item := range items(root, "data") {
			j.token(item, "/data/"+strconv.Itoa(i))
		}
	}},
	{http.MethodGet, "/organizations/{}/oauth-applications/{}/tokens/{}", func(j *judge, root any) {
		j.same("token", root)
		j.token(root, "")
	}},
	{http.MethodGet, "/oauth/token/info", (*judge).info},
}

// meaningOf returns what is known of the operation with a method and a path, which may begin with more, or nil.
func meaningOf(method, path string) *meaning {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	same := func(part, known string) bool { return part == known || known == "{}" && part != "" }
	for i := range meanings {
		m := &meanings[i]
		known := strings.Split(m.path, "/")[1:]
		if m.method == method && len(parts) >= len(known) && slices.EqualFunc(parts[len(parts)-len(known):], known, same) {
			return m
		}
	}
	return nil
}

// param returns a parameter of the request's path, 1 for the last, because the servers' own come first; of a bare body none
// is known.
func (j *judge) param(last int) (string, bool) {
	if j.match == nil || last > len(j.match.values) {
		return "", false
	}
	return j.match.values[len(j.match.values)-last], true
}

// wrong adds a finding about the body. No schema says what a semantic rule says, so the line is the operation's.
func (j *judge) wrong(rule, pointer, format string, args ...any) {
	j.find(rule, inBody, pointer, j.op.line, format, args...)
}

// member returns a member of an object, and nil of anything else, or where there is none.
func member(v any, name string) any {
	object, _ := v.(map[string]any)
	return object[name]
}

// isNull reports whether an object has a member that is null.
func isNull(v any, name string) bool {
	object, _ := v.(map[string]any)
	value, ok := object[name]
	return ok && value == nil
}

// items returns the items of a member that is an array, and nothing of anything else.
func items(v any, name string) []any {
	list, _ := member(v, name).([]any)
	return list
}

// integer returns a member that is an integer of 64 bits, and nil of anything else.
func integer(v any, name string) *int64 {
	number, _ := member(v, name).(json.Number)
	if n, err := strconv.ParseInt(number.String(), 10, 64); err == nil {
		return &n
	}
	return nil
}

func timeOf(v any, name string) (time.Time, bool) {
	text, _ := member(v, name).(string)
	t, err := time.Parse(time.RFC3339, text)
	return t, err == nil
}

// applications judges a page of the list of applications.
func (j *judge) applications(root any) {
	j.page(root)
	for i, item := range items(root, "data") {
		at := "/data/" + strconv.Itoa(i)
		if id, ok := member(item, "id").(string); ok && j.match != nil {
			its := j.match.target
			its.path = strings.TrimSuffix(its.path, "/") + "/" + id
			j.countsTokens(item, at, its)
		}
		j.application(item, at)
	}
}

// countsTokens judges how many tokens an application says it has by the list of them, if the run saw it.
func (j *judge) countsTokens(application any, at string, its target) {
	tokens := integer(application, "tokens")
	if tokens == nil {
		return
	}
	its.path += "/tokens"
	lists := &j.run.lists
	lists.mu.Lock()
	defer lists.mu.Unlock()
	of := lists.at(its)
	if of.tokens = tokens; of.total != nil && *of.total != *tokens {
		j.wrong("count.tokens", at+"/tokens", "the application says that it has %d tokens, and its list gave %d in all",
			*tokens, *of.total)
	}
}

// same judges the id of what was sent by the one that was asked for.
func (j *judge) same(what string, root any) {
	asked, ok := j.param(1)
	if id, isString := member(root, "id").(string); ok && isString && id != asked {
		j.wrong("id.mismatch", "/id", "this is not the %s asked for%s", what, wantGot(asked, id))
	}
}

func (j *judge) application(v any, at string) {
	j.times(v, at)
	j.scopes(member(v, "scopes"), at+"/scopes")
}

// token judges one token, which is at the pointer in the body.
func (j *judge) token(token any, at string) {
	for _, name := range []string{"token", "plain_text_refresh_token"} {
		if secret := member(token, name); secret != nil && secret != "" {
			j.wrong("token.secret-in-read", at+"/"+name, "a secret is sent in a read")
		}
	}
	j.times(token, at)
	for i, access := range items(token, "service_token_accesses") {
		j.times(member(access, "resource"), at+"/service_token_accesses/"+strconv.Itoa(i)+"/resource")
	}
	asked, ok := j.param(strings.Count(j.op.meaning.path, "{}"))
	for _, kind := range []struct{ name, list, organization string }{
		{"database", "databases", "organization"},
		{"organization", "organizations", "name"},
		{"branch", "branches", "organization"},
		{"user", "users", ""},
	} {
		group, at := member(member(token, "oauth_accesses_by_resource"), kind.name), at+"/oauth_accesses_by_resource/"+kind.name
		for i, resource := range items(group, kind.list) {
			inside, isString := member(resource, kind.organization).(string)
			if ok && isString && !strings.EqualFold(inside, asked) {
				j.wrong("id.organization", at+"/"+kind.list+"/"+strconv.Itoa(i)+"/"+kind.organization,
					"the organization is not the one asked for%s", wantGot(asked, inside))
			}
		}
		seen := map[string]bool{}
		for i, access := range items(group, "accesses") {
			if scope, ok := member(access, "name").(string); ok {
				j.scope(scope, seen, at+"/accesses/"+strconv.Itoa(i)+"/name")
			}
		}
	}
}

// clockSkew is by how much a server's clock may be ahead.
const clockSkew = 5 * time.Minute

// times judges the times of a token, an application or a resource against each other.
func (j *judge) times(of any, at string) {
	created, ok := timeOf(of, "created_at")
	for _, later := range [][3]string{
		{"expires_at", "token.expires-before-created", "the expiry is"},
		{"updated_at", "token.updated-before-created", "the last change is"},
		{"last_used_at", "token.used-before-created", "the last use is"},
	} {
		if t, has := timeOf(of, later[0]); ok && has && t.Before(created) {
			j.wrong(later[1], at+"/"+later[0], "%s at %s, before the creation at %s",
				later[2], t.Format(time.RFC3339Nano), created.Format(time.RFC3339Nano))
		}
	}
	if used, has := timeOf(of, "last_used_at"); has && used.After(j.at.Add(clockSkew)) {
		j.wrong("token.used-in-future", at+"/last_used_at", "the last use is at %s, and the response was sent at %s",
			used.Format(time.RFC3339Nano), j.at.UTC().Format(time.RFC3339))
	}
}

// info judges what the authorization host says of a token, in either form.
func (j *judge) info(root any) {
	exp, iat := integer(root, "exp"), integer(root, "iat")
	if exp != nil && iat != nil && *exp <= *iat {
		j.wrong("info.exp-not-after-iat", "/exp", "the token expires at %d and is issued at %d", *exp, *iat)
	}
	switch active := member(root, "active"); {
	case active == true && exp != nil && *exp < j.at.Unix():
		j.wrong("info.active-expired", "/exp", "the token is active, and expired at %d; the response was sent at %d", *exp, j.at.Unix())
	case active == false:
		for _, name := range sortedKeys(root.(map[string]any)) {
			if name != "active" {
				j.wrong("info.inactive-with-members", j.pointer([]string{name}), "the token is inactive, and there is more about it")
			}
		}
	}
	j.scopes(member(root, "scope"), "/scope")
}

// scopes judges scopes in either form, an array of strings or one string.
func (j *judge) scopes(v any, at string) {
	seen := map[string]bool{}
	switch v := v.(type) {
	case string:
		for scope := range strings.FieldsSeq(v) {
			j.scope(scope, seen, at)
		}
	case []any:
		for i, item := range v {
			if scope, ok := item.(string); ok {
				j.scope(scope, seen, at+"/"+strconv.Itoa(i))
			}
		}
	}
}

// scope judges one of several scopes, and adds it to those seen.
func (j *judge) scope(scope string, seen map[string]bool, at string) {
	switch {
	case !slices.Contains(knownScopes, scope): // twice, too: what it is nobody knows
		j.wrong("scope.unknown", at, "a scope is not among those published")
	case seen[scope]:
		j.wrong("scope.duplicate", at, "a scope occurs more than once")
	}
	seen[scope] = true
}

// The scopes that PlanetScale's OpenAPI document listed on 2026-08-22, one a line.
//
//go:embed scopes.txt
var scopeList string

var knownScopes = strings.Fields(scopeList)
