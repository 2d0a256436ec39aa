package contract_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/openapi/contract"
)

const (
	appURL    = "https://api.planetscale.com/v1/organizations/acme/oauth-applications/5kq1x0v2m8yd"
	listURL   = appURL + "/tokens"
	tokenURL  = listURL + "/8zt3c5n7w1qa"
	infoURL   = "https://auth.planetscale.com/oauth/token/info"
	jsonType  = "application/json; charset=utf-8"
	tokenBody = `{"id":"8zt3c5n7w1qa","display_name":"CI","avatar_url":"https://app.planetscale.com/a.png",` +
		`"created_at":"2026-05-01T08:00:00.000Z","updated_at":"2026-05-01T08:00:00.000Z",` +
		`"actor_id":null,"actor_display_name":"Ada","actor_type":"User"}`
	listBody = `{"current_page":1,"next_page":null,"next_page_url":null,"prev_page":null,"prev_page_url":null,"data":[` +
		tokenBody + `]}`
	infoBody = `{"active":true,"scope":"read_user","client_id":"pscale_app_0f","token_type":"Bearer",` +
		`"exp":4102444800,"iat":1785283200,"sub":"u4m9b2x7k1re"}`
)

func validator(t testing.TB, options ...contract.Option) *contract.Validator {
	t.Helper()
	v, err := contract.NewValidator(options...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// An answer is a response to a GET of url unless it says otherwise.
type answer struct {
	method string
	url    string
	status int
	header http.Header
	body   string
}

func (a answer) request(t testing.TB) *http.Request {
	t.Helper()
	req, err := http.NewRequest(a.method, a.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func (a answer) response() *http.Response {
	resp := &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: -1}
	if resp.StatusCode == 0 {
		resp.StatusCode = 200
	}
	if resp.Header == nil {
		resp.Header = http.Header{"Content-Type": {jsonType}}
	}
	return resp
}

// brief is what a test compares of findings: severity, rule, place.
func brief(findings []contract.Finding) []string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", f.Severity, f.Rule, f.In, f.Pointer)))
	}
	return lines
}

func check(t *testing.T, v *contract.Validator, a answer, want ...string) {
	t.Helper()
	got := v.CheckResponse(a.request(t), a.response())
	if !slices.Equal(brief(got), want) {
		t.Errorf("%s %s\n got  %s\n want %s", a.method, a.url, strings.Join(brief(got), "\n      "), strings.Join(want, "\n      "))
	}
	for _, f := range got {
		if len(f.Message) == 0 || len(f.Message) > 300 {
			t.Errorf("%s: a message of %d bytes", f.Rule, len(f.Message))
		}
	}
}

func TestRoute(t *testing.T) {
	t.Parallel()
	v := validator(t)
	for _, test := range []struct {
		name string
		answer
		want []string
	}{
		{"kept", answer{url: tokenURL, body: tokenBody}, nil},
		{"host in capitals", answer{url: strings.Replace(tokenURL, "api.planetscale", "API.PlanetScale", 1), body: tokenBody}, nil},
		{"port of the scheme", answer{url: strings.Replace(tokenURL, ".com", ".com:443", 1), body: tokenBody}, nil},
		{"other port", answer{url: strings.Replace(tokenURL, ".com", ".com:8443", 1), body: tokenBody}, []string{"error route.host route"}},
		{"escaped path", answer{url: strings.Replace(tokenURL, "acme", "%61cme", 1), body: tokenBody}, nil},
		{"slash in a parameter", answer{url: strings.Replace(tokenURL, "acme", "a%2Fb", 1), body: tokenBody}, nil},
		{"query", answer{url: listURL + "?page=1", body: listBody}, nil},
		{"http", answer{url: strings.Replace(tokenURL, "https", "http", 1), body: tokenBody}, []string{"error route.scheme route"}},
		{"other host", answer{url: strings.Replace(tokenURL, "api.", "api2.", 1), body: tokenBody}, []string{"error route.host route"}},
		{"the other declared host", answer{url: strings.Replace(infoURL, "auth.", "api.", 1), body: infoBody}, []string{"error route.host route"}},
		{"other host and scheme, bad body", answer{url: strings.Replace(tokenURL, "https://api.", "http://api2.", 1), body: `{}`, status: 302},
			[]string{"error route.host route", "error route.scheme route", "error http.status status",
				"warning schema.required-nullable body /actor_display_name", "warning schema.required-nullable body /actor_id",
				"warning schema.required-nullable body /actor_type", "error schema.required body /avatar_url", "error schema.required body /created_at",
				"error schema.required body /display_name", "error schema.required body /id", "error schema.required body /updated_at"}},
		{"other host and path", answer{url: "https://example.com/x", body: tokenBody}, []string{"note route.foreign route"}},
		{"other path", answer{url: tokenURL + "/more", body: tokenBody}, []string{"note route.not-found route"}},
		{"no base path", answer{url: strings.Replace(tokenURL, "/v1", "", 1), body: tokenBody}, []string{"note route.not-found route"}},
		{"slash at the end", answer{url: tokenURL + "/", body: tokenBody}, []string{"note route.not-found route"}},
		{"empty parameter", answer{url: strings.Replace(tokenURL, "acme", "", 1), body: tokenBody}, []string{"note route.not-found route"}},
		{"other method", answer{method: "PATCH", url: tokenURL, body: tokenBody}, []string{"note route.method route"}},
		{"HEAD", answer{method: "HEAD", url: tokenURL}, nil},
		{"HEAD with a body", answer{method: "HEAD", url: tokenURL, body: tokenBody}, []string{"error http.body-unexpected body"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, v, test.answer, test.want...)
		})
	}
}

