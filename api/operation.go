package api

import "strings"

// An operation is one of the contract's, with what an error must say about it.
type operation struct {
	id     string   // the contract's operationId
	access []string // of these a service token needs one; none where no service token helps
}

// A test holds this table against the contract.
var (
	getApplication = operation{"getOAuthApplication", []string{"read_oauth_applications"}}
	listTokens     = operation{"listOAuthTokens", []string{"read_oauth_tokens"}}
	getToken       = operation{"getOAuthToken", []string{"read_oauth_tokens"}}
	getTokenInfo   = operation{"getTokenInfo", nil}
)

// credential says in words what the operation needs.
func (o operation) credential() string {
	if len(o.access) == 0 {
		return "an OAuth access token; a service token is never accepted here"
	}
	return "a service token with the access " + strings.Join(o.access, " or ")
}
