package apitest

import (
	"encoding/json"
	"strconv"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// A Revision is a shape in which PlanetScale's API host has answered.
type Revision int

const (
	// Revision202512 is the shape of December 2025. The application's scopes are an array, and it has only the members
	// it had then; the envelope of a list has no type, per_page, total_count or total_pages. A token has every member,
	// and they are not null where something can stand for nothing: the display name for a name, an empty string for
	// the actor, an empty array or object for the accesses. Secrets, times and pages that are not there are null.
	Revision202512 Revision = iota + 1
	// Revision202608 is the shape of August 2026. The application's scopes are one string, the envelope has all its
	// members, and a token has every member, null where there is no value.
	Revision202608
	// Revision202609 is the shape seen in September 2026: as before, but the members name, expires_at and
	// last_used_at of a token are missing where they have no value, and the application has mcp_tool_groups.
	Revision202609
)

// String returns the year and the month of the revision, such as 2026-08.
func (r Revision) String() string {
	switch r {
	case Revision202512:
		return "2025-12"
	case Revision202608:
		return "2026-08"
	case Revision202609:
		return "2026-09"
	}
	return "Revision(" + strconv.Itoa(int(r)) + ")"
}

const (
	null    = "null"
	missing = ""
	// noAccesses is oauth_accesses_by_resource of a token that may touch nothing.
	noAccesses = `{"database":{"databases":[],"accesses":[]},"organization":{"organizations":[],"accesses":[]},` +
		`"branch":{"branches":[],"accesses":[]},"user":{"users":[],"accesses":[]}}`
)

// substitutes are what stands in a token for members that have no value, in JSON.
type substitutes struct{ name, time, actor, serviceAccesses, oauthAccesses string }

func (r Revision) substitutes(t *record) substitutes {
	switch r {
	case Revision202512:
		return substitutes{t.displayName, null, `""`, "[]", noAccesses}
	case Revision202609:
		return substitutes{missing, missing, null, null, null}
	default:
		return substitutes{null, null, null, null, null}
	}
}

// appendToken appends a token's JSON.
func (r Revision) appendToken(dst []byte, t *record) []byte {
	or := r.substitutes(t)
	dst = append(dst, `{"id":`...)
	dst = append(dst, t.id...)
	dst = appendMember(dst, `,"name":`, t.name, or.name)
	dst = appendMember(dst, `,"display_name":`, t.displayName, null)
	dst = appendMember(dst, `,"token":`, t.token, null)
	dst = appendMember(dst, `,"plain_text_refresh_token":`, t.refreshToken, null)
	dst = appendMember(dst, `,"avatar_url":`, t.avatarURL, null)
	dst = appendTime(dst, `,"created_at":`, t.createdAt, null)
	dst = appendTime(dst, `,"updated_at":`, t.updatedAt, null)
	dst = appendTime(dst, `,"expires_at":`, t.expiresAt, or.time)
	dst = appendTime(dst, `,"last_used_at":`, t.lastUsedAt, or.time)
	dst = appendMember(dst, `,"actor_id":`, t.actorID, or.actor)
	dst = appendMember(dst, `,"actor_display_name":`, t.actorName, or.actor)
	dst = appendMember(dst, `,"actor_type":`, t.actorType, or.actor)
	dst = appendMember(dst, `,"service_token_accesses":`, t.serviceAccesses, or.serviceAccesses)
	dst = appendMember(dst, `,"oauth_accesses_by_resource":`, t.oauthAccesses, or.oauthAccesses)
	return append(dst, '}')
}

// application returns what encoding/json makes the revision's application of.
func (r Revision) application(app gen.OAuthApplication) any {
	if r == Revision202512 {
		app.DCR, app.SingleOrgAuthorization, app.RequiresOrgScope = nil, nil, nil
		app.ScopesByResource, app.AllScopesByResource, app.MCPToolGroups = nil, nil, nil
		return app
	}
	app.DCR = orFalse(app.DCR)
	app.SingleOrgAuthorization = orFalse(app.SingleOrgAuthorization)
	app.RequiresOrgScope = orFalse(app.RequiresOrgScope)
	app.ScopesByResource = orEmpty(app.ScopesByResource)
	app.AllScopesByResource = orEmpty(app.AllScopesByResource)
	type stringScopes struct {
		gen.OAuthApplication
		Scopes string `json:"scopes"`
	}
	if r == Revision202609 {
		return struct {
			stringScopes
			MCPToolGroups openapi.RawArray `json:"mcp_tool_groups"`
		}{stringScopes{app, app.Scopes.String()}, app.MCPToolGroups}
	}
	app.MCPToolGroups = nil
	return stringScopes{app, app.Scopes.String()}
}

func orFalse(value *bool) *bool {
	if value == nil {
		return new(bool)
	}
	return value
}

func orEmpty(value openapi.RawObject) openapi.RawObject {
	if value == nil {
		return openapi.RawObject("{}")
	}
	return value
}

// mustJSON encodes values of this package's own making and strings, which cannot fail.
func mustJSON(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic("apitest: " + err.Error())
	}
	return string(data)
}
