package api

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

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
		if err := l.waitForResume(ctx); err != nil || l.rate == nil {
			return err
		}
		err := l.rate.Wait(ctx)
		if err != nil && ctx.Err() == nil { // the limiter sees beforehand that the deadline comes first
			return &waitError{"the wait for the client's rate limit"}
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

func (l *limiter) waitForResume(ctx context.Context) error {
	for {
		pause := l.remaining()
		if pause <= 0 {
			return nil
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < pause {
			return &waitError{"the wait that a 429 asked for"}
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// A waitError says that the caller's deadline comes before the end of a wait, which is why nobody waited.
type waitError struct{ wait string }

func (e *waitError) Error() string { return e.wait + " exceeds the deadline" }
func (e *waitError) Unwrap() error { return context.DeadlineExceeded }

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
