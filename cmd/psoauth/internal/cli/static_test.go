package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/openapi"
)

// staticBodies are answers as a server without any logic gives them, in a shape of the API.
type staticBodies struct {
	application, token string
	page               func(tokens []string, page, pages int) string
}

const staticID = "w3z8r1c5n7pd"

// static are the shapes that were published or seen.
var static = map[string]staticBodies{
	"2025-12": {
		application: `{"id":"5kq1x0v2m8yd","name":"Schema Sentinel","redirect_uri":"https://sentinel.example/oauth/callback",
			"domain":"sentinel.example","created_at":"2021-01-14T10:19:23.000Z","updated_at":"2021-01-14T10:19:23.120Z",
			"scopes":["read_user","read_databases"],"avatar":"https://sentinel.example/logo.png",
			"client_id":"pscale_app_0f4c1b2a9d8e7f60","tokens":1037}`,
		token: `{"id":"w3z8r1c5n7pd","name":"ci","display_name":"CI deploys","token":"` + leakedSecret + `",
			"plain_text_refresh_token":"` + leakedRefresh + `","avatar_url":"https://app.example/a.png",
			"created_at":"2026-06-11T10:30:00.000Z","updated_at":"2026-06-12T10:30:00.123456Z",
			"expires_at":"2026-12-11T10:30:00.000Z","last_used_at":"2026-09-15T11:59:59.999Z","actor_id":"u4m9b2x7k1re",
			"actor_display_name":"Ada","actor_type":"User",
			"service_token_accesses":[{"id":"g1","access":"read_branch","description":"Read a branch","resource_name":"main",
				"resource_id":"b1","resource_type":"Branch","resource":{"id":"b1","name":"main",
				"created_at":"2024-01-01T00:00:00.000Z","updated_at":"2024-01-02T00:00:00.000Z","deleted_at":null}}],
			"oauth_accesses_by_resource":{
				"database":{"databases":[{"name":"shop","id":"d1","organization":"acme","url":"https://app.example/acme/shop"}],
					"accesses":[{"name":"database:read_database","description":"Read a database"}]},
				"organization":{"organizations":[{"name":"acme","id":"o1","url":"https://app.example/acme"}],
					"accesses":[{"name":"organization:read_databases","description":"Read databases"}]},
				"branch":{"branches":[{"name":"main","id":"b1","database":"shop","organization":"acme","url":"https://app.example/b"}],
					"accesses":[{"name":"branch:read_branch","description":"Read a branch"}]},
				"user":{"users":[{"name":"Ada","id":"u4m9b2x7k1re"}],"accesses":[]}}}`,
		page: func(tokens []string, page, pages int) string {
			return fmt.Sprintf(`{"current_page":%d,"next_page":%s,"next_page_url":%s,"prev_page":%s,"prev_page_url":%s,"data":[%s]}`,
				page, orNull(page < pages, page+1), orNull(page < pages, `"https://elsewhere.example/2"`),
				orNull(page > 1, page-1), orNull(page > 1, `"https://elsewhere.example/1"`), strings.Join(tokens, ","))
		},
	},
	"2026-08": {
		application: `{"id":"5kq1x0v2m8yd","name":"Schema Sentinel","redirect_uri":"https://sentinel.example/oauth/callback",
			"domain":"sentinel.example","created_at":"2021-01-14T10:19:23.000Z","updated_at":"2021-01-14T10:19:23.120Z",
			"scopes":"read_user read_databases","avatar":"https://sentinel.example/logo.png",
			"client_id":"pscale_app_0f4c1b2a9d8e7f60","tokens":9223372036854775807,"dcr":false,"single_org_authorization":true,
			"requires_org_scope":false,"scopes_by_resource":{"user":[{"scope":"read_user","weight":0.10,"n":12345678901234567890}]},
			"all_scopes_by_resource":{},"mcp_tool_groups":[{"name":"\u001b[31m"},1e400,null]}`,
		token: `{"id":"w3z8r1c5n7pd","name":null,"display_name":"CI deploys","token":null,"plain_text_refresh_token":null,
			"avatar_url":"https://app.example/a.png","created_at":"2026-06-11T10:30:00.000Z",
			"updated_at":"2026-06-12T10:30:00.000Z","expires_at":null,"last_used_at":null,"actor_id":null,
			"actor_display_name":null,"actor_type":null,"service_token_accesses":null,"oauth_accesses_by_resource":null}`,
		page: func(tokens []string, page, pages int) string {
			return fmt.Sprintf(`{"type":"list","current_page":%d,"per_page":100,"total_count":1037,"total_pages":%d,
				"next_page":%s,"next_page_url":null,"prev_page":%s,"prev_page_url":null,"data":[%s]}`,
				page, pages, orNull(page < pages, page+1), orNull(page > 1, page-1), strings.Join(tokens, ","))
		},
	},
	"2026-09": {
		application: `{"id":"5kq1x0v2m8yd","name":"Schema Sentinel","redirect_uri":"https://sentinel.example/oauth/callback",
			"domain":"sentinel.example","created_at":"2021-01-14T10:19:23.000Z","updated_at":"2021-01-14T10:19:23.120Z",
			"scopes":"","avatar":"https://sentinel.example/logo.png","client_id":"pscale_app_0f4c1b2a9d8e7f60","tokens":0,
			"mcp_tool_groups":null,"new_member":{"x":1}}`,
		token: `{"id":"w3z8r1c5n7pd","display_name":"CI deploys","avatar_url":"https://app.example/a.png",
			"created_at":"2026-06-11T10:30:00.000Z","updated_at":"2026-06-12T10:30:00.000Z","actor_id":"",
			"actor_display_name":"","actor_type":"","service_token_accesses":[],"new_member":1}`,
		page: func(tokens []string, page, pages int) string {
			if page == pages {
				return fmt.Sprintf(`{"current_page":%d,"data":[%s]}`, page, strings.Join(tokens, ","))
			}
			return fmt.Sprintf(`{"current_page":%d,"next_page":%d,"data":[%s]}`, page, page+1, strings.Join(tokens, ","))
		},
	},
}

