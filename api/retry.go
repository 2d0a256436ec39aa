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
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
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
	case slices.Contains([]int{429, 502, 503, 504}, r.status):
		c.last = fmt.Errorf("HTTP status %d", r.status)
		wait = retryAfter(r.header, time.Now())
	default:
		return 0, false
	}
	end := c.started.Add(retryWindow)
	if wait == 0 {
		// A random wait, so that clients that failed together do not come back together.
		longest := min(backoffBase<<min(c.attempts-1, 10), backoffCap)
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
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return untrusted || kindOf(err) != nil
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

// retryAfter reads the Retry-After header (RFC 9110, section 10.2.3): seconds, which services in the field also send with
// a fraction, or a date. It is 0 if there is none, or none that makes sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(seconds) || err == nil && math.IsInf(seconds, 0) {
		return 0
	}
	if seconds >= math.MaxInt64/float64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(max(seconds, 0) * float64(time.Second))
}

// pauseAfter429 is how long a client waits after a 429 that does not say how long.
const pauseAfter429 = time.Second

// A limiter holds all calls of a client together below a rate, and all of them back after a 429.
type limiter struct {
	rate *rate.Limiter // nil for no limit

	mu     sync.Mutex
	resume time.Time // no request goes out before; zero while there is nothing to wait for
}

// newLimiter lets a tenth of perMinute out at once and the rest evenly, so that no minute, wherever it begins, sees more
// than perMinute.
func newLimiter(perMinute int) *limiter {
	l := new(limiter)
	if perMinute > 0 {
		burst := max(perMinute/10, 1)
		l.rate = rate.NewLimiter(rate.Limit(float64(max(perMinute-burst, 1))/60), burst)
	}
	return l
}

func (l *limiter) wait(ctx context.Context) error {
	for {
		for pause := l.remaining(); pause > 0; pause = l.remaining() {
			if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < pause {
				return &flatError{"the wait that a 429 asked for exceeds the deadline", []error{context.DeadlineExceeded}, ""}
			}
			if err := sleep(ctx, pause); err != nil {
				return err
			}
		}
		if l.rate == nil {
			return nil
		}
		err := l.rate.Wait(ctx)
		if err != nil && ctx.Err() == nil { // the limiter sees beforehand that the deadline comes first
			return &flatError{"the wait for the client's rate limit exceeds the deadline", []error{context.DeadlineExceeded}, ""}
		}
		if err != nil || l.remaining() <= 0 { // a 429 may have come while this call waited for the rate
			return err
		}
	}
}

// remaining is how long a 429 still holds the calls back; it is not positive if none does.
func (l *limiter) remaining() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Until(l.resume)
}

// pause holds all calls back, at most as long as one call would wait for its retry.
func (l *limiter) pause(d time.Duration) {
	if d <= 0 {
		d = pauseAfter429
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if resume := time.Now().Add(min(d, retryWindow)); resume.After(l.resume) {
		l.resume = resume
	}
}