func TestStatusAndHeaders(t *testing.T) {
	t.Parallel()
	v := validator(t)
	html := http.Header{"Content-Type": {"text/html"}}
	notFound := `{"code":"not_found","message":"Not Found"}`
	for _, test := range []struct {
		name string
		answer
		want []string
	}{
		{"declared error", answer{url: tokenURL, status: 404, body: notFound}, nil},
		{"error by default", answer{url: tokenURL, status: 429, body: notFound}, nil},
		{"error in HTML", answer{url: tokenURL, status: 502, body: "<h1>Bad gateway</h1>", header: html}, nil},
		{"error without a body", answer{url: tokenURL, status: 500, header: http.Header{}}, []string{"note http.error-body-missing body"}},
		{"undeclared success", answer{url: tokenURL, status: 201, body: tokenBody}, []string{"error http.status status"}},
		{"no content", answer{url: tokenURL, status: 204, header: http.Header{}}, []string{"error http.status status"}},
		{"redirect", answer{url: tokenURL, status: 302, header: html, body: "<a>moved</a>"}, []string{"error http.status status"}},
		{"not modified", answer{url: tokenURL, status: 304, header: http.Header{}}, []string{"error http.status status"}},
		{"no status of HTTP", answer{url: tokenURL, status: 999, header: http.Header{}}, []string{"error http.status status"}},
		{"no body", answer{url: tokenURL}, []string{"error http.body-missing body"}},
		{"white space for a body", answer{url: tokenURL, body: " \n"}, []string{"error http.body-missing body"}},
		{"HTML for JSON", answer{url: tokenURL, body: "<html>", header: html}, []string{"error http.content-type header /Content-Type"}},
		{"JSON called HTML, and a fault in it", answer{url: listURL, body: strings.Replace(listBody, `"current_page":1`, `"current_page":"1"`, 1), header: html},
			[]string{"error http.content-type header /Content-Type", "error schema.type body /current_page"}},
		{"no media type", answer{url: tokenURL, body: tokenBody, header: http.Header{}}, []string{"error http.content-type header /Content-Type"}},
		{"malformed media type", answer{url: tokenURL, body: tokenBody, header: http.Header{"Content-Type": {"json"}}},
			[]string{"error http.content-type header /Content-Type"}},
		{"two media types", answer{url: tokenURL, body: tokenBody, header: http.Header{"Content-Type": {"application/json", "text/html"}}},
			[]string{"error http.content-type header /Content-Type"}},
		{"a media type twice", answer{url: tokenURL, body: tokenBody, header: http.Header{"Content-Type": {"application/json", "application/json"}}},
			[]string{"error http.content-type header /Content-Type"}},
		{"another JSON", answer{url: tokenURL, body: tokenBody, header: http.Header{"Content-Type": {"application/problem+json"}}},
			[]string{"error http.content-type header /Content-Type"}},
		{"latin-1", answer{url: tokenURL, body: tokenBody, header: http.Header{"Content-Type": {"application/json; charset=iso-8859-1"}}},
			[]string{"warning http.charset header /Content-Type"}},
		{"status, header and body", answer{url: tokenURL, status: 203, body: strings.Replace(tokenBody, `"CI"`, `7`, 1), header: html},
			[]string{"error http.status status", "error http.content-type header /Content-Type", "error schema.type body /display_name"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, v, test.answer, test.want...)
		})
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	v := validator(t)
	missing := []string{"warning request.credential request"}
	for _, test := range []struct {
		url, body, sent string
		want            []string
	}{
		{tokenURL, tokenBody, "id:secret", nil},
		{tokenURL, tokenBody, "Bearer pscale_oauth_x", nil},
		{tokenURL, tokenBody, "bearer pscale_oauth_x", nil},
		{tokenURL, tokenBody, "Basic aWQ6c2VjcmV0", missing},
		{tokenURL, tokenBody, "Basic id:secret", missing},
		{tokenURL, tokenBody, "Bearer", missing},
		{tokenURL, tokenBody, "Bearer ", missing},
		{tokenURL, tokenBody, "  ", missing},
		{tokenURL, tokenBody, "abc", missing},
		{tokenURL, tokenBody, ":secret", missing},
		{tokenURL, tokenBody, "id:", missing},
		{infoURL, infoBody, "Bearer pscale_oauth_x", nil},
		{infoURL, infoBody, "Bearer", missing},
		{infoURL, infoBody, "id:secret", missing},
	} {
		req := answer{url: test.url}.request(t)
		req.Header.Set("Authorization", test.sent)
		if got := brief(v.CheckResponse(req, answer{body: test.body}.response())); !slices.Equal(got, test.want) {
			t.Errorf("%s %q: got %q, want %q", test.url, test.sent, got, test.want)
		}
	}
}

