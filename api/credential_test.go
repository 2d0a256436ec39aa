package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/psoauth/psoauth/api"
)

// only answers well if asked with the access token given, and 401 otherwise.
func only(token string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			answer(401, "application/json", `{"error":"invalid_token","error_description":"The access token is invalid","state":"unauthorized"}`)(w, r)
			return
		}
		good(w, r)
	}
}

type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

// withOAuth makes a client that has no credential but the OAuth one in option.
func withOAuth(t *testing.T, url string, option api.Option) *api.Client {
	t.Helper()
	c, err := api.NewClient(api.WithBaseURL(url+"/v1"), api.WithAuthURL(url), api.WithMaxRetries(0), api.WithRateLimit(0), option)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestATokenSourceIsAskedOnceMoreAfterA401(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		gives    []string // one after the other, the last one for ever
		requests int
		fails    bool
	}{
		"good at once":             {[]string{"new"}, 1, false},
		"stale first":              {[]string{"old", "new"}, 2, false},
		"the same again":           {[]string{"old", "old"}, 1, true},
		"never good, each another": {[]string{"old1", "old2", "old3", "new"}, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := &recorder{Handler: only("new")}
			srv := httptest.NewServer(rec)
			defer srv.Close()
			gives := test.gives
			c := withOAuth(t, srv.URL, api.WithTokenSource(sourceFunc(func() (*oauth2.Token, error) {
				token := gives[0]
				if len(gives) > 1 {
					gives = gives[1:]
				}
				return &oauth2.Token{AccessToken: token}, nil
			})))
			_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
			if (err != nil) != test.fails || err != nil && !errors.Is(err, api.ErrUnauthorized) {
				t.Errorf("got %v", err)
			}
			// A source that gives another token at each call is asked before a request and again to see whether it
			// changed; the latter's answer may be used up.
			if n := len(rec.seen()); n > 2 || n < 1 || (test.requests == 1) != (n == 1) {
				t.Errorf("%d requests were sent, want %d", n, test.requests)
			}
		})
	}
}

func TestATokenSourceThatFailsSendsNothingAndLeaksNothing(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]sourceFunc{
		"an error":        func() (*oauth2.Token, error) { return nil, errors.New("no luck with " + refreshToken) },
		"nil, nil":        func() (*oauth2.Token, error) { return nil, nil },
		"an empty token":  func() (*oauth2.Token, error) { return &oauth2.Token{}, nil },
		"a service token": func() (*oauth2.Token, error) { return &oauth2.Token{AccessToken: serviceSecret}, nil },
		"what it was told": func() (*oauth2.Token, error) {
			return nil, &oauth2.RetrieveError{ErrorCode: "invalid_grant", Body: []byte("canary")}
		},
		"a canceled one": func() (*oauth2.Token, error) { return nil, fmt.Errorf("x: %w", context.Canceled) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := &recorder{Handler: http.HandlerFunc(good)}
			srv := httptest.NewServer(rec)
			defer srv.Close()
			c := withOAuth(t, srv.URL, api.WithTokenSource(source))
			v, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
			if v != nil || !errors.Is(err, api.ErrUnauthorized) || strings.Contains(err.Error(), "canary") {
				t.Errorf("got %v, %v", v, err)
			}
			if errors.As(err, new(*oauth2.RetrieveError)) {
				t.Error("the endpoint's answer is in the error as it came")
			}
			if strings.HasPrefix(name, "a canceled") != errors.Is(err, context.Canceled) {
				t.Errorf("cancellation is not told apart: %v", err)
			}
			if n := len(rec.seen()); n != 0 {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
}

// A tokenEndpoint gives access tokens new1, new2, … for refresh tokens.
func tokenEndpoint(t *testing.T) (*oauth2.Config, *atomic.Int32) {
	t.Helper()
	var exchanged atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("grant_type") != "refresh_token" || !strings.HasPrefix(r.FormValue("refresh_token"), refreshToken) {
			answer(400, "application/json", `{"error":"invalid_grant","error_description":"canaryDescription"}`)(w, r)
			return
		}
		n := exchanged.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprintf("new%d", n), "token_type": "Bearer",
			"refresh_token": fmt.Sprintf("%s%d", refreshToken, n), "expires_in": 3600})
	}))
	t.Cleanup(srv.Close)
	return &oauth2.Config{ClientID: "client", ClientSecret: "pscale_app_secret_canary", Endpoint: oauth2.Endpoint{
		TokenURL: srv.URL + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams,
	}}, &exchanged
}

