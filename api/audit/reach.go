package audit

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
)

// A Reach is what a token may do, by the names of its scopes and accesses, and where.
type Reach uint16

const (
	reads             Reach = 1 << iota // something
	writes                              // creates or changes something
	deletes                             // deletes something
	administers                         // manages credentials or the like
	onUser                              // a user's own data
	onBranch                            // single branches
	onDatabase                          // whole databases
	onOrganization                      // whole organizations
	onProduction                        // production branches
	onDeletedResource                   // something that is gone
	undeclared                          // with a scope that the application does not declare
)

const anything = reads | writes | deletes | administers

// reachNames are the words for the bits of a reach, from the lowest.
var reachNames = []string{"read", "write", "delete", "administer", "user", "branch", "database", "organization", "production"}

// Names returns what the token may do (read, write, delete, administer) and where (user, branch, database, organization,
// production), in this order.
func (r Reach) Names() []string {
	var names []string
	for i, name := range reachNames {
		if r&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Has reports whether the reach includes what one of the names of [Reach.Names] says.
func (r Reach) Has(name string) bool { return slices.Contains(r.Names(), name) }

// verbs are the first words of the names of scopes and accesses.
var verbs = map[string]Reach{
	"read": reads, "list": reads, "view": reads, "get": reads, "openid": reads, "profile": reads, "email": reads,

	"write": writes, "create": writes, "update": writes, "edit": writes, "approve": writes, "deploy": writes,
	"promote": writes, "demote": writes, "restore": writes, "connect": writes,

	"delete": deletes, "remove": deletes, "destroy": deletes,

	"manage": administers, "admin": administers, "administer": administers,
}

// named returns the reach that the name of a scope or access gives.
func named(name string) Reach {
	name = strings.ToLower(name[strings.LastIndexByte(name, ':')+1:])
	words := strings.Split(name, "_")
	reach := verbs[words[0]]
	if words[len(words)-1] == "admin" {
		reach = administers
	}
	if slices.Contains(words, "production") {
		reach |= onProduction
	}
	return reach
}

// A declaration is the scopes an application declares.
type declaration struct {
	full map[string]bool // as they are declared
	bare map[string]bool // without the resource prefix
}

func declarationOf(app *api.Application) declaration {
	d := declaration{map[string]bool{}, map[string]bool{}}
	for _, scope := range app.Scopes {
		d.add(scope)
	}
	// The inner shape is known from PlanetScale's prose only; in any other shape it declares nothing.
	var byResource map[string][]struct {
		Scope string `json:"scope"`
	}
	if len(app.ScopesByResource) > 0 && json.Unmarshal(app.ScopesByResource, &byResource) == nil {
		for resource, scopes := range byResource {
			for _, s := range scopes {
				if !strings.Contains(s.Scope, ":") {
					s.Scope = resource + ":" + s.Scope
				}
				d.add(s.Scope)
			}
		}
	}
	return d
}

func (d declaration) add(scope string) {
	d.full[scope] = true
	d.bare[scope[strings.LastIndexByte(scope, ':')+1:]] = true
}

func (d declaration) has(scope string) bool {
	prefix := strings.LastIndexByte(scope, ':') + 1
	if prefix == 0 {
		return d.bare[scope]
	}
	return d.full[scope] || d.full[scope[prefix:]]
}

// A holding is a scope, or an access of a service token, with the resources it is on. A scope on no resource reaches none
// and counts for what it would allow.
type holding struct {
	name   string
	label  string // in messages
	access bool   // an access; they have a vocabulary of their own, and are not compared with the declared scopes
	does   Reach  // by its name
	on     []resource
}

// A resource is something that a token reaches.
type resource struct {
	kind    Reach // 0 if it is none that is known
	id      string
	name    string // such as acme/orders/main
	label   string // in messages
	branch  string // the branch's own name, if it is one
	deleted *time.Time
}

// holdings returns all that a token holds.
func (d *audited) holdings(tok *api.Token) []holding {
	var all []holding
	add := func(scopes []gen.AccessScope, on []resource) {
		for _, s := range scopes {
			does := named(s.Name)
			if !d.declared.has(s.Name) {
				does |= undeclared
			}
			all = append(all, holding{name: s.Name, label: s.Name, does: does, on: on})
		}
	}
	if by := tok.OAuthAccessesByResource; by != nil {
		var organizations, databases, branches, users []resource
		for _, o := range by.Organization.Organizations {
			organizations = append(organizations, resource{kind: onOrganization, id: o.ID, name: o.Name, label: o.Name})
		}
		for _, db := range by.Database.Databases {
			databases = append(databases, resource{kind: onDatabase, id: db.ID, name: db.Organization + "/" + db.Name})
		}
		for _, b := range by.Branch.Branches {
			branches = append(branches, resource{
				kind: onBranch, id: b.ID, name: b.Organization + "/" + b.Database + "/" + b.Name,
				label: "branch " + b.Name + " of " + b.Database, branch: b.Name,
			})
		}
		for _, u := range by.User.Users {
			users = append(users, resource{kind: onUser, id: u.ID, name: u.Name})
		}
		add(by.Organization.Accesses, organizations)
		add(by.Database.Accesses, databases)
		add(by.Branch.Accesses, branches)
		add(by.User.Accesses, users)
	}
	for _, access := range tok.ServiceTokenAccesses {
		r := resource{
			kind: resourceKind(access.ResourceType), id: access.ResourceID, name: access.ResourceName,
			label: strings.ToLower(access.ResourceType) + " " + access.ResourceName, deleted: access.Resource.DeletedAt,
		}
		if r.kind == onBranch {
			r.branch = access.ResourceName
		}
		all = append(all, holding{
			name: access.Access, label: access.Access + " on " + r.label, access: true, does: named(access.Access), on: []resource{r},
		})
	}
	return all
}

// resourceKind reads a resource_type, such as Branch.
func resourceKind(name string) Reach {
	switch strings.ToLower(name) {
	case "branch", "databasebranch":
		return onBranch
	case "database":
		return onDatabase
	case "organization":
		return onOrganization
	case "user":
		return onUser
	}
	return 0
}

func (a *Auditor) isProduction(r resource) bool {
	return r.kind == onBranch && slices.ContainsFunc(a.options.ProductionBranches, func(name string) bool {
		return strings.EqualFold(name, r.branch)
	})
}

// reach sums up what holdings allow and where.
func (a *Auditor) reach(held []holding) (reach Reach) {
	for _, h := range held {
		reach |= h.does
		for _, r := range h.on {
			reach |= r.kind
			if a.isProduction(r) {
				reach |= onProduction
			}
			if r.deleted != nil {
				reach |= onDeletedResource
			}
		}
	}
	return reach
}

// A Grant is one resource that a token reaches, and what it may do there. Its text is fit to be shown.
type Grant struct {
	Kind    string // user, branch, database, organization, or other
	ID      string
	Name    string // such as acme/orders/main, as far as the API says
	Deleted bool   // the resource is gone
	Does    Reach  // any of read, write, delete and administer
}

// grants returns what the token may do on each resource, in the order in which the API lists them.
func (a *Auditor) grants(held []holding) []Grant {
	var grants []Grant
	for _, h := range held {
		for _, r := range h.on {
			g := Grant{Kind: r.words(), ID: a.shown(r.id), Name: a.shown(r.name), Deleted: r.deleted != nil}
			i := slices.IndexFunc(grants, func(other Grant) bool {
				other.Does = 0
				return other == g
			})
			if i < 0 {
				i = len(grants)
				grants = append(grants, g)
			}
			grants[i].Does |= h.does & anything
		}
	}
	return grants
}

// labels returns what a token holds and what it is on, each by what it is known by from audit to audit: a scope by its name,
// and a resource, which may be renamed, by its kind and id.
func (a *Auditor) labels(held []holding) map[string]label {
	all := map[string]label{}
	for _, h := range held {
		if !h.access {
			all[a.shown(h.name)] = label{h.name, a.shown(h.name)}
		}
		for _, r := range h.on {
			if known := r.known(); h.access { // which is on this resource alone
				all[a.shown(h.name+" on "+known)] = label{h.label, a.shown(h.name)}
			} else {
				all[a.shown(known)] = label{text: r.words() + " " + r.name}
			}
		}
	}
	return all
}

// A label is how a message names a scope, an access or a resource.
type label struct{ text, scope string } // scope is the name of the scope or access, and empty for a resource

// words returns what kind of a resource it is.
func (r resource) words() string {
	if r.kind == 0 {
		return "other"
	}
	return r.kind.Names()[0]
}

func (r resource) known() string { return r.words() + " " + cmp.Or(r.id, r.name) }
