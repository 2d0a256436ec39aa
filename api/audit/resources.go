package audit

import (
	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/internal/text"
)

// A Grant is one resource that a token reaches, and what it may do there.
type Grant struct {
	Kind    Reach  // OnUser, OnBranch, OnDatabase or OnOrganization; 0 if it is none of them
	ID      string // the resource's id, fit to be shown
	Name    string // such as acme/orders/main, as far as the API tells; fit to be shown
	Deleted bool   // the resource is gone
	Does    Reach  // any of Reads, Writes, Deletes and Administers
}

// Grants returns what the token may do on each resource, a grant for each way it does. A resource can be there twice.
func (a *Auditor) Grants(tok *api.Token) []Grant {
	var grants []Grant
	add := func(kind Reach, id, name string, deleted bool, does Reach) {
		id, name = text.Data(id, nameBytes, a.secrets()...), text.Data(name, nameBytes, a.secrets()...)
		grants = append(grants, Grant{kind, id, name, deleted, does})
	}
	if by := tok.OAuthAccessesByResource; by != nil {
		does := a.does(by.Organization.Accesses)
		for _, o := range by.Organization.Organizations {
			add(OnOrganization, o.ID, o.Name, false, does)
		}
		does = a.does(by.Database.Accesses)
		for _, d := range by.Database.Databases {
			add(OnDatabase, d.ID, d.Organization+"/"+d.Name, false, does)
		}
		does = a.does(by.Branch.Accesses)
		for _, b := range by.Branch.Branches {
			add(OnBranch, b.ID, b.Organization+"/"+b.Database+"/"+b.Name, false, does)
		}
		does = a.does(by.User.Accesses)
		for _, u := range by.User.Users {
			add(OnUser, u.ID, u.Name, false, does)
		}
	}
	for i := range tok.ServiceTokenAccesses {
		access := &tok.ServiceTokenAccesses[i]
		add(resourceKind(access.ResourceType), access.ResourceID, access.ResourceName, access.Resource.DeletedAt != nil,
			a.grade(access.Access)&anything)
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
