package api

import (
	"context"
	"net/http"
	"sync"

	"golang.org/x/oauth2"

	"github.com/psoauth/psoauth/openapi"
)

// A refreshed credential holds a token with a refresh token, and exchanges it at the token endpoint when it has expired
// or was rejected.
type refreshed struct {
	// request makes one request to the token endpoint. A function, like token, for the reason given at sourced.
	request func(ctx context.Context, refreshToken string) (*oauth2.Token, error)

	mu     sync.Mutex
	token  func() *oauth2.Token // the same one until it is exchanged
	flight *exchange            // under way, or nil
}

// newRefreshed returns a credential that begins with token and renews it with config, over client.
func newRefreshed(config oauth2.Config, token *oauth2.Token, client *http.Client) *refreshed {
	return &refreshed{
		token: func() *oauth2.Token { return token },
		request: func(ctx context.Context, refreshToken string) (*oauth2.Token, error) {
			ctx = context.WithValue(ctx, oauth2.HTTPClient, client)
			token, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
			if err != nil {
				return nil, saying(err, config.ClientSecret, refreshToken)
			}
			return token, nil
		},
	}
}

// An exchange is one request to the token endpoint. Its results are there once done is closed.
type exchange struct {
	done  chan struct{}
	token *oauth2.Token
	err   error
}

func (r *refreshed) current() *oauth2.Token {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.token()
}

func (r *refreshed) authorization(ctx context.Context) (openapi.Secret, error) {
	token := r.current()
	if token.Valid() {
		return bearerOf(token, nil)
	}
	return bearerOf(r.exchange(ctx, token))
}

func (r *refreshed) renew(ctx context.Context, rejected openapi.Secret) (bool, error) {
	token := r.current()
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
	if token := r.token(); token != stale {
		r.mu.Unlock()
		return token, nil
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
	token, err := r.request(ctx, stale.RefreshToken)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.token = func() *oauth2.Token { return token }
	}
	flight.token, flight.err, r.flight = token, err, nil
	close(flight.done)
}