var staticInfo = map[string]string{
	"active": `{"active":true,"scope":"read_user read_databases","client_id":"pscale_app_0f4c1b2a9d8e7f60",
		"token_type":"Bearer","exp":1791000000,"iat":1788408000,"sub":"u4m9b2x7k1re"}`,
	"inactive": `{"active":false}`,
	"legacy": `{"resource_owner_id":42,"scope":["read_user"],"expires_in":86400,
		"application":{"uid":"pscale_app_0f4c1b2a9d8e7f60"},"created_at":1788408000}`,
	"legacy without owner": `{"resource_owner_id":null,"scope":[],"expires_in":null,"application":{"uid":null},"created_at":0}`,
}

func orNull(there bool, value any) string {
	if !there {
		return "null"
	}
	return fmt.Sprint(value)
}

// serveStatic serves a shape: an application with so many tokens, and token info.
func serveStatic(t testing.TB, bodies staticBodies, tokens int, info string) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		const application = "/v1/organizations/acme/oauth-applications/5kq1x0v2m8yd"
		switch path := r.URL.Path; {
		case path == "/oauth/token/info":
			writeJSON(w, info)
		case path == application:
			writeJSON(w, bodies.application)
		case path == application+"/tokens/"+staticID:
			writeJSON(w, bodies.token)
		case path == application+"/tokens":
			writeJSON(w, staticPage(bodies, r, tokens))
		default:
			http.NotFound(w, r)
		}
	})
}

