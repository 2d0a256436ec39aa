package apitest

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
)

// A captured is the answer of the handlers below, kept back for a fault to change.
type captured struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header to change.
func (c *captured) Header() http.Header { return c.header }

// WriteHeader keeps the status.
func (c *captured) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

// Write keeps a part of the body.
func (c *captured) Write(data []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	return c.body.Write(data)
}

// capture has a fault send the answer of the handlers below.
func capture(send func(w http.ResponseWriter, r *http.Request, answer *captured)) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := &captured{header: http.Header{}}
			next.ServeHTTP(answer, r)
			answer.WriteHeader(http.StatusOK)
			maps.Copy(w.Header(), answer.header)
			send(w, r, answer)
		})
	}
}

// edit has a fault change the body of the answer.
func edit(change func(body []byte) []byte) Fault {
	return capture(func(w http.ResponseWriter, _ *http.Request, answer *captured) {
		body := change(answer.body.Bytes())
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(answer.status)
		_, _ = w.Write(body)
	})
}

// replace has a fault answer by itself.
func replace(answer func(w http.ResponseWriter, r *http.Request)) Fault {
	return func(http.Handler) http.Handler { return http.HandlerFunc(answer) }
}

// Status answers with the status and an error body like those of the API host.
func Status(status int) Fault {
	return replace(func(w http.ResponseWriter, _ *http.Request) { _ = problem(status).write(w) })
}

// RetryAfter answers as [Status] does, with any text as the header Retry-After.
func RetryAfter(status int, text string) Fault {
	return Chain(Header("Retry-After", text), Status(status))
}

// Redirect answers with the status, such as 302, and the address in the header Location.
func Redirect(status int, address string) Fault {
	return Chain(Header("Location", address), Status(status))
}

// HTML answers with the status and a page of HTML, as a proxy or a maintenance page does.
func HTML(status int) Fault {
	return replace(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<!DOCTYPE html>\n<html><head><title>Sorry</title></head><body>We will be back.</body></html>\n"))
	})
}

// MediaType has the answer claim another Content-Type; with an empty one it has none.
func MediaType(contentType string) Fault {
	return capture(func(w http.ResponseWriter, _ *http.Request, answer *captured) {
		w.Header()["Content-Type"] = []string{contentType}
		if contentType == "" {
			w.Header()["Content-Type"] = nil // keeps net/http from guessing
		}
		w.WriteHeader(answer.status)
		_, _ = w.Write(answer.body.Bytes())
	})
}

// Header adds a header to the answer, unless what makes the answer sets it.
func Header(name, value string) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(name, value)
			next.ServeHTTP(w, r)
		})
	}
}

// Body replaces the body of the answer, for instance by nothing, by null or by {}; status and Content-Type stay.
func Body(body string) Fault {
	return edit(func([]byte) []byte { return []byte(body) })
}

// TrailingBytes adds to the end of the body.
func TrailingBytes(more string) Fault {
	return edit(func(body []byte) []byte { return append(body, more...) })
}

// TruncatedJSON sends the first half of the body as if it were all.
func TruncatedJSON() Fault {
	return edit(func(body []byte) []byte { return body[:len(body)/2] })
}

// DuplicateMember repeats the first member of the object in the body, with the value null.
func DuplicateMember() Fault {
	return edit(func(body []byte) []byte {
		decoder := json.NewDecoder(bytes.NewReader(body))
		_, _ = decoder.Token()
		name, _ := decoder.Token()
		return insert(body, mustJSON(name)+":null,")
	})
}

// InvalidUTF8 puts a byte that is no UTF-8 into the first text in the body, or into a member of its own if there is none.
func InvalidUTF8() Fault {
	return edit(func(body []byte) []byte {
		before, after, ok := bytes.Cut(body, []byte(`:"`))
		if !ok {
			return insert(body, "\"note\":\"\xff\",")
		}
		return bytes.Join([][]byte{before, after}, []byte(":\"\xff"))
	})
}

// insert puts text behind the brace that opens the object in the body.
func insert(body []byte, text string) []byte {
	return append([]byte("{"+text), bytes.TrimPrefix(body, []byte("{"))...)
}
