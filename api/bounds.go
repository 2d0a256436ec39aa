package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// bounded makes each attempt end: it reads the whole body, so many bytes at most after decompression, within so long.
// Because the body is read here, below the retries, a body that breaks off is a failure that may be repeated.
type bounded struct {
	limit   int64
	timeout time.Duration
	next    http.RoundTripper
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeoutCause(r.Context(), b.timeout, errAttemptTimeout)
	defer cancel()
	resp, err := b.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, attemptError(ctx, err)
	}
	defer resp.Body.Close()
	body := newWholeBody()
	if err := b.read(resp, body.buffer); err != nil {
		if errors.Is(err, gzip.ErrHeader) {
			err = fmt.Errorf("%w: the body is not gzip: %w", ErrUnexpectedResponse, err)
		}
		body.Close()
		return nil, &bodyError{resp.StatusCode, resp.Header.Get(requestIDHeader), attemptError(ctx, err)}
	}
	body.rewind()
	resp.Body = body
	return resp, nil
}

func (b bounded) read(resp *http.Response, into *bytes.Buffer) error {
	if resp.ContentLength > b.limit {
		return b.tooLarge()
	}
	body := io.Reader(resp.Body)
	switch encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip", "x-gzip": // net/http takes gzip off only where it asked for it itself
		unzipped, err := gzip.NewReader(resp.Body)
		if err != nil {
			return err
		}
		body = unzipped
	default:
		return fmt.Errorf("%w: the body has the content encoding %q", ErrUnexpectedResponse, encoding)
	}
	if announced := min(resp.ContentLength, maxBuffer); announced > 0 { // which is a promise, and no reason for more
		into.Grow(int(announced) + bytes.MinRead)
	}
	n, err := into.ReadFrom(io.LimitReader(body, b.limit+1))
	if err == nil && n > b.limit {
		err = b.tooLarge()
	}
	return err
}

func (b bounded) tooLarge() error {
	return fmt.Errorf("%w: more than %d bytes", ErrResponseTooLarge, b.limit)
}

var errAttemptTimeout = errors.New("the server did not answer in time")

// attemptError tells the end of an attempt from the end of the caller's context: only the former may be repeated.
func attemptError(ctx context.Context, err error) error {
	if context.Cause(ctx) == errAttemptTimeout {
		return timeoutError{}
	}
	return err
}

// A timeoutError is an attempt that took too long. It does not match context.DeadlineExceeded, which stands for the
// caller's own deadline.
type timeoutError struct{}

func (timeoutError) Error() string { return errAttemptTimeout.Error() }
func (timeoutError) Timeout() bool { return true }

// A bodyError says that a response came, and its body did not, or not whole.
type bodyError struct {
	status    int
	requestID string
	cause     error
}

func (e *bodyError) Error() string { return "reading the response: " + e.cause.Error() }
func (e *bodyError) Unwrap() error { return e.cause }
