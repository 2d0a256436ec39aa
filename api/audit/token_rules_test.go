package audit_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// Each case changes a clean token and says everything that must then be found: rule and message.
func TestRulesOnOneToken(t *testing.T) {
	t.Parallel()
	type found = map[string]string
	created := func(t *time.Time) func(*api.Token) { return func(tok *api.Token) { tok.CreatedAt = *t } }
	used := func(t *time.Time) func(*api.Token) { return func(tok *api.Token) { tok.LastUsedAt = t } }
	expires := func(t *time.Time) func(*api.Token) { return func(tok *api.Token) { tok.ExpiresAt = t } }
	database := func(names ...string) func(*api.Token) {
		return func(tok *api.Token) { tok.OAuthAccessesByResource.Database.Accesses = scopes(names...) }
	}
	branch := func(name string) func(*api.Token) {
		return func(tok *api.Token) { tok.OAuthAccessesByResource.Branch.Branches[0].Name = name }
	}
	organization := func(organizations []gen.AccessibleOrganization, names ...string) func(*api.Token) {
		return func(tok *api.Token) {
			tok.OAuthAccessesByResource.Organization = gen.OrganizationAccesses{
				Organizations: organizations, Accesses: scopes(names...),
			}
		}
	}
	acme := []gen.AccessibleOrganization{{Name: "acme"}}
	accesses := func(all ...gen.ServiceTokenAccess) func(*api.Token) {
		return func(tok *api.Token) { tok.ServiceTokenAccesses = all }
	}
	type changes = []func(*api.Token)
	for _, tt := range []struct {
		name    string
		options audit.Options
		changes changes
		want    found
	}{
		{"a clean token", audit.Options{}, nil, found{}},
		{"no accesses at all", audit.Options{}, changes{func(tok *api.Token) {
			tok.OAuthAccessesByResource, tok.ServiceTokenAccesses = nil, nil
		}}, found{}},

		{"expires now", audit.Options{}, changes{expires(&now)}, found{"token.expired": "expired on 2026-09-01, today"}},
		{"expired a day ago", audit.Options{}, changes{expires(ago(day))},
			found{"token.expired": "expired on 2026-08-31, 1 day ago"}},
		{"expires in a nanosecond", audit.Options{}, changes{expires(in(1))},
			found{"token.expires-soon": "expires on 2026-09-01, in less than a day"}},
		{"expires in just 7 days", audit.Options{}, changes{expires(in(7 * day))},
			found{"token.expires-soon": "expires on 2026-09-08, in 7 days"}},
		{"expires in 7 days and a second", audit.Options{}, changes{expires(in(7*day + time.Second))}, found{}},
		{"expires within the days asked for", audit.Options{ExpiresDays: 20}, nil,
			found{"token.expires-soon": "expires on 2026-09-21, in 20 days"}},
		{"expires after the days asked for", audit.Options{ExpiresDays: 19}, nil, found{}},

		{"never expires", audit.Options{}, changes{expires(nil)},
			found{"token.never-expires": "issued on 2026-08-22 without an expiry date"}},
		{"lives for just 90 days", audit.Options{}, changes{expires(in(80 * day))}, found{}},
		{"lives for 90 days and a second", audit.Options{}, changes{expires(in(80*day + time.Second))},
			found{"token.long-lived": "lives for 91 days, from 2026-08-22 to 2026-11-20"}},
		{"lives for the days asked for", audit.Options{LifetimeDays: 30}, nil, found{}},
		{"lives longer than the days asked for", audit.Options{LifetimeDays: 29}, nil,
			found{"token.long-lived": "lives for 30 days, from 2026-08-22 to 2026-09-21"}},
		{"lives for thousands of years", audit.Options{},
			changes{expires(ptr(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)))},
			found{"token.long-lived": "lives for 2912210 days, from 2026-08-22 to 9999-12-31"}},

		{"never used for just 30 days", audit.Options{}, changes{created(ago(30 * day)), used(nil)},
			found{"token.never-used": "issued on 2026-08-02, 30 days ago, and never used"}},
		{"never used for a second less", audit.Options{}, changes{created(ago(30*day - time.Second)), used(nil)}, found{}},
		{"never used for the days asked for", audit.Options{NeverUsedDays: 10}, changes{used(nil)},
			found{"token.never-used": "issued on 2026-08-22, 10 days ago, and never used"}},
		{"never used, not for the days asked for", audit.Options{NeverUsedDays: 11}, changes{used(nil)}, found{}},
		{"never used and issued in the future", audit.Options{}, changes{created(in(40 * day)), used(nil)}, found{}},

		{"unused for just 90 days", audit.Options{LifetimeDays: 500}, changes{created(ago(200 * day)), used(ago(90 * day))},
			found{"token.unused": "last used on 2026-06-03, 90 days ago"}},
		{"unused for a second less", audit.Options{LifetimeDays: 500},
			changes{created(ago(200 * day)), used(ago(90*day - time.Second))}, found{}},
		{"unused for the day asked for", audit.Options{UnusedDays: 1}, nil,
			found{"token.unused": "last used on 2026-08-31, 1 day ago"}},
		{"last used in the future", audit.Options{UnusedDays: 1}, changes{used(in(day))}, found{}},

		{"undeclared scope", audit.Options{}, changes{database("database:read_database", "database:read_backups")},
			found{"scope.undeclared": "undeclared: database:read_backups"}},
		{"scope declared for another resource", audit.Options{}, changes{database("database:read_databases")},
			found{"scope.undeclared": "undeclared: database:read_databases"}},
		{"scope declared without its resource", audit.Options{}, changes{database("database:read_user")}, found{}},
		{"scope without its resource, declared with one", audit.Options{}, changes{database("read_branch")}, found{}},
		{"scope without its resource, undeclared", audit.Options{}, changes{database("read_branches")},
			found{"scope.undeclared": "undeclared: read_branches"}},
		{"access that is no declared scope", audit.Options{}, changes{accesses(access("read_comment", "Database", "orders", nil))},
			found{}},

		{"writes", audit.Options{}, changes{database("database:write_database")},
			found{"reach.write": "may write: database:write_database"}},
		{"writes by an access", audit.Options{}, changes{accesses(access("create_deploy_request", "Database", "orders", nil))},
			found{"reach.write": "may write: create_deploy_request on database orders"}},
		{"deletes", audit.Options{}, changes{database("database:delete_database", "database:read_database")},
			found{"reach.delete": "may delete: database:delete_database"}},
		{"administers", audit.Options{}, changes{database("branch:manage_passwords")},
			found{"reach.admin": "may administer: branch:manage_passwords"}},
		{"an unknown verb grants nothing", audit.Options{}, changes{accesses(access("ponder_branch", "Branch", "staging", nil))},
			found{}},
		{"a verb in another place is none", audit.Options{},
			changes{accesses(access("read_deploy_requests", "Database", "orders", nil))}, found{}},

		{"organization", audit.Options{}, changes{organization(acme, "organization:read_databases")},
			found{"reach.organization": "reaches all of acme with organization:read_databases"}},
		{"organization by an access", audit.Options{},
			changes{accesses(access("read_databases", "Organization", "acme", nil))},
			found{"reach.organization": "reaches all of acme with read_databases"}},
		{"organization without a scope on it", audit.Options{}, changes{organization(acme)}, found{}},
		{"scope on no organization", audit.Options{}, changes{organization(nil, "organization:read_databases")}, found{}},

		{"branch main", audit.Options{}, changes{branch("main")},
			found{"reach.production": "reaches production: branch main of orders"}},
		{"branch Master", audit.Options{}, changes{branch("Master")},
			found{"reach.production": "reaches production: branch Master of orders"}},
		{"branch maintenance", audit.Options{}, changes{branch("maintenance")}, found{}},
		{"branch main without a scope on it", audit.Options{}, changes{branch("main"), func(tok *api.Token) {
			tok.OAuthAccessesByResource.Branch.Accesses = nil
		}}, found{}},
		{"branch main by an access", audit.Options{}, changes{accesses(access("read_branch", "Branch", "main", nil))},
			found{"reach.production": "reaches production: read_branch on branch main"}},
		{"database main by an access", audit.Options{}, changes{accesses(access("read_database", "Database", "main", nil))},
			found{}},
		{"production branch of another name", audit.Options{ProductionBranches: []string{"live"}}, changes{branch("live")},
			found{"reach.production": "reaches production: branch live of orders"}},
		{"main is not production where another is", audit.Options{ProductionBranches: []string{"live"}},
			changes{branch("main")}, found{}},
		{"production by the scope's name", audit.Options{}, changes{database("database:delete_production_branches")},
			found{
				"reach.delete":     "may delete: database:delete_production_branches",
				"reach.production": "reaches production: database:delete_production_branches",
			}},
		{"production by the access's name", audit.Options{ProductionBranches: []string{}},
			changes{accesses(access("read_production_branch", "Database", "orders", nil))},
			found{"reach.production": "reaches production: read_production_branch on database orders"}},

		{"deleted resource", audit.Options{}, changes{accesses(
			access("read_branch", "Branch", "staging", nil), access("read_branch", "Branch", "old", ago(40*day)))},
			found{"reach.deleted-resource": "holds an access on branch old (deleted on 2026-07-23)"}},

		{"no actor", audit.Options{}, changes{func(tok *api.Token) {
			tok.ActorID, tok.ActorDisplayName, tok.ActorType = nil, nil, nil
		}}, found{"actor.unknown": "comes without actor_id, actor_display_name, actor_type"}},
		{"actor without a name", audit.Options{}, changes{func(tok *api.Token) { tok.ActorDisplayName = ptr(" ") }},
			found{"actor.unknown": "comes without actor_display_name"}},

		{"secret", audit.Options{}, changes{func(tok *api.Token) { tok.Token = ptr(openapi.NewSecret("pscale_oauth_x")) }},
			found{"token.live-secret": "the member token holds a secret"}},
		{"refresh token", audit.Options{}, changes{func(tok *api.Token) {
			tok.PlainTextRefreshToken = ptr(openapi.NewSecret("pscale_oauth_refresh_x"))
		}}, found{"token.live-secret": "the member plain_text_refresh_token holds a secret"}},
		{"empty secrets", audit.Options{}, changes{func(tok *api.Token) {
			tok.Token, tok.PlainTextRefreshToken = ptr(openapi.NewSecret("")), &openapi.Secret{}
		}}, found{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := found{}
			for f := range run(t, tt.options, clean(tt.changes...)).Findings() {
				got[f.Rule] = f.Message
				i := slices.IndexFunc(audit.Rules(), func(r audit.Rule) bool { return r.ID == f.Rule })
				if i < 0 || f.Severity != audit.Rules()[i].Severity || f.Token != "8zt3c5n7w1qa" || f.Name != "CI deploys" {
					t.Errorf("found %+v, which does not fit its rule and token", f)
				}
			}
			if !maps.Equal(got, tt.want) {
				t.Errorf("found %q\nwant  %q", got, tt.want)
			}
		})
	}
}

