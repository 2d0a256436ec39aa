package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/psoauth/psoauth/api"
)

func TestARefreshOutlivesTheCallThatBeganItAndItsResultIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exchanged := 0
		transport := wire(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host != "auth.example" {
				return response(r, 200), nil
			}
			exchanged++
			select {
			case <-time.After(10 * time.Second):
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			resp := response(r, 200)
			resp.Body, resp.ContentLength = readCloser(`{"access_token":"new","token_type":"Bearer","refresh_token":"next"}`), -1
			return resp, nil
		})
		c, err := api.NewClient(api.WithHTTPClient(&http.Client{Transport: transport}), api.WithRefresh(
			&oauth2.Config{Endpoint: oauth2.Endpoint{TokenURL: "https://auth.example/token", AuthStyle: oauth2.AuthStyleInParams}},
			&oauth2.Token{RefreshToken: refreshToken}, nil))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := c.TokenInfo(hasty); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
					t.Errorf("after %v: %v", time.Since(start), err)
				}
			})
		}
		wg.Wait()
		if _, err := c.TokenInfo(t.Context()); err != nil || time.Since(start) != 10*time.Second || exchanged != 1 {
			t.Errorf("after %v and %d exchanges: %v", time.Since(start), exchanged, err)
		}
	})
}

// refreshing makes a client whose tokens are renewed over transport at auth.example.
func refreshing(t *testing.T, transport wire, style oauth2.AuthStyle, save func(*oauth2.Token) error) *api.Client {
	t.Helper()
	c, err := api.NewClient(api.WithHTTPClient(&http.Client{Transport: transport}), api.WithMaxRetries(0), api.WithRefresh(
		&oauth2.Config{Endpoint: oauth2.Endpoint{TokenURL: "https://Auth.Example/token", AuthStyle: style}},
		&oauth2.Token{RefreshToken: refreshToken}, save))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestARefreshTokenIsSentOnceToAnEndpointThatStalls(t *testing.T) {
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleAutoDetect, oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		synctest.Test(t, func(t *testing.T) {
			sent := 0
			c := refreshing(t, func(r *http.Request) (*http.Response, error) {
				sent++
				<-r.Context().Done()
				return nil, r.Context().Err()
			}, style, nil)
			start := time.Now()
			if _, err := c.TokenInfo(t.Context()); !errors.Is(err, api.ErrUnauthorized) || time.Since(start) != 15*time.Second || sent != 1 {
				t.Errorf("%d requests in %v: %v", sent, time.Since(start), err)
			}
		})
	}
}

func TestAFailedRefreshSaysItsCauseOnceAndWhatToDo(t *testing.T) {
	respond := func(status int, media, body string) wire {
		return func(r *http.Request) (*http.Response, error) {
			resp := response(r, status, "Content-Type", media)
			resp.Body, resp.ContentLength = readCloser(body), -1
			return resp, nil
		}
	}
	const asJSON, asHTML = "application/json", "text/html"
	for name, test := range map[string]struct {
		endpoint wire
		save     func(*oauth2.Token) error
		limit    time.Duration // of the caller
		says     string
		advice   string
	}{
		"refused":       {respond(400, asJSON, `{"error":"invalid_grant"}`), nil, 0, "invalid_grant", "authorize the application again"},
		"wrong client":  {respond(401, asJSON, `{"error":"invalid_client"}`), nil, 0, "invalid_client", "check the client id and the client secret"},
		"down":          {respond(503, asHTML, "<p>maintenance"), nil, 0, "maintenance", "try again later"},
		"down, in JSON": {respond(503, asJSON, `{"error":"server_error"}`), nil, 0, "server_error", "try again later"},
		"not found":     {respond(404, asHTML, "<p>nothing here"), nil, 0, "nothing here", "check the URL of the token endpoint"},
		"a web page":    {respond(200, asJSON, "<p>welcome"), nil, 0, "cannot parse json", "check the URL of the token endpoint"},
		"elsewhere":     {respond(307, asHTML, "moved"), nil, 0, "307", "check the URL of the token endpoint"},
		"no connection": {func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }, nil, 0,
			"connection refused", "check the network and the URL of the token endpoint, and try again"},
		"stalled": {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, nil, 0,
			"did not respond in time", "check the network and the URL of the token endpoint, and try again"},
		"a caller in a hurry": {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, nil, time.Second,
			"context deadline exceeded", "try again with more time"},
		"no room": {respond(200, asJSON, `{"access_token":"new","token_type":"Bearer"}`),
			func(*oauth2.Token) error { return errors.New("disk full") }, 0, "cannot be saved: disk full", "try again, which saves it first"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := refreshing(t, test.endpoint, oauth2.AuthStyleInParams, test.save)
				ctx := t.Context()
				if test.limit > 0 {
					limited, cancel := context.WithTimeout(ctx, test.limit)
					defer cancel()
					ctx = limited
				}
				_, err := c.TokenInfo(ctx)
				if !errors.Is(err, api.ErrUnauthorized) || errors.Is(err, context.DeadlineExceeded) != (test.limit > 0) {
					t.Errorf("got %v", err)
				}
				if words := err.Error(); strings.Count(words, test.says) != 1 || !strings.HasSuffix(words, "; "+test.advice) ||
					strings.Contains(words, "Response:") || strings.ContainsAny(words, "\n\\") {
					t.Errorf("the error says\n%s, want once %q, and %q", words, test.says, test.advice)
				}
				time.Sleep(time.Minute) // an exchange that goes on ends
			})
		})
	}
}

