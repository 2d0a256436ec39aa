package mutant

import (
	"strings"
)

// A meaning is a fault no schema can say, in an answer of one operation.
type meaning struct {
	name, operation string
	fault           Fault
	change          func(root map[string]any, m *Mutant)
}

func body(rule, pointer string) Fault { return Fault{rule, "body", pointer} }

func member(name string, value any) func(map[string]any, *Mutant) {
	return func(root map[string]any, _ *Mutant) { root[name] = value }
}

func first(root map[string]any) map[string]any { return root["data"].([]any)[0].(map[string]any) }

func inURL(name, old, new string) func(map[string]any, *Mutant) {
	return func(root map[string]any, _ *Mutant) { root[name] = strings.Replace(root[name].(string), old, new, 1) }
}

const (
	app  = "getOAuthApplication"
	list = "listOAuthTokens"
	one  = "getOAuthToken"
	info = "getTokenInfo"
)

var meanings = []meaning{
	{"another page than asked", list, body("page.current", "/current_page"), func(_ map[string]any, m *Mutant) { m.URL = strings.Replace(m.URL, "?page=2", "?page=1", 1) }},
	{"next page is this one", list, body("page.next-not-advancing", "/next_page"), member("next_page", 2.0)},
	{"next page skips one", list, body("page.next-not-advancing", "/next_page"), member("next_page", 4.0)},
	{"previous page is this one", list, body("page.prev", "/prev_page"), member("prev_page", 2.0)},
	{"total of pages", list, body("page.total-pages", "/total_pages"), member("total_pages", 9.0)},
	{"no next page though the totals say one", list, body("page.next-missing", "/next_page"), func(root map[string]any, _ *Mutant) {
		root["next_page"], root["next_page_url"] = nil, nil
	}},
	{"more items than a page holds", list, body("page.overfull", "/data"), func(root map[string]any, m *Mutant) {
		extra := clone(first(root)).(map[string]any)
		extra["id"] = "zzzzzzzzzzzz"
		root["data"] = append(root["data"].([]any), extra)
	}},
	{"page size clamped", list, body("page.clamped", "/per_page"), func(_ map[string]any, m *Mutant) { m.URL = strings.Replace(m.URL, "per_page=2", "per_page=500", 1) }},
	{"an id twice in a page", list, body("page.duplicate-id", "/data/1/id"), func(root map[string]any, _ *Mutant) {
		root["data"].([]any)[1].(map[string]any)["id"] = first(root)["id"]
	}},
	{"an id on two pages", list, body("page.repeated-id", "/data/1/id"), func(root map[string]any, m *Mutant) {
		before := *m
		before.URL = strings.Replace(m.URL, "page=2", "page=1", 1)
		page := clone(root).(map[string]any)
		page["current_page"], page["next_page"], page["prev_page"], page["prev_page_url"] = 1.0, 2.0, nil, nil
		page["next_page_url"] = m.URL
		first(page)["id"] = "yyyyyyyyyyyy"
		before.Body, before.Faults = encode(page), nil
		m.Before = &before
		first(root)["id"] = "xxxxxxxxxxxx"
	}},
	{"next URL on another host", list, body("page.url-elsewhere", "/next_page_url"), inURL("next_page_url", "planetscale.com", "planetscale.org")},
	{"next URL of another page", list, body("page.url-page", "/next_page_url"), inURL("next_page_url", "page=3", "page=4")},
	{"previous URL on another host", list, body("page.url-elsewhere", "/prev_page_url"), inURL("prev_page_url", "api.", "")},
	{"application asked and returned", app, body("id.mismatch", "/id"), member("id", "otherotherot")},
	{"token asked and returned", one, body("id.mismatch", "/id"), member("id", "otherotherot")},
	{"organization asked and inside", one, body("id.organization", "/oauth_accesses_by_resource/database/databases/0/organization"),
		func(root map[string]any, _ *Mutant) {
			put(root, "/oauth_accesses_by_resource/database/databases/0/organization", "ecma")
		}},
	{"live token in a read", one, body("token.secret-in-read", "/token"), member("token", Secret)},
	{"live refresh token in a list", list, body("token.secret-in-read", "/data/0/plain_text_refresh_token"),
		func(root map[string]any, _ *Mutant) { first(root)["plain_text_refresh_token"] = Secret }},
	{"expires before created", one, body("token.expires-before-created", "/expires_at"), member("expires_at", "2026-04-30T08:00:00.000Z")},
	{"updated before created", app, body("token.updated-before-created", "/updated_at"), member("updated_at", "2020-04-30T08:00:00.000Z")},
	{"last used in the future", one, body("token.used-in-future", "/last_used_at"), member("last_used_at", "2098-04-30T08:00:00.000Z")},
	{"exp before iat", info, body("info.exp-not-after-iat", "/exp"), member("exp", 1785283199.0)},
	{"active after its expiry", info, body("info.active-expired", "/exp"), func(root map[string]any, _ *Mutant) { root["iat"], root["exp"] = 1000.0, 2000.0 }},
	{"inactive with more", info, body("info.inactive-with-members", "/exp"), member("active", false)},
	{"a scope twice", app, body("scope.duplicate", "/scopes/1"), member("scopes", []any{"read_user", "read_user"})},
	{"an unknown scope", app, body("scope.unknown", "/scopes/1"), member("scopes", []any{"read_user", "read_minds"})},
	{"application's tokens and the list's total", list, body("count.tokens", "/total_count"), func(_ map[string]any, m *Mutant) {
		before := *m
		before.Operation = app
		before.URL, _, _ = strings.Cut(m.URL, "/tokens")
		before.Body = encode(map[string]any{
			"id": application, "name": "a", "redirect_uri": "https://a.example", "domain": "a.example", "created_at": times["created_at"],
			"updated_at": times["updated_at"], "scopes": []any{"read_user"}, "avatar": "", "client_id": "pscale_app_0f", "tokens": 4711.0,
		})
		before.Faults = nil
		m.Before = &before
	}},
}

// Secret is the secret that mutants hold where they hold one: no message may show it.
const Secret = "pscale_oauth_N0tForAnyM3ssage"

// Meanings is how many rules that no schema can say the corpus tries.
func Meanings() int { return len(meanings) }

// meaningMutants plants each such fault in the fullest answer of its operation.
func meaningMutants(valid []*sound) []Mutant {
	var all []Mutant
	for _, planted := range meanings {
		for _, s := range valid {
			if s.operation != planted.operation || s.status != 200 || !strings.Contains(s.name, "choice:0 all:true null:false") {
				continue
			}
			changed := *s
			changed.body = clone(s.body)
			m := s.mutant(Meaning, planted.name)
			planted.change(changed.body.(map[string]any), &m)
			m.Body = encode(changed.body)
			m.Faults = []Fault{planted.fault}
			all = append(all, m)
		}
	}
	return all
}
