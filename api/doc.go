// Package api is a typed client for PlanetScale's OAuth endpoints: which tokens an OAuth application has issued, what
// each may touch, when it expires, and whether a token is still active.
//
// A [Client] is made once with [NewClient] and its options, never changes, and is safe for concurrent use:
//
//	client, err := api.NewClient(api.WithServiceToken(id, token))
//	if err != nil {
//		return err
//	}
//	for tok, err := range client.Tokens(ctx, "acme", "5kq1x0v2m8yd", api.ListOptions{}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(tok.ID, tok.DisplayName)
//	}
//
// # Errors
//
// Whatever is not a good answer is an [*Error], which says what happened, what to do about it, and matches one of the
// sentinel errors, such as [ErrNotFound], with [errors.Is]. No call answers nil, nil.
//
// # From a call to the wire
//
// A method of Client checks its arguments and calls the generated client, which builds the request. The [http.Client]
// it is given holds everything that keeps a request safe, in the order that pipeline.go states: the credential, bound to
// one origin; retries; the rate limit; bounds on size and time; the log; the transport. What comes back is decoded in one
// place, decode.go.
//
// # Defaults
//
//   - Retries: 3, on connection errors, an attempt that takes too long, a body cut short, and the statuses 429, 502, 503
//     and 504; the wait is random, up to 0.25 s before the first retry and twice as much before each further one, or what
//     Retry-After asks for. No retry is due later than 30 s after the first attempt; it may have to wait for the rate.
//   - An attempt, with its body, takes at most 15 s, or the Timeout of the [http.Client] given.
//   - Rate: 600 requests a minute, PlanetScale's documented limit. After a 429 the whole client waits.
//   - Size: 32 MiB a response, after decompression; 1 MiB of headers, unless the [http.Client] given has a transport of its
//     own.
package api
