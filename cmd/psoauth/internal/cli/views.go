package cli

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/openapi"
)

var applicationView = view[api.Application]{
	noun: "application",
	form: modelForm,
	columns: `id name client_id domain redirect_uri avatar tokens scopes created_at updated_at dcr single_org_authorization
		requires_org_scope scopes_by_resource all_scopes_by_resource mcp_tool_groups`,
	cells: func(app *api.Application) map[string]string { return map[string]string{"scopes": app.Scopes.String()} },
	sheet: applicationSheet,
	heads: []string{"ID", "NAME", "TOKENS", "DOMAIN", "SCOPES", "CREATED"},
	least: []int{12, 14, 6, 16, 20, 10},
	row: func(p *program, app *api.Application) []report.Cell {
		return []report.Cell{
			p.cell(app.ID), p.cell(app.Name), p.cell(report.Number(app.Tokens)), p.cell(cmp.Or(app.Domain, "–")),
			p.reach(app.Scopes), p.timeCell(&app.CreatedAt, unknown),
		}
	},
}

func applicationSheet(p *program, app *api.Application) sheet {
	s := sheet{title: app.Name, style: report.Bold}
	s.add("ID", app.ID)
	s.add("Client ID", app.ClientID)
	s.add("Domain", app.Domain)
	s.add("Redirect URI", app.RedirectURI)
	s.add("Avatar", app.Avatar)
	s.add("Tokens", report.Number(app.Tokens)+" issued")
	s.add("Scopes", app.Scopes...)
	s.add("Created", p.timeOr(&app.CreatedAt, unknown))
	s.add("Updated", p.timeOr(&app.UpdatedAt, unknown))
	s.add("Registered dynamically", yesNo(app.DCR))
	s.add("One organization only", yesNo(app.SingleOrgAuthorization))
	s.add("Requires organization", yesNo(app.RequiresOrgScope))
	return s
}

// What a token is about, who holds it and what it reaches, stays where a terminal is narrow; times are cut first.
var tokenView = view[api.Token]{
	noun: "token",
	form: modelForm,
	columns: `id name display_name actor_id actor_display_name actor_type created_at updated_at expires_at last_used_at avatar_url
		token plain_text_refresh_token organizations organization_accesses databases database_accesses branches branch_accesses
		users user_accesses service_token_accesses`,
	cells: func(token *api.Token) map[string]string {
		cells := map[string]string{"service_token_accesses": strings.Join(singleAccesses(token), csvSeparator)}
		for _, a := range accesses(token) {
			cells[strings.ToLower(a.label)] = strings.Join(a.resources, csvSeparator)
			names := each(a.scopes, func(s gen.AccessScope) string { return s.Name })
			cells[a.kind+"_accesses"] = strings.Join(names, csvSeparator)
		}
		return cells
	},
	without: "oauth_accesses_by_resource",
	sheet:   tokenSheet,
	heads:   []string{"ID", "NAME", "ACTOR", "MAY", "EXPIRES", "LAST USED", "CREATED"},
	least:   []int{12, 12, 12, 20, 10, 10, 10},
	row: func(p *program, token *api.Token) []report.Cell {
		expires := p.timeCell(token.ExpiresAt, never)
		if token.Expired(p.Now()) {
			expires.Style = report.Red
		}
		return []report.Cell{
			p.cell(token.ID), p.cell(token.DisplayName), p.cell(cmp.Or(orEmpty(token.ActorDisplayName), "–")), p.reach(token.Scopes()),
			expires, p.timeCell(token.LastUsedAt, never), p.timeCell(&token.CreatedAt, unknown),
		}
	},
}

func tokenSheet(p *program, token *api.Token) sheet {
	s := sheet{title: token.DisplayName, style: report.Bold}
	s.add("ID", token.ID)
	s.add("Name", cmp.Or(orEmpty(token.Name), "–"))
	s.add("Actor", cmp.Or(orEmpty(token.ActorDisplayName), "–"))
	s.addSome("", list(", ", orEmpty(token.ActorType), orEmpty(token.ActorID)))
	s.add("Created", p.timeOr(&token.CreatedAt, unknown))
	s.add("Updated", p.timeOr(&token.UpdatedAt, unknown))
	s.add("Expires", p.timeOr(token.ExpiresAt, never))
	s.add("Last used", p.timeOr(token.LastUsedAt, never))
	s.add("Avatar", token.AvatarURL)
	if token.Token != nil {
		s.add("Token", openapi.Redacted+" was sent, though a read never shows it")
	}
	if token.PlainTextRefreshToken != nil {
		s.add("Refresh token", openapi.Redacted+" was sent, though a read never shows it")
	}
	for _, a := range accesses(token) {
		explained := each(a.scopes, func(s gen.AccessScope) string { return "may " + s.Name + " (" + s.Description + ")" })
		s.addSome(a.label, append(a.resources, explained...)...)
	}
	s.addSome("Single accesses", singleAccesses(token)...)
	return s
}

