package apitest

import (
	"strings"
	"time"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// A scope is one that PlanetScale has published, with its description.
type scope struct {
	name, description string
	declared          bool // the made-up application asks for it
}

// scopes are enough of the published ones to make up tokens of every reach.
var scopes = []scope{
	{"user:read_user", "Read user", true},
	{"organization:read_organization", "Read organization", true},
	{"organization:read_databases", "Read organization databases", true},
	{"organization:read_audit_logs", "Read organization audit logs", false},
	{"database:read_database", "Read database information", true},
	{"database:read_backups", "Read backups", false},
	{"database:write_deploy_requests", "Create and update deploy requests in a database", true},
	{"branch:read_branch", "Read a database branch", true},
	{"branch:delete_branch", "Delete a database branch", true},
	{"branch:manage_passwords", "Read, write, and delete branch passwords", true},
}

func scopeNamed(name string) scope {
	for _, s := range scopes {
		if s.name == name {
			return s
		}
	}
	panic("apitest: no scope " + name)
}

// applicationAt returns the application a test gave, or a made-up one.
func (c *config) applicationAt(midnight time.Time) gen.OAuthApplication {
	if c.application != nil {
		return *c.application
	}
	yes := true
	app := gen.OAuthApplication{
		ID:                     c.applicationID,
		Name:                   "Schema Sentinel",
		RedirectURI:            "https://sentinel.example/oauth/callback",
		Domain:                 "sentinel.example",
		CreatedAt:              midnight.AddDate(-5, 0, 0).Add(33164318 * time.Millisecond),
		UpdatedAt:              midnight.AddDate(0, -2, 0).Add(60002005 * time.Millisecond),
		Avatar:                 "https://sentinel.example/logo.png",
		ClientID:               "pscale_app_0f4c1b2a9d8e7f60",
		SingleOrgAuthorization: &yes,
		ScopesByResource:       scopesByResource(false),
		AllScopesByResource:    scopesByResource(true),
	}
	for _, s := range scopes {
		if s.declared {
			app.Scopes = append(app.Scopes, s.name)
		}
	}
	return app
}

// scopesByResource groups the application's scopes, or all scopes, as PlanetScale's prose describes the member.
func scopesByResource(all bool) openapi.RawObject {
	type entry struct {
		Scope       string `json:"scope"`
		Description string `json:"description"`
		Selected    *bool  `json:"selected,omitempty"`
		Admin       bool   `json:"admin"`
	}
	groups := map[string][]entry{}
	for _, s := range scopes {
		if !all && !s.declared {
			continue
		}
		kind, name, _ := strings.Cut(s.name, ":")
		e := entry{Scope: name, Description: s.description, Admin: strings.HasPrefix(name, "manage_")}
		if all {
			selected := s.declared
			e.Selected = &selected
		}
		groups[kind] = append(groups[kind], e)
	}
	return openapi.RawObject(mustJSON(groups))
}
