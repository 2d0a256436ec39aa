package apitest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// A Fault wraps the handler that would have answered and does worse. It is called once for each server; what it returns
// must be safe for concurrent use and must end when the request's context does. The faults of this package do both. Those
// that change an answer keep it back until it is complete, and then send it in their own way.
type Fault func(next http.Handler) http.Handler

// OK is no fault: in a [Sequence], it has a request answered as usual.
func OK() Fault {
	return func(next http.Handler) http.Handler { return next }
}

// Sequence has the first request meet the first fault, the second request the second, and so on; later requests meet
// none. Requests are counted for each server, and by each Sequence for itself.
func Sequence(faults ...Fault) Fault {
	faults = slices.Clone(faults)
	return func(next http.Handler) http.Handler {
		handlers := make([]http.Handler, len(faults))
		for i, fault := range faults {
			handlers[i] = fault(next)
		}
		var served atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n := served.Add(1); n <= int64(len(handlers)) {
				handlers[n-1].ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Chain has a request meet all the faults, the first outermost.
func Chain(faults ...Fault) Fault {
	faults = slices.Clone(faults)
	return func(next http.Handler) http.Handler {
		for _, fault := range slices.Backward(faults) {
			next = fault(next)
		}
		return next
	}
}

// When has the requests that match meet the fault.
func When(match func(*http.Request) bool, fault Fault) Fault {
	return func(next http.Handler) http.Handler {
		faulty := fault(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if match(r) {
				faulty.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// OnPage matches requests for a page of the list, counted from 1.
func OnPage(page int) func(*http.Request) bool {
	return func(r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/tokens") {
			return false
		}
		asked := r.URL.Query().Get("page")
		return asked == strconv.Itoa(page) || asked == "" && page == 1
	}
}

// OnPath matches requests whose path ends so, such as /token/info.
func OnPath(end string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, end) }
}

// NextPage has a page of the list say that the next page is n, whatever it is: one that was seen already for a loop, the
// page itself, or one beyond the end. It does nothing to other answers.
func NextPage(n int64) Fault {
	return onCall(func(c *call) { c.nextPage = &n })
}

// IssueTokens has the application issue n tokens before it answers: they come to stand before all others, so that later
// pages begin with tokens that were on the page before.
func IssueTokens(n int) Fault {
	return onCall(func(c *call) { c.planetscale.tokens.issue(n) })
}

// RevokeTokens has the first n tokens of the list, the newest, revoked before it answers, so that as many tokens move
// from later pages to pages that may have been read already.
func RevokeTokens(n int) Fault {
	return onCall(func(c *call) { c.planetscale.tokens.revoke(n) })
}

// onCall has a fault change what the operation will find.
func onCall(change func(*call)) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c := callOf(r.Context()); c != nil {
				change(c)
			}
			next.ServeHTTP(w, r)
		})
	}
}
