package apitest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/psoauth/psoauth/gen"
)

// An answer is a response to any operation: JSON already in the shape of the revision, which the generated response
// types cannot hold.
type answer struct {
	status int
	body   []byte
	pooled *[]byte // where the body goes back to once written, or nil
}

var (
	_ gen.GetTokenInfoResponseObject          = (*answer)(nil)
	_ gen.GetOAuthApplicationResponseObject   = (*answer)(nil)
	_ gen.ListOAuthTokensResponseObject       = (*answer)(nil)
	_ gen.GetOAuthTokenResponseObject         = (*answer)(nil)
	_ gen.ListOAuthApplicationsResponseObject = (*answer)(nil)
	_ gen.DeleteOAuthTokenResponseObject      = (*answer)(nil)
)

// VisitGetTokenInfoResponse writes the answer.
func (a *answer) VisitGetTokenInfoResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitGetOAuthApplicationResponse writes the answer.
func (a *answer) VisitGetOAuthApplicationResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitListOAuthTokensResponse writes the answer.
func (a *answer) VisitListOAuthTokensResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitGetOAuthTokenResponse writes the answer.
func (a *answer) VisitGetOAuthTokenResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitListOAuthApplicationsResponse writes the answer.
func (a *answer) VisitListOAuthApplicationsResponse(w http.ResponseWriter) error { return a.write(w) }

// VisitDeleteOAuthTokenResponse writes the answer.
func (a *answer) VisitDeleteOAuthTokenResponse(w http.ResponseWriter) error { return a.write(w) }

// write does not report that the client went away: nobody is left to be told.
func (a *answer) write(w http.ResponseWriter) error {
	if a.status == http.StatusNoContent {
		w.WriteHeader(a.status)
		return nil
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
	if a.pooled != nil {
		*a.pooled = a.body
		bodies.Put(a.pooled)
	}
	return nil
}

// bodies holds buffers for pages, the only large answers.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

// render makes an answer of a value that encoding/json can encode.
func render(status int, value any) (*answer, error) {
	body, err := json.Marshal(value)
	return &answer{status: status, body: body}, err
}

// problem is an error in the form of the API host. For 404 it is the published one; the others follow its pattern.
func problem(status int) *answer {
	text := http.StatusText(status)
	code := strings.ToLower(strings.NewReplacer(" ", "_", "-", "_", "'", "").Replace(text))
	return &answer{status: status, body: []byte(`{"code":"` + code + `","message":"` + text + `"}`)}
}

// invalidToken is the error for an access token that is not accepted, with the state that the API host adds.
func invalidToken(state string) *answer {
	body := `{"error":"invalid_token","error_description":"The access token is invalid"`
	if state != "" {
		body += `,"state":"` + state + `"`
	}
	return &answer{status: http.StatusUnauthorized, body: []byte(body + "}")}
}

// invalidParameter is the error for a query parameter that is not a number.
func invalidParameter(name string) *answer {
	body := `{"errors":[{"name":"` + name + `","errors":["must be a number"]}]}`
	return &answer{status: http.StatusUnprocessableEntity, body: []byte(body)}
}
