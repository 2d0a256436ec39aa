package audit_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// FuzzToken wants findings on any token that are fit to be shown, and none where nothing is wrong.
func FuzzToken(f *testing.F) {
	f.Add("CI deploys", "database:delete_production_branches", "Branch", "main", int64(0), int64(0), int64(0))
	f.Add("\x1b[2J\u202e", "_:_admin", "organization", "\xff", int64(-1<<62), int64(1<<40), int64(1<<62))
	f.Add("", ":", "", "pscale_tkn_canary0", int64(1e9), int64(-1), int64(1))
	f.Fuzz(func(t *testing.T, name, scope, kind, resource string, created, used, expires int64) {
		at := func(seconds int64) time.Time { return time.Unix(seconds%(1<<37), 0) } // JSON has years up to 9999
		lastUsed, expiry := at(used), at(expires)
		tok := clean(func(tok *api.Token) {
			tok.ID, tok.DisplayName, tok.ActorID, tok.ActorDisplayName = name, name, &name, &resource
			tok.CreatedAt, tok.LastUsedAt, tok.ExpiresAt = at(created), &lastUsed, &expiry
			tok.Token = ptr(openapi.NewSecret(resource))
			tok.OAuthAccessesByResource.Database.Accesses = scopes(scope)
			tok.OAuthAccessesByResource.Organization = gen.OrganizationAccesses{
				Organizations: []gen.AccessibleOrganization{{Name: resource}}, Accesses: scopes(scope),
			}
			tok.ServiceTokenAccesses = []gen.ServiceTokenAccess{access(scope, kind, resource, &lastUsed)}
		})
		found := slices.Collect(run(t, audit.Options{}, tok).Findings())
		if len(found) == 0 {
			t.Fatal("an access on a deleted resource was not found")
		}
		for _, f := range found {
			for _, said := range []string{f.Token, f.Name, f.Actor, f.ActorName, f.Message} {
				if len(said) > 1000 || strings.ContainsFunc(said, func(r rune) bool { return !strconv.IsPrint(r) }) ||
					strings.Contains(said, "pscale_tkn_canary0") {
					t.Errorf("%s says %q", f.Rule, said)
				}
			}
		}
	})
}
