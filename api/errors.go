package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/psoauth/psoauth/internal/text"
)

// What an [*Error] matches with [errors.Is], one of these at most. An error of the caller's context matches
// [context.Canceled] or [context.DeadlineExceeded] besides.
var (
	// ErrInvalidArgument: the call or an option cannot be right, and nothing was sent.
	ErrInvalidArgument = errors.New("invalid argument")
	// ErrUnauthorized: 401, or no access token could be obtained. The credential is wrong, expired or revoked.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: 403. There is no such thing, or the credential has no access to it.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound: 404. There is no such thing, or the credential has no access to it.
	ErrNotFound = errors.New("not found")
	// ErrRateLimited: 429, and the wait that the server asks for is longer than the client or the context allows.
	ErrRateLimited = errors.New("rate limited")
	// ErrServer: 5xx.
	ErrServer = errors.New("server error")
	// ErrUnexpectedResponse: a response that a program cannot work with, such as HTML, truncated JSON, a member of another
	// type, a token without its id, or a status that is neither a success nor an error named above.
	ErrUnexpectedResponse = errors.New("unexpected response")
	// ErrForeignHost: a redirect to another origin, which was not followed.
	ErrForeignHost = errors.New("redirect to a foreign host")
	// ErrPageLoop: another page than the one asked for, a page whose next page is not the one after it, or more pages than
	// there can be.
	ErrPageLoop = errors.New("page loop")
	// ErrIncomplete: a list that ended before the total that the server states was reached, or after it was passed, or that
	// repeats items without a total to compare with.
	ErrIncomplete = errors.New("incomplete list")
	// ErrResponseTooLarge: a response larger than WithMaxResponseBytes allows.
	ErrResponseTooLarge = errors.New("response too large")
)

const (
	requestIDHeader = "X-Request-Id"
	requestIDBytes  = 128
	excerptBytes    = 512
)

// An Error is every failure of a call. Text that came from the server is redacted, printable and bounded. An Error
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
	URL        string        // what was asked for, without the query; empty if no request was made

	says   string // what was asked and what is wrong; Message if empty
	advice string // what to do
	kind   error  // one of the sentinel errors, or nil for a failure on the way
	cause  error
}

// Error says in one line what was asked, what is wrong, and what to do about it.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(cmp.Or(e.says, e.Message))
	if e.Status != 0 && echoes(e.Code, e.Status) {
		fmt.Fprintf(&b, " (%d)", e.Status)
	} else if e.Status != 0 {
		fmt.Fprintf(&b, " (%d %s)", e.Status, e.Code)
	}
	if !strings.Contains(e.says, e.Message) && e.says != "" && !echoes(e.Message, e.Status) && e.Message != e.Code {
		b.WriteString(": " + e.Message)
	}
	if e.Body != "" && e.kind == ErrUnexpectedResponse && (e.Code+e.Message == "" || e.Status < 300) {
		b.WriteString("; the body begins " + text.Excerpt(e.Body, 100))
	}
	if e.advice != "" {
		b.WriteString("; " + e.advice)
	}
	var notes []string
	if e.Page > 1 {
		notes = append(notes, fmt.Sprint("resume from page ", e.Page))
	}
	if e.Attempts > 1 {
		notes = append(notes, fmt.Sprint(e.Attempts, " attempts"))
	}
	if e.RequestID != "" {
		notes = append(notes, "request id "+e.RequestID)
	}
	if len(notes) > 0 {
		b.WriteString(" [" + strings.Join(notes, ", ") + "]")
	}
	return b.String()
}

// echoes reports whether words say no more than the status does.
func echoes(words string, status int) bool {
	plain := func(s string) string {
		return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) }), " ")
	}
	return plain(words) == "" || plain(words) == plain(http.StatusText(status))
}

// Unwrap returns the sentinel error that e matches and the error that caused e, where there are such.
func (e *Error) Unwrap() []error {
	return slices.DeleteFunc([]error{e.kind, e.cause}, func(err error) bool { return err == nil })
}

// An OptionError says which option, or which variable of the environment, cannot be right. The error of [NewClient]
// joins one for each.
type OptionError struct {
	Option string // such as WithBaseURL or PLANETSCALE_API_URL
	Err    error
}

func (e *OptionError) Error() string { return e.Option + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *OptionError) Unwrap() error { return e.Err }

