// Package openapi holds the contract for PlanetScale's OAuth endpoints, openapi.yaml, and the few Go types that the
// contract names. It imports the standard library only.
package openapi

import _ "embed"

//go:embed openapi.yaml
var contract string

// Contract returns the text of the contract, an OpenAPI 3.0.3 document in YAML.
func Contract() string { return contract }

// A Member is what the contract says of one member of an object and a Go type cannot: a pointer stands for an
// optional member as well as for a nullable one.
type Member struct {
	Name     string // as on the wire
	Required bool   // every published revision requires it
	Nullable bool   // some published revision allows null
}
