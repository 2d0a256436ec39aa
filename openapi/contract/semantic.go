package contract

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// meanings are the rules that no schema can say, by the id of the operation they are about. Another document's
// operations have other ids, so there they are silent.
var meanings = map[string]func(j *judge, root *value){
	"getOAuthApplication": (*judge).application,
	"listOAuthTokens":     (*judge).page,
	"getOAuthToken":       (*judge).oneToken,
	"getTokenInfo":        (*judge).info,
}

// meaning judges what a good answer says. What a schema already refuses, such as a number for a time, it passes over.
func (j *judge) meaning(root *value) {
	if judge := meanings[j.op.id]; judge != nil {
		judge(j, root)
	}
}

// wrong adds a finding about the body.
func (j *judge) wrong(rule *Rule, pointer, format string, args ...any) {
	line := j.op.line
	if s := j.by.at(pointer); s != nil {
		line = cmp.Or(s.line, line)
	}
	j.find(rule, InBody, pointer, line, format, args...)
}

// param returns a parameter of the request's path; of a bare body none is known.
func (j *judge) param(name string) (string, bool) {
	if j.match == nil {
		return "", false
	}
	value, ok := j.match.params[name]
	return value, ok
}

// now is when the response was sent, as far as anybody knows.
func (j *judge) now() time.Time {
	if !j.at.IsZero() {
		return j.at
	}
	return j.v.clock()
}

func (j *judge) application(root *value) {
	j.same("application_id", root)
	j.times(root, "")
	j.scopes(root.member("scopes"), "/scopes")
	if tokens, ok := root.member("tokens").int(); ok && j.run != nil && j.match != nil {
		if total, differs := j.run.lists.counted(j.match.target, tokens); differs {
			j.wrong(countTokens, "/tokens", "the list of this application's tokens gave %d in all", total)
		}
	}
}

// oneToken judges a token against the request for it.
func (j *judge) oneToken(root *value) {
	j.same("token_id", root)
	j.token(root, "")
}

func (j *judge) same(param string, root *value) {
	asked, ok := j.param(param)
	if id, isString := root.member("id").string(); ok && isString && id != asked {
		j.wrong(idMismatch, "/id", "the id is not the one asked for")
	}
}

// clockSkew is by how much a server's clock may be ahead.
const clockSkew = 5 * time.Minute

// token judges one token, which is at the pointer in the body.
func (j *judge) token(token *value, at string) {
	for _, name := range []string{"token", "plain_text_refresh_token"} {
		if secret := token.member(name); secret != nil && secret.kind != null {
			j.wrong(tokenSecretInRead, at+"/"+name, "a secret is sent in a read")
		}
	}
	j.times(token, at)
	for i := range token.member("service_token_accesses").items() {
		access := &token.member("service_token_accesses").list[i]
		j.times(access.member("resource"), at+"/service_token_accesses/"+strconv.Itoa(i)+"/resource")
	}
	accesses := token.member("oauth_accesses_by_resource")
	at += "/oauth_accesses_by_resource"
	for _, kind := range []struct{ name, list, organization string }{
		{"database", "databases", "organization"},
		{"organization", "organizations", "name"},
		{"branch", "branches", "organization"},
		{"user", "users", ""},
	} {
		group, at := accesses.member(kind.name), at+"/"+kind.name
		asked, ok := j.param("organization")
		for i := range group.member(kind.list).items() {
			inside, isString := group.member(kind.list).list[i].member(kind.organization).string()
			if ok && isString && !strings.EqualFold(inside, asked) {
				j.wrong(idOrganization, at+"/"+kind.list+"/"+strconv.Itoa(i)+"/"+kind.organization, "the organization is not the one asked for")
			}
		}
		for i := range group.member("accesses").items() {
			if scope, ok := group.member("accesses").list[i].member("name").string(); ok && !knownScopes[scope] {
				j.wrong(scopeUnknown, at+"/accesses/"+strconv.Itoa(i)+"/name", "the scope is not among those published")
			}
		}
	}
}

// times judges the times of a token, an application or a resource against each other.
func (j *judge) times(of *value, at string) {
	created, ok := timeOf(of, "created_at")
	if expires, has := timeOf(of, "expires_at"); ok && has && expires.Before(created) {
		j.wrong(tokenExpiresBeforeCreated, at+"/expires_at", "the token expires before it is created")
	}
	if updated, has := timeOf(of, "updated_at"); ok && has && updated.Before(created) {
		j.wrong(tokenUpdatedBeforeCreated, at+"/updated_at", "the last change is before the creation")
	}
	if used, has := timeOf(of, "last_used_at"); has {
		if ok && used.Before(created) {
			j.wrong(tokenUsedBeforeCreated, at+"/last_used_at", "the last use is before the creation")
		}
		if used.After(j.now().Add(clockSkew)) {
			j.wrong(tokenUsedInFuture, at+"/last_used_at", "the last use is later than the response")
		}
	}
}

func timeOf(v *value, member string) (time.Time, bool) {
	text, ok := v.member(member).string()
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, err == nil
}

// info judges what the authorization host says of a token, in either form.
func (j *judge) info(root *value) {
	exp, hasExp := root.member("exp").int()
	if iat, ok := root.member("iat").int(); ok && hasExp && exp <= iat {
		j.wrong(infoExpNotAfterIat, "/exp", "the token does not expire after it is issued")
	}
	active := root.member("active")
	if active != nil && active.kind == yes && hasExp && exp < j.now().Unix() {
		j.wrong(infoActiveExpired, "/exp", "the token is active, and its expiry has passed")
	}
	if active != nil && active.kind == no {
		for _, other := range root.list {
			if other.name != "active" {
				j.wrong(infoInactiveWithMembers, trail{{other.name, -1}}.String(), "the token is inactive, and there is more about it")
			}
		}
	}
	j.scopes(root.member("scope"), "/scope")
}

// scopes judges scopes in either form, an array of strings or one string.
func (j *judge) scopes(v *value, at string) {
	seen := map[string]bool{}
	one := func(scope, at string) {
		if seen[scope] {
			j.wrong(scopeDuplicate, at, "a scope occurs more than once")
		} else if !knownScopes[scope] {
			j.wrong(scopeUnknown, at, "a scope is not among those published")
		}
		seen[scope] = true
	}
	if joined, ok := v.string(); ok {
		for scope := range strings.FieldsSeq(joined) {
			one(scope, at)
		}
	}
	for i := range v.items() {
		if scope, ok := v.list[i].string(); ok {
			one(scope, at+"/"+strconv.Itoa(i))
		}
	}
}
