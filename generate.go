// Package psoauth is the root of the module; it holds no code. Import [github.com/psoauth/psoauth/api].
package psoauth

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/oapi-codegen.yaml -o gen/gen.go openapi/openapi.yaml
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config openapi/oapi-codegen-server.yaml -o gen/server/server.go openapi/openapi.yaml
