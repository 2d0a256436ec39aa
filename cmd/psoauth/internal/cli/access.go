package cli

import (
	"github.com/psoauth/psoauth/gen"
)

// An access is what a token may touch of one kind of resource, and how.
type access struct {
	resources []resource
	scopes    []gen.AccessScope
}

type resource struct{ path, id string }

func organizationAccess(a *gen.OAuthAccessesByResource) access {
	all := access{scopes: a.Organization.Accesses}
	for _, o := range a.Organization.Organizations {
		all.resources = append(all.resources, resource{o.Name, o.ID})
	}
	return all
}

func databaseAccess(a *gen.OAuthAccessesByResource) access {
	all := access{scopes: a.Database.Accesses}
	for _, d := range a.Database.Databases {
		all.resources = append(all.resources, resource{d.Organization + "/" + d.Name, d.ID})
	}
	return all
}

func branchAccess(a *gen.OAuthAccessesByResource) access {
	all := access{scopes: a.Branch.Accesses}
	for _, b := range a.Branch.Branches {
		all.resources = append(all.resources, resource{b.Organization + "/" + b.Database + "/" + b.Name, b.ID})
	}
	return all
}

func userAccess(a *gen.OAuthAccessesByResource) access {
	all := access{scopes: a.User.Accesses}
	for _, u := range a.User.Users {
		all.resources = append(all.resources, resource{u.Name, u.ID})
	}
	return all
}

func (a access) resourcesWithIDs() (names []string) {
	for _, r := range a.resources {
		names = append(names, r.path+" ("+r.id+")")
	}
	return names
}

func (a access) scopeNames() (names []string) {
	for _, s := range a.scopes {
		names = append(names, s.Name)
	}
	return names
}

// serviceAccess says in one line what a single access is on.
func serviceAccess(a *gen.ServiceTokenAccess) string {
	s := a.Access + " on " + a.ResourceType + " " + a.ResourceName + " (" + a.ResourceID + ")"
	if a.Resource.DeletedAt != nil {
		s += ", deleted"
	}
	return s
}

func (a access) scopesExplained() (lines []string) {
	for _, s := range a.scopes {
		lines = append(lines, "may "+s.Name+" ("+s.Description+")")
	}
	return lines
}
