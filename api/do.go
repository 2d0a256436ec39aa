package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

// do makes the request of a call, sends it and decodes the response. Together with exchange it is the order of concerns
// of every call:
//
//	arguments → { rate limit → origin → credential → transport → bounded body → observers } → decoding
//
// What is in braces is repeated: to follow a redirect within the origin, with a renewed credential after a 401, and after
// a failure that may pass.
//
// A problem, if there is one, is what keeps a program from working with a value, whatever else it holds.
func do[T any](
	ctx context.Context, c *Client, call *call, build func() (*http.Request, error), problem func(*T, []byte) string,
) (*T, error) {
	reply, err := c.exchange(ctx, call, build)
	if err != nil {
		return nil, err
	}
	defer reply.release()
	return decode(call, reply, c.strict, problem)
}

const maxRedirects = 9

func (c *Client) exchange(ctx context.Context, call *call, build func() (*http.Request, error)) (*reply, error) {
	if err := call.check(); err != nil {
		return nil, err
	}
	request, err := build()
	if err != nil {
		return nil, invalidArgument(call.operation, "no request can be made of the arguments: %v", err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.userAgent)
	call.url, _, _ = strings.Cut(request.URL.String(), "?")
	reply, err := c.repeat(ctx, call, request)
	if err != nil {
		return nil, transportError(call, reply, err)
	}
	return reply, nil
}

// repeat sends a request until there is a response to keep, or a failure.
func (c *Client) repeat(ctx context.Context, call *call, request *http.Request) (*reply, error) {
	retries, redirects, renewed := 0, 0, false
	for since := time.Now(); ; {
		if err := c.limiter.wait(ctx); err != nil {
			return nil, after(err, call.last)
		}
		reply, err := c.attempt(ctx, call, request, since)
		since = time.Now()
		if err == nil {
			if reply.status == http.StatusTooManyRequests {
				c.limiter.pause(retryAfter(reply.header, time.Now()))
			}
			if reply.status == http.StatusUnauthorized && !renewed {
				renewed = true
				if value, err := call.credential(ctx, call.sent); err != nil {
					return nil, err
				} else if value.Reveal() != call.sent.Reveal() {
					continue
				}
			}
			if next := reply.redirect(request); next != nil {
				if redirects++; redirects > maxRedirects {
					return nil, fmt.Errorf("%w: more than %d redirects", ErrUnexpectedResponse, maxRedirects)
				}
				request = next
				continue
			}
		}
		last := call.last
		pause, again := call.again(ctx, reply, err)
		switch {
		case again && retries < c.maxRetries:
			retries++
			if err := sleep(ctx, pause); err != nil {
				return nil, after(err, call.last)
			}
		case err != nil && ctx.Err() != nil:
			return reply, after(err, last)
		default:
			return reply, err
		}
	}
}

// after adds to the end of the caller's context what failed before it.
func after(err, last error) error {
	if last == nil || errors.Is(last, err) {
		return err
	}
	return fmt.Errorf("%w, after: %w", err, last)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// attempt sends a request, if it goes to the origin that the credential is for, and reads the response, which is there
// besides an error if its body could not be read. The call has been waiting to send it since the time given.
func (c *Client) attempt(ctx context.Context, call *call, request *http.Request, since time.Time) (*reply, error) {
	if to := originOf(request.URL); to != call.to {
		return nil, fmt.Errorf("%w: %s redirects to %s; nothing was sent there", ErrForeignHost, call.to, to)
	}
	value, err := call.credential(ctx, openapi.Secret{})
	if err != nil {
		return nil, err
	}
	call.noteSecret(value)
	start := time.Now()
	if call.attempts++; call.attempts == 1 {
		call.started = start
	}
	bounded, cancel := context.WithTimeoutCause(ctx, c.timeout, errAttemptTimeout)
	defer cancel()
	request = request.Clone(bounded)
	request.Header.Set("Authorization", value.Reveal())
	var r *reply
	resp, err := c.transport.RoundTrip(request)
	if err == nil {
		r, err = read(resp, c.maxBytes)
	}
	if err != nil && context.Cause(bounded) == errAttemptTimeout {
		err = errAttemptTimeout
	}
	if request.Method == http.MethodDelete {
		call.lost = call.lost || mayHaveWorked(r, err)
	}
	c.observe(call, r, err, start.Sub(since), time.Since(start))
	return r, err
}

// redirect returns the request that r asks for instead of one that was sent, or nil if it asks for none. Only a GET
// is sent again.
func (r *reply) redirect(sent *http.Request) *http.Request {
	location := r.header.Get("Location")
	to, err := sent.URL.Parse(location)
	if !slices.Contains([]int{301, 302, 303, 307, 308}, r.status) || err != nil || location == "" || sent.Method != http.MethodGet {
		return nil
	}
	// net/http exempts localhost from the proxy of the environment by a comparison that is case-sensitive.
	to.Host, to.User, to.Fragment = text.LowerASCII(to.Host), nil, ""
	next := sent.Clone(sent.Context())
	next.URL, next.Host = to, to.Host
	return next
}

// A promised is a transport, which the program may have brought, held to what [http.RoundTripper] promises.
type promised struct{ http.RoundTripper }

func (p promised) RoundTrip(r *http.Request) (*http.Response, error) {
	// net/http exempts loopback addresses from a proxy of the environment; a proxy that the program names for all requests
	// would read what goes to it in plain text.
	if t, ok := p.RoundTripper.(*http.Transport); ok && t.Proxy != nil && r.URL.Scheme == "http" {
		if proxy, err := t.Proxy(r); proxy != nil && err == nil {
			return nil, fmt.Errorf("%w: the proxy of the transport would read the credential of a request over plain http", ErrInvalidArgument)
		}
	}
	resp, err := p.RoundTripper.RoundTrip(r)
	switch {
	case err != nil:
		return nil, err
	case resp == nil:
		return nil, errors.New("the transport gave neither a response nor an error")
	case resp.Body == nil:
		resp.Body = http.NoBody
	case resp.StatusCode == http.StatusSwitchingProtocols:
		// Nobody asked for it, and net/http would let a read from such a connection outlive the request's context.
		_ = resp.Body.Close()
		resp.Body = http.NoBody
	}
	return resp, nil
}

// defaultTransport is shared by all clients that are not given a transport, so that many clients keep few connections. It
// is net/http's own with enough idle connections for pages fetched ahead, and less patience with headers.
var defaultTransport = sync.OnceValue(func() http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // the program has put its own in place
		return http.DefaultTransport
	}
	t := standard.Clone()
	t.MaxIdleConnsPerHost = maxPrefetch
	t.MaxResponseHeaderBytes = 1 << 20
	return t
})

// An outcome is what a function did in a goroutine of its own.
type outcome[T any] struct {
	value    T
	err      error
	panicked any
}

// start runs f, which can be the program's code, by spawn. A panic there would end the process: wait brings it to the
// caller instead. A call of [runtime.Goexit] is an error.
func start[T any](spawn func(func()), f func() (T, error)) <-chan outcome[T] {
	done := make(chan outcome[T], 1)
	spawn(func() {
		o := outcome[T]{err: errors.New("the goroutine has ended before its result was there")}
		defer func() {
			o.panicked = recover()
			done <- o
		}()
		o.value, o.err = f()
	})
	return done
}

// wait returns what start's function returned, and panics if that did. It does not wait beyond ctx.
func wait[T any](ctx context.Context, done <-chan outcome[T]) (value T, err error) {
	select {
	case o := <-done:
		if o.panicked != nil {
			panic(o.panicked)
		}
		return o.value, o.err
	case <-ctx.Done():
		return value, ctx.Err()
	}
}
