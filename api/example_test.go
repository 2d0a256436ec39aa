package api_test

import (
	"context"
	"errors"
	"fmt"
	"log"

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
