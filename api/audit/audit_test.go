package audit_test

import (
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

var now = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

func ptr[T any](v T) *T { return &v }

func ago(d time.Duration) *time.Time { return ptr(now.Add(-d)) }

// in returns the time so far ahead.
func in(d time.Duration) *time.Time { return ago(-d) }

func application() *api.Application {
	return &api.Application{
		ID: "5kq1x0v2m8yd", Name: "Schema Sentinel",
		Scopes: openapi.Scopes{"read_user", "database:read_database", "database:write_database", "database:delete_database",
			"branch:read_branch", "branch:manage_passwords", "organization:read_databases", "database:delete_production_branches"},
	}
}

// clean returns a token that no rule finds anything on, after the changes.
func clean(changes ...func(*api.Token)) *api.Token {
	tok := &api.Token{
		ID: "8zt3c5n7w1qa", DisplayName: "CI deploys", Name: ptr("ci-deploys"),
		CreatedAt: *ago(10 * day), UpdatedAt: *ago(day), LastUsedAt: ago(day), ExpiresAt: in(20 * day),
		ActorID: ptr("u4m9b2x7k1re"), ActorDisplayName: ptr("Ada"), ActorType: ptr("User"),
		OAuthAccessesByResource: &gen.OAuthAccessesByResource{
			Database: gen.DatabaseAccesses{
				Databases: []gen.AccessibleDatabase{{ID: "db3x8v1k5n7q", Name: "orders", Organization: "acme"}},
				Accesses:  scopes("database:read_database"),
			},
			Branch: gen.BranchAccesses{
				Branches: []gen.AccessibleBranch{{ID: "br7n4k2m9x1z", Name: "staging", Database: "orders", Organization: "acme"}},
				Accesses: scopes("branch:read_branch"),
			},
			User: gen.UserAccesses{
				Users:    []gen.AccessibleUser{{ID: "u4m9b2x7k1re", Name: "Ada"}},
				Accesses: scopes("user:read_user"),
			},
		},
		ServiceTokenAccesses: []gen.ServiceTokenAccess{access("read_branch", "Branch", "staging", nil)},
	}
	for _, change := range changes {
		change(tok)
	}
	return tok
}

func scopes(names ...string) []gen.AccessScope {
	var all []gen.AccessScope
	for _, name := range names {
		all = append(all, gen.AccessScope{Name: name})
	}
	return all
}

func access(name, kind, resource string, deleted *time.Time) gen.ServiceTokenAccess {
	return gen.ServiceTokenAccess{
		Access: name, ResourceType: kind, ResourceName: resource,
		Resource: gen.AccessResource{Name: resource, DeletedAt: deleted},
	}
}

// run audits the tokens as a list without errors.
func run(t testing.TB, options audit.Options, tokens ...*api.Token) *audit.Report {
	t.Helper()
	options.Now = now
	report, err := audit.Run(application(), list(tokens...), options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func list(tokens ...*api.Token) func(func(*api.Token, error) bool) {
	return func(yield func(*api.Token, error) bool) {
		for _, tok := range tokens {
			if !yield(tok, nil) {
				return
			}
		}
	}
}
