package api

import (
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// The models are the types generated from the contract, under shorter names. Times are [time.Time]; a pointer is nil
// where the server sent null or nothing; secrets print as [openapi.Redacted].
type (
	// An Application is an OAuth application.
	Application = gen.OAuthApplication
	// A Token is an OAuth token an application has issued.
	Token = gen.OAuthToken
	// A TokenPage is one page of an application's tokens.
	TokenPage = gen.OAuthTokenPage
	// TokenInfo is what the authorization host knows about an access token.
	TokenInfo = openapi.TokenInfo
	// A TokenState says whether a token is active.
	TokenState = openapi.TokenState
	// Scopes are OAuth scopes.
	Scopes = openapi.Scopes
	// A Secret is a string that cannot be printed by accident.
	Secret = openapi.Secret
)

// The states of a token.
const (
	StateUnknown  = openapi.StateUnknown
	StateActive   = openapi.StateActive
	StateInactive = openapi.StateInactive
)