func staticPage(bodies staticBodies, r *http.Request, total int) string {
	page, perPage := 1, 25
	_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
	_, _ = fmt.Sscan(r.URL.Query().Get("per_page"), &perPage)
	perPage = min(perPage, 100)
	var tokens []string
	for i := (page - 1) * perPage; i < min(page*perPage, total); i++ {
		tokens = append(tokens, strings.Replace(bodies.token, staticID, tokenID(i), 1))
	}
	body := bodies.page(tokens, page, max((total+perPage-1)/perPage, 1))
	return strings.Replace(body, `"total_count":1037`, fmt.Sprintf(`"total_count":%d`, total), 1)
}

func tokenID(i int) string { return fmt.Sprintf("token%07d", i) }

func TestJSONGivesBackEveryMember(t *testing.T) {
	t.Parallel()
	for revision, bodies := range static {
		t.Run(revision, func(t *testing.T) {
			t.Parallel()
			user := userOf(serveStatic(t, bodies, 1, staticInfo["active"]))
			app := mustRun(t, user, "app", "show", "5kq1x0v2m8yd", "--format", "json")
			sameMembers(t, declared(t, "OAuthApplication"), bodies.application, app)
			token := mustRun(t, user, "token", "show", "5kq1x0v2m8yd", staticID, "--format", "json")
			sameMembers(t, declared(t, "OAuthToken"), bodies.token, token)

			listed := mustRun(t, user, "token", "list", "5kq1x0v2m8yd", "--format", "json")
			var tokens []json.RawMessage
			if err := json.Unmarshal([]byte(listed), &tokens); err != nil || len(tokens) != 1 {
				t.Fatalf("not an array of one token (%v): %s", err, listed)
			}
			sameMembers(t, declared(t, "OAuthToken"), strings.Replace(bodies.token, staticID, tokenID(0), 1), string(tokens[0]))
			noSecret(t, app+token+listed)
		})
	}
	for form, info := range staticInfo {
		t.Run("token info "+form, func(t *testing.T) {
			t.Parallel()
			user := userOf(serveStatic(t, static["2026-08"], 1, info))
			sameMembers(t, declared(t, "TokenInfo"), info, mustRun(t, user, "token", "info", "--format", "json"))
		})
	}
}

