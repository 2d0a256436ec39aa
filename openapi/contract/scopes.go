package contract

import (
	_ "embed"
	"strings"
)

// The scopes that PlanetScale's OpenAPI document listed on 2026-08-22, one a line.
//
//go:embed scopes.txt
var scopeList string

var knownScopes = func() map[string]bool {
	known := map[string]bool{}
	for scope := range strings.FieldsSeq(scopeList) {
		known[scope] = true
	}
	return known
}()