func TestARefreshTokenIsNotPostedOn(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		sent := 0
		c := refreshing(t, func(r *http.Request) (*http.Response, error) {
			sent++
			return response(r, status, "Location", "https://auth.example/elsewhere"), nil
		}, oauth2.AuthStyleAutoDetect, nil)
		if _, err := c.TokenInfo(t.Context()); !errors.Is(err, api.ErrUnauthorized) || sent != 1 {
			t.Errorf("%d: %d requests: %v", status, sent, err)
		}
	}
}

func TestWhatTheProgramsTransportDoesInARefreshReachesTheCaller(t *testing.T) {
	t.Parallel()
	t.Run("a panic", func(t *testing.T) {
		t.Parallel()
		c := refreshing(t, func(*http.Request) (*http.Response, error) { panic("mine") }, oauth2.AuthStyleInParams, nil)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				defer func() {
					if recovered := recover(); recovered == nil || !strings.Contains(fmt.Sprint(recovered), "mine") {
						t.Errorf("recovered %v", recovered)
					}
				}()
				_, err := c.TokenInfo(t.Context())
				t.Errorf("got %v", err)
			})
		}
		wg.Wait()
	})
	t.Run("runtime.Goexit", func(t *testing.T) {
		t.Parallel()
		c := refreshing(t, func(*http.Request) (*http.Response, error) { runtime.Goexit(); return nil, nil }, oauth2.AuthStyleInParams, nil)
		for range 2 {
			within(t, 5*time.Second, func() {
				if _, err := c.TokenInfo(t.Context()); !errors.Is(err, api.ErrUnauthorized) {
					t.Errorf("got %v", err)
				}
			})
		}
	})
}

func TestANewRefreshTokenIsSavedBeforeItsTokenIsUsed(t *testing.T) {
	t.Parallel()
	exchanged, used, failing := 0, 0, true
	var saved []string
	c := refreshing(t, func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "auth.example" {
			exchanged++
			resp := response(r, 200)
			resp.Body, resp.ContentLength = readCloser(`{"access_token":"new","token_type":"Bearer","refresh_token":"next"}`), -1
			return resp, nil
		}
		if used++; len(saved) == 0 {
			t.Error("the token was used before it was saved")
		}
		return response(r, 200), nil
	}, oauth2.AuthStyleInParams, func(token *oauth2.Token) error {
		if failing {
			return errors.New("the disk is full, no room for " + token.RefreshToken + "-canary")
		}
		saved = append(saved, token.AccessToken+" "+token.RefreshToken)
		return nil
	})
	_, err := c.TokenInfo(t.Context())
	if !errors.Is(err, api.ErrUnauthorized) || !strings.Contains(err.Error(), "the disk is full") || strings.Contains(err.Error(), "next") {
		t.Errorf("got %v", err)
	}
	failing = false
	for range 3 {
		if _, err := c.TokenInfo(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if exchanged != 1 || used != 3 || fmt.Sprint(saved) != "[new next]" {
		t.Errorf("%d exchanges, %d uses, saved %v", exchanged, used, saved)
	}
}
