package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
)

// sandbox returns a client for an in-memory PlanetScale with the options given, and what closes it.
func sandbox(options ...apitest.Option) (*api.Client, func()) {
	srv := apitest.NewServer(options...)
	client, err := api.NewClient(
		api.WithBaseURL(srv.URL),
		api.WithAuthURL(srv.AuthURL),
		api.WithServiceToken(apitest.ServiceTokenID, apitest.ServiceToken),
		api.WithAccessToken(apitest.AccessToken),
		api.WithMaxRetries(0),
	)
	if err != nil {
		log.Fatal(err)
	}
	return client, srv.Close
}

func ExampleNewClient() {
	_, err := api.NewClient(
		// The two halves of a service token are easily swapped.
		api.WithServiceToken("pscale_tkn_QmFzZTY0", "k3v9x2m7q4tz"),
		api.WithBaseURL("http://api.planetscale.com/v1"),
	)
	fmt.Println(errors.Is(err, api.ErrInvalidArgument))
	fmt.Println(err)
	// Output:
	// true
	// WithServiceToken: the service token's id and secret are swapped: the secret is the one that starts with pscale_tkn_; WithBaseURL: the URL is plain http; a credential is sent over https only, or to a loopback address
}

func ExampleClient_Tokens() {
	client, done := sandbox(apitest.WithTokens(1037))
	defer done()

	tokens, lasting := 0, 0
	for token, err := range client.Tokens(context.Background(), "acme", "5kq1x0v2m8yd", api.ListOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		tokens++
		if token.ExpiresAt == nil {
			lasting++ // it never expires
		}
	}
	fmt.Println(tokens, "tokens")
	fmt.Println(lasting > 0)
	// Output:
	// 1037 tokens
	// true
}

func ExampleClient_Tokens_resume() {
	client, done := sandbox(apitest.WithTokens(250), apitest.WithFaults(apitest.Fault{Times: 1}, apitest.Fault{Times: 1}, apitest.Fault{Times: 1, Do: apitest.Status(503)}))
	defer done()

	tokens := 0
	list := func(options api.ListOptions) error {
		for _, err := range client.Tokens(context.Background(), "acme", "5kq1x0v2m8yd", options) {
			if err != nil {
				return err
			}
			tokens++
		}
		return nil
	}
	err := list(api.ListOptions{})
	var failed *api.Error
	if errors.As(err, &failed) {
		fmt.Println(tokens, "tokens; resume from page", failed.Page)
		err = list(api.ListOptions{Page: failed.Page})
	}
	fmt.Println(tokens, "tokens", err)
	// Output:
	// 200 tokens; resume from page 3
	// 250 tokens <nil>
}

func ExampleClient_GetApplication() {
	client, done := sandbox()
	defer done()

	app, err := client.GetApplication(context.Background(), "acme", "5kq1x0v2m8yd")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(app.ID, app.Tokens, len(app.Scopes) > 0)
	// Output: 5kq1x0v2m8yd 120 true
}

func ExampleClient_InspectToken() {
	client, done := sandbox()
	defer done()

	for _, token := range []string{apitest.AccessToken, "pscale_oauth_revoked"} {
		info, err := client.InspectToken(context.Background(), token)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(info.State)
	}
	// Output:
	// active
	// inactive
}

func ExampleError() {
	client, done := sandbox()
	defer done()

	_, err := client.GetToken(context.Background(), "acme", "5kq1x0v2m8yd", "nosuchtoken0")
	var failed *api.Error
	fmt.Println(errors.Is(err, api.ErrNotFound), errors.As(err, &failed))
	fmt.Println(failed.Operation, failed.Status, failed.Code, failed.Attempts)
	// Output:
	// true true
	// getOAuthToken 404 not_found 1
}

// Which tokens expire within seven days, and what they may do.
func ExampleClient_Tokens_expiring() {
	client, done := sandbox(apitest.WithClock(func() time.Time { return today }), apitest.WithTokens(20))
	defer done()
	for token, err := range client.Tokens(context.Background(), "acme", "5kq1x0v2m8yd", api.ListOptions{}) {
		if err != nil {
			log.Fatal(err)
		}
		if token.ExpiresWithin(today, 7*24*time.Hour) {
			fmt.Println(token.ID, token.Actor(), token.ExpiresAt.Format(time.DateOnly), token.Scopes())
		}
	}
	// Output: kfvd50uir4mg member-2 2026-11-22 database:read_database user:read_user
}