func TestJSONHasNullForWhatTheServerLeavesOut(t *testing.T) {
	t.Parallel()
	bodies := static["2025-12"]
	bare := bodies
	bare.token = `{"id":"` + staticID + `","service_token_accesses":[{"id":"g1"}],"oauth_accesses_by_resource":{"user":{"users":[{"id":"u1"},{}]}}}`
	shown := mustRun(t, userOf(serveStatic(t, bare, 1, "")), "token", "show", "5kq1x0v2m8yd", staticID, "--format", "json")
	for name, want := range map[string]string{
		"service_token_accesses":     `[{"access":null,"description":null,"id":"g1","resource":null,"resource_id":null,"resource_name":null,"resource_type":null}]`,
		"oauth_accesses_by_resource": `{"branch":null,"database":null,"organization":null,"user":{"accesses":null,"users":[{"id":"u1","name":null},{"id":null,"name":null}]}}`,
	} {
		if got := marshal(t, members(t, shown)[name]); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	for kind, body := range map[string]*string{"app": &bodies.application, "token": &bodies.token} {
		for name := range members(t, *body) {
			if name == "id" || name == "tokens" { // a number may be 0
				continue
			}
			for form, spoil := range map[string]func(map[string]any){
				"missing": func(all map[string]any) { delete(all, name) },
				"null":    func(all map[string]any) { all[name] = nil },
			} {
				t.Run(kind+" "+name+" "+form, func(t *testing.T) {
					t.Parallel()
					sent := members(t, *body)
					spoil(sent)
					spoilt, args := bodies, []string{"app", "show", "5kq1x0v2m8yd", "--format", "json"}
					if document := marshal(t, sent); kind == "app" {
						spoilt.application = document
					} else {
						spoilt.token, args = document, []string{"token", "show", "5kq1x0v2m8yd", staticID, "--format", "json"}
					}
					shown := members(t, mustRun(t, userOf(serveStatic(t, spoilt, 1, "")), args...))
					if value, ok := shown[name]; !ok || value != nil && name != "scopes" {
						t.Errorf("%s is shown as %v", name, value)
					}
				})
			}
		}
	}
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	document, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(document)
}

// declared returns the names of the members that the contract declares of a schema.
func declared(t testing.TB, schema string) (names []string) {
	t.Helper()
	var contract struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := yaml.Unmarshal([]byte(openapi.Contract()), &contract); err != nil {
		t.Fatal(err)
	}
	for name := range contract.Components.Schemas[schema].Properties {
		names = append(names, name)
	}
	if len(names) == 0 {
		t.Fatalf("the contract has no members of %s", schema)
	}
	return names
}

// sameMembers checks that a document has each declared member, as it was sent or null.
func sameMembers(t testing.TB, declared []string, sent, got string) {
	t.Helper()
	want, have := members(t, sent), members(t, got)
	for _, name := range declared {
		value, ok := have[name]
		if !ok {
			t.Errorf("the member %s is missing", name)
		}
		if expected := asShown(name, want[name]); !reflect.DeepEqual(value, expected) {
			t.Errorf("%s: %v, want %v", name, value, expected)
		}
		delete(have, name)
	}
	if len(have) > 0 {
		t.Errorf("members that the contract does not declare: %v", have)
	}
}

// asShown says how a member is shown that was sent in another form.
func asShown(name string, sent any) any {
	switch value := sent.(type) {
	case string:
		switch name {
		case "token", "plain_text_refresh_token":
			return "[redacted]"
		case "scopes", "scope":
			scopes := []any{}
			for scope := range strings.FieldsSeq(value) {
				scopes = append(scopes, scope)
			}
			return scopes
		}
	case json.Number:
		switch name {
		case "exp", "iat", "created_at":
			seconds, _ := value.Int64()
			return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
		}
	case nil:
		if name == "scope" {
			return []any{}
		}
	}
	return sent
}

// members decodes an object, its numbers digit by digit.
func members(t testing.TB, document string) (members map[string]any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil {
		t.Fatalf("not a JSON object (%v): %s", err, document)
	}
	return members
}

func TestATokenListIsWholeAndInOrder(t *testing.T) {
	t.Parallel()
	const total = 1037
	var want []string
	for i := range total {
		want = append(want, tokenID(i))
	}
	for revision, bodies := range static {
		for _, args := range [][]string{{}, {"--per-page", "7"}} {
			t.Run(revision+strings.Join(args, ""), func(t *testing.T) {
				t.Parallel()
				user := userOf(serveStatic(t, bodies, total, ""))
				list := append([]string{"token", "list", "5kq1x0v2m8yd"}, args...)

				var tokens []struct{ ID string }
				if err := json.Unmarshal([]byte(mustRun(t, user, append(list, "--format", "json")...)), &tokens); err != nil {
					t.Fatal(err)
				}
				var ids []string
				for _, token := range tokens {
					ids = append(ids, token.ID)
				}
				sameIDs(t, "json", ids, want)
				if len(args) > 0 {
					return // the other formats print what the same loop yields
				}
				rows := strings.Split(strings.TrimSpace(mustRun(t, user, append(list, "--format", "csv")...)), "\n")
				sameIDs(t, "csv", firstWords(rows[1:], ","), want)

				lines := strings.Split(strings.TrimSpace(mustRun(t, user, list...)), "\n")
				if last := lines[len(lines)-1]; last != "1,037 tokens" {
					t.Errorf("the last line is %q", last)
				}
				sameIDs(t, "human", firstWords(lines[1:len(lines)-2], " "), want)
			})
		}
	}
}

func firstWords(lines []string, separator string) (words []string) {
	for _, line := range lines {
		word, _, _ := strings.Cut(line, separator)
		words = append(words, word)
	}
	return words
}

func sameIDs(t testing.TB, format string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d tokens, want %d", format, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("%s: token %d is %s, want %s", format, i, got[i], want[i])
			return
		}
	}
}
