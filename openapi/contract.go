// Package openapi holds the contract for PlanetScale's OAuth endpoints, openapi.yaml, and the few Go types that the
// contract names.
package openapi

import _ "embed"

//go:embed openapi.yaml
var contract string

// Contract returns the text of the contract, an OpenAPI 3.0.3 document in YAML.
func Contract() string { return contract }