var today = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// A service, here one function, against a server whose first response is a 429 and that has revoked a token.
func Example_testing() {
	state := func(c *api.Client, id string) (string, error) {
		_, err := c.GetToken(context.Background(), "acme", "5kq1x0v2m8yd", id)
		if errors.Is(err, api.ErrNotFound) {
			return "revoked", nil
		}
		return "issued", err
	}
	srv := apitest.NewServer(apitest.WithRevokedToken("w3z8r1c5n7pd"),
		apitest.WithFaults(apitest.Fault{Times: 1, Do: apitest.Status(429, "Retry-After", "0.01")}))
	defer srv.Close()
	client, err := api.NewClient(api.WithBaseURL(srv.URL), api.WithServiceToken(apitest.ServiceTokenID, apitest.ServiceToken))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(state(client, "w3z8r1c5n7pd"))
	fmt.Println(state(client, srv.Token(1).ID))
	fmt.Println(len(srv.Requests()), "requests")
	// Output:
	// revoked <nil>
	// issued <nil>
	// 3 requests
}

// Metrics by operation, as for Prometheus or OpenTelemetry: no field of an event holds an id.
func ExampleWithObserver() {
	srv := apitest.NewServer(apitest.WithFaults(apitest.Fault{Times: 1, Do: apitest.Status(503)}))
	defer srv.Close()
	var mu sync.Mutex
	requests, failures := map[string]int{}, map[string]int{}
	client, err := api.NewClient(api.WithBaseURL(srv.URL), api.WithServiceToken(apitest.ServiceTokenID, apitest.ServiceToken),
		api.WithObserver(func(e api.Event) {
			mu.Lock()
			defer mu.Unlock()
			requests[e.Operation]++
			if e.Err != nil || e.Status >= 500 {
				failures[e.Operation]++
			}
		}))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.GetApplication(context.Background(), "acme", "5kq1x0v2m8yd"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(requests, failures)
	// Output: map[getOAuthApplication:2] map[getOAuthApplication:1]
}

func TestExampleProgramsAreShort(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "example_test.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, limit := range map[string]int{"ExampleClient_Tokens_expiring": 20, "Example_testing": 25, "ExampleWithObserver": 25} {
		program := file.Scope.Lookup(name).Decl.(*ast.FuncDecl)
		if lines := files.Position(program.End()).Line - files.Position(program.Pos()).Line + 1; lines > limit {
			t.Errorf("%s has %d lines, want at most %d", name, lines, limit)
		}
	}
}

// The authorization-code flow by golang.org/x/oauth2, with PKCE. A user may grant less than was asked for.
func ExampleEndpoint() {
	config := &oauth2.Config{ClientID: "pscale_app_0f4c1b2a", ClientSecret: "from a secret store", Endpoint: api.Endpoint,
		RedirectURL: "http://127.0.0.1:8400/callback", Scopes: []string{"read_user", "organization:read_databases"}}
	verifier := oauth2.GenerateVerifier()
	page := config.AuthCodeURL("a random state", oauth2.S256ChallengeOption(verifier))
	fmt.Println(strings.HasPrefix(page, "https://app.planetscale.com/oauth/authorize?"))

	// Called with the code that the redirect to RedirectURL brings, after its state was compared.
	_ = func(ctx context.Context, code string) (*oauth2.Token, error) {
		token, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
		if err != nil {
			return nil, err
		}
		granted, _ := token.Extra("scope").(string)
		for _, asked := range config.Scopes {
			if !slices.Contains(strings.Fields(granted), asked) {
				return nil, fmt.Errorf("%s was not granted", asked)
			}
		}
		return token, nil
	}
	// Output: true
}

// A token that is renewed for as long as the program is run, now and then: the file always holds the refresh token that
// has not been used up.
func ExampleWithRefresh() {
	file := filepath.Join(os.TempDir(), "psoauth-example-token.json")
	defer os.Remove(file)
	save := func(token *oauth2.Token) error {
		data, err := json.Marshal(token)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file+".new", data, 0o600); err != nil {
			return err
		}
		return os.Rename(file+".new", file) // whole or not at all
	}
	if err := save(&oauth2.Token{AccessToken: "pscale_oauth_example", RefreshToken: "pscale_oauth_refresh_example"}); err != nil {
		log.Fatal(err)
	}

	data, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	var token oauth2.Token
	if err := json.Unmarshal(data, &token); err != nil {
		log.Fatal(err)
	}
	_, err = api.NewClient(api.WithRefresh(&oauth2.Config{ClientID: "pscale_app_0f4c1b2a", Endpoint: api.Endpoint}, &token, save))
	fmt.Println(err)
	// Output: <nil>
}
