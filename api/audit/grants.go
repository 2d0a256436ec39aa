package audit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/internal/text"
)

// reachRule makes the check of a rule on what scopes and accesses allow by their names.
func reachRule(bit Reach, message string) func(*Auditor, *api.Token, Reach) string {
	return func(a *Auditor, tok *api.Token, reach Reach) string {
		if reach&bit == 0 {
			return ""
		}
		return message + a.list(a.namesWith(bit, tok))
	}
}

// namesWith lists the scopes and accesses whose names have the bit.
func (a *Auditor) namesWith(bit Reach, tok *api.Token) (found items) {
	if by := tok.OAuthAccessesByResource; by != nil {
		for _, scopes := range [][]gen.AccessScope{
			by.Organization.Accesses, by.Database.Accesses, by.Branch.Accesses, by.User.Accesses,
		} {
			for i := range scopes {
				if a.grade(scopes[i].Name)&bit != 0 {
					found.add(scopes[i].Name)
				}
			}
		}
	}
	for i := range tok.ServiceTokenAccesses {
		if access := &tok.ServiceTokenAccesses[i]; a.accessGrade(access)&bit != 0 {
			found.add(accessOn(access))
		}
	}
	return found
}

func accessOn(access *gen.ServiceTokenAccess) string {
	return access.Access + " on " + resource(access)
}

func resource(access *gen.ServiceTokenAccess) string {
	return strings.ToLower(access.ResourceType) + " " + access.ResourceName
}

func (a *Auditor) organizationReach(tok *api.Token, reach Reach) string {
	if reach&OnOrganization == 0 {
		return ""
	}
	var organizations, names items
	if by := tok.OAuthAccessesByResource; by != nil && len(by.Organization.Accesses) > 0 {
		for i := range by.Organization.Organizations {
			organizations.add(by.Organization.Organizations[i].Name)
		}
		for i := range by.Organization.Accesses {
			names.add(by.Organization.Accesses[i].Name)
		}
	}
	for i := range tok.ServiceTokenAccesses {
		if access := &tok.ServiceTokenAccesses[i]; resourceKind(access.ResourceType) == OnOrganization {
			organizations.add(access.ResourceName)
			names.add(access.Access)
		}
	}
	return "reaches all of " + a.list(organizations) + " with " + a.list(names)
}

func (a *Auditor) productionReach(tok *api.Token, reach Reach) string {
	if reach&OnProduction == 0 {
		return ""
	}
	found := a.namesWith(OnProduction, tok)
	if by := tok.OAuthAccessesByResource; by != nil && len(by.Branch.Accesses) > 0 {
		for i := range by.Branch.Branches {
			if branch := &by.Branch.Branches[i]; a.isProduction(branch.Name) {
				found.add("branch " + branch.Name + " of " + branch.Database)
			}
		}
	}
	for i := range tok.ServiceTokenAccesses {
		if access := &tok.ServiceTokenAccesses[i]; a.accessReach(access)&OnProduction != 0 {
			found.add(accessOn(access))
		}
	}
	return "reaches production: " + a.list(found)
}

func (a *Auditor) deletedResource(tok *api.Token, reach Reach) string {
	if reach&onDeletedResource == 0 {
		return ""
	}
	var found items
	for i := range tok.ServiceTokenAccesses {
		access := &tok.ServiceTokenAccesses[i]
		if at := access.Resource.DeletedAt; at != nil {
			found.add(resource(access) + " (deleted on " + date(*at) + ")")
		}
	}
	return "holds an access on " + a.list(found)
}

// An items collects what a message names: each item once, in order.
type items []string

func (l *items) add(item string) {
	if !slices.Contains(*l, item) {
		*l = append(*l, item)
	}
}

// list returns the first few items, and how many more there are, fit to be shown.
func (a *Auditor) list(l items) string {
	named := make([]string, 0, maxItems+1)
	for _, item := range l[:min(len(l), maxItems)] {
		named = append(named, text.Data(item, itemBytes, a.secrets()...))
	}
	if more := len(l) - maxItems; more > 0 {
		named = append(named, strconv.Itoa(more)+" more")
	}
	return strings.Join(named, ", ")
}