func TestEveryRuleSaysWhyAndWhatToDo(t *testing.T) {
	t.Parallel()
	severity := audit.Error
	var ids []string
	for _, rule := range audit.Rules() {
		if rule.ID == "" || rule.Title == "" || rule.Why == "" || rule.Remedy == "" {
			t.Errorf("%q is not all said", rule.ID)
		}
		if rule.Severity > severity || rule.Severity == audit.Off {
			t.Errorf("%s is %s and stands behind rules that are less", rule.ID, rule.Severity)
		}
		severity = rule.Severity
		ids = append(ids, rule.ID)
	}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 18 {
		t.Errorf("%d rules of different ids, want 18", n)
	}
}

func TestScopesByResourceDeclareToo(t *testing.T) {
	t.Parallel()
	app := application()
	for raw, want := range map[string]int{
		`{"branch":[{"scope":"read_backups"}],"database":[{"scope":"database:read_backups"}]}`: 0,
		`{"branch":[{"scope":"read_backups"}]}`:                                                0,
		`{"organization":[{"scope":"read_backups"}]}`:                                          1,
		`{"database":{"read_backups":true}}`:                                                   1,
		`{}`:                                                                                   1,
	} {
		app.ScopesByResource = openapi.RawObject(raw)
		tok := clean(func(tok *api.Token) { tok.OAuthAccessesByResource.Branch.Accesses = scopes("branch:read_backups") })
		report, err := audit.Run(app, list(tok), audit.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(slices.Collect(report.Findings())); got != want {
			t.Errorf("%s: %d findings, want %d", raw, got, want)
		}
	}
}
