package apitest

import (
	"encoding/json"
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

// wireToken is a token as it is sent: with its secrets, and with the members that have no value as the revision has them.
type wireToken struct {
	ID                    string                       `json:"id"`
	Name                  member[string]               `json:"name,omitzero"`
	DisplayName           string                       `json:"display_name"`
	Token                 *string                      `json:"token"`
	PlainTextRefreshToken *string                      `json:"plain_text_refresh_token"`
	AvatarURL             string                       `json:"avatar_url"`
	CreatedAt             stamp                        `json:"created_at"`
	UpdatedAt             stamp                        `json:"updated_at"`
	ExpiresAt             member[stamp]                `json:"expires_at,omitzero"`
	LastUsedAt            member[stamp]                `json:"last_used_at,omitzero"`
	ActorID               *string                      `json:"actor_id"`
	ActorDisplayName      *string                      `json:"actor_display_name"`
	ActorType             *string                      `json:"actor_type"`
	ServiceTokenAccesses  []gen.ServiceTokenAccess     `json:"service_token_accesses"`
	OAuthAccesses         *gen.OAuthAccessesByResource `json:"oauth_accesses_by_resource"`
}

// token returns what encoding/json makes the revision's token of.
func (c *config) token(t *gen.OAuthToken) wireToken {
	optional := c.revision == revision202609
	w := wireToken{
		ID:                    t.ID,
		Name:                  member[string]{t.Name, optional},
		DisplayName:           t.DisplayName,
		Token:                 reveal(t.Token),
		PlainTextRefreshToken: reveal(t.PlainTextRefreshToken),
		AvatarURL:             t.AvatarURL,
		CreatedAt:             stamp(t.CreatedAt),
		UpdatedAt:             stamp(t.UpdatedAt),
		ExpiresAt:             member[stamp]{(*stamp)(t.ExpiresAt), optional},
		LastUsedAt:            member[stamp]{(*stamp)(t.LastUsedAt), optional},
		ActorID:               t.ActorID,
		ActorDisplayName:      t.ActorDisplayName,
		ActorType:             t.ActorType,
		ServiceTokenAccesses:  t.ServiceTokenAccesses,
		OAuthAccesses:         t.OAuthAccessesByResource,
	}
	if c.revision == revision202512 {
		empty := ""
		w.Name.value = or(w.Name.value, &t.DisplayName)
		w.ActorID, w.ActorDisplayName, w.ActorType = or(t.ActorID, &empty), or(t.ActorDisplayName, &empty), or(t.ActorType, &empty)
		w.OAuthAccesses = or(w.OAuthAccesses, reach{}.in(c.organization))
		if w.ServiceTokenAccesses == nil {
			w.ServiceTokenAccesses = []gen.ServiceTokenAccess{}
		}
	}
	return w
}

func or[T any](value, otherwise *T) *T {
	if value == nil {
		return otherwise
	}
	return value
}

func reveal(s *openapi.Secret) *string {
	if s == nil {
		return nil
	}
	return new(s.Reveal())
}

// A member is null without a value, or missing if it is optional.
type member[T any] struct {
	value    *T
	optional bool
}

// IsZero has encoding/json leave the member out.
func (m member[T]) IsZero() bool { return m.optional && m.value == nil }

// MarshalJSON returns the value, or null.
func (m member[T]) MarshalJSON() ([]byte, error) { return json.Marshal(m.value) }

// A stamp is a time as PlanetScale writes it, in UTC and with milliseconds, or with more digits if it has them.
type stamp time.Time

// MarshalJSON returns the time in RFC 3339.
func (s stamp) MarshalJSON() ([]byte, error) {
	t, layout := time.Time(s).UTC(), "2006-01-02T15:04:05.000Z"
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		layout = time.RFC3339Nano
	}
	return json.Marshal(t.Format(layout))
}

// application returns what encoding/json makes the revision's application of.
func (c *config) application(app gen.OAuthApplication) any {
	if c.revision == revision202512 {
		app.DCR, app.SingleOrgAuthorization, app.RequiresOrgScope = nil, nil, nil
		app.ScopesByResource, app.AllScopesByResource, app.MCPToolGroups = nil, nil, nil
		return app
	}
	app.DCR = or(app.DCR, new(bool))
	app.SingleOrgAuthorization = or(app.SingleOrgAuthorization, new(bool))
	app.RequiresOrgScope = or(app.RequiresOrgScope, new(bool))
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
