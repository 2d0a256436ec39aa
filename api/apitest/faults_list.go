package apitest

import "net/http"

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
