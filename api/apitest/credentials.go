package apitest

import (
	"net/http"
	"slices"
	"strings"
)

// What there is to ask for, unless an option says otherwise.
const (
	Organization  = "acme"
	ApplicationID = "5kq1x0v2m8yd"
)

// The credentials the server knows. They look like PlanetScale's and open nothing but this server, so they are no
// secrets.
const (
	ServiceTokenID     = "k3v9x2m7q4tz" // goes with ServiceToken
	ServiceToken       = "pscale_tkn_apitest0service0token0not0a0secret"
	AccessToken        = "pscale_oauth_apitest0active0token0not0a0secret"
	ExpiredAccessToken = "pscale_oauth_apitest0expired0token0not0a0secret"
	RevokedAccessToken = "pscale_oauth_apitest0revoked0token0not0a0secret"
)

// The accesses a service token needs: to read applications, to read their tokens, and to delete those.
const (
	ReadApplications = "read_oauth_applications"
	ReadTokens       = "read_oauth_tokens"
	DeleteTokens     = "delete_oauth_tokens"
)

// bearer returns the access token of the request's Authorization header, if that is what it holds.
func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

// authorize returns the answer to a request that its credential does not allow, and nil to one that may go on. An OAuth
// access token may call everything; the authorization host judges for itself what a token is worth, but takes no other
// credential.
func (p *PlanetScale) authorize(r *http.Request, operation string) *answer {
	token, isBearer := bearer(r)
	switch {
	case operation == "GetTokenInfo":
		if !isBearer {
			return invalidToken("")
		}
		return nil
	case isBearer && token == AccessToken:
		return nil
	case isBearer:
		return invalidToken("unauthorized")
	case r.Header.Get("Authorization") != ServiceTokenID+":"+ServiceToken:
		return problem(http.StatusUnauthorized)
	}
	need := ReadTokens
	switch operation {
	case "GetOAuthApplication", "ListOAuthApplications":
		need = ReadApplications
	case "DeleteOAuthToken":
		need = DeleteTokens
	}
	if !slices.Contains(p.config.accesses, need) {
		return problem(http.StatusForbidden)
	}
	return nil
}
