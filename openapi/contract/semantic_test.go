package contract_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/openapi/contract"
)

// noon is the present of the tests about time.
var noon = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func atNoon() contract.Option { return contract.WithClock(func() time.Time { return noon }) }

// listPage returns a page of n tokens out of total, as the service sends it since August 2026.
func listPage(page, perPage, total int) string {
	pages := (total + perPage - 1) / perPage
	link := func(to int) (number, url string) {
		if to < 1 || to > pages {
			return "null", "null"
		}
		return fmt.Sprint(to), fmt.Sprintf(`"%s?page=%d&per_page=%d"`, listURL, to, perPage)
	}
	next, nextURL := link(page + 1)
	prev, prevURL := link(page - 1)
	var tokens []string
	for i := (page - 1) * perPage; i < min(page*perPage, total); i++ {
		tokens = append(tokens, strings.Replace(tokenBody, "8zt3c5n7w1qa", fmt.Sprintf("token%07d", i), 1))
	}
	return fmt.Sprintf(`{"type":"list","current_page":%d,"per_page":%d,"next_page":%s,"next_page_url":%s,`+
		`"prev_page":%s,"prev_page_url":%s,"total_count":%d,"total_pages":%d,"data":[%s]}`,
		page, perPage, next, nextURL, prev, prevURL, total, pages, strings.Join(tokens, ","))
}

