package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

// The prefixes by which PlanetScale's credentials are told apart.
const (
	serviceTokenPrefix = "pscale_tkn_"
	refreshTokenPrefix = "pscale_oauth_refresh_"
)

// A credential gives the value of the Authorization header, and after a 401 another than was rejected, if it can. It is
// safe for concurrent use, and a function, because printers and dumpers of memory do not look into one.
type credential func(ctx context.Context, rejected openapi.Secret) (openapi.Secret, error)

func fixed(value openapi.Secret) credential {
	return func(context.Context, openapi.Secret) (openapi.Secret, error) { return value, nil }
}

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
	return fixed(openapi.NewSecret(id + ":" + secret)), nil
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

// sourced asks a token source for each request, and again after a 401: one that has noticed meanwhile that its token is
// stale gives another. It does not wait for the source beyond the context, of which the source knows nothing.
func sourced(source oauth2.TokenSource) credential {
	return func(ctx context.Context, _ openapi.Secret) (openapi.Secret, error) {
		return bearerOf(wait(ctx, start(spawn, source.Token)))
	}
}

func bearerOf(token *oauth2.Token, err error) (openapi.Secret, error) {
	switch {
	case err != nil:
		return openapi.Secret{}, noToken(err, "check the token source")
	case token == nil:
		return openapi.Secret{}, noToken(errors.New("the token source gave no token"), "check the token source")
	}
	value, err := bearer(token.AccessToken)
	if err != nil {
		return value, noToken(err, "check where the access token comes from")
	}
	return value, nil
}

const adviceOnTheWay = "check the network and the URL of the token endpoint, and try again"

// noToken says that a token source or a token endpoint failed with err, which can hold a request, a response and its body
// in full, and what to do, unless err does. The advice is for an err that says nothing of its cause.
func noToken(err error, advice string, known ...string) error {
	if failed, ok := err.(*flatError); ok && errors.Is(failed, ErrUnauthorized) {
		return err
	}
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response != nil {
		switch status := refused.Response.StatusCode; {
		case status == http.StatusTooManyRequests || status >= 500:
			advice = "try again later"
		case refused.ErrorCode == "":
			advice = "check the URL of the token endpoint"
		case refused.ErrorCode == "invalid_client" || refused.ErrorCode == "unauthorized_client":
			advice = "check the client id and the client secret"
		default:
			advice = "authorize the application again"
		}
		if refused.ErrorCode == "" {
			err = fmt.Errorf("the token endpoint responded with status %d: %s", refused.Response.StatusCode, text.Excerpt(refused.Body, 100, known...))
		}
	} else if errors.Is(err, context.Canceled) {
		advice = ""
	} else if errors.Is(err, context.DeadlineExceeded) {
		advice = "try again with more time"
	} else if _, ok := errors.AsType[*url.Error](err); ok {
		advice = adviceOnTheWay
	}
	flat := redactError(withoutURL(err), known...)
	return &flatError{"no access token to be had: " + flat.message, append(flat.causes, ErrUnauthorized), advice}
}

// A refreshed credential holds a token with a refresh token, and exchanges it at the token endpoint when it has expired
// or was rejected.
type refreshed struct {
	config  oauth2.Config
	client  *http.Client
	save    func(*oauth2.Token) error // nil if nobody keeps tokens
	flight  singleflight.Group        // one exchange at a time
	current atomic.Pointer[held]
}

// A held token is not changed, and is saved unless that failed or is still to be done.
type held struct {
	token *oauth2.Token
	saved bool
}

// request makes one request to the token endpoint.
func (r *refreshed) request(ctx context.Context, refreshToken string) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, DefaultAttemptTimeout)
	defer cancel()
	ctx = context.WithValue(ctx, oauth2.HTTPClient, r.client)
	token, err := r.config.TokenSource(ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
	switch {
	case err != nil && ctx.Err() != nil: // which is not the context of a caller
		return nil, noToken(errors.New("the token endpoint did not respond in time"), adviceOnTheWay)
	case err != nil:
		return nil, noToken(err, "check the URL of the token endpoint", r.config.ClientSecret, refreshToken)
	}
	return token, nil
}

func (r *refreshed) authorization(ctx context.Context, rejected openapi.Secret) (openapi.Secret, error) {
	current := r.current.Load()
	if current.saved && current.token.Valid() {
		if value, err := bearerOf(current.token, nil); err != nil || value.Reveal() != rejected.Reveal() {
			return value, err
		}
	}
	return bearerOf(r.exchange(ctx, current.token))
}

// exchange trades stale for a new token, once for all calls that want to, and hands that to save before anybody uses it.
// It does not end with the context of the call that began it: the endpoint may have revoked the old refresh token by
// then, and nobody else has the new one.
func (r *refreshed) exchange(ctx context.Context, stale *oauth2.Token) (*oauth2.Token, error) {
	return wait(ctx, start(spawn, func() (*oauth2.Token, error) {
		token, err, _ := r.flight.Do("", func() (any, error) {
			now := *r.current.Load()
			if now.token == stale && now.saved {
				renewed, err := r.request(context.WithoutCancel(ctx), stale.RefreshToken)
				if err != nil {
					return stale, err
				}
				now = held{renewed, r.save == nil}
				r.current.Store(&now)
			}
			if !now.saved {
				if err := r.save(now.token); err != nil {
					return stale, noToken(fmt.Errorf("the token cannot be saved: %w", err), "try again, which saves it first",
						now.token.AccessToken, now.token.RefreshToken)
				}
				r.current.Store(&held{now.token, true})
			}
			return now.token, nil
		})
		return token.(*oauth2.Token), err
	}))
}

func spawn(f func()) { go f() }
