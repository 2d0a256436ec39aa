package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

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
		return nil, errors.New("that is an OAuth token where a service token's secret belongs; see WithAccessToken")
	case !visible(id) || strings.Contains(id, ":") || !visible(secret):
		return nil, errors.New("a service token holds no spaces, control characters or colons in its id")
	case len(id)+len(secret) > mostBytes:
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
	case len(token) > mostBytes:
		return openapi.Secret{}, errTooLong
	}
	return openapi.NewSecret("Bearer " + token), nil
}

// mostBytes is how long a credential may be; servers refuse longer headers.
const mostBytes = 8 << 10

var errTooLong = fmt.Errorf("a credential is %d bytes long at most", mostBytes)

// visible reports whether s is of visible ASCII, the only characters that a header carries unharmed.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// A sourced credential asks a token source for each request. It is used by its address, because package fmt prints what
// is in an interface, and a source may be a struct that holds its token.
type sourced struct{ source oauth2.TokenSource }

func (s *sourced) authorization(context.Context) (openapi.Secret, error) {
	token, err := s.source.Token()
	return bearerOf(token, err)
}

// renew asks the source once more: one that has noticed meanwhile that its token is stale gives another.
func (s *sourced) renew(ctx context.Context, rejected openapi.Secret) (bool, error) {
	value, err := s.authorization(ctx)
	return err == nil && value.Reveal() != rejected.Reveal(), err
}

// A refreshed credential holds a token with a refresh token, and exchanges it at the token endpoint when it has expired
// or was rejected.
type refreshed struct {
	config oauth2.Config
	client *http.Client // for the token endpoint; follows no redirect to another origin

	mu     sync.Mutex
	token  *oauth2.Token
	flight *exchange // under way, or nil
}

// An exchange is one request to the token endpoint. Its results are there once done is closed.
type exchange struct {
	done  chan struct{}
	token *oauth2.Token
	err   error
}

func (r *refreshed) authorization(ctx context.Context) (openapi.Secret, error) {
	r.mu.Lock()
	token := r.token
	r.mu.Unlock()
	if token.Valid() {
		return bearerOf(token, nil)
	}
	return bearerOf(r.exchange(ctx, token))
}

func (r *refreshed) renew(ctx context.Context, rejected openapi.Secret) (bool, error) {
	r.mu.Lock()
	token := r.token
	r.mu.Unlock()
	if value, err := bearerOf(token, nil); err != nil || value.Reveal() != rejected.Reveal() {
		return err == nil, err // another call has renewed it already
	}
	_, err := r.exchange(ctx, token)
	return err == nil, err
}

// exchange trades stale for a new token, once for all calls that want to. It does not end with the context of the call
// that began it: the endpoint may have revoked the old refresh token by then, and nobody else has the new one.
func (r *refreshed) exchange(ctx context.Context, stale *oauth2.Token) (*oauth2.Token, error) {
	r.mu.Lock()
	if r.token != stale {
		defer r.mu.Unlock()
		return r.token, nil
	}
	flight := r.flight
	if flight == nil {
		flight = &exchange{done: make(chan struct{})}
		r.flight = flight
		go r.fly(context.WithoutCancel(ctx), flight, stale)
	}
	r.mu.Unlock()
	select {
	case <-flight.done:
		return flight.token, flight.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *refreshed) fly(ctx context.Context, flight *exchange, stale *oauth2.Token) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, r.client)
	flight.token, flight.err = r.config.TokenSource(ctx, &oauth2.Token{RefreshToken: stale.RefreshToken}).Token()
	r.mu.Lock()
	defer r.mu.Unlock()
	if flight.err != nil {
		flight.err = saying(flight.err, r.config.ClientSecret, stale.RefreshToken)
	} else {
		r.token = flight.token
	}
	r.flight = nil
	close(flight.done)
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