func TestPages(t *testing.T) {
	t.Parallel()
	v := validator(t, atNoon())
	url := func(page, perPage int) string { return fmt.Sprintf("%s?page=%d&per_page=%d", listURL, page, perPage) }
	second := func(old, new string) answer {
		body := strings.Replace(listPage(2, 2, 5), old, new, 1)
		if body == listPage(2, 2, 5) {
			t.Errorf("%q is not in the page", old)
		}
		return answer{url: url(2, 2), body: body}
	}
	for _, test := range []struct {
		name string
		answer
		want []string
	}{
		{"first page", answer{url: url(1, 2), body: listPage(1, 2, 5)}, nil},
		{"page in the middle", answer{url: url(2, 2), body: listPage(2, 2, 5)}, nil},
		{"last page", answer{url: url(3, 2), body: listPage(3, 2, 5)}, nil},
		{"page beyond the last", answer{url: url(9, 2), body: strings.Replace(listPage(9, 2, 5), `"prev_page":null,"prev_page_url":null`,
			`"prev_page":8,"prev_page_url":"`+url(8, 2)+`"`, 1)}, nil},
		{"empty list", answer{url: listURL, body: listPage(1, 25, 0)}, nil},
		{"empty list of one page", answer{url: listURL, body: strings.Replace(listPage(1, 25, 0), `"total_pages":0`, `"total_pages":1`, 1)}, nil},
		{"only the members of 2025", answer{url: listURL, body: listBody}, nil},
		{"relative URL", second(listURL, "/v1/organizations/acme/oauth-applications/5kq1x0v2m8yd/tokens"), nil},
		{"another page", second(`"current_page":2`, `"current_page":1`), []string{"error page.current body /current_page",
			"error page.next-not-advancing body /next_page", "error page.prev body /prev_page"}},
		{"first page by default", answer{url: listURL, body: listPage(2, 2, 5)}, []string{"error page.current body /current_page"}},
		{"next is this", second(`"next_page":3`, `"next_page":2`),
			[]string{"error page.next-not-advancing body /next_page", "error page.url-page body /next_page_url"}},
		{"next skips one", second(`"next_page":3`, `"next_page":4`),
			[]string{"error page.next-not-advancing body /next_page", "error page.url-page body /next_page_url"}},
		{"prev is this", second(`"prev_page":1`, `"prev_page":2`), []string{"error page.prev body /prev_page", "error page.url-page body /prev_page_url"}},
		{"no prev", second(`"prev_page":1,"prev_page_url":"`+url(1, 2)+`"`, `"prev_page":null,"prev_page_url":null`), []string{"error page.prev body /prev_page"}},
		{"prev on the first page", answer{url: url(1, 2), body: strings.Replace(listPage(1, 2, 5), `"prev_page":null`, `"prev_page":0`, 1)},
			[]string{"error page.prev body /prev_page", "error page.url-page body /prev_page_url"}},
		{"no next", second(`"next_page":3,"next_page_url":"`+url(3, 2)+`"`, `"next_page":null,"next_page_url":null`),
			[]string{"error page.next-missing body /next_page"}},
		{"next beyond the end", answer{url: url(3, 2), body: strings.Replace(listPage(3, 2, 5), `"next_page":null,"next_page_url":null`,
			`"next_page":4,"next_page_url":"`+url(4, 2)+`"`, 1)}, []string{"error page.next-beyond-end body /next_page"}},
		{"total pages", second(`"total_pages":3`, `"total_pages":4`), []string{"error page.total-pages body /total_pages"}},
		{"total count", answer{url: url(3, 2), body: strings.Replace(listPage(3, 2, 5), `"total_count":5`, `"total_count":6`, 1)},
			[]string{"error page.total-count body /total_count"}},
		{"total count on one page", answer{url: listURL, body: strings.Replace(listBody, `"data"`, `"total_count":30,"data"`, 1)},
			[]string{"error page.total-count body /total_count"}},
		{"overfull", second(`"per_page":2`, `"per_page":1`), []string{"warning page.clamped body /per_page",
			"error page.overfull body /data", "error page.total-pages body /total_pages"}},
		{"overfull, as asked", answer{url: listURL + "?per_page=1", body: strings.Replace(listBody, `"data":[`, `"data":[`+strings.Replace(tokenBody, "8zt", "9zt", 1)+",", 1)},
			[]string{"error page.overfull body /data"}},
		{"short", second(`},{"id":"token0000003"`, `}],"x":[{"id":"token0000003"`), []string{"note schema.undeclared-member body /x", "warning page.short body /data"}},
		{"clamped", answer{url: url(1, 500), body: listPage(1, 100, 5)}, []string{"warning page.clamped body /per_page"}},
		{"next on another host", second(`"next_page_url":"https://api.planetscale.com`, `"next_page_url":"https://api.planetscale.org`),
			[]string{"error page.url-elsewhere body /next_page_url"}},
		{"next without TLS", second(`"next_page_url":"https`, `"next_page_url":"http`), []string{"error page.url-elsewhere body /next_page_url"}},
		{"next of another organization", second(`"next_page_url":"https://api.planetscale.com/v1/organizations/acme`,
			`"next_page_url":"https://api.planetscale.com/v1/organizations/ecma`), []string{"error page.url-elsewhere body /next_page_url"}},
		{"prev on another host", second(`"prev_page_url":"https://api.`, `"prev_page_url":"https://api2.`), []string{"error page.url-elsewhere body /prev_page_url"}},
		{"next URL of another page", second("page=3", "page=4"), []string{"error page.url-page body /next_page_url"}},
		{"next URL of no page", second("page=3&", ""), []string{"error page.url-page body /next_page_url"}},
		{"a page without a URL", second(`"`+url(3, 2)+`"`, "null"), []string{"error page.url-page body /next_page_url"}},
		{"an id twice", second("token0000003", "token0000002"), []string{"error page.duplicate-id body /data/1/id"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, v, test.answer, test.want...)
		})
	}
}

const accesses = `"oauth_accesses_by_resource":{"database":{"databases":[{"name":"a","id":"b","organization":"acme","url":"https://a.example"}],` +
	`"accesses":[{"name":"database:read_database","description":""}]},` +
	`"organization":{"organizations":[{"name":"acme","id":"b","url":"https://a.example"}],"accesses":[]},` +
	`"branch":{"branches":[{"name":"a","id":"b","database":"c","organization":"acme","url":"https://a.example"}],"accesses":[]},` +
	`"user":{"users":[],"accesses":[]}}`

