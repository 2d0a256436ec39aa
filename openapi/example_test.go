package openapi_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/psoauth/psoauth/openapi"
)

func ExampleContract() {
	version, _, _ := strings.Cut(openapi.Contract()[strings.Index(openapi.Contract(), "openapi:"):], "\n")
	fmt.Println(version)
	// Output: openapi: 3.0.3
}

func ExampleSecret() {
	secret := openapi.NewSecret("pscale_oauth_example")
	fmt.Printf("%v %+v %q\n", secret, struct{ Token openapi.Secret }{secret}, secret)
	fmt.Println(len(secret.Reveal()), "characters")
	// Output:
	// [redacted] {Token:[redacted]} [redacted]
	// 20 characters
}

func ExampleScopes() {
	for _, wire := range []string{`["read_user","read_databases"]`, `"read_user read_databases"`} {
		var scopes openapi.Scopes
		if err := json.Unmarshal([]byte(wire), &scopes); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(len(scopes), scopes.Has("read_user"), scopes)
	}
	// Output:
	// 2 true read_user read_databases
	// 2 true read_user read_databases
}

func ExampleTokenInfo() {
	for _, wire := range []string{
		`{"active":true,"scope":"read_user","exp":1787875200,"sub":"u4m9b2x7k1re"}`,
		`{"active":false}`,
		`{"resource_owner_id":42,"scope":["read_user"],"expires_in":60,"application":{"uid":null},"created_at":1785283200}`,
	} {
		var info openapi.TokenInfo
		if err := json.Unmarshal([]byte(wire), &info); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(info.State, info.Scopes, info.Subject, info.ExpiresAt, info.ExpiresIn)
	}
	// Output:
	// active read_user u4m9b2x7k1re 2026-08-28 00:00:00 +0000 UTC <nil>
	// inactive   <nil> <nil>
	// unknown read_user 42 <nil> 1m0s
}
