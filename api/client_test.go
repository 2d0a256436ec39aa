package api_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/openapi"
)

func TestEachOperationSendsOneRequestWithItsHostsCredential(t *testing.T) {
	t.Parallel()
	service, bearer := serviceID+":"+serviceSecret, "Bearer "+accessToken
	for operation, want := range map[string]struct{ uri, authorization string }{
		"getOAuthApplication": {"/v1/organizations/acme/oauth-applications/app1", service},
		"listOAuthTokens":     {"/v1/organizations/acme/oauth-applications/app1/tokens?page=1&per_page=100", service},
		"getOAuthToken":       {"/v1/organizations/acme/oauth-applications/app1/tokens/tok1", service},
		"getTokenInfo":        {"/oauth/token/info", bearer},
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			c, rec := serve(t, good)
			if v, err := everyOperation[operation](t.Context(), c); err != nil || v == nil {
				t.Fatalf("got %v, %v", v, err)
			}
			if n := len(rec.seen()); n != 1 {
				t.Fatalf("%d requests were sent, want 1", n)
			}
			r := rec.seen()[0]
			if r.Method != http.MethodGet || r.RequestURI != want.uri {
				t.Errorf("sent %s %s, want GET %s", r.Method, r.RequestURI, want.uri)
			}
			if got := r.Header["Authorization"]; !slices.Equal(got, []string{want.authorization}) {
				t.Errorf("Authorization is %q", got)
			}
			if got := r.Header.Get("Accept"); got != "application/json" {
				t.Errorf("Accept is %q", got)
			}
			if got := r.Header.Get("User-Agent"); !strings.HasPrefix(got, "psoauth/") {
				t.Errorf("User-Agent is %q", got)
			}
		})
	}
}

func TestModelsHoldWhatTheServerSent(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, good)
	app, err := c.GetApplication(t.Context(), "acme", "app1")
	if err != nil {
		t.Fatal(err)
	}
	if app.ID != "app1" || app.Tokens != 2 || !slices.Equal(app.Scopes, []string{"read_user", "read_databases"}) || app.DCR != nil {
		t.Errorf("application is %+v", app)
	}
	token, err := c.GetToken(t.Context(), "acme", "app1", "tok1")
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC); !token.CreatedAt.Equal(want) || token.ExpiresAt != nil || token.Token != nil {
		t.Errorf("token is %+v", token)
	}
	info, err := c.TokenInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.State != openapi.StateActive || info.ClientID != "pscale_app_1" || info.Subject != "u1" || info.ExpiresAt.Unix() != 1787875200 {
		t.Errorf("token info is %+v", info)
	}
}