func TestTokens(t *testing.T) {
	t.Parallel()
	v := validator(t, atNoon())
	with := func(members string) answer {
		return answer{url: tokenURL, body: strings.Replace(tokenBody, `{`, `{`+members+`,`, 1)}
	}
	in := func(old, new string) answer {
		return answer{url: tokenURL, body: strings.Replace(tokenBody, old, new, 1)}
	}
	for _, test := range []struct {
		name string
		answer
		want []string
	}{
		{"another id", in("8zt3", "8zt4"), []string{"error id.mismatch body /id"}},
		{"another application", answer{url: appURL, body: appBody(`"id":"x"`)}, []string{"error id.mismatch body /id"}},
		{"token", with(`"token":"pscale_oauth_x"`), []string{"warning token.secret-in-read body /token"}},
		{"empty token", with(`"token":""`), nil},
		{"refresh token", with(`"plain_text_refresh_token":"x"`), []string{"warning token.secret-in-read body /plain_text_refresh_token"}},
		{"token in a list", answer{url: listURL, body: strings.Replace(listBody, `{"id"`, `{"token":"x","id"`, 1)},
			[]string{"warning token.secret-in-read body /data/0/token"}},
		{"no token", with(`"token":null,"plain_text_refresh_token":null`), nil},
		{"expires before created", with(`"expires_at":"2026-04-30T08:00:00.000Z"`), []string{"error token.expires-before-created body /expires_at"}},
		{"expires later", with(`"expires_at":"2026-05-02T08:00:00.000Z"`), nil},
		{"updated before created", in(`"updated_at":"2026-05-01T08`, `"updated_at":"2026-05-01T07`), []string{"error token.updated-before-created body /updated_at"}},
		{"updated before created in another zone", in(`"updated_at":"2026-05-01T08:00:00.000Z`, `"updated_at":"2026-05-01T07:59:00-01:00`), nil},
		{"application updated before created", answer{url: appURL, body: appBody(`"updated_at":"2025-01-20T16:40:02.005Z"`)},
			[]string{"error token.updated-before-created body /updated_at"}},
		{"used in the future", with(`"last_used_at":"2026-08-01T12:05:01Z"`), []string{"warning token.used-in-future body /last_used_at"}},
		{"used a moment ahead", with(`"last_used_at":"2026-08-01T12:04:59Z"`), nil},
		{"used before created", with(`"last_used_at":"2026-04-30T08:00:00Z"`), []string{"warning token.used-before-created body /last_used_at"}},
		{"accesses", with(accesses), nil},
		{"database of another organization", with(strings.Replace(accesses, `"acme"`, `"ecma"`, 1)),
			[]string{"warning id.organization body /oauth_accesses_by_resource/database/databases/0/organization"}},
		{"another organization", with(strings.Replace(accesses, `"name":"acme"`, `"name":"ecma"`, 1)),
			[]string{"warning id.organization body /oauth_accesses_by_resource/organization/organizations/0/name"}},
		{"branch of another organization", with(strings.Replace(accesses, `"c","organization":"acme"`, `"c","organization":"ecma"`, 1)),
			[]string{"warning id.organization body /oauth_accesses_by_resource/branch/branches/0/organization"}},
		{"unknown scope of a token", with(strings.Replace(accesses, "read_database\"", "fly\"", 1)),
			[]string{"note scope.unknown body /oauth_accesses_by_resource/database/accesses/0/name"}},
		{"scopes", answer{url: appURL, body: appBody(`"scopes":["read_user","organization:read_audit_logs"]`)}, nil},
		{"a scope twice", answer{url: appURL, body: appBody(`"scopes":["read_user","read_user"]`)}, []string{"warning scope.duplicate body /scopes/1"}},
		{"a scope twice in a string", answer{url: appURL, body: appBody(`"scopes":"read_user read_user"`)}, []string{"warning scope.duplicate body /scopes"}},
		{"a scope of a token twice", with(strings.Replace(accesses, `"accesses":[{"name":"database:read_database","description":""}`,
			`"accesses":[{"name":"database:read_database","description":""},{"name":"database:read_database","description":""}`, 1)),
			[]string{"warning scope.duplicate body /oauth_accesses_by_resource/database/accesses/1/name"}},
		{"an unknown scope", answer{url: appURL, body: appBody(`"scopes":["fly"]`)}, []string{"note scope.unknown body /scopes/0"}},
		{"exp before iat", answer{url: infoURL, body: strings.Replace(infoBody, "4102444800", "1785283199", 1)},
			[]string{"error info.exp-not-after-iat body /exp", "warning info.active-expired body /exp"}},
		{"exp is iat", answer{url: infoURL, body: strings.NewReplacer("4102444800", "1785999999", "1785283200", "1785999999").Replace(infoBody)},
			[]string{"error info.exp-not-after-iat body /exp"}},
		{"active and expired", answer{url: infoURL, body: strings.Replace(infoBody, "4102444800", "1785585599", 1)}, []string{"warning info.active-expired body /exp"}},
		{"inactive and expired", answer{url: infoURL, body: `{"active":false,"exp":1}`}, []string{"warning info.inactive-with-members body /exp"}},
		{"a scope of a token twice", answer{url: infoURL, body: strings.Replace(infoBody, `"read_user"`, `"read_user read_user"`, 1)},
			[]string{"warning scope.duplicate body /scope"}},
		{"what a schema refuses", answer{url: tokenURL, body: `{"id":7,"created_at":[],"oauth_accesses_by_resource":{"database":[{}],"user":{"accesses":[[]]}}}`}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.want == nil && strings.HasPrefix(test.name, "what") { // that it does not fail is enough
				v.CheckResponse(test.request(t), test.response())
				return
			}
			check(t, v, test.answer, test.want...)
		})
	}
}