func TestEveryValueOfAParameterIsJudged(t *testing.T) {
	t.Parallel()
	v := validator(t)
	for query, want := range map[string]string{
		"page=1&per_page=25":           "",
		"page=1&page=1":                "",
		"page=1&page=1x":               "/page",
		"page=1&page=1&page=x":         "/page",
		"page=1x&page=1":               "/page",
		"page=1&per_page=2&per_page=x": "/per_page",
	} {
		got := v.CheckResponse(answer{url: listURL + "?" + query}.request(t), answer{body: listBody}.response())
		got = slices.DeleteFunc(got, func(f contract.Finding) bool { return f.Rule != "request.parameter" })
		if len(got) != btoi(want != "") || want != "" && got[0].Pointer != want {
			t.Errorf("%s: got %v", query, got)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestWire(t *testing.T) {
	t.Parallel()
	v := validator(t)
	in := func(old, new string) string { return strings.Replace(tokenBody, old, new, 1) }
	for _, test := range []struct {
		name, body string
		want       []string
	}{
		{"byte order mark", "\xef\xbb\xbf" + tokenBody, []string{"error json.byte-order-mark body"}},
		{"duplicate member", in(`{"id"`, `{"id":"x","id"`), []string{"error json.duplicate-member body /id"}},
		{"duplicate by escape", in(`{"id"`, `{"\u0069d":"x","id"`), []string{"error json.duplicate-member body /id"}},
		{"duplicate and another type", in(`{"id"`, `{"id":7,"id"`),
			[]string{"error json.duplicate-member body /id"}}, // the last counts
		{"trailing value", tokenBody + "{}", []string{"error json.trailing-data body"}},
		{"trailing text", tokenBody + "\n<!-- -->", []string{"error json.trailing-data body"}},
		{"trailing white space", tokenBody + " \r\n\t", nil},
		{"not UTF-8", in("Ada", "Ad\xe9"), []string{"error json.invalid-utf8 body /actor_display_name"}},
		{"not UTF-8 after an escape", in("Ada", "\\u0041\xff"), []string{"error json.invalid-utf8 body /actor_display_name"}},
		{"not UTF-8 outside a string", in(`"CI"`, "\xff"), []string{"error json.invalid-utf8 body /display_name"}},
		{"lone surrogate", in("Ada", `\ud83d`), []string{"error json.lone-surrogate body /actor_display_name"}},
		{"lone low surrogate", in("Ada", `\ude00\ud83d`), []string{"error json.lone-surrogate body /actor_display_name"}},
		{"surrogate pair", in("Ada", `\ud83d\ude00`), nil},
		{"truncated in a string", tokenBody[:strings.Index(tokenBody, "Ada")+1], []string{"error json.truncated body /actor_display_name"}},
		{"truncated between members", tokenBody[:strings.Index(tokenBody, `"updated_at"`)-1], []string{"error json.truncated body"}},
		{"bad literal", in("null", "nul"), []string{"error json.syntax body /actor_id"}},
		{"NaN", in("null", "NaN"), []string{"error json.syntax body /actor_id"}},
		{"single quotes", in(`"CI"`, `'CI'`), []string{"error json.syntax body /display_name"}},
		{"comma at the end", in(`"User"}`, `"User",}`), []string{"error json.syntax body"}},
		{"a fault before the end", strings.Replace(in(`"CI"`, `7`), `"User"}`, `"User`, 1),
			[]string{"error json.truncated body /actor_type"}}, // there is no value to judge
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, v, answer{url: tokenURL, body: test.body}, test.want...)
		})
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	v := validator(t)
	for number, want := range map[string][]string{
		"1":                       nil,
		"9223372036854775807":     nil,
		"9223372036854775808":     {"error number.int64 body /active_page"},
		"-9223372036854775809":    {"error number.int64 body /active_page"},
		"123456789012345678901":   {"error number.int64 body /active_page"},
		"1e400":                   {"error number.int64 body /active_page"},
		"1.0":                     {"error number.integer-form body /active_page"},
		"1e3":                     {"error number.integer-form body /active_page"},
		"1.5":                     {"error schema.type body /active_page"},
		"1.000000000000000000001": {"error schema.type body /active_page"},
		"1e-400":                  {"error schema.type body /active_page"},
		`"1"`:                     {"error schema.type body /active_page"},
	} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			for i := range want {
				want[i] = strings.Replace(want[i], "active_page", "total_count", 1)
			}
			body := strings.Replace(listBody, `"data"`, `"total_count":`+number+`,"data"`, 1)
			found := v.CheckResponse(answer{url: listURL}.request(t), answer{body: body}.response())
			found = slices.DeleteFunc(found, func(f contract.Finding) bool { return strings.HasPrefix(f.Rule, "page.") })
			if !slices.Equal(brief(found), want) {
				t.Errorf("got %q, want %q", brief(found), want)
			}
		})
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	v := validator(t)
	in := func(old, new string) string { return strings.Replace(listBody, old, new, 1) }
	for _, test := range []struct {
		name, url, body string
		want            []string
	}{
		{"required", listURL, in(`"id":"8zt3c5n7w1qa",`, ""), []string{"error schema.required body /data/0/id"}},
		{"required and nullable", listURL, in(`"next_page":null,`, ""), []string{"warning schema.required-nullable body /next_page"}},
		{"null", listURL, in(`"CI"`, "null"), []string{"error schema.null body /data/0/display_name"}},
		{"nullable", listURL, in(`"Ada"`, "null"), nil},
		{"undeclared members", listURL, in(`{"id"`, `{"a/b~c":1,"id"`), []string{"note schema.undeclared-member body /data/0/a~1b~0c"}},
		{"date", listURL, in(`"created_at":"2026-05-01T08`, `"created_at":"2026-02-30T08`), []string{"error schema.format body /data/0/created_at"}},
		{"date by the eye", listURL, in("2026-05-01T08:00:00.000Z", "2026-05-01 08:00:00Z"), []string{"error schema.format body /data/0/created_at"}},
		{"date with an offset", listURL, in("2026-05-01T08:00:00.000Z", "2026-05-01T10:00:00+02:00"), nil},
		{"URL", listURL, in("https://app.planetscale.com/a.png", "not a url"), []string{"error schema.format body /data/0/avatar_url"}},
		{"array for an object", listURL, "[]", []string{"error schema.type body"}},
		{"object for an array", listURL, in(`"data":[`+tokenBody+`]`, `"data":{}`), []string{"error schema.type body /data"}},
		{"null body", listURL, "null", []string{"error schema.null body"}},
		{"free-form objects", appURL, appBody(`"scopes_by_resource":{"x":{"y":1}},"all_scopes_by_resource":{"z":[]},"mcp_tool_groups":[null,1,{}]`), nil},
		{"scopes as a string", appURL, appBody(`"scopes":"read_user read_databases"`), nil},
		{"scopes as a number", appURL, appBody(`"scopes":7`), []string{"error schema.type body /scopes"}},
		{"scopes as null", appURL, appBody(`"scopes":null`), []string{"error schema.null body /scopes"}},
		{"a number among the scopes", appURL, appBody(`"scopes":["read_user",7]`), []string{"error schema.type body /scopes/1"}},
		{"token info", infoURL, infoBody, nil},
		{"inactive", infoURL, `{"active":false}`, nil},
		{"legacy", infoURL, legacyBody(""), nil},
		{"legacy, owner a number", infoURL, legacyBody(`"resource_owner_id":9007199254740993`), nil},
		{"legacy, owner an object", infoURL, legacyBody(`"resource_owner_id":{}`), []string{"error schema.type body /resource_owner_id"}},
		{"legacy without created_at", infoURL, strings.Replace(legacyBody(""), `"created_at":1785283200,`, "", 1), []string{"error schema.required body /created_at"}},
		{"legacy, no form and a wrong type", infoURL, `{"scope":["read_user",7],"resource_owner_id":"u4","expires_in":60}`, []string{"error schema.required body /application", "error schema.required body /created_at", "error schema.type body /scope/1"}},
		{"null token info", infoURL, "null", []string{"error schema.null body"}},
		{"no form at all", infoURL, `{}`, []string{"error schema.required body /active"}},
		{"active is missing", infoURL, strings.Replace(infoBody, `"active":true,`, "", 1), []string{"error schema.required body /active"}},
		{"active is a string", infoURL, strings.Replace(infoBody, `true`, `"true"`, 1), []string{"error schema.type body /active"}},
		{"an undeclared member beside a choice", infoURL, strings.Replace(infoBody, `{`, `{"jti":"x",`, 1), []string{"note schema.undeclared-member body /jti"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			check(t, v, answer{url: test.url, body: test.body}, test.want...)
		})
	}
}

