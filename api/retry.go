package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	backoffBase = 250 * time.Millisecond // the longest wait before the first retry
	backoffCap  = 8 * time.Second        // the longest wait that the client chooses itself
	retryWindow = 30 * time.Second       // no retry is due later than this after the first attempt
)

// retrying repeats requests that failed in a way that may pass. The loop is its own: what to repeat and how long to wait
// is decided here anyway, and go-retryablehttp costs two modules and a second http.Client around the transport.
type retrying struct {
	maxRetries int
	next       http.RoundTripper
}

func newRetrying(maxRetries int, next http.RoundTripper) *retrying {
	return &retrying{maxRetries, next}
}

func (t *retrying) RoundTrip(r *http.Request) (*http.Response, error) {
	for retries := 0; ; retries++ {
		resp, err := t.next.RoundTrip(r)
		call := callOf(r.Context())
		last := call.last
		wait, again := t.again(r.Context(), call, resp, err)
		if !again || retries == t.maxRetries {
			if err != nil && r.Context().Err() != nil && last != nil && !errors.Is(last, err) {
				err = fmt.Errorf("%w, after: %w", err, last)
			}
			return resp, err
		}
		if resp != nil {
			resp.Body.Close()
		}
		timer := time.NewTimer(wait)
		select {
		case <-r.Context().Done():
			timer.Stop()
			return nil, fmt.Errorf("%w, after: %w", r.Context().Err(), call.last)
		case <-timer.C:
		}
	}
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

// again says whether to repeat an attempt, and after how long. All requests are GETs, so all may be repeated.
func (t *retrying) again(ctx context.Context, call *call, resp *http.Response, err error) (time.Duration, bool) {
	if ctx.Err() != nil {
		return 0, false
	}
	wait := time.Duration(0)
	switch {
	case err != nil:
		call.last = withoutURL(err)
		if permanent(err) {
			return 0, false
		}
	case retryable(resp.StatusCode):
		call.last = fmt.Errorf("HTTP status %d", resp.StatusCode)
		wait = retryAfter(resp.Header, time.Now())
	default:
		return 0, false
	}
	// If the server asks for a longer wait, the error says when to come back instead.
	end := call.started.Add(retryWindow)
	if wait == 0 {
		// A random wait, so that clients that failed together do not come back together.
		longest := longestWait(call.attempts - 1)
		return rand.N(longest) + 1, longest <= time.Until(end)
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	return wait, wait <= time.Until(end)
}

// permanent reports whether another attempt would fail like this one.
func permanent(err error) bool {
	_, waiting := errors.AsType[*waitError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return waiting || untrusted || errors.Is(err, ErrResponseTooLarge) || errors.Is(err, ErrUnexpectedResponse) ||
		errors.Is(err, ErrForeignHost)
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
