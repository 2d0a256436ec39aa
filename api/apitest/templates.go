package apitest

import (
	"slices"
	"strings"

	"github.com/psoauth/psoauth/gen"
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

// A reach is what a token may touch, as scopes and the resources they are good for.
type reach struct {
	scopes    []string
	databases []string
	branches  []string // database/branch
}

var (
	readDatabase = reach{scopes: []string{"user:read_user", "database:read_database"}, databases: []string{"orders"}}
	readStaging  = reach{[]string{"user:read_user", "branch:read_branch"}, nil, []string{"orders/staging"}}
	readSeveral  = reach{
		[]string{"database:read_database", "branch:read_branch"},
		[]string{"analytics", "inventory"}, []string{"analytics/dev-2", "inventory/staging"},
	}
	readUser        = reach{scopes: []string{"user:read_user"}}
	readProduction  = reach{[]string{"user:read_user", "branch:read_branch"}, nil, []string{"orders/main", "billing/main"}}
	readUndeclared  = reach{[]string{"database:read_database", "database:read_backups"}, []string{"billing"}, nil}
	readEverything  = reach{scopes: []string{"organization:read_organization", "organization:read_databases"}}
	writeDatabase   = reach{[]string{"database:read_database", "database:write_deploy_requests"}, []string{"orders"}, nil}
	deleteBranch    = reach{[]string{"branch:read_branch", "branch:delete_branch"}, nil, []string{"orders/dev-1"}}
	managePasswords = reach{[]string{"branch:read_branch", "branch:manage_passwords"}, nil, []string{"analytics/staging"}}
	reachAll        = reach{
		[]string{
			"user:read_user", "organization:read_databases", "organization:read_audit_logs", "database:read_database",
			"database:write_deploy_requests", "branch:read_branch", "branch:delete_branch", "branch:manage_passwords",
		},
		[]string{"orders", "billing", "analytics", "inventory"},
		[]string{"orders/main", "billing/main", "analytics/main", "inventory/main"},
	}
	reachNothing = reach{scopes: []string{}}
	reachNull    = reach{}
)

// in returns the reach in an organization, that of a user for the token's actor.
func (r reach) in(organization string, token *gen.OAuthToken) *gen.OAuthAccessesByResource {
	const app = "https://app.planetscale.com/"
	a := &gen.OAuthAccessesByResource{
		Database:     gen.DatabaseAccesses{Databases: []gen.AccessibleDatabase{}, Accesses: r.of("database:")},
		Organization: gen.OrganizationAccesses{Organizations: []gen.AccessibleOrganization{}, Accesses: r.of("organization:")},
		Branch:       gen.BranchAccesses{Branches: []gen.AccessibleBranch{}, Accesses: r.of("branch:")},
		User:         gen.UserAccesses{Users: []gen.AccessibleUser{}, Accesses: r.of("user:")},
	}
	for _, database := range r.databases {
		a.Database.Databases = append(a.Database.Databases, gen.AccessibleDatabase{
			Name: database, ID: namedID(database), Organization: organization, URL: app + organization + "/" + database,
		})
	}
	for _, path := range r.branches {
		database, branch, _ := strings.Cut(path, "/")
		a.Branch.Branches = append(a.Branch.Branches, gen.AccessibleBranch{
			Name: branch, ID: namedID(path), Database: database, Organization: organization,
			URL: app + organization + "/" + path,
		})
	}
	if token.ActorID != nil && len(a.User.Accesses) > 0 {
		user := gen.AccessibleUser{ID: *token.ActorID}
		if token.ActorDisplayName != nil {
			user.Name = *token.ActorDisplayName
		}
		a.User.Users = append(a.User.Users, user)
	}
	if len(a.Organization.Accesses) > 0 {
		a.Organization.Organizations = append(a.Organization.Organizations, gen.AccessibleOrganization{
			Name: organization, ID: namedID(organization), URL: app + organization,
		})
	}
	return a
}

// of returns the scopes that begin with the prefix.
func (r reach) of(prefix string) []gen.AccessScope {
	of := []gen.AccessScope{}
	for _, s := range scopes {
		if strings.HasPrefix(s.name, prefix) && slices.Contains(r.scopes, s.name) {
			of = append(of, gen.AccessScope{Name: s.name, Description: s.description})
		}
	}
	return of
}

// A grant is a single access on one resource.
type grant struct {
	access, description string
	kind, name          string // of the resource
	deletedDaysAgo      int    // 0 if it still exists
}

var (
	readBranchGrant      = grant{"read_branch", "Read a database branch", "Branch", "staging", 0}
	readDatabaseGrant    = grant{"read_database", "Read a database", "Database", "orders", 0}
	productionGrant      = grant{"read_branch", "Read a database branch", "Branch", "main", 0}
	deletedBranchGrant   = grant{"read_branch", "Read a database branch", "Branch", "migration-7", 40}
	deletedDatabaseGrant = grant{"read_database", "Read a database", "Database", "legacy-crm", 400}
)

// days is a span of days, ends included.
type days struct{ from, to int }

func (d days) pick(h uint64) int { return d.from + int(h%uint64(d.to-d.from+1)) }

// actorKind says which actor a token has.
type actorKind int

const (
	anyActor actorKind = iota // one of many members, or the actor with many tokens
	serviceActor
	noActor
	unnamedActor // an actor with an id only
)

// A template is what tokens are made from. Spans are in days before midnight; a zero span of lives and left means
// that the token never expires, one of used that it was never used.
type template struct {
	age     days
	lives   days // from issue to expiry
	left    days // from midnight to expiry, if lives is zero
	used    days
	actor   actorKind
	unnamed bool
	reach   reach
	grants  []grant
}

var (
	month  = days{30, 30}
	recent = days{2, 12}
	lately = days{1, 10}
)

// ordinary are the tokens as they should be: young, in use, expiring within the month, reading little.
var ordinary = []template{
	{age: recent, lives: month, used: lately, reach: readDatabase},
	{age: recent, lives: month, used: lately, reach: readStaging, grants: []grant{readBranchGrant}},
	{age: recent, lives: month, used: lately, reach: readSeveral, unnamed: true},
	{age: recent, lives: month, used: lately, reach: readUser, unnamed: true},
	{age: days{2, 3}, lives: month, reach: readDatabase},
	{age: recent, lives: month, used: lately, reach: readDatabase, actor: serviceActor, grants: []grant{readDatabaseGrant}},
}

// special are one case each of what an audit of tokens looks for; the first tokens of the list are these.
var special = []template{
	ordinary[0],
	{age: days{60, 70}, lives: month, used: days{45, 55}, reach: readDatabase},           // expired
	{age: days{500, 900}, lives: month, reach: readStaging},                              // expired long ago
	{age: days{200, 400}, left: days{40, 200}, reach: readDatabase},                      // never used
	{age: days{400, 600}, left: days{40, 200}, used: days{200, 350}, reach: readStaging}, // unused for long
	{age: recent, used: lately, reach: readDatabase},                                     // never expires
	{age: recent, lives: days{730, 1825}, used: lately, reach: readStaging},              // lives long
	{age: recent, lives: days{36500, 36500}, used: lately, reach: readUser},              // lives a century
	{age: days{24, 28}, lives: month, used: lately, reach: readDatabase},                 // expires soon
	{age: recent, lives: month, used: lately, reach: readUndeclared},                     // undeclared scope
	{age: recent, lives: month, used: lately, reach: writeDatabase},                      // write
	{age: recent, lives: month, used: lately, reach: deleteBranch},                       // delete
	{age: recent, lives: month, used: lately, reach: managePasswords},                    // administrative
	{age: recent, lives: month, used: lately, reach: readEverything},                     // whole organization
	{age: recent, lives: month, used: lately, reach: readProduction},                     // production branch
	{age: recent, lives: month, used: lately, grants: []grant{productionGrant}},          // the same, by grant
	{age: recent, lives: month, used: lately, grants: []grant{readBranchGrant, deletedBranchGrant}},
	{age: recent, lives: month, used: lately, reach: readUser, grants: []grant{deletedDatabaseGrant}},
	{age: recent, lives: month, used: lately, reach: readDatabase, actor: noActor, unnamed: true}, // actor gone
	{age: recent, lives: month, used: lately, reach: readUser, actor: unnamedActor},               // actor unknown
	{age: days{1500, 1600}, used: lately, reach: readDatabase, actor: serviceActor},               // unusual age
	{age: recent, lives: month, used: lately, reach: reachNull, unnamed: true},                    // touches nothing
	{age: recent, lives: month, used: lately, reach: reachNothing, grants: []grant{}},             // the same
	{age: days{700, 900}, used: days{300, 400}, reach: reachAll, actor: noActor, grants: []grant{
		productionGrant, readDatabaseGrant, deletedBranchGrant, deletedDatabaseGrant,
	}}, // everything at once
	ordinary[1], ordinary[2], ordinary[3], ordinary[4], ordinary[5],
}

// purposes are names of tokens; some need escaping in JSON, HTML or CSV.
var purposes = []string{
	"CI deploys", "Nightly backup", "Schema review", "Query insights export", "Billing report", "Staging sync",
	"Data catalog", "On-call dashboard", "Tägliche Übersicht", `Q3 "reporting" & exports`, "分析パイプライン", "Load test",
}
