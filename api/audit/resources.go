package audit

import (
	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
)

// A Grant is one resource that a token reaches, and what it may do there.
type Grant struct {
	Kind    Reach  // OnUser, OnBranch, OnDatabase or OnOrganization; 0 if it is none of them
	ID      string // the resource's id
	Name    string // such as acme/orders/main, as far as the API tells; as the server sent it
	Deleted bool   // the resource is gone
	Does    Reach  // any of Reads, Writes, Deletes and Administers
}

// Grants returns what the token may do on each resource, a grant for each way it does. A resource can be there twice.
func (a *Auditor) Grants(tok *api.Token) []Grant {
	var grants []Grant
	if by := tok.OAuthAccessesByResource; by != nil {
		does := a.does(by.Organization.Accesses)
		for _, o := range by.Organization.Organizations {
			grants = append(grants, Grant{OnOrganization, o.ID, o.Name, false, does})
		}
		does = a.does(by.Database.Accesses)
		for _, d := range by.Database.Databases {
			grants = append(grants, Grant{OnDatabase, d.ID, d.Organization + "/" + d.Name, false, does})
		}
		does = a.does(by.Branch.Accesses)
		for _, b := range by.Branch.Branches {
			grants = append(grants, Grant{OnBranch, b.ID, b.Organization + "/" + b.Database + "/" + b.Name, false, does})
		}
		does = a.does(by.User.Accesses)
		for _, u := range by.User.Users {
			grants = append(grants, Grant{OnUser, u.ID, u.Name, false, does})
		}
	}
	for i := range tok.ServiceTokenAccesses {
		access := &tok.ServiceTokenAccesses[i]
		grants = append(grants, Grant{
			resourceKind(access.ResourceType), access.ResourceID, access.ResourceName, access.Resource.DeletedAt != nil,
			a.grade(access.Access) & anything,
		})
	}
	return grants
}

const anything = Reads | Writes | Deletes | Administers

func (a *Auditor) does(scopes []gen.AccessScope) (reach Reach) {
	for i := range scopes {
		reach |= a.grade(scopes[i].Name)
	}
	return reach & anything
}
