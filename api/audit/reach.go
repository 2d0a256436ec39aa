package audit

import (
	"slices"
	"strings"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
)

// Reach returns what the token may do and where.
func (a *Auditor) Reach(tok *api.Token) Reach {
	return a.reach(tok) &^ (onDeletedResource | undeclared)
}

func (a *Auditor) reach(tok *api.Token) (reach Reach) {
	if by := tok.OAuthAccessesByResource; by != nil {
		reach |= a.grantsOn(OnUser, by.User.Accesses, len(by.User.Users))
		reach |= a.grantsOn(OnBranch, by.Branch.Accesses, len(by.Branch.Branches))
		reach |= a.grantsOn(OnDatabase, by.Database.Accesses, len(by.Database.Databases))
		reach |= a.grantsOn(OnOrganization, by.Organization.Accesses, len(by.Organization.Organizations))
		if reach&OnBranch != 0 {
			for i := range by.Branch.Branches {
				if a.isProduction(by.Branch.Branches[i].Name) {
					reach |= OnProduction
				}
			}
		}
	}
	for i := range tok.ServiceTokenAccesses {
		reach |= a.accessReach(&tok.ServiceTokenAccesses[i])
	}
	return reach
}

// grantsOn returns the reach of scopes on resources of one kind. A scope on no resource reaches none, but counts for what
// it would allow.
func (a *Auditor) grantsOn(where Reach, scopes []gen.AccessScope, resources int) (reach Reach) {
	for i := range scopes {
		reach |= a.grade(scopes[i].Name)
	}
	if len(scopes) > 0 && resources > 0 {
		reach |= where
	}
	return reach
}

func (a *Auditor) accessReach(access *gen.ServiceTokenAccess) Reach {
	reach := a.accessGrade(access) | resourceKind(access.ResourceType)
	if reach&OnBranch != 0 && a.isProduction(access.ResourceName) {
		reach |= OnProduction
	}
	if access.Resource.DeletedAt != nil {
		reach |= onDeletedResource
	}
	return reach
}

// accessGrade is the grade of an access by its name; accesses are not held against the declared scopes.
func (a *Auditor) accessGrade(access *gen.ServiceTokenAccess) Reach {
	return a.grade(access.Access) &^ undeclared
}

// resourceKind reads a resource_type, such as Branch.
func resourceKind(name string) Reach {
	switch {
	case strings.EqualFold(name, "Branch") || strings.EqualFold(name, "DatabaseBranch"):
		return OnBranch
	case strings.EqualFold(name, "Database"):
		return OnDatabase
	case strings.EqualFold(name, "Organization"):
		return OnOrganization
	case strings.EqualFold(name, "User"):
		return OnUser
	}
	return 0
}

func (a *Auditor) isProduction(branch string) bool {
	return slices.ContainsFunc(a.options.ProductionBranches, func(name string) bool {
		return strings.EqualFold(name, branch)
	})
}
