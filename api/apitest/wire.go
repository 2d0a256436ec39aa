package apitest

import (
	"cmp"
	"reflect"
	"time"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// The shapes in which PlanetScale's API host has answered: see [WithRevision].
const (
	revision202512 = "2025-12"
	revision202608 = "2026-08"
	revision202609 = "2026-09"
)

// token returns what is sent of a token: with its secrets, and with the members that have no value as the revision has them.
func (c *config) token(t *gen.OAuthToken) map[string]any {
	sent := map[string]any{
		"id": t.ID, "name": t.Name, "display_name": t.DisplayName, "avatar_url": t.AvatarURL,
		"token": reveal(t.Token), "plain_text_refresh_token": reveal(t.PlainTextRefreshToken),
		"created_at": stamp(&t.CreatedAt), "updated_at": stamp(&t.UpdatedAt),
		"expires_at": stamp(t.ExpiresAt), "last_used_at": stamp(t.LastUsedAt),
		"actor_id": t.ActorID, "actor_display_name": t.ActorDisplayName, "actor_type": t.ActorType,
		"service_token_accesses": t.ServiceTokenAccesses, "oauth_accesses_by_resource": t.OAuthAccessesByResource,
	}
	isNull := func(member string) bool { return reflect.ValueOf(sent[member]).IsNil() }
	switch c.revision {
	case revision202512:
		for member, value := range map[string]any{
			"name": t.DisplayName, "actor_id": "", "actor_display_name": "", "actor_type": "",
			"service_token_accesses": []any{}, "oauth_accesses_by_resource": reach{}.in(c.organization, t),
		} {
			if isNull(member) {
				sent[member] = value
			}
		}
	case revision202609:
		for _, member := range []string{"name", "expires_at", "last_used_at"} {
			if isNull(member) {
				delete(sent, member)
			}
		}
	}
	return sent
}

func reveal(s *openapi.Secret) *string {
	if s == nil {
		return nil
	}
	return new(s.Reveal())
}

// stamp returns a time as PlanetScale writes it, in UTC and with milliseconds, or with more digits if it has them.
func stamp(t *time.Time) *string {
	if t == nil {
		return nil
	}
	layout := "2006-01-02T15:04:05.000Z"
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		layout = time.RFC3339Nano
	}
	return new(t.UTC().Format(layout))
}

// application returns what encoding/json makes the revision's application of.
func (c *config) application(app gen.OAuthApplication) any {
	if c.revision == revision202512 {
		app.DCR, app.SingleOrgAuthorization, app.RequiresOrgScope = nil, nil, nil
		app.ScopesByResource, app.AllScopesByResource, app.MCPToolGroups = nil, nil, nil
		return app
	}
	app.DCR = cmp.Or(app.DCR, new(bool))
	app.SingleOrgAuthorization = cmp.Or(app.SingleOrgAuthorization, new(bool))
	app.RequiresOrgScope = cmp.Or(app.RequiresOrgScope, new(bool))
	for _, object := range []*openapi.RawObject{&app.ScopesByResource, &app.AllScopesByResource} {
		if *object == nil {
			*object = openapi.RawObject("{}")
		}
	}
	type stringScopes struct {
		gen.OAuthApplication
		Scopes string `json:"scopes"`
	}
	groups := app.MCPToolGroups
	app.MCPToolGroups = nil
	sent := stringScopes{app, app.Scopes.String()}
	if c.revision == revision202608 {
		return sent
	}
	return struct {
		stringScopes
		MCPToolGroups openapi.RawArray `json:"mcp_tool_groups"`
	}{sent, groups}
}
