package apitest

import (
	"strings"
	"time"

	"github.com/psoauth/psoauth/gen"
)

// userID is the id of the user who authorized [AccessToken].
const userID = "u4m9b2x7k1re"

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

// accesses is the JSON of a reach, in two parts: between them stands the user, who is the token's actor.
type accesses struct{ before, after string }

// render makes the JSON of the reach in an organization.
func (r reach) render(organization string) accesses {
	if r.scopes == nil {
		return accesses{}
	}
	const app = "https://app.planetscale.com/"
	a := gen.OAuthAccessesByResource{
		Database:     gen.DatabaseAccesses{Databases: []gen.AccessibleDatabase{}},
		Organization: gen.OrganizationAccesses{Organizations: []gen.AccessibleOrganization{}},
		Branch:       gen.BranchAccesses{Branches: []gen.AccessibleBranch{}},
		User:         gen.UserAccesses{Users: []gen.AccessibleUser{}},
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
	a.Database.Accesses = r.of("database:")
	a.Branch.Accesses = r.of("branch:")
	a.User.Accesses = r.of("user:")
	a.Organization.Accesses = r.of("organization:")
	if len(a.Organization.Accesses) > 0 {
		a.Organization.Organizations = append(a.Organization.Organizations, gen.AccessibleOrganization{
			Name: organization, ID: namedID(organization), URL: app + organization,
		})
	}
	data := mustJSON(a)
	if len(a.User.Accesses) == 0 {
		return accesses{before: data}
	}
	before, after, _ := strings.Cut(data, `"users":[]`)
	return accesses{before + `"users":[`, "]" + after}
}

// of returns the scopes that begin with the prefix.
func (r reach) of(prefix string) []gen.AccessScope {
	of := []gen.AccessScope{}
	for _, name := range r.scopes {
		if strings.HasPrefix(name, prefix) {
			of = append(of, gen.AccessScope{Name: name, Description: scopeNamed(name).description})
		}
	}
	return of
}

// of returns the JSON of the reach of a token with the actor.
func (a accesses) of(actor actor) string {
	if a.after == "" || actor.id == "" {
		return a.before + a.after
	}
	name := actor.name
	if name == "" {
		name = `""`
	}
	return a.before + `{"id":` + actor.id + `,"name":` + name + `}` + a.after
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

// render makes the JSON of the grant, in two parts: between them stands the grant's id.
func (g grant) render(midnight time.Time) (parts [2]string) {
	at := func(daysAgo int) time.Time {
		return midnight.AddDate(0, 0, -daysAgo).Add(37163123 * time.Millisecond)
	}
	id := namedID(g.kind + " " + g.name)
	access := gen.ServiceTokenAccess{
		Access: g.access, Description: g.description, ResourceID: id, ResourceName: g.name, ResourceType: g.kind,
		Resource: gen.AccessResource{ID: id, Name: g.name, CreatedAt: at(700), UpdatedAt: at(90 + g.deletedDaysAgo)},
	}
	if g.deletedDaysAgo > 0 {
		deleted := at(g.deletedDaysAgo)
		access.Resource.DeletedAt = &deleted
	}
	parts[0], parts[1], _ = strings.Cut(mustJSON(access), `"id":""`)
	parts[0] += `"id":"`
	parts[1] = `"` + parts[1]
	return parts
}