// statusError makes the error for a response that is not a good one.
func statusError(call *call, r *reply) *Error {
	e := responseError(call, r)
	e.Code, e.Message = serverWords(call, r)
	e.RetryAfter = retryAfter(r.header, time.Now())
	asked, credential := call.asked(), "the access token"
	if call.service {
		credential = "the service token"
	}
	lacks, note := credential+" lacks "+call.access, "a service token needs the access "+call.access
	if call.access == "" {
		note = "a service token is never accepted here"
		lacks = credential + " has no access to it; " + note
	}
	later := "try again later"
	if e.RetryAfter > 0 {
		later = "try again in " + e.RetryAfter.Round(time.Second/10).String()
	}
	switch status := r.status; {
	case status == http.StatusUnauthorized:
		e.kind, e.says = ErrUnauthorized, asked+": "+credential+" was not accepted"
		e.advice = "check that it is complete and not revoked; " + note
	case status == http.StatusForbidden:
		e.kind, e.says = ErrForbidden, "not allowed to "+call.verb+" "+call.item()+": "+lacks
		if kind := len(call.path) - 1; kind >= 0 {
			e.says += ", or the " + kinds[kind] + " does not exist"
		}
	case status == http.StatusNotFound:
		e.kind, e.says, e.advice = ErrNotFound, "no "+call.object()+", or "+lacks, "asked for "+e.URL
	case status == http.StatusTooManyRequests:
		e.kind, e.says, e.advice = ErrRateLimited, asked+": too many requests", later
	case status >= 500:
		e.kind, e.says, e.advice = ErrServer, asked+": the server failed", later
	case status >= 400:
		e.kind, e.says, e.advice = ErrUnexpectedResponse, asked+": the request was refused", "check the ids and the URL "+e.URL
	default:
		e.kind, e.says, e.advice = ErrUnexpectedResponse, asked+": undocumented status", "check the URL "+e.URL
	}
	return e
}

// contentError makes the error for a success whose content a program cannot work with.
func contentError(call *call, r *reply, problem string) *Error {
	e := responseError(call, r)
	e.kind, e.Message = ErrUnexpectedResponse, call.excerpt(problem, excerptBytes)
	e.says = call.asked() + ": " + e.Message
	e.advice = "check the URL " + e.URL + "; if it is right, the API has changed"
	return e
}

// responseError makes an error with what r says, which is nil if no response came.
func responseError(call *call, r *reply) *Error {
	e := &Error{Operation: call.id, Attempts: call.attempts, URL: call.url}
	if r != nil {
		e.Status, e.Body = r.status, text.Excerpt(r.body, excerptBytes, call.secrets...)
		e.RequestID = call.excerpt(r.header.Get(requestIDHeader), requestIDBytes)
	}
	return e
}

// transportError makes the error for a request that got no response, or one that could not be read.
func transportError(call *call, r *reply, err error) *Error {
	err = withoutURL(err)
	e := responseError(call, r)
	e.Message, e.kind, e.cause = call.excerpt(err.Error(), excerptBytes), kindOf(err), err
	if words := err.Error(); text.Redact(words, call.secrets...) != words {
		e.cause = redactError(err, call.secrets...) // the errors behind it say the same
	}
	flat, _ := errors.AsType[*flatError](err)
	switch {
	case flat != nil && flat.advice != "":
		e.advice = flat.advice
	case e.kind == ErrForeignHost, e.kind == ErrUnexpectedResponse:
		e.advice = "check the URL " + e.URL
	case e.kind == ErrResponseTooLarge && call.items != "":
		e.advice = "ask for smaller pages"
	case e.kind == ErrResponseTooLarge:
		e.advice = "the limit can be raised"
	case e.kind == nil && !errors.Is(err, context.Canceled):
		e.advice = "check the network and the base URL, and try again"
	}
	e.says = call.asked() + ": " + e.Message
	if e.kind == nil && e.Status == 0 {
		e.says = call.asked() + ": no response: " + e.Message
	}
	return e
}

// kindOf returns the sentinel error that says why another attempt would fail like this one, or nil.
func kindOf(err error) error {
	for _, kind := range []error{ErrUnauthorized, ErrForeignHost, ErrUnexpectedResponse, ErrResponseTooLarge, ErrInvalidArgument} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return nil
}

// withoutURL takes off what net/http wraps around an error: it only repeats the URL.
func withoutURL(err error) error {
	for {
		wrapped, ok := err.(*url.Error)
		if !ok {
			return err
		}
		err = wrapped.Err
	}
}

// redactError reduces err to its redacted message. It still matches the error of the caller's context that caused it.
func redactError(err error, known ...string) *flatError {
	s := &flatError{message: text.Excerpt(err.Error(), excerptBytes, known...)}
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, cause) {
			s.causes = append(s.causes, cause)
		}
	}
	return s
}

// A flatError is an error of which the message is left, what it matches, and what to do, which can be empty.
type flatError struct {
	message string
	causes  []error
	advice  string
}

func (e *flatError) Error() string { return e.message }

func (e *flatError) Unwrap() []error { return e.causes }