func TestPathArguments(t *testing.T) {
	t.Parallel()
	t.Run("what cannot be one segment is refused before any request", func(t *testing.T) {
		t.Parallel()
		c, rec := serve(t, good)
		for _, bad := range []string{"", " ", ".", "..", "a\x00b", "a\nb", "\x7f", "a\u0085b", "\xff"} {
			for position := range 3 {
				args := []string{"acme", "app1", "tok1"}
				args[position] = bad
				_, err := c.GetToken(t.Context(), args[0], args[1], args[2])
				if !errors.Is(err, api.ErrInvalidArgument) {
					t.Errorf("argument %d %q: %v", position, bad, err)
				}
				if position == 2 {
					continue
				}
				if _, err := c.GetApplication(t.Context(), args[0], args[1]); !errors.Is(err, api.ErrInvalidArgument) {
					t.Errorf("GetApplication, argument %d %q: %v", position, bad, err)
				}
				if _, err := c.ListTokens(t.Context(), args[0], args[1], api.ListOptions{}); !errors.Is(err, api.ErrInvalidArgument) {
					t.Errorf("ListTokens, argument %d %q: %v", position, bad, err)
				}
			}
		}
		if n := len(rec.seen()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
	t.Run("all else is escaped as one segment", func(t *testing.T) {
		t.Parallel()
		for given, want := range map[string]string{
			"a/b":      "a%2Fb",
			"../../x":  "..%2F..%2Fx",
			"%2e%2e":   "%252e%252e",
			"a?b=c#d":  "a%3Fb=c%23d",
			"a b":      "a%20b",
			"ünïcode":  "%C3%BCn%C3%AFcode",
			"...":      "...",
			"a;b,c":    "a%3Bb%2Cc",
			"http://x": "http:%2F%2Fx",
			"@:&=+$":   "@:&=+$",
		} {
			c, rec := serve(t, good)
			if _, err := c.GetToken(t.Context(), "acme", "app1", given); err != nil {
				t.Errorf("%q: %v", given, err)
				continue
			}
			if got := rec.seen()[0].RequestURI; got != "/v1/organizations/acme/oauth-applications/app1/tokens/"+want {
				t.Errorf("%q was sent as %s", given, got)
			}
		}
	})
}

func TestTokenInfoForms(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status  int
		body    string
		state   openapi.TokenState
		expires bool
	}{
		"active":                     {200, infoBody, openapi.StateActive, true},
		"inactive":                   {200, `{"active":false}`, openapi.StateInactive, false},
		"older form":                 {200, `{"resource_owner_id":7,"scope":["read_user"],"expires_in":60,"application":{"uid":"c"},"created_at":1}`, openapi.StateUnknown, true},
		"older form, never expiring": {200, `{"resource_owner_id":"u","scope":[],"expires_in":null,"application":{"uid":null},"created_at":1}`, openapi.StateUnknown, false},
		"refused as invalid":         {401, `{"error":"invalid_token","error_description":"The access token is invalid"}`, openapi.StateInactive, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, rec := serve(t, answer(test.status, "application/json", test.body))
			info, err := c.InspectToken(t.Context(), "pscale_oauth_someoneElses")
			if err != nil {
				t.Fatal(err)
			}
			if info.State != test.state || (info.ExpiresAt != nil) != test.expires {
				t.Errorf("got %+v", info)
			}
			if got := rec.seen()[0].Header.Get("Authorization"); got != "Bearer pscale_oauth_someoneElses" {
				t.Errorf("Authorization is %q", got)
			}
		})
	}
	t.Run("a 401 of another kind is an error", func(t *testing.T) {
		t.Parallel()
		c, _ := serve(t, answer(401, "application/json", `{"code":"unauthorized","message":"no"}`))
		if info, err := c.TokenInfo(t.Context()); info != nil || !errors.Is(err, api.ErrUnauthorized) {
			t.Errorf("got %v, %v", info, err)
		}
	})
	t.Run("the older form's expiry counts from now", func(t *testing.T) {
		t.Parallel()
		c, _ := serve(t, answer(200, "application/json",
			`{"resource_owner_id":"u","scope":[],"expires_in":3600,"application":{"uid":"c"},"created_at":1}`))
		info, err := c.TokenInfo(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if left := time.Until(*info.ExpiresAt); left < 59*time.Minute || left > time.Hour || *info.ExpiresIn != time.Hour {
			t.Errorf("expires in %v, ExpiresIn is %v", left, *info.ExpiresIn)
		}
	})
}

func TestNothingIsSentWithoutTheRightCredential(t *testing.T) {
	t.Parallel()
	rec := &recorder{Handler: http.HandlerFunc(good)}
	on := onWireRecorder(rec)
	for name, test := range map[string]struct {
		options []api.Option
		call    func(context.Context, *api.Client) error
		says    string
	}{
		"token info with a service token only": {
			[]api.Option{api.WithServiceToken(serviceID, serviceSecret)},
			func(ctx context.Context, c *api.Client) error { _, err := c.TokenInfo(ctx); return err },
			"service token only",
		},
		"token info with no credential": {
			nil,
			func(ctx context.Context, c *api.Client) error { _, err := c.TokenInfo(ctx); return err },
			"no credential",
		},
		"an application with no credential": {
			nil,
			func(ctx context.Context, c *api.Client) error { _, err := c.GetApplication(ctx, "a", "b"); return err },
			"read_oauth_applications",
		},
		"inspecting nothing": {
			nil,
			func(ctx context.Context, c *api.Client) error { _, err := c.InspectToken(ctx, ""); return err },
			"empty",
		},
		"inspecting a service token": {
			nil,
			func(ctx context.Context, c *api.Client) error {
				_, err := c.InspectToken(ctx, serviceSecret)
				return err
			},
			"service token",
		},
		"inspecting a service token with its id": {
			nil,
			func(ctx context.Context, c *api.Client) error {
				_, err := c.InspectToken(ctx, serviceID+":"+serviceSecret)
				return err
			},
			"service token",
		},
		"inspecting a refresh token": {
			nil,
			func(ctx context.Context, c *api.Client) error {
				_, err := c.InspectToken(ctx, refreshToken)
				return err
			},
			"refresh token",
		},
		"inspecting a header": {
			nil,
			func(ctx context.Context, c *api.Client) error { _, err := c.InspectToken(ctx, "a\r\nX: y"); return err },
			"control characters",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := api.NewClient(append(test.options, on)...)
			if err != nil {
				t.Fatal(err)
			}
			err = test.call(t.Context(), c)
			if !errors.Is(err, api.ErrInvalidArgument) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
	if n := len(rec.seen()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// onWireRecorder is an option that gives every request to rec.
func onWireRecorder(rec *recorder) api.Option {
	return api.WithHTTPClient(&http.Client{Transport: wire(func(r *http.Request) (*http.Response, error) {
		rec.mu.Lock()
		defer rec.mu.Unlock()
		rec.requests = append(rec.requests, r)
		return response(r, 200), nil
	})})
}

func TestAnAccessTokenServesBothHostsWhereThereIsNoServiceToken(t *testing.T) {
	t.Parallel()
	rec := &recorder{}
	c, err := api.NewClient(api.WithAccessToken(accessToken), onWireRecorder(rec))
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range everyOperation {
		if _, err := call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range rec.seen() {
		if got := r.Header.Get("Authorization"); got != "Bearer "+accessToken {
			t.Errorf("%s got %q", r.URL, got)
		}
	}
}
