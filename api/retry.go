package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
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

// again says whether to repeat an attempt that failed in a way that may pass, and after how long. It is asked in a loop of
// our own, because go-retryablehttp leaves these decisions to its caller, and brings two modules and a second http.Client.
//
// A DELETE is repeated like a GET: it deletes the same token or nothing. If a response was lost before, the call knows it
// (lost), and DeleteToken reads a 404 accordingly.
func (c *call) again(ctx context.Context, r *reply, err error) (time.Duration, bool) {
	if ctx.Err() != nil {
		return 0, false
	}
	wait := time.Duration(0)
	switch {
	case err != nil:
		c.last = withoutURL(err)
		if permanent(err) {
			return 0, false
		}
	case retryable(r.status):
		c.last = fmt.Errorf("HTTP status %d", r.status)
		wait = retryAfter(r.header, time.Now())
	default:
		return 0, false
	}
	end := c.started.Add(retryWindow)
	if wait == 0 {
		// A random wait, so that clients that failed together do not come back together.
		longest := longestWait(c.attempts - 1)
		return rand.N(longest) + 1, longest <= time.Until(end)
	}
	// If the server asks for a longer wait, the error says when to come back instead.
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(end) {
		end = deadline
	}
	return wait, wait <= time.Until(end)
}

// permanent reports whether another attempt would fail like this one.
func permanent(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*credentialError](err); ok {
		return true
	}
	for _, kind := range []error{ErrResponseTooLarge, ErrUnexpectedResponse, ErrForeignHost, ErrInvalidArgument} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// mayHaveWorked reports whether the server may have done what a request asked for, although no response says so. A
// connection that was not made has sent nothing, and a gateway's failure hides the service's response.
func mayHaveWorked(r *reply, err error) bool {
	if err == nil {
		return r.status == http.StatusBadGateway || r.status == http.StatusGatewayTimeout
	}
	op, ok := errors.AsType[*net.OpError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return !(ok && op.Op == "dial") && !untrusted && !errors.Is(err, ErrInvalidArgument)
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
