// Package apitest is an in-memory PlanetScale for tests and demonstrations: the OAuth operations of the contract, answered
// on this machine in any of the shapes PlanetScale has published, with real checks of the credential, two applications with
// as many tokens as wanted, deletions that last, and faults on request.
//
// A unit test of a program that uses package api needs no more than this:
//
//	func TestListsEveryToken(t *testing.T) {
//		srv := apitest.NewServer(apitest.WithTokens(250))
//		defer srv.Close()
//
//		client, err := api.NewClient(
//			api.WithHTTPClient(srv.Client()),
//			api.WithServiceToken(apitest.ServiceTokenID, apitest.ServiceToken),
//		)
//		if err != nil {
//			t.Fatal(err)
//		}
//		tokens := 0
//		for _, err := range client.Tokens(t.Context(), apitest.Organization, apitest.ApplicationID, api.ListOptions{}) {
//			if err != nil {
//				t.Fatal(err)
//			}
//			tokens++
//		}
//		if tokens != 250 {
//			t.Errorf("%d tokens, want 250", tokens)
//		}
//	}
//
// Nothing here needs package api, so that any HTTP client can be tested the same way: by [Server.Client], or by the
// addresses of the [Server]. It listens on two ports of the loopback interface, because PlanetScale answers on two hosts; a
// [Handler] answers for both, for a program that brings its own listener.
//
// # What is known and what is guessed
//
// The shapes, the clamp of per_page at 100, and the bodies of errors are those that PlanetScale has published or that
// were recorded from it. Where nothing is known, this package makes the plainest choice, on which a test should not rely:
// a page past the last is empty and has no next page; a page or per_page below one is taken as not given; the form of
// next_page_url; the order of the list; the kinds of actors; the body of a refused service token; the order of the checks, which is the
// credential (401), its access (403), then whether the thing exists (404).
package apitest
