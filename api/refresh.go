package api

import (
	"context"
	"net/http"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/psoauth/psoauth/openapi"
)

// A refreshed credential holds a token with a refresh token, and exchanges it at the token endpoint when it has expired
// or was rejected.
type refreshed struct {
	// request makes one request to the token endpoint. A function, like token, for the reason given at sourced.
	request func(ctx context.Context, refreshToken string) (*oauth2.Token, error)
	save    func(*oauth2.Token) error // nil if nobody keeps tokens
	flight  singleflight.Group        // one exchange at a time

	mu    sync.Mutex
	token func() *oauth2.Token // the same one until it is exchanged
	saved bool
}

// newRefreshed returns a credential that begins with token and renews it with config, over client.
func newRefreshed(config oauth2.Config, token *oauth2.Token, save func(*oauth2.Token) error, client *http.Client) *refreshed {
	return &refreshed{
		token: func() *oauth2.Token { return token },
		saved: true,
		save:  save,
		request: func(ctx context.Context, refreshToken string) (*oauth2.Token, error) {
			ctx, cancel := context.WithTimeout(ctx, DefaultAttemptTimeout)
			defer cancel()
			ctx = context.WithValue(ctx, oauth2.HTTPClient, client)
			token, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
			if err != nil {
				return nil, saying(err, config.ClientSecret, refreshToken)
			}
			return token, nil
		},
	}
}

func (r *refreshed) current() (token *oauth2.Token, saved bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.token(), r.saved
}

func (r *refreshed) set(token *oauth2.Token, saved bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.token, r.saved = func() *oauth2.Token { return token }, saved
}

func (r *refreshed) authorization(ctx context.Context) (openapi.Secret, error) {
	token, saved := r.current()
	if token.Valid() && saved {
		return bearerOf(token, nil)
	}
	return bearerOf(r.exchange(ctx, token))
}

func (r *refreshed) renew(ctx context.Context, rejected openapi.Secret) (bool, error) {
	token, _ := r.current()
	if value, err := bearerOf(token, nil); err != nil || value.Reveal() != rejected.Reveal() {
		return err == nil, err // another call has renewed it already
	}
	_, err := r.exchange(ctx, token)
	return err == nil, err
}

// exchange trades stale for a new token, once for all calls that want to, and hands that to save before anybody uses it.
// It does not end with the context of the call that began it: the endpoint may have revoked the old refresh token by
// then, and nobody else has the new one.
func (r *refreshed) exchange(ctx context.Context, stale *oauth2.Token) (*oauth2.Token, error) {
	return wait(ctx, start(spawn, func() (*oauth2.Token, error) {
		token, err, _ := r.flight.Do("", func() (any, error) {
			token, saved := r.current()
			if token == stale && saved {
				renewed, err := r.request(context.WithoutCancel(ctx), stale.RefreshToken)
				if err != nil {
					return token, err
				}
				token, saved = renewed, r.save == nil
				r.set(token, saved)
			}
			if !saved {
				if err := r.save(token); err != nil {
					return token, saying(err, token.AccessToken, token.RefreshToken)
				}
				r.set(token, true)
			}
			return token, nil
		})
		return token.(*oauth2.Token), err
	}))
}

func spawn(f func()) { go f() }
