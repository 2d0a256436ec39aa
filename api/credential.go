package api

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/oauth2"

	"github.com/psoauth/psoauth/openapi"
)

// The prefixes by which PlanetScale's credentials are told apart.
const (
	serviceTokenPrefix = "pscale_tkn_"
	refreshTokenPrefix = "pscale_oauth_refresh_"
)

// A credential gives the value of the Authorization header. It is safe for concurrent use.
type credential interface {
	authorization(context.Context) (openapi.Secret, error)
	// renew is asked after a 401 and says whether authorization now gives something other than what was rejected.
	renew(ctx context.Context, rejected openapi.Secret) (bool, error)
}

// A fixed credential never changes.
type fixed struct{ value openapi.Secret }

func (f fixed) authorization(context.Context) (openapi.Secret, error) { return f.value, nil }

func (fixed) renew(context.Context, openapi.Secret) (bool, error) { return false, nil }

// serviceToken makes the credential that PlanetScale documents for its API: id, colon, secret, and no scheme word.
func serviceToken(id, secret string) (credential, error) {
	switch {
	case id == "" || secret == "":
		return nil, errors.New("a service token has an id and a secret; one of them is empty")
	case strings.HasPrefix(id, serviceTokenPrefix):
		return nil, errors.New("the service token's id and secret are swapped: the secret is the one that starts with " +
			serviceTokenPrefix)
	case strings.HasPrefix(secret, "pscale_oauth_"):
		return nil, errors.New("that is an OAuth token where a service token's secret belongs")
	case !visible(id) || strings.Contains(id, ":") || !visible(secret):
		return nil, errors.New("a service token holds no spaces, control characters or colons in its id")
	case len(id)+len(secret) > maxCredential:
		return nil, errTooLong
	}
	return fixed{openapi.NewSecret(id + ":" + secret)}, nil
}

// bearer returns the header's value for an OAuth access token.
func bearer(token string) (openapi.Secret, error) {
	switch {
	case token == "":
		return openapi.Secret{}, errors.New("the access token is empty")
	case strings.Contains(token, serviceTokenPrefix):
		return openapi.Secret{}, errors.New("that is a service token where an OAuth access token belongs")
	case strings.HasPrefix(token, refreshTokenPrefix):
		return openapi.Secret{}, errors.New("that is a refresh token where an access token belongs")
	case !visible(token):
		return openapi.Secret{}, errors.New("an access token holds no spaces or control characters")
	case len(token) > maxCredential:
		return openapi.Secret{}, errTooLong
	}
	return openapi.NewSecret("Bearer " + token), nil
}

// maxCredential is how long a credential may be; servers refuse longer headers.
const maxCredential = 8 << 10

var errTooLong = fmt.Errorf("a credential is %d bytes long at most", maxCredential)

// visible reports whether s is of visible ASCII, the only characters that a header carries unharmed.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// A sourced credential asks a token source for each request. It holds the source's method, because printers and dumpers
// of memory look into a source, which may hold its token, and not into a function.
type sourced struct {
	token func() (*oauth2.Token, error)
}

// authorization does not wait for the source beyond ctx, of which the source knows nothing.
func (s *sourced) authorization(ctx context.Context) (openapi.Secret, error) {
	return bearerOf(wait(ctx, start(spawn, s.token)))
}

// renew asks the source once more: one that has noticed meanwhile that its token is stale gives another.
func (s *sourced) renew(ctx context.Context, rejected openapi.Secret) (bool, error) {
	value, err := s.authorization(ctx)
	return err == nil && value.Reveal() != rejected.Reveal(), err
}

func bearerOf(token *oauth2.Token, err error) (openapi.Secret, error) {
	switch {
	case err != nil:
		return openapi.Secret{}, saying(err) // the errors of token sources hold requests, responses and bodies in full
	case token == nil:
		return openapi.Secret{}, errors.New("the token source gave no token")
	}
	return bearer(token.AccessToken)
}

// A credentialError says that a token source or a token endpoint failed.
type credentialError struct{ cause error }

func (e *credentialError) Error() string { return "no access token to be had: " + e.cause.Error() }

func (e *credentialError) Unwrap() error { return e.cause }
