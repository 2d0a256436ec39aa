package audit

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/psoauth/psoauth/api"
)

// A Reach is what a token may do and where, as a set of bits.
type Reach uint16

// What a token may do, by the names of its scopes and accesses, and where.
const (
	Reads             Reach = 1 << iota // something
	Writes                              // creates or changes something
	Deletes                             // deletes something
	Administers                         // manages credentials or the like
	OnUser                              // a user's own data
	OnBranch                            // single branches
	OnDatabase                          // whole databases
	OnOrganization                      // whole organizations
	OnProduction                        // production branches
	onDeletedResource                   // something that is gone
	undeclared                          // with a scope that the application does not declare
)

// verbs are the first words of the names of scopes and accesses.
var verbs = map[string]Reach{
	"read": Reads, "list": Reads, "view": Reads, "get": Reads, "openid": Reads, "profile": Reads, "email": Reads,

	"write": Writes, "create": Writes, "update": Writes, "edit": Writes, "approve": Writes, "deploy": Writes,
	"promote": Writes, "demote": Writes, "restore": Writes, "connect": Writes,

	"delete": Deletes, "remove": Deletes, "destroy": Deletes,

	"manage": Administers, "admin": Administers, "administer": Administers,
}

// named returns the reach that the name of a scope or access gives.
func named(name string) Reach {
	name = strings.ToLower(name[strings.LastIndexByte(name, ':')+1:])
	words := strings.Split(name, "_")
	reach := verbs[words[0]]
	if words[len(words)-1] == "admin" {
		reach = Administers
	}
	if slices.Contains(words, "production") {
		reach |= OnProduction
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

// maxGrades bounds what is remembered of scopes, of which PlanetScale has fewer than a hundred.
const maxGrades = 4096

// grade returns the reach that a scope gives by its name, and whether it is undeclared. It remembers the answer.
func (a *Auditor) grade(scope string) Reach {
	if reach, ok := a.grades[scope]; ok {
		return reach
	}
	reach := named(scope)
	if !a.declared.has(scope) {
		reach |= undeclared
	}
	if len(a.grades) < maxGrades {
		a.grades[strings.Clone(scope)] = reach // a clone, to keep nothing else of the token
	}
	return reach
}
