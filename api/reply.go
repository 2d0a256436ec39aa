package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/psoauth/psoauth/gen"
)

// A reply is a response that has been read, to its end unless that failed.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// read reads a whole body, of so many bytes at most after decompression. It is read within the attempt, so that a body
// that breaks off is a failure that may be repeated.
func read(resp *http.Response, limit int64) (*reply, error) {
	defer resp.Body.Close()
	body, err := content(resp, limit)
	switch {
	case errors.Is(err, gzip.ErrHeader): // of ours or of net/http's reader
		err = fmt.Errorf("%w: the body is not gzip, as its Content-Encoding says", ErrUnexpectedResponse)
	case err != nil && !permanent(err):
		err = fmt.Errorf("reading the response: %w", err)
	}
	return &reply{resp.StatusCode, resp.Header, body}, err
}

func content(resp *http.Response, limit int64) ([]byte, error) {
	tooLarge := fmt.Errorf("%w: more than %d bytes", ErrResponseTooLarge, limit)
	if resp.ContentLength > limit {
		return nil, tooLarge
	}
	body := io.Reader(resp.Body)
	switch encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip", "x-gzip": // net/http takes gzip off only where it asked for it itself
		unzipped, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil, err
		}
		body = unzipped
	default:
		return nil, fmt.Errorf("%w: the body has the content encoding %q", ErrUnexpectedResponse, encoding)
	}
	buffer := bodies.Get().(*bytes.Buffer)
	switch n, err := buffer.ReadFrom(io.LimitReader(body, limit+1)); {
	case err != nil:
		return nil, err
	case n > limit:
		return nil, tooLarge
	}
	return buffer.Bytes(), nil
}

// bodies are buffers to read into, because a page is several times as large as what is kept of it.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// release lets the next response be read into the body of r, which nothing may refer to any more.
func (r *reply) release() {
	if cap(r.body) <= 1<<20 {
		bodies.Put(bytes.NewBuffer(r.body[:0]))
	}
	r.body = nil
}

// errAttemptTimeout is an attempt that took too long. It does not match context.DeadlineExceeded, which means the
// caller's own deadline.
var errAttemptTimeout error = timeoutError{}

type timeoutError struct{}

func (timeoutError) Error() string { return "the server did not respond in time" }
func (timeoutError) Timeout() bool { return true }

// decode turns a response into a value or an error, here and nowhere else: the status decides first, then the media
// type, then the JSON of a good response: no duplicate members, no invalid UTF-8, nothing after the value. Members that
// the contract does not know are passed over. One that it promises and that is missing or null is a zero value, or with
// strict an error.
func decode[T any](call *call, r *reply, strict bool, problem func(*T, []byte) string) (*T, error) {
	if r.status != http.StatusOK {
		return nil, statusError(call, r)
	}
	if problem := mediaTypeProblem(call, r.header); problem != "" {
		return nil, contentError(call, r, problem)
	}
	if len(r.body) == 0 {
		return nil, contentError(call, r, "the body is empty")
	}
	value := new(T)
	if err := gen.Decode(r.body, value, strict); err != nil {
		return nil, contentError(call, r, err.Error())
	}
	if problem != nil {
		if problem := problem(value, r.body); problem != "" {
			return nil, contentError(call, r, problem)
		}
	}
	return value, nil
}

func otherID(id, asked string) string {
	switch id {
	case asked:
		return ""
	case "":
		return "the response has no id"
	}
	return "the response has another id than the one asked for"
}

func mediaTypeProblem(call *call, h http.Header) string {
	header := h.Get("Content-Type")
	if header == "" {
		return "the response has no Content-Type, want application/json"
	}
	media, params, err := mime.ParseMediaType(header)
	switch charset := params["charset"]; {
	case err != nil || media != "application/json":
		return `the response is "` + call.excerpt(header, 60) + `", want application/json`
	case charset != "" && !strings.EqualFold(charset, "utf-8"):
		return `the response is in the charset "` + call.excerpt(charset, 20) + `", want UTF-8`
	}
	return ""
}

// maxWords is how many bytes an error's body has at most to be read for words.
const maxWords = 64 << 10

// serverWords reads the code and the message out of an error's body, in any of the shapes the contract declares. A body
// in no such shape gives none; the error holds how it begins.
func serverWords(call *call, r *reply) (code, message string) {
	if len(r.body) > maxWords || mediaTypeProblem(call, r.header) != "" {
		return "", ""
	}
	var words gen.Error
	if json.Unmarshal(r.body, &words) != nil {
		return "", ""
	}
	first := func(candidates ...*string) (s string) {
		for _, candidate := range candidates {
			if s == "" && candidate != nil {
				s = *candidate
			}
		}
		return s
	}
	code, message = first(words.Code, words.Error), first(words.Message, words.ErrorDescription)
	if message == "" {
		var wrong []string
		for _, p := range words.Errors {
			wrong = append(wrong, strings.TrimSpace(first(p.Name)+" "+strings.Join(p.Errors, ", ")))
		}
		message = strings.Join(wrong, "; ")
	}
	return call.excerpt(code, excerptBytes), call.excerpt(message, excerptBytes)
}
