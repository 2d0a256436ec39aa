package contract

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A meaning is what semantic rules, which no schema can say, know of an operation: how to judge its successful responses,
// and which parameter of the path is what, counted from the last. It goes by method and path template, because a document
// of the same service may have other ids and other names of parameters.
type meaning struct {
	method, path                     string
	organization, application, token int // counted from 1 at the end; 0 for none
	judge                            func(j *judge, root any)
}

var meanings = []meaning{
	{http.MethodGet, "/organizations/{}/oauth-applications", 1, 0, 0, (*judge).applications},
	{http.MethodGet, "/organizations/{}/oauth-applications/{}", 2, 1, 0, (*judge).oneApplication},
	{http.MethodGet, "/organizations/{}/oauth-applications/{}/tokens", 2, 1, 0, (*judge).tokens},
	{http.MethodGet, "/organizations/{}/oauth-applications/{}/tokens/{}", 3, 2, 1, (*judge).oneToken},
	{http.MethodGet, "/oauth/token/info", 0, 0, 0, (*judge).info},
}

// meaningOf returns what is known of the operation with a method and a path, which may begin with more, or nil.
func meaningOf(method, path string) *meaning {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for i := range meanings {
		m := &meanings[i]
		known := strings.Split(m.path, "/")[1:]
		same := func(part, known string) bool { return part == known || known == "{}" && part != "" }
		if m.method == method && len(parts) >= len(known) && slices.EqualFunc(parts[len(parts)-len(known):], known, same) {
			return m
		}
	}
	return nil
}

// wrong adds a finding about the body.
func (j *judge) wrong(rule, pointer, format string, args ...any) {
	at := strings.Split(pointer, "/")[1:]
	line0 := j.op.line
	if j.by != nil {
		if s := schemaAt(j.by, at, 0); s != nil {
			line0 = cmp.Or(line(s.Origin), line0)
		}
	}
	j.find(rule, inBody, j.pointer(at), line0, format, args...)
}

// param returns a parameter of the request's path, counted from the last; of a bare body none is known.
func (j *judge) param(fromEnd int) (string, bool) {
	if j.match == nil || fromEnd == 0 || fromEnd > len(j.match.values) {
		return "", false
	}
	return j.match.values[len(j.match.values)-fromEnd], true
}

// now is when the response was sent, as far as anybody knows.
func (j *judge) now() time.Time {
	if !j.at.IsZero() {
		return j.at
	}
	return j.v.clock()
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

// integer returns an integer that 64 bits hold.
func integer(v any) (int64, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	return n, err == nil
}

func (j *judge) oneApplication(root any) {
	j.same("application", j.op.meaning.application, root)
	if j.match != nil {
		j.countsTokens(root, "", j.match.target)
	}
	j.application(root, "")
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
	if tokens, ok := integer(member(application, "tokens")); ok {
		if total, differs := j.run.lists.counted(its, tokens); differs {
			j.wrong("count.tokens", at+"/tokens", "the application says that it has %d tokens, and its list gave %d in all", tokens, total)
		}
	}
}

// tokens judges a page of the list of an application's tokens.
func (j *judge) tokens(root any) {
	j.page(root)
	for i, item := range items(root, "data") {
		j.token(item, "/data/"+strconv.Itoa(i))
	}
}

// oneToken judges a token against the request for it.
func (j *judge) oneToken(root any) {
	j.same("token", j.op.meaning.token, root)
	j.token(root, "")
}

func (j *judge) same(what string, param int, root any) {
	asked, ok := j.param(param)
	if id, isString := member(root, "id").(string); ok && isString && id != asked {
		j.wrong("id.mismatch", "/id", "this is not the %s asked for%s", what, wantGot(plainID, asked, id))
	}
}

func (j *judge) application(v any, at string) {
	j.times(v, at)
	j.scopes(member(v, "scopes"), at+"/scopes")
}

// clockSkew is by how much a server's clock may be ahead.
const clockSkew = 5 * time.Minute

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
	accesses := member(token, "oauth_accesses_by_resource")
	at += "/oauth_accesses_by_resource"
	asked, ok := j.param(j.op.meaning.organization)
	for _, kind := range []struct{ name, list, organization string }{
		{"database", "databases", "organization"},
		{"organization", "organizations", "name"},
		{"branch", "branches", "organization"},
		{"user", "users", ""},
	} {
		group, at := member(accesses, kind.name), at+"/"+kind.name
		for i, resource := range items(group, kind.list) {
			inside, isString := member(resource, kind.organization).(string)
			if ok && isString && !strings.EqualFold(inside, asked) {
				j.wrong("id.organization", at+"/"+kind.list+"/"+strconv.Itoa(i)+"/"+kind.organization, "the organization is not the one asked for%s", wantGot(plainID, asked, inside))
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

// times judges the times of a token, an application or a resource against each other.
func (j *judge) times(of any, at string) {
	created, ok := timeOf(of, "created_at")
	before := func(rule, name, what string) {
		if t, has := timeOf(of, name); ok && has && t.Before(created) {
			j.wrong(rule, at+"/"+name, "%s at %s, before the creation at %s", what, t.Format(time.RFC3339Nano), created.Format(time.RFC3339Nano))
		}
	}
	before("token.expires-before-created", "expires_at", "the expiry is")
	before("token.updated-before-created", "updated_at", "the last change is")
	before("token.used-before-created", "last_used_at", "the last use is")
	if used, has := timeOf(of, "last_used_at"); has && used.After(j.now().Add(clockSkew)) {
		j.wrong("token.used-in-future", at+"/last_used_at", "the last use is at %s, and the response was sent at %s",
			used.Format(time.RFC3339Nano), j.now().UTC().Format(time.RFC3339))
	}
}

func timeOf(v any, name string) (time.Time, bool) {
	text, ok := member(v, name).(string)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, err == nil
}

// info judges what the authorization host says of a token, in either form.
func (j *judge) info(root any) {
	exp, hasExp := integer(member(root, "exp"))
	if iat, ok := integer(member(root, "iat")); ok && hasExp && exp <= iat {
		j.wrong("info.exp-not-after-iat", "/exp", "the token expires at %d and is issued at %d", exp, iat)
	}
	switch member(root, "active") {
	case true:
		if hasExp && exp < j.now().Unix() {
			j.wrong("info.active-expired", "/exp", "the token is active, and expired at %d; the response was sent at %d", exp, j.now().Unix())
		}
	case false:
		object, _ := root.(map[string]any)
		for _, name := range sortedKeys(object) {
			if name != "active" {
				j.find("info.inactive-with-members", inBody, j.pointer([]string{name}), j.op.line, "the token is inactive, and there is more about it")
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
	case !knownScopes[scope]: // twice, too: what it is nobody knows
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

var knownScopes = func() map[string]bool {
	known := map[string]bool{}
	for scope := range strings.FieldsSeq(scopeList) {
		known[scope] = true
	}
	return known
}()
