package api

import (
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// The models are the types generated from the contract, under shorter names, so that there is one set of types for the
// client, for its decoder and for servers in tests; a template of the generator adds their methods. Times are [time.Time]; a
// pointer is nil where the server sent null or nothing, and any other field is then zero; secrets print as
// [openapi.Redacted].
type (
	// An Application is an OAuth application. Its fields are AllScopesByResource, Avatar, ClientID, CreatedAt, DCR, Domain,
	// ID, MCPToolGroups, Name, RedirectURI, RequiresOrgScope, Scopes, ScopesByResource, SingleOrgAuthorization, Tokens
	// and UpdatedAt.
	Application = gen.OAuthApplication
	// An ApplicationPage is one page of an organization's applications. Its fields are those of [TokenPage].
	ApplicationPage = gen.OAuthApplicationPage
	// A Token is an OAuth token an application has issued. Its fields are ActorDisplayName, ActorID, ActorType, AvatarURL,
	// CreatedAt, DisplayName, ExpiresAt, ID, LastUsedAt, Name, OAuthAccessesByResource, PlainTextRefreshToken,
	// ServiceTokenAccesses, Token and UpdatedAt. Its methods are Actor, Expired, ExpiresWithin and Scopes.
	Token = gen.OAuthToken
	// A TokenPage is one page of an application's tokens. Its fields are CurrentPage, Data, NextPage, NextPageURL, PerPage,
	// PrevPage, PrevPageURL, TotalCount, TotalPages and Type.
	TokenPage = gen.OAuthTokenPage
	// TokenInfo is what the authorization host knows about an access token. Its fields are ClientID, ExpiresAt, ExpiresIn,
	// IssuedAt, Legacy, Scopes, State, Subject and TokenType.
	TokenInfo = openapi.TokenInfo
	// Scopes are OAuth scopes.
	Scopes = openapi.Scopes
	// A Secret is a string that cannot be printed by accident.
	Secret = openapi.Secret
)