func TestARefreshableTokenIsRenewed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first     oauth2.Token
		exchanges int32
	}{
		"not while it is accepted": {oauth2.Token{AccessToken: "new1", RefreshToken: refreshToken}, 0},
		"when it is rejected":      {oauth2.Token{AccessToken: "old", RefreshToken: refreshToken}, 1},
		"when it has expired":      {oauth2.Token{AccessToken: "new1", RefreshToken: refreshToken, Expiry: time.Now().Add(-time.Hour)}, 1},
		"when there is none yet":   {oauth2.Token{RefreshToken: refreshToken}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, exchanged := tokenEndpoint(t)
			srv := httptest.NewServer(only("new1"))
			defer srv.Close()
			given := test.first
			c := withOAuth(t, srv.URL, api.WithRefresh(config, &given, nil))
			for range 3 {
				if _, err := c.GetToken(t.Context(), "acme", "app1", "tok1"); err != nil {
					t.Fatal(err)
				}
			}
			if n := exchanged.Load(); n != test.exchanges {
				t.Errorf("%d tokens were exchanged, want %d", n, test.exchanges)
			}
			if given.AccessToken != test.first.AccessToken || given.RefreshToken != test.first.RefreshToken {
				t.Error("the token given was changed")
			}
		})
	}
	t.Run("once for all calls that are rejected together", func(t *testing.T) {
		t.Parallel()
		config, exchanged := tokenEndpoint(t)
		srv := httptest.NewServer(only("new1"))
		defer srv.Close()
		c := withOAuth(t, srv.URL, api.WithRefresh(config, &oauth2.Token{AccessToken: "old", RefreshToken: refreshToken}, nil))
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if _, err := c.TokenInfo(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := exchanged.Load(); n != 1 {
			t.Errorf("%d tokens were exchanged, want 1", n)
		}
	})
	t.Run("and a refusal is an error without secrets", func(t *testing.T) {
		t.Parallel()
		config, _ := tokenEndpoint(t)
		srv := httptest.NewServer(only("new1"))
		defer srv.Close()
		c := withOAuth(t, srv.URL, api.WithRefresh(config, &oauth2.Token{AccessToken: "old", RefreshToken: "pscale_oauth_refresh_wrong"}, nil))
		_, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
		if !errors.Is(err, api.ErrUnauthorized) || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("got %v", err)
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "pscale_") {
			t.Errorf("the error holds a secret: %s", text)
		}
	})
	t.Run("and what the endpoint repeats of its secrets is redacted", func(t *testing.T) {
		t.Parallel()
		echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer(400, "application/json", fmt.Sprintf(`{"error":"invalid_grant","error_description":"no %s, no %s"}`,
				r.FormValue("client_secret"), r.FormValue("refresh_token")))(w, r)
		}))
		defer echo.Close()
		config := &oauth2.Config{ClientID: "client", ClientSecret: "canaryClient", Endpoint: oauth2.Endpoint{
			TokenURL: echo.URL, AuthStyle: oauth2.AuthStyleInParams}}
		c := withOAuth(t, echo.URL, api.WithRefresh(config, &oauth2.Token{RefreshToken: "canaryRefresh"}, nil))
		_, err := c.TokenInfo(t.Context())
		if !errors.Is(err, api.ErrUnauthorized) || !strings.Contains(err.Error(), "no [redacted], no [redacted]") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("and the refresh token does not follow a redirect elsewhere", func(t *testing.T) {
		t.Parallel()
		evil, received := hostile(t)
		redirecting := httptest.NewServer(http.RedirectHandler(evil, http.StatusTemporaryRedirect))
		defer redirecting.Close()
		c := withOAuth(t, redirecting.URL, api.WithRefresh(
			&oauth2.Config{Endpoint: oauth2.Endpoint{TokenURL: redirecting.URL}}, &oauth2.Token{RefreshToken: refreshToken}, nil))
		if _, err := c.TokenInfo(t.Context()); err == nil {
			t.Error("no error")
		}
		if n := len(received.seen()); n != 0 {
			t.Errorf("the other server received %d requests", n)
		}
	})
}

func TestEachHostGetsOnlyItsOwnCredential(t *testing.T) {
	t.Parallel()
	apiHost, authHost := &recorder{Handler: http.HandlerFunc(good)}, &recorder{Handler: http.HandlerFunc(good)}
	a, b := httptest.NewServer(apiHost), httptest.NewServer(authHost)
	defer a.Close()
	defer b.Close()
	c, err := api.NewClient(api.WithBaseURL(a.URL), api.WithAuthURL(b.URL),
		api.WithServiceToken(serviceID, serviceSecret), api.WithAccessToken(accessToken))
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range everyOperation {
		if _, err := call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for rec, want := range map[*recorder]string{apiHost: serviceID + ":" + serviceSecret, authHost: "Bearer " + accessToken} {
		if len(rec.seen()) == 0 {
			t.Error("a host was not asked")
		}
		for _, r := range rec.seen() {
			if got := r.Header.Get("Authorization"); got != want {
				t.Errorf("%s got %q", r.URL, got)
			}
		}
	}
}

func TestATokenSourceThatBlocksDoesNotOutlastTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c, err := api.NewClient(api.WithTokenSource(sourceFunc(func() (*oauth2.Token, error) {
			<-release
			return &oauth2.Token{AccessToken: "new"}, nil
		})))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := c.TokenInfo(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		close(release)
	})
}

// withOAuthOnWire makes a client whose token source gives tokens, one after the other, the last one for ever.
func withOAuthOnWire(t *testing.T, w wire, tokens []string) *api.Client {
	t.Helper()
	c, err := api.NewClient(api.WithHTTPClient(&http.Client{Transport: w}), api.WithMaxRetries(0),
		api.WithTokenSource(sourceFunc(func() (*oauth2.Token, error) {
			token := tokens[0]
			if len(tokens) > 1 {
				tokens = tokens[1:]
			}
			return &oauth2.Token{AccessToken: token}, nil
		})))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
