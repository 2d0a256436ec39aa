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
	reads          Reach = 1 << iota // something
	writes                           // creates or changes something
	deletes                          // deletes something
	administers                      // manages credentials or the like
	onUser                           // a user's own data
	onBranch                         // single branches
	onDatabase                       // whole databases
	onOrganization                   // whole organizations
	onProduction                     // production branches
	undeclared                       // with a scope that the application does not declare
	onDeleted                        // deleted resources, of [held] only
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

// A declaration is the scopes an application declares: as it does, and after a colon without the resource prefix.
type declaration map[string]bool

func declarationOf(app *api.Application) declaration {
	d := declaration{}
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
	d[scope] = true
	d[":"+scope[strings.LastIndexByte(scope, ':')+1:]] = true
}

func (d declaration) has(scope string) bool {
	prefix := strings.LastIndexByte(scope, ':') + 1
	if prefix == 0 {
		return d[":"+scope]
	}
	return d[scope] || d[scope[prefix:]]
}

// A resource is something that a token reaches.
type resource struct {
	at      Reach // its kind, 0 if it is none that is known, and whether it is a production branch
	id      string
	name    string // such as acme/orders/main
	label   string // in messages
	deleted *time.Time
}

// A held is all that a token holds, as the rules, the report and the baseline need it.
type held struct {
	reach   Reach
	found   map[Reach]items // by each bit: the scopes, accesses and resources that give it
	through items           // the names of what reaches whole organizations

	// grants are what the token may do on each resource, in the order in which the API lists them. It may list one twice, and
	// then only once with the names of its database and organization.
	grants []Grant
	index  map[Grant]int // of grants, by the kind and id of what they are on

	// labels are what the token holds and what it is on, each by what it is known by from audit to audit: a scope by its
	// name, and a resource, which may be renamed, by its kind and id.
	labels map[string]label
}

// A label is how a message names a scope, an access or a resource.
type label struct{ text, scope string } // scope is the name of the scope or access, and empty for a resource

// A Grant is one resource that a token reaches, and what it may do there. Its text is fit to be shown.
type Grant struct {
	Kind    string // user, branch, database, organization, or other
	ID      string
	Name    string // such as acme/orders/main, as far as the API says
	Deleted bool   // the resource is gone
	Does    Reach  // any of read, write, delete and administer
}

// held sums up what a token holds.
func (d *audited) held(tok *api.Token) *held {
	all := &held{found: map[Reach]items{}, index: map[Grant]int{}, labels: map[string]label{}}
	scopes := func(scopes []gen.AccessScope, on []resource) {
		for _, s := range scopes {
			d.hold(all, s.Name, false, on...)
		}
	}
	if by := tok.OAuthAccessesByResource; by != nil {
		var organizations, databases, branches, users []resource
		for _, o := range by.Organization.Organizations {
			organizations = append(organizations, resource{at: onOrganization, id: o.ID, name: o.Name, label: o.Name})
		}
		for _, db := range by.Database.Databases {
			databases = append(databases, resource{at: onDatabase, id: db.ID, name: db.Organization + "/" + db.Name})
		}
		for _, b := range by.Branch.Branches {
			branches = append(branches, resource{at: d.branch(b.Name), id: b.ID,
				name: b.Organization + "/" + b.Database + "/" + b.Name, label: "branch " + b.Name + " of " + b.Database})
		}
		for _, u := range by.User.Users {
			users = append(users, resource{at: onUser, id: u.ID, name: u.Name})
		}
		scopes(by.Organization.Accesses, organizations)
		scopes(by.Database.Accesses, databases)
		scopes(by.Branch.Accesses, branches)
		scopes(by.User.Accesses, users)
	}
	for _, access := range tok.ServiceTokenAccesses {
		kind := strings.ToLower(access.ResourceType)
		r := resource{at: resourceKinds[kind], id: access.ResourceID, name: access.ResourceName,
			label: kind + " " + access.ResourceName, deleted: access.Resource.DeletedAt}
		if r.at == onBranch {
			r.at = d.branch(access.ResourceName)
		}
		d.hold(all, access.Access, true, r)
	}
	return all
}

// resourceKinds are the kinds of a resource_type, such as Branch, in lower case.
var resourceKinds = map[string]Reach{
	"branch": onBranch, "databasebranch": onBranch, "database": onDatabase, "organization": onOrganization, "user": onUser,
}

// branch returns what a branch of the name is.
func (a *Auditor) branch(name string) Reach {
	isName := func(production string) bool { return strings.EqualFold(production, name) }
	if slices.ContainsFunc(a.options.ProductionBranches, isName) {
		return onBranch | onProduction
	}
	return onBranch
}

func (all *held) find(bit Reach, item string) { all.found[bit] = all.found[bit].with(item) }

// hold notes a scope on resources, or an access of a service token on one: accesses have a vocabulary of their own, and are
// not compared with the declared scopes. A scope on no resource reaches none and counts for what it would allow.
func (d *audited) hold(all *held, name string, access bool, on ...resource) {
	does, text, shown := named(name), name, d.shown(name)
	if access {
		text += " on " + on[0].label
	} else {
		all.labels[shown] = label{name, shown}
		if !d.declared.has(name) {
			does |= undeclared
		}
	}
	all.reach |= does
	for bit := reads; bit <= undeclared; bit <<= 1 {
		if does&bit != 0 {
			all.find(bit, text)
		}
	}
	for _, r := range on {
		all.reach |= r.at
		kind := "other"
		if names := (r.at &^ onProduction).Names(); len(names) > 0 {
			kind = names[0]
		}
		known, what := kind+" "+cmp.Or(r.id, r.name), r.label
		if access { // which is on this resource alone
			all.labels[d.shown(name+" on "+known)] = label{text, shown}
			what = text
		} else {
			all.labels[d.shown(known)] = label{text: kind + " " + r.name}
		}
		if r.at&onOrganization != 0 {
			all.find(onOrganization, r.name)
			all.through = all.through.with(name)
		}
		if r.at&onProduction != 0 {
			all.find(onProduction, what)
		}
		if r.deleted != nil {
			when := " (deleted)"
			if !r.deleted.IsZero() {
				when = " (deleted on " + date(*r.deleted) + ")"
			}
			all.find(onDeleted, r.label+when)
		}
		g := Grant{Kind: kind, ID: d.shown(r.id), Name: d.shown(r.name), Deleted: r.deleted != nil}
		key := Grant{Kind: kind, ID: cmp.Or(g.ID, g.Name), Deleted: g.Deleted}
		i, listed := all.index[key]
		if !listed {
			i = len(all.grants)
			all.index[key] = i
			all.grants = append(all.grants, g)
		}
		if strings.Contains(g.Name, "/") {
			all.grants[i].Name = g.Name
		}
		all.grants[i].Does |= does & anything
	}
}
