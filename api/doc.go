// Package api is a typed client for PlanetScale's OAuth endpoints: which tokens an OAuth application has issued, what
// each may touch, when it expires, and whether a token is still active.
//
// A [Client] is made once with [NewClient] and its options, never changes, and is safe for concurrent use:
//
//	client, err := api.NewClient(api.WithServiceToken(id, token))
//	if err != nil {
//		return err
//	}
//	for tok, err := range client.Tokens(ctx, "acme", "5kq1x0v2m8yd", api.ListOptions{}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(tok.ID, tok.DisplayName)
//	}
//
// [NewClientFromEnv] takes the credential from the variables that the command psoauth reads.
//
// # Errors
//
// Every failure is an [*Error], which says what was asked, what is wrong and what to do about it, and matches one of the
// sentinel errors, such as [ErrNotFound], with [errors.Is]. A call returns a value or an error, never neither.
//
// # Missing members
//
// A member that the API promises and that is missing or null is the zero value of its field: a zero time means that the
// time is not known. What a program cannot work with is an error: a response that is not JSON, a member of another type,
// an application or a token without its id, a page without data. See [WithStrictDecoding].
//
// # Defaults
//
//   - Retries: 3, on connection errors, an attempt that takes too long, a body cut short, and the statuses 429, 502, 503
//     and 504; the wait is random, up to 0.25 s before the first retry and twice as much before each further one, or what
//     Retry-After asks for. No retry is due later than 30 s after the first attempt; it may have to wait for the rate.
//   - An attempt, with its body, takes at most 15 s, or the Timeout of the [http.Client] given.
//   - Rate: 600 requests a minute, PlanetScale's documented limit. After a 429 the whole client waits.
//   - Size: 32 MiB a response, after decompression; 1 MiB of headers, unless the [http.Client] given has a transport of its
//     own.
//   - Redirects are followed within the origin of the base URL only, and never after a DELETE. No cookies are kept.
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
