package api

import (
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// The models are the types generated from the contract, under shorter names, so that there is one set of types for the
// client, for its decoder and for servers in tests. Times are [time.Time]; a pointer is nil where the server sent null or
// nothing, and any other field is then zero; secrets print as [openapi.Redacted].
type (
	// An Application is an OAuth application.
	Application = gen.OAuthApplication
	// An ApplicationPage is one page of an organization's applications.
	ApplicationPage = gen.OAuthApplicationPage
	// A Token is an OAuth token an application has issued.
	Token = gen.OAuthToken
	// A TokenPage is one page of an application's tokens.
	TokenPage = gen.OAuthTokenPage
	// TokenInfo is what the authorization host knows about an access token.
	TokenInfo = openapi.TokenInfo
	// Scopes are OAuth scopes.
	Scopes = openapi.Scopes
	// A Secret is a string that cannot be printed by accident.
	Secret = openapi.Secret
)
