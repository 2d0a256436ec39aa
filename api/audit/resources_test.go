package audit_test

import (
	"reflect"
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/gen"
)

func TestGrantsAndReach(t *testing.T) {
	t.Parallel()
	a := newAuditor(t, audit.Options{})
	tok := clean(func(tok *api.Token) {
		tok.OAuthAccessesByResource.Database.Accesses = scopes("database:delete_database", "database:read_database")
		tok.OAuthAccessesByResource.Organization = gen.OrganizationAccesses{
			Organizations: []gen.AccessibleOrganization{{ID: "or", Name: "acme"}}, Accesses: scopes("organization:manage_passwords"),
		}
		tok.ServiceTokenAccesses = []gen.ServiceTokenAccess{
			access("write_branch", "Branch", "main", &now), access("read_thing", "Thing", "it", nil),
		}
		tok.ServiceTokenAccesses[0].ResourceID = "br"
	})
	want := []audit.Grant{
		{Kind: audit.OnOrganization, ID: "or", Name: "acme", Does: audit.Administers},
		{Kind: audit.OnDatabase, ID: "db3x8v1k5n7q", Name: "acme/orders", Does: audit.Reads | audit.Deletes},
		{Kind: audit.OnBranch, ID: "br7n4k2m9x1z", Name: "acme/orders/staging", Does: audit.Reads},
		{Kind: audit.OnUser, ID: "u4m9b2x7k1re", Name: "Ada", Does: audit.Reads},
		{Kind: audit.OnBranch, ID: "br", Name: "main", Deleted: true, Does: audit.Writes},
		{Name: "it", Does: audit.Reads},
	}
	if got := a.Grants(tok); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	all := audit.Reads | audit.Writes | audit.Deletes | audit.Administers |
		audit.OnUser | audit.OnBranch | audit.OnDatabase | audit.OnOrganization | audit.OnProduction
	if got := a.Reach(tok); got != all {
		t.Errorf("reach %b, want %b", got, all)
	}
	nothing := clean(func(tok *api.Token) { tok.OAuthAccessesByResource, tok.ServiceTokenAccesses = nil, nil })
	if got := a.Reach(nothing); got != 0 || a.Grants(nothing) != nil {
		t.Errorf("reach %b, grants %v", got, a.Grants(nothing))
	}
}