var tokenInfoView = view[api.TokenInfo]{
	members: tokenInfoMembers,
	columns: "active scope client_id token_type exp iat sub resource_owner_id expires_in application_uid created_at",
	cells: func(info *api.TokenInfo) map[string]string {
		cells := map[string]string{"scope": info.Scopes.String(), "application_uid": ""}
		if info.Legacy {
			cells["application_uid"] = info.ClientID
		}
		return cells
	},
	without: "application",
	sheet: func(p *program, info *api.TokenInfo) sheet {
		s := sheet{title: "The token is active.", style: report.Green}
		switch info.State {
		case openapi.StateInactive:
			s = sheet{title: "The token is not active: it has expired, was revoked, or was never issued.", style: report.Red}
		case openapi.StateUnknown:
			s = sheet{title: "The response does not say whether the token is active.", style: report.Yellow}
		}
		s.addSome("Client ID", info.ClientID)
		s.addSome("Type", info.TokenType)
		s.addSome("Subject", info.Subject)
		s.addSome("Issued", p.timeOr(info.IssuedAt, ""))
		s.addSome("Expires", p.timeOr(info.ExpiresAt, ""))
		if info.Scopes != nil {
			s.add("Scopes", info.Scopes...)
		}
		return s
	},
}

// tokenInfoMembers returns each member that the contract declares of token info in either form, null where the form does
// not have it.
func tokenInfoMembers(info *api.TokenInfo) report.Object {
	var active, owner, left, application any
	client, subject := orNull(info.ClientID), orNull(info.Subject)
	expires, issued, created := seconds(info.ExpiresAt), seconds(info.IssuedAt), (*string)(nil)
	if info.State != openapi.StateUnknown {
		active = info.State == openapi.StateActive
	}
	if info.Legacy {
		if n, err := strconv.ParseInt(info.Subject, 10, 64); err == nil && strconv.FormatInt(n, 10) == info.Subject {
			owner = n
		} else {
			owner = subject
		}
		if info.ExpiresIn != nil {
			left = int64(*info.ExpiresIn / time.Second)
		}
		application, created = report.Object{"uid", client}, issued
		client, subject, expires, issued = nil, nil, nil, nil
	}
	return report.Object{
		"active", active, "scope", info.Scopes, "client_id", client, "token_type", orNull(info.TokenType), "exp", expires, "iat", issued,
		"sub", subject, "resource_owner_id", owner, "expires_in", left, "application", application, "created_at", created,
	}
}

// seconds formats a time that was whole Unix seconds on the wire.
func seconds(t *time.Time) *string {
	if t == nil {
		return nil
	}
	return new(t.UTC().Format(time.RFC3339))
}

// An access is what a token may touch of one kind of resource, and how.
type access struct {
	label, kind string   // for people, and in the columns of csv
	resources   []string // with their ids
	scopes      []gen.AccessScope
}

// accesses returns those of a token for each kind of resource.
func accesses(token *api.Token) []access {
	all := cmp.Or(token.OAuthAccessesByResource, &gen.OAuthAccessesByResource{})
	resource := func(id string, path ...string) string { return list("/", path...) + " (" + id + ")" }
	return []access{
		{"Organizations", "organization", each(all.Organization.Organizations, func(o gen.AccessibleOrganization) string {
			return resource(o.ID, o.Name)
		}), all.Organization.Accesses},
		{"Databases", "database", each(all.Database.Databases, func(d gen.AccessibleDatabase) string {
			return resource(d.ID, d.Organization, d.Name)
		}), all.Database.Accesses},
		{"Branches", "branch", each(all.Branch.Branches, func(b gen.AccessibleBranch) string {
			return resource(b.ID, b.Organization, b.Database, b.Name)
		}), all.Branch.Accesses},
		{"Users", "user", each(all.User.Users, func(u gen.AccessibleUser) string { return resource(u.ID, u.Name) }), all.User.Accesses},
	}
}

// csvSeparator is between the items of one cell.
const csvSeparator = "; "

// singleAccesses says in a line for each what a token's service accesses are on.
func singleAccesses(token *api.Token) []string {
	return each(token.ServiceTokenAccesses, func(a gen.ServiceTokenAccess) string {
		line := a.Access + " on " + a.ResourceType + " " + a.ResourceName + " (" + a.ResourceID + ")"
		if a.Resource.DeletedAt != nil {
			line += ", deleted"
		}
		return line
	})
}
