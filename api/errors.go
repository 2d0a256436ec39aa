package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/psoauth/psoauth/internal/text"
)

// What an [*Error] matches with [errors.Is], one of these at most. An error of the caller's context matches
// [context.Canceled] or [context.DeadlineExceeded] besides.
var (
	// ErrInvalidArgument: the call cannot be right, and nothing was sent.
	ErrInvalidArgument = errors.New("invalid argument")
	// ErrUnauthorized: 401, or no access token was to be had. The credential is wrong, expired or revoked.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: 403. There is no such thing, or the credential has no access to it.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound: 404. There is no such thing, or the credential has no access to it.
	ErrNotFound = errors.New("not found")
	// ErrRateLimited: 429, and waiting any longer was out of the question.
	ErrRateLimited = errors.New("rate limited")
	// ErrServer: 5xx.
	ErrServer = errors.New("server error")
	// ErrUnexpectedResponse: an answer that the contract does not allow, such as HTML, truncated JSON, a required member
	// that is missing, or a status that is neither 200 nor an error named above.
	ErrUnexpectedResponse = errors.New("unexpected response")
	// ErrForeignHost: a redirect to another origin, which was not followed.
	ErrForeignHost = errors.New("redirect to a foreign host")
	// ErrPageLoop: another page than the one asked for, a page whose next page is not the one after it, or more pages than
	// there can be.
	ErrPageLoop = errors.New("page loop")
	// ErrIncomplete: a list that ended before the total that the server states was reached, or after it was passed.
	ErrIncomplete = errors.New("incomplete list")
	// ErrResponseTooLarge: a response larger than WithMaxResponseBytes allows.
	ErrResponseTooLarge = errors.New("response too large")
)

const (
	requestIDHeader = "X-Request-Id"
	requestIDBytes  = 128
	excerptBytes    = 512
)

// An Error is everything but a good answer. Text that came from the server is redacted, printable and bounded. An Error
// is not changed once it is returned.
type Error struct {
	Operation  string        // the contract's operation, such as listOAuthTokens, or NewClient
	Status     int           // HTTP status; 0 if no response came
	Code       string        // the server's own code, such as not_found or invalid_token
	Message    string        // the server's own words, or what is wrong
	RequestID  string        // the X-Request-Id header, if one came
	RetryAfter time.Duration // what the server asks to wait before another try; 0 if it does not say
	Attempts   int           // how many requests were sent
	Body       string        // how the response's body begins, at most 512 bytes
	Page       int           // for lists: the page to resume from, everything before it was yielded; otherwise 0

	advice string // what to do
	kind   error  // one of the sentinel errors, or nil for a failure on the way
	cause  error
}

// Error says in one line which operation failed, how, why, and what to do about it.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Operation)
	b.WriteString(": ")
	if e.Status != 0 {
		b.WriteString(strings.TrimSpace(strconv.Itoa(e.Status) + " " + http.StatusText(e.Status)))
	} else if e.kind != nil {
		b.WriteString(e.kind.Error())
	} else {
		b.WriteString("no response")
	}
	if e.Code != "" {
		b.WriteString(" (" + e.Code + ")")
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Body != "" && e.kind == ErrUnexpectedResponse {
		b.WriteString("; the body begins " + text.Excerpt(e.Body, 120))
	}
	if e.advice != "" {
		b.WriteString("; " + e.advice)
	}
	var notes []string
	if e.Page > 0 {
		notes = append(notes, "resume from page "+strconv.Itoa(e.Page))
	}
	if e.Attempts > 1 {
		notes = append(notes, strconv.Itoa(e.Attempts)+" attempts")
	}
	if e.RequestID != "" {
		notes = append(notes, "request id "+e.RequestID)
	}
	if len(notes) > 0 {
		b.WriteString(" [" + strings.Join(notes, ", ") + "]")
	}
	return b.String()
}

