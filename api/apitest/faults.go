package apitest

import (
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// A Fault has some requests answered otherwise than usual.
type Fault struct {
	// Match picks the requests; nil means every request. It must be safe for concurrent use.
	Match func(*http.Request) bool
	// Times is how many of the requests that match meet the fault; 0 means all of them. They are counted for each server.
	Times int
	// Do wraps the handler that would have answered and does worse. It is called once for each server; what it returns
	// must be safe for concurrent use and must end when the request's context does. With nil the request is answered as
	// usual, but counts.
	Do func(next http.Handler) http.Handler
}

// OnPage matches requests for a page of a token list, counted from 1.
func OnPage(page int) func(*http.Request) bool {
	return func(r *http.Request) bool {
		asked := r.URL.Query().Get("page")
		return strings.HasSuffix(r.URL.Path, "/tokens") && (asked == strconv.Itoa(page) || asked == "" && page == 1)
	}
}

// Status answers with the status and an error body like those of the API host. A header is a name and a value, such as
// "Retry-After", "2".
func Status(status int, header ...string) func(http.Handler) http.Handler {
	return replace(func(w http.ResponseWriter) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		fail(w, status)
	})
}

// HTML answers with the status and a page of HTML, as a proxy or a maintenance page does.
func HTML(status int) func(http.Handler) http.Handler {
	return replace(func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<!DOCTYPE html>\n<html><head><title>Sorry</title></head><body>We will be back.</body></html>\n"))
	})
}

func replace(answer func(http.ResponseWriter)) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) })
	}
}

// Latency waits before anything is sent, at most until the request ends.
func Latency(d time.Duration) func(http.Handler) http.Handler {
	return before(func(r *http.Request) bool {
		select {
		case <-time.After(d):
			return true
		case <-r.Context().Done():
			return false
		}
	})
}

// NextPage has a page of a list say that the next page is n, whatever it is: one that was seen already for a loop, the
// page itself, or one beyond the end. It does nothing to other answers.
func NextPage(n int64) func(http.Handler) http.Handler {
	return onCall(func(c *call) { c.nextPage = &n })
}

// IssueTokens has the first application issue n tokens before it answers: they come first in the list, so that later pages
// begin with tokens that were on the page before.
func IssueTokens(n int) func(http.Handler) http.Handler {
	return onCall(func(c *call) { c.handler.applications[0].issue(n) })
}

// RevokeTokens has the first n tokens of the first application's list, the newest, revoked before it answers, so that as
// many tokens move from later pages to pages that may have been read already.
func RevokeTokens(n int) func(http.Handler) http.Handler {
	return onCall(func(c *call) { c.handler.applications[0].revoke(n) })
}

func onCall(change func(*call)) func(http.Handler) http.Handler {
	return before(func(r *http.Request) bool {
		if c, ok := r.Context().Value(callKey{}).(*call); ok {
			change(c)
		}
		return true
	})
}

// before has a request answered after do, if that returns true.
func before(do func(*http.Request) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if do(r) {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// Edit sends what change makes of the body of the answer: nothing, null, half of it, or more than all. The status and the
// Content-Type stay.
func Edit(change func(body []byte) []byte) func(http.Handler) http.Handler {
	return capture(func(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
		body := change(answer.Body.Bytes())
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	})
}

// Reset sends so many bytes of the body, at most all but one, and resets the connection; with none it does so before
// anything is sent. Bytes that the client had received but not read may be lost.
func Reset(bytes int) func(http.Handler) http.Handler {
	return capture(func(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
		control := http.NewResponseController(w)
		if sent := min(bytes, answer.Body.Len()-1); sent > 0 {
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Next(sent))
			_ = control.Flush()
		}
		connection, _, err := control.Hijack()
		if err != nil {
			panic(http.ErrAbortHandler) // HTTP/2, or no connection: the server breaks off as it can
		}
		if tcp, ok := connection.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset instead of an orderly end
		}
		_ = connection.Close()
	})
}

// capture keeps the answer of the next handler back for send to change.
func capture(send func(http.ResponseWriter, *httptest.ResponseRecorder)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			maps.Copy(w.Header(), answer.Header())
			send(w, answer)
		})
	}
}