func TestRulesAcrossResponses(t *testing.T) {
	t.Parallel()
	v := validator(t, atNoon())
	page := func(n int, body string) answer {
		return answer{url: fmt.Sprintf("%s?page=%d&per_page=2", listURL, n), body: body}
	}
	app := func(tokens int) answer { return answer{url: appURL, body: appBody(fmt.Sprintf(`"tokens":%d`, tokens))} }
	moved := strings.Replace(listPage(2, 2, 5), "token0000002", "token0000001", 1)
	for _, test := range []struct {
		name    string
		answers []answer
		want    []string
	}{
		{"a list read twice", []answer{page(1, listPage(1, 2, 5)), page(2, listPage(2, 2, 5)), page(2, listPage(2, 2, 5)), page(1, listPage(1, 2, 5))}, nil},
		{"an id on two pages", []answer{page(1, listPage(1, 2, 5)), page(2, moved)}, []string{"warning page.repeated-id body /data/0/id"}},
		{"another list", []answer{page(1, listPage(1, 2, 5)), {url: strings.Replace(page(2, "").url, "5kq", "6kq", 1), body: strings.ReplaceAll(moved, "5kq", "6kq")}}, nil},
		{"an id that moved between two readings", []answer{page(1, listPage(1, 2, 5)), page(1, strings.Replace(listPage(1, 2, 5), "token0000001", "tokennew0001", 1)),
			page(2, moved)}, nil},
		{"list, then application", []answer{page(1, listPage(1, 2, 5)), app(6)}, []string{"warning count.tokens body /tokens"}},
		{"application, then list", []answer{app(6), page(1, listPage(1, 2, 5))}, []string{"warning count.tokens body /total_count"}},
		{"list, then all applications", []answer{page(1, listPage(1, 2, 5)),
			{url: strings.TrimSuffix(appURL, "/5kq1x0v2m8yd"), body: `{"current_page":1,"next_page":null,"next_page_url":null,"prev_page":null,"prev_page_url":null,"data":[` +
				appBody(`"tokens":6`) + `]}`}}, []string{"warning count.tokens body /data/0/tokens"}},
		{"both agree", []answer{app(5), page(1, listPage(1, 2, 5))}, nil},
		{"no total, all pages", []answer{app(2), {url: listURL, body: listBody}}, []string{"warning count.tokens body /data"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			run := v.NewRun()
			var got []string
			for _, a := range test.answers {
				got = append(got, brief(run.CheckResponse(a.request(t), a.response()))...)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWithSeverity(t *testing.T) {
	t.Parallel()
	a := answer{url: listURL, body: strings.Replace(listBody, `{"id"`, `{"new":1,"token":"x","id"`, 1)}
	v := validator(t, contract.WithSeverity("schema.undeclared-member", contract.Error), contract.WithSeverity("token.secret-in-read", contract.Off))
	check(t, v, a, "error schema.undeclared-member body /data/0/new")
	if _, err := contract.NewValidator(contract.WithSeverity("schema.typo", contract.Off)); err == nil {
		t.Error("an unknown rule is no error")
	}
}
