package apitest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// tokenMembers are those of a token in every published revision.
var tokenMembers = []string{
	"actor_display_name", "actor_id", "actor_type", "avatar_url", "created_at", "display_name", "expires_at", "id",
	"last_used_at", "name", "oauth_accesses_by_resource", "plain_text_refresh_token", "service_token_accesses", "token",
	"updated_at",
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	envelope := []string{"current_page", "data", "next_page", "next_page_url", "prev_page", "prev_page_url"}
	application2025 := []string{
		"avatar", "client_id", "created_at", "domain", "id", "name", "redirect_uri", "scopes", "tokens", "updated_at",
	}
	laterEnvelope := append([]string{"per_page", "total_count", "total_pages", "type"}, envelope...)
	application2026 := append([]string{
		"all_scopes_by_resource", "dcr", "requires_org_scope", "scopes_by_resource", "single_org_authorization",
	}, application2025...)
	tests := []struct {
		revision               string
		envelope, application  []string
		scopesAreText          bool
		nullable, mayBeMissing []string
	}{
		{
			revision: "2025-12", envelope: envelope, application: application2025,
			nullable: []string{"expires_at", "last_used_at", "plain_text_refresh_token", "token"},
		},
		{
			revision: "2026-08", envelope: laterEnvelope, application: application2026, scopesAreText: true,
			nullable: []string{
				"actor_display_name", "actor_id", "actor_type", "expires_at", "last_used_at", "name",
				"oauth_accesses_by_resource", "plain_text_refresh_token", "service_token_accesses", "token",
			},
		},
		{
			revision: "2026-09", envelope: laterEnvelope, scopesAreText: true,
			application: append([]string{"mcp_tool_groups"}, application2026...),
			nullable: []string{
				"actor_display_name", "actor_id", "actor_type", "oauth_accesses_by_resource",
				"plain_text_refresh_token", "service_token_accesses", "token",
			},
			mayBeMissing: []string{"expires_at", "last_used_at", "name"},
		},
	}
	for _, test := range tests {
		t.Run(test.revision, func(t *testing.T) {
			t.Parallel()
			server := newServer(t, apitest.WithRevision(test.revision), apitest.WithTokens(100))

			_, body := get(t, server.URL+application, serviceToken)
			app := object(t, body)
			wantNames(t, "application", app, test.application)
			if _, isText := app["scopes"].(string); isText != test.scopesAreText {
				t.Errorf("scopes: %v", app["scopes"])
			}
			if app["tokens"] != 100.0 {
				t.Errorf("tokens: %v", app["tokens"])
			}

			page, ids := list(t, server, 1, 100)
			wantNames(t, "envelope", page, test.envelope)
			null, missing := map[string]bool{}, map[string]bool{}
			for i, item := range page["data"].([]any) {
				token := item.(map[string]any)
				for _, name := range tokenMembers {
					value, ok := token[name]
					if !ok {
						missing[name] = true
					} else if value == nil {
						null[name] = true
					}
					delete(token, name)
				}
				if len(token) > 0 {
					t.Errorf("token %d has %v", i, slices.Sorted(maps.Keys(token)))
				}
			}
			if got := slices.Sorted(maps.Keys(null)); !equal(got, test.nullable) {
				t.Errorf("null: %v, want %v", got, test.nullable)
			}
			if got := slices.Sorted(maps.Keys(missing)); !equal(got, test.mayBeMissing) {
				t.Errorf("missing: %v, want %v", got, test.mayBeMissing)
			}

			_, listed := get(t, server.URL+tokensPath+"?per_page=1", serviceToken)
			if _, alone := get(t, server.URL+tokensPath+"/"+ids[0], serviceToken); !strings.Contains(listed, "["+alone+"]") {
				t.Errorf("by itself the token is %s, in the list %s", alone, listed)
			}
		})
	}
}

func wantNames(t *testing.T, what string, object map[string]any, want []string) {
	t.Helper()
	if got := slices.Sorted(maps.Keys(object)); !equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("members of the %s: %v, want %v", what, got, want)
	}
}

func TestAGivenApplication(t *testing.T) {
	t.Parallel()
	yes := true
	given := gen.OAuthApplication{
		ID: "mine", Name: `"<&>`, Tokens: 7, Scopes: openapi.Scopes{"a", "b"}, CreatedAt: noon, UpdatedAt: noon, DCR: &yes,
		ScopesByResource: openapi.RawObject(`{"x":[]}`), MCPToolGroups: openapi.RawArray(`["m"]`),
	}
	path := "/organizations/acme/oauth-applications/mine"
	for _, test := range []struct {
		revision string
		want     map[string]any
	}{
		{"2025-12", map[string]any{"dcr": nil, "mcp_tool_groups": nil}},
		{"2026-08", map[string]any{"dcr": true, "scopes": "a b", "single_org_authorization": false, "mcp_tool_groups": nil}},
		{"2026-09", map[string]any{"dcr": true, "scopes": "a b", "requires_org_scope": false}},
	} {
		server := newServer(t, apitest.WithApplication(given, gen.OAuthToken{ID: "t", CreatedAt: noon, UpdatedAt: noon}), apitest.WithRevision(test.revision))
		_, body := get(t, server.URL+path, serviceToken)
		got := object(t, body)
		if got["name"] != given.Name || got["tokens"] != 7.0 || got["created_at"] != "2026-09-15T12:00:00Z" {
			t.Errorf("%v: %s", test.revision, body)
		}
		for name, want := range test.want {
			if got[name] != want {
				t.Errorf("%v: %s is %v, want %v", test.revision, name, got[name], want)
			}
		}
		if strings.Contains(body, `"mcp_tool_groups":["m"]`) != (test.revision == "2026-09") {
			t.Errorf("%v: %s", test.revision, body)
		}
		if status, _ := get(t, server.URL+application, serviceToken); status != 404 {
			t.Errorf("%v: the made-up application is there too: %d", test.revision, status)
		}
		if status, _ := get(t, server.URL+path+"/tokens/"+server.Token(0).ID, serviceToken); status != 200 {
			t.Errorf("%v: its token: %d", test.revision, status)
		}
	}
}
