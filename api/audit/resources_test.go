package audit_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/gen"
)

func TestGrantsAndReach(t *testing.T) {
	t.Parallel()
	tok := clean(func(tok *api.Token) {
		tok.OAuthAccessesByResource.Database.Accesses = scopes("database:delete_database", "database:read_database")
		tok.OAuthAccessesByResource.Organization = gen.OrganizationAccesses{
			Organizations: []gen.AccessibleOrganization{{ID: "or", Name: "acme"}}, Accesses: scopes("organization:manage_passwords"),
		}
		tok.ServiceTokenAccesses = []gen.ServiceTokenAccess{
			access("write_branch", "Branch", "main", &now), access("read_thing", "Thing", "it", nil),
			access("delete_branch", "Branch", "staging", nil), // which is listed before, with its database
		}
		tok.ServiceTokenAccesses[0].ResourceID, tok.ServiceTokenAccesses[2].ResourceID = "br", "br7n4k2m9x1z"
	})
	got := run(t, audit.Options{}, tok).Applications[0].Tokens[0]
	type grant struct {
		kind, id, name string
		deleted        bool
		does           []string
	}
	want := []grant{
		{"organization", "or", "acme", false, []string{"administer"}},
		{"database", "db3x8v1k5n7q", "acme/orders", false, []string{"read", "delete"}},
		{"branch", "br7n4k2m9x1z", "acme/orders/staging", false, []string{"read", "delete"}},
		{"user", "u4m9b2x7k1re", "Ada", false, []string{"read"}},
		{"branch", "br", "main", true, []string{"write"}},
		{"other", "", "it", false, []string{"read"}},
	}
	var grants []grant
	for _, g := range got.Grants {
		grants = append(grants, grant{g.Kind, g.ID, g.Name, g.Deleted, g.Does.Names()})
	}
	if !reflect.DeepEqual(grants, want) {
		t.Errorf("got  %+v\nwant %+v", grants, want)
	}
	all := []string{"read", "write", "delete", "administer", "user", "branch", "database", "organization", "production"}
	if !slices.Equal(got.Reach.Names(), all) {
		t.Errorf("reach %q, want %q", got.Reach.Names(), all)
	}
	nothing := run(t, audit.Options{}, clean(func(tok *api.Token) { tok.OAuthAccessesByResource, tok.ServiceTokenAccesses = nil, nil }))
	if tok := nothing.Applications[0].Tokens[0]; tok.Reach != 0 || tok.Grants != nil || tok.Scopes != nil {
		t.Errorf("%+v", tok)
	}
}
