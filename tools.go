//go:build tools

// The generator is pinned in go.mod like any other dependency; this file keeps `go mod tidy` from dropping it.

package psoauth

import (
	_ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
)