// Unwrap returns the sentinel error that e matches and the error that caused e, where there are such.
func (e *Error) Unwrap() []error {
	var errs []error
	for _, err := range []error{e.kind, e.cause} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// statusError makes the error for a response that is not a good answer.
func statusError(call *call, resp *http.Response, body []byte) *Error {
	e := responseError(call, resp, body)
	e.Code, e.Message = serverWords(call, resp, body)
	e.RetryAfter = retryAfter(resp.Header, time.Now())
	needs := "it needs " + call.op.credential()
	switch status := resp.StatusCode; {
	case status == http.StatusUnauthorized:
		e.kind, e.advice = ErrUnauthorized, "the credential was not accepted: check that it is complete and not revoked; "+needs
	case status == http.StatusForbidden:
		e.kind, e.advice = ErrForbidden, "the credential has no access to this, or it does not exist; "+needs
	case status == http.StatusNotFound:
		e.kind, e.advice = ErrNotFound, "this does not exist, or the credential has no access to it: check the organization and the ids; "+needs
	case status == http.StatusTooManyRequests:
		e.kind, e.advice = ErrRateLimited, "too many requests: try again "+whenToRetry(e.RetryAfter)
	case status >= 500:
		e.kind, e.advice = ErrServer, "the service failed: try again "+whenToRetry(e.RetryAfter)
	case status >= 400:
		e.kind, e.advice = ErrUnexpectedResponse, "the request was refused: check the ids and the base URL"
	default:
		e.kind, e.advice = ErrUnexpectedResponse, "this status is not in the contract: check the base URL"
	}
	return e
}

// contentError makes the error for a 200 whose content is not what the contract says.
func contentError(call *call, resp *http.Response, body []byte, problem string) *Error {
	e := responseError(call, resp, body)
	e.kind, e.Message = ErrUnexpectedResponse, text.Excerpt(problem, excerptBytes, call.secrets()...)
	e.advice = "check the base URL; if that is right, the service no longer keeps the contract"
	return e
}

func responseError(call *call, resp *http.Response, body []byte) *Error {
	return &Error{
		Operation: call.op.id,
		Status:    resp.StatusCode,
		RequestID: text.Excerpt(resp.Header.Get(requestIDHeader), requestIDBytes, call.secrets()...),
		Attempts:  call.attempts,
		Body:      text.Excerpt(body, excerptBytes, call.secrets()...),
	}
}

// transportError makes the error for a request that got no response, or not a whole one.
func transportError(call *call, err error) *Error {
	err = withoutURL(err)
	e := &Error{
		Operation: call.op.id,
		Message:   text.Excerpt(err.Error(), excerptBytes, call.secrets()...),
		Attempts:  call.attempts,
		cause:     withoutSecrets(err, call.secrets()...),
	}
	if broken, ok := errors.AsType[*bodyError](err); ok {
		e.Status, e.RequestID = broken.status, text.Excerpt(broken.requestID, requestIDBytes, call.secrets()...)
	}
	if _, ok := errors.AsType[*credentialError](err); ok {
		e.kind, e.advice = ErrUnauthorized, "authorize the application again"
		return e
	}
	tooLarge := "raise the limit with WithMaxResponseBytes"
	if e.Operation == listTokens.id {
		tooLarge = "ask for smaller pages, or " + tooLarge
	}
	for _, known := range []struct {
		kind   error
		advice string
	}{
		{ErrForeignHost, "check the base URL"},
		{ErrResponseTooLarge, tooLarge},
		{ErrUnexpectedResponse, "check the base URL"},
	} {
		if errors.Is(err, known.kind) {
			e.kind, e.advice = known.kind, known.advice
			e.Message = strings.TrimPrefix(e.Message, known.kind.Error()+": ") // the line begins with it
			return e
		}
	}
	e.advice = "check the network and the base URL, and try again"
	return e
}

// withoutURL takes off what net/http wraps around an error: it repeats the URL and says nothing else.
func withoutURL(err error) error {
	for {
		wrapped, ok := err.(*url.Error)
		if !ok {
			return err
		}
		err = wrapped.Err
	}
}

// withoutSecrets returns err if no credential is in what it says. Otherwise it keeps the rest of that, and whether the
// caller's context caused it: the errors behind it say the same.
func withoutSecrets(err error, known ...string) error {
	if said := err.Error(); text.Redact(said, known...) == said {
		return err
	}
	return saying(err, known...)
}

// saying keeps what err says, redacted, and whether the caller's context caused it, and nothing else.
func saying(err error, known ...string) error {
	said := text.Excerpt(err.Error(), excerptBytes, known...)
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, cause) {
			return fmt.Errorf("%s: %w", said, cause)
		}
	}
	return errors.New(said)
}

func whenToRetry(after time.Duration) string {
	if after <= 0 {
		return "later"
	}
	return fmt.Sprintf("in %s", after.Round(time.Second/10))
}