// appBody returns an application with members replaced or added.
func appBody(members string) string {
	return merge(`"id":"5kq1x0v2m8yd","name":"a","redirect_uri":"https://a.example","domain":"a.example",`+
		`"created_at":"2025-11-03T09:12:44.318Z","updated_at":"2026-01-20T16:40:02.005Z","scopes":["read_user"],`+
		`"avatar":"","client_id":"pscale_app_0f","tokens":3`, members)
}

func legacyBody(members string) string {
	return merge(`"created_at":1785283200,"resource_owner_id":"u4","scope":["read_user"],"expires_in":60,"application":{"uid":"pscale_app_0f"}`, members)
}

// merge replaces the member that members begin with.
func merge(object, members string) string {
	if members == "" {
		return "{" + object + "}"
	}
	name, _, _ := strings.Cut(members, ":")
	if i := strings.Index(object, name+":"); i >= 0 {
		end := strings.Index(object[i:], `,"`)
		if end < 0 {
			return "{" + object[:i] + members + "}"
		}
		object = object[:i] + object[i+end+1:]
	}
	return "{" + object + "," + members + "}"
}

func TestWithServer(t *testing.T) {
	t.Parallel()
	v := validator(t,
		contract.WithServer("http://127.0.0.1:8080", "https://auth.planetscale.com"),
		contract.WithServer("http://127.0.0.1:8080/v1", "https://API.planetscale.com/v1/"))
	local := strings.NewReplacer("https://api.planetscale.com", "http://127.0.0.1:8080", "https://auth.planetscale.com", "http://127.0.0.1:8080")
	check(t, v, answer{url: local.Replace(tokenURL), body: tokenBody})
	check(t, v, answer{url: local.Replace(infoURL), body: infoBody})
	check(t, v, answer{url: tokenURL, body: tokenBody})
	check(t, v, answer{url: strings.Replace(local.Replace(tokenURL), "8080", "8081", 1), body: tokenBody},
		"error route.host route", "error route.scheme route")

	for _, bad := range [][2]string{{"127.0.0.1:8080", "https://api.planetscale.com/v1"}, {"http://127.0.0.1", "https://api.planetscale.com"}} {
		if _, err := contract.NewValidator(contract.WithServer(bad[0], bad[1])); err == nil {
			t.Errorf("WithServer(%q, %q): no error", bad[0], bad[1])
		}
	}
}

