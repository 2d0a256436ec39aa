package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/psoauth/psoauth/internal/text"
)

// newPipeline composes what all calls of a client share, from the outside to the wire. Above it, newDoer puts what is
// different for each host. Together they are every layer between a call and the network:
//
//	redirects within the origin → origin-bound credential → retry → rate limit → count → bounds → log → transport
func newPipeline(s *settings, base http.RoundTripper) http.RoundTripper {
	return newRetrying(s.maxRetries,
		newRateLimited(s.perMinute,
			counted{
				bounded{limit: s.maxBytes, timeout: s.attemptTimeout(),
					next: logged{logger: s.logger,
						next: sound{base}}}}))
}

// sound holds a transport, which the program may have brought, to what [http.RoundTripper] promises.
type sound struct{ next http.RoundTripper }

func (s sound) RoundTrip(r *http.Request) (*http.Response, error) {
	// net/http exempts loopback addresses from a proxy of the environment; a proxy that the program names for all requests
	// would read what goes to it in plain text.
	if t, ok := s.next.(*http.Transport); ok && t.Proxy != nil && r.URL.Scheme == "http" {
		if proxy, err := t.Proxy(r); proxy != nil && err == nil {
			return nil, fmt.Errorf("%w: a proxy would see the credential of a plain http request", ErrForeignHost)
		}
	}
	resp, err := s.next.RoundTrip(r)
	switch {
	case err != nil:
		return nil, err
	case resp == nil:
		return nil, errors.New("the transport gave neither a response nor an error")
	}
	if _, err := r.URL.Parse(resp.Header.Get("Location")); err != nil {
		resp.Header.Del("Location") // net/http would make an error of it, as if no response had come
	}
	switch {
	case resp.Body == nil:
		resp.Body = http.NoBody
	case resp.StatusCode == http.StatusSwitchingProtocols:
		// Nobody asked for it, and net/http would let a read from such a connection outlive the request's context.
		_ = resp.Body.Close()
		resp.Body = http.NoBody
	}
	return resp, nil
}

// newDoer makes the one HTTP client that the generated client of a host is given.
func newDoer(s *settings, to origin, shared http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     authorized{origin: to, next: shared},
		CheckRedirect: sameOriginOnly,
	}
}

func (s *settings) attemptTimeout() (d time.Duration) {
	return cmp.Or(s.httpClient.Timeout, DefaultAttemptTimeout)
}

const maxHeaderBytes = 1 << 20

// defaultTransport is shared by all clients that are not given a transport, so that many clients keep few connections. It
// is net/http's own with enough idle connections for pages fetched ahead, and less patience with headers.
var defaultTransport = sync.OnceValue(func() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // the program has put its own in place
		return http.DefaultTransport
	}
	t := standard.Clone()
	t.MaxIdleConnsPerHost = maxPrefetch
	t.MaxResponseHeaderBytes = maxHeaderBytes
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		if r.URL.Scheme == "http" { // only to a loopback address, and a proxy would read the credential
			return nil, nil
		}
		return http.ProxyFromEnvironment(r)
	}
	return t
})

// sameOriginOnly is the redirect policy of every HTTP client here: net/http would carry a header on to another host's
// subdomain, and a request that leaves its origin has no business there with or without one.
func sameOriginOnly(r *http.Request, via []*http.Request) error {
	if from, to := originOf(via[0].URL), originOf(r.URL); from != to {
		return foreignHost(from, to)
	}
	r.URL.Host = text.LowerASCII(r.URL.Host)
	if len(via) >= 10 {
		return fmt.Errorf("%w: stopped after 10 redirects", ErrUnexpectedResponse)
	}
	return nil
}

func foreignHost(from, to origin) error {
	return fmt.Errorf("%w: %s sent the request on to %s; nothing was sent there", ErrForeignHost, from, to)
}
