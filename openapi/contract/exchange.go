package contract

import (
	"net/http"
	"net/url"
	"time"

	"github.com/psoauth/psoauth/internal/text"
)

// An exchange is one request and what came back.
type exchange struct {
	source string
	asked  string    // method and URL, for messages; without the query, which may hold anything
	at     time.Time // when it was answered; zero for the present
	method string
	match  *match // nil if no path of the contract fits, and for a bare body
	known  bool   // whether the host is one of the contract's
	query  url.Values
	op     *operation
	status int
	header http.Header
	body   func() body // called at most once, and only if the body is to be judged

	headerLess bool   // nobody knows the headers, so none is missing
	unjudged   *Rule  // set if there is nothing to judge
	why        string // for unjudged
}

// request fills in what the request says.
func (ex *exchange) request(v *Validator, req *http.Request) {
	ex.method = req.Method
	if ex.method == "" { // what net/http means by it
		ex.method = http.MethodGet
	}
	ex.query = req.URL.Query()
	to := targetOf(req)
	ex.asked = text.Excerpt(ex.method+" "+to.String(), maxMessage/2)
	ex.match = v.spec.find(ex.method, to, v.stands)
	ex.known = ex.match != nil || v.spec.knows(to, v.stands)
	if ex.match != nil && ex.match.method {
		ex.op = ex.match.route.op
	}
}