// A hostile body must cost neither much time nor much memory.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	deep := func(open, end string, n int) string { return strings.Repeat(open, n) + "1" + strings.Repeat(end, n) }
	for name, body := range map[string]string{
		"deep":                 deep("[", "]", 1<<20),
		"deep with duplicates": deep(`{"a":1,"a":`, "}", 9000),
		"many members":         "{" + strings.Repeat(`"undeclared member":1,`, 100000) + `"id":1}`,
		"many names":           listNames(100000),
		"long name":            `{"` + strings.Repeat("n", 1<<20) + `":1}`,
		"many items":           `{"data":[` + strings.Repeat("1,", 1<<20) + `1]}`,
		"long number":          `{"current_page":` + strings.Repeat("9", 1<<20) + `}`,
		"long exponent":        `{"current_page":1e` + strings.Repeat("9", 1<<20) + `}`,
		"many scopes":          `{"scopes":"` + strings.Repeat("x ", 1<<19) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, url := range []string{listURL, appURL} {
				findings := validator(t).CheckResponse(answer{url: url}.request(t), answer{body: body}.response())
				if len(findings) == 0 || len(findings) > 6000 {
					t.Errorf("%d findings", len(findings))
				}
				for _, f := range findings {
					if len(f.Message) > 300 || len(f.Pointer) > 3000 {
						t.Fatalf("a message of %d bytes at a pointer of %d", len(f.Message), len(f.Pointer))
					}
				}
			}
		})
	}
}

