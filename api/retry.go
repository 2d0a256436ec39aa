package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	backoffBase = 250 * time.Millisecond // the longest wait before the first retry
	backoffCap  = 8 * time.Second        // the longest wait that the client chooses itself
	retryWindow = 30 * time.Second       // no retry is due later than this after the first attempt
)

// retrying repeats requests that failed in a way that may pass. go-retryablehttp does the loop; what to repeat and how
// long to wait is decided here. It was preferred to failsafe-go, which brings two modules instead of one and knows
// nothing of HTTP bodies between attempts.
type retrying struct{ client *retryablehttp.Client }

func newRetrying(maxRetries int, next http.RoundTripper) *retrying {
	return &retrying{&retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport: next,
			// Redirects are followed above, where the credential is.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryMax:   maxRetries,
		CheckRetry: checkRetry,
		Backoff:    backoff,
		// Without it the last response would be thrown away once the retries are used up.
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}}
}

func (t *retrying) RoundTrip(r *http.Request) (*http.Response, error) {
	request, err := retryablehttp.FromRequest(r)
	if err != nil {
		return nil, err
	}
	resp, err := t.client.Do(request)
	if call := callOf(r.Context()); err != nil && r.Context().Err() != nil && call.last != nil && !errors.Is(call.last, err) {
		return nil, fmt.Errorf("%w, after: %w", err, call.last)
	}
	return resp, err
}

// counted counts the attempts of a call. What waits for the rate has not been sent yet.
type counted struct{ next http.RoundTripper }

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	call := callOf(r.Context())
	if call.attempts++; call.attempts == 1 {
		call.started = time.Now()
	}
	return c.next.RoundTrip(r)
}

// checkRetry has the signature of [retryablehttp.CheckRetry]. All requests are GETs, so all may be repeated.
func checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	call := callOf(ctx)
	if ctx.Err() != nil {
		return false, nil
	}
	wait := time.Duration(0)
	switch {
	case err != nil:
		call.last = withoutURL(err)
		_, waiting := errors.AsType[*waitError](err)
		if waiting || errors.Is(err, ErrResponseTooLarge) || errors.Is(err, ErrUnexpectedResponse) {
			return false, nil
		}
		// The library knows which errors of a transport are for good, such as a certificate that nobody trusts.
		if again, _ := retryablehttp.DefaultRetryPolicy(ctx, nil, err); !again {
			return false, nil
		}
	case retryable(resp.StatusCode):
		call.last = fmt.Errorf("HTTP status %d", resp.StatusCode)
		wait = retryAfter(resp.Header, time.Now())
	default:
		return false, nil
	}
	// Whoever waits longer than this is told when to come back instead.
	end := call.started.Add(retryWindow)
	if wait == 0 && longestWait(call.attempts-1) > time.Until(end) {
		return false, nil
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	return wait <= time.Until(end), nil
}

// longestWait is the longest that the client itself waits after an attempt, counted from 0.
func longestWait(attempt int) time.Duration {
	return min(backoffBase<<min(max(attempt, 0), 10), backoffCap)
}

func retryable(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// backoff has the signature of [retryablehttp.Backoff]. It waits as long as the server asks for, or else a random time, so
// that clients that failed together do not come back together.
func backoff(_, _ time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp != nil {
		if wait := retryAfter(resp.Header, time.Now()); wait > 0 {
			return wait
		}
	}
	return rand.N(longestWait(attempt)) + 1
}

// retryAfter reads the Retry-After header (RFC 9110, section 10.2.3): seconds, which services in the field also send with
// a fraction, or a date. It is 0 if there is none, or none that makes sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	seconds, err := strconv.ParseFloat(value, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
	case err != nil, math.IsNaN(seconds), math.IsInf(seconds, 0):
		return 0
	}
	if seconds >= math.MaxInt64/float64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(max(seconds, 0) * float64(time.Second))
}