// Not parallel: it measures what all goroutines allocate.
func TestMemoryIsBounded(t *testing.T) {
	allocated := func(f func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) >> 20
	}
	v := validator(t)
	req, resp := answer{url: appURL}.request(t), answer{body: listNames(400_000)}.response()
	if mb := allocated(func() { v.CheckResponse(req, resp) }); mb > 150 {
		t.Errorf("undeclared members: %d MB", mb)
	}
	in := strings.NewReader(`{"log":{"creator":{"name":` + "[" + strings.Repeat("1,", 10<<20))
	if mb := allocated(func() {
		if err := v.NewRun().CheckHAR("x.har", in); err == nil {
			t.Error("no error")
		}
	}); mb > 20 {
		t.Errorf("a creator of numbers: %d MB", mb)
	}
}

func listNames(n int) string {
	var b strings.Builder
	b.WriteString(`{"id":1`)
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":1`, i)
	}
	return b.String() + "}"
}

func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	const secret = "pscale_oauth_verysecret"
	v := validator(t)
	for _, a := range []answer{
		{url: tokenURL, body: strings.Replace(tokenBody, "{", `{"`+secret+`":1,"long `+strings.Repeat("x", 1000)+secret+`":1,`, 1)},
		{url: tokenURL, body: strings.Replace(tokenBody, "{", `{"token":"`+secret+`","token":7,`, 1)},
		{url: tokenURL, body: tokenBody, header: http.Header{"Content-Type": {"text/" + secret}}},
		{url: tokenURL, body: tokenBody, header: http.Header{"Content-Type": {jsonType + secret}, "Content-Encoding": {secret}}},
		{url: tokenURL, body: secret},
		{url: tokenURL, body: `{"id":` + secret + `}`},
		{url: tokenURL + "/" + secret, body: tokenBody},
		{url: "https://" + secret + "@example.com/" + secret, body: tokenBody},
		{url: infoURL, body: `{"active":false,"` + secret + `":1}`},
	} {
		found := v.CheckResponse(a.request(t), a.response())
		if len(found) == 0 {
			t.Errorf("%s: nothing is found", a.body)
		}
		if all := fmt.Sprint(found); strings.Contains(all, "verysecret") {
			t.Errorf("a secret is shown: %s", all)
		}
	}
}
