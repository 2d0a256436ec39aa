package apitest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// operations is the generated server interface over a Handler.
type operations struct{ *Handler }

// GetTokenInfo answers for the access token that asks: AccessToken is active, no other is.
func (o operations) GetTokenInfo(w http.ResponseWriter, r *http.Request) {
	token, ok := bearer(r)
	switch form := o.config.form; {
	case !ok || token != AccessToken && form != "published":
		refuseToken(w, "")
		return
	case token != AccessToken:
		send(w, http.StatusOK, map[string]bool{"active": false})
		return
	}
	const age, lifetime = 10 * 24 * time.Hour, 2_592_000 * time.Second // the lifetime is PlanetScale's
	app, now := o.applications[0].about, o.config.clock()
	issued := now.UTC().Truncate(24 * time.Hour).Add(-age)
	expires := issued.Add(lifetime)
	info := openapi.TokenInfo{
		State: openapi.StateActive, Scopes: app.Scopes, ClientID: app.ClientID, TokenType: "Bearer",
		ExpiresAt: &expires, IssuedAt: &issued, Subject: userID,
	}
	if o.config.form == "legacy" {
		left := expires.Sub(now)
		info.State, info.Legacy, info.ExpiresIn = openapi.StateUnknown, true, &left
	}
	send(w, http.StatusOK, info)
}

// ListOAuthApplications answers with one page of the organization's applications.
func (o operations) ListOAuthApplications(
	w http.ResponseWriter, r *http.Request, organization gen.Organization, params gen.ListOAuthApplicationsParams,
) {
	if !o.allow(w, r, "read_oauth_applications") {
		return
	}
	if organization != o.config.organization {
		fail(w, http.StatusNotFound)
		return
	}
	page := newPage(params.Page, params.PerPage, len(o.applications))
	for _, app := range o.applications[page.first:page.end] {
		page.Data = append(page.Data, o.config.application(app.now()))
	}
	o.sendPage(w, r, page)
}

// GetOAuthApplication answers with one application.
func (o operations) GetOAuthApplication(
	w http.ResponseWriter, r *http.Request, organization gen.Organization, id gen.ApplicationID,
) {
	if app := o.find(w, r, "read_oauth_applications", organization, id); app != nil {
		send(w, http.StatusOK, o.config.application(app.now()))
	}
}

// ListOAuthTokens answers with one page of an application's tokens.
func (o operations) ListOAuthTokens(
	w http.ResponseWriter, r *http.Request, organization gen.Organization, id gen.ApplicationID, params gen.ListOAuthTokensParams,
) {
	app := o.find(w, r, "read_oauth_tokens", organization, id)
	if app == nil {
		return
	}
	page, tokens := app.page(params.Page, params.PerPage)
	for i := range tokens {
		page.Data = append(page.Data, o.config.token(&tokens[i]))
	}
	o.sendPage(w, r, page)
}

// GetOAuthToken answers with one token.
func (o operations) GetOAuthToken(
	w http.ResponseWriter, r *http.Request, organization gen.Organization, id gen.ApplicationID, tokenID gen.TokenID,
) {
	app := o.find(w, r, "read_oauth_tokens", organization, id)
	if app == nil {
		return
	}
	token, ok := app.find(tokenID)
	if !ok {
		fail(w, http.StatusNotFound)
		return
	}
	send(w, http.StatusOK, o.config.token(&token))
}

// DeleteOAuthToken takes a token off the list.
func (o operations) DeleteOAuthToken(
	w http.ResponseWriter, r *http.Request, organization gen.Organization, id gen.ApplicationID, tokenID gen.TokenID,
) {
	app := o.find(w, r, "delete_oauth_tokens", organization, id)
	if app == nil {
		return
	}
	if !app.delete(tokenID) {
		fail(w, http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// find returns the application if the credential allows the access; otherwise it has answered, and returns nil.
func (o operations) find(w http.ResponseWriter, r *http.Request, access, organization, id string) *application {
	if !o.allow(w, r, access) {
		return nil
	}
	i := slices.IndexFunc(o.applications, func(a *application) bool { return a.about.ID == id })
	if i < 0 || organization != o.config.organization {
		fail(w, http.StatusNotFound)
		return nil
	}
	return o.applications[i]
}

// allow reports whether the request's credential has the access, and answers if not. An OAuth access token may call
// everything.
func (o operations) allow(w http.ResponseWriter, r *http.Request, access string) bool {
	token, isBearer := bearer(r)
	switch {
	case isBearer && token != AccessToken:
		refuseToken(w, "unauthorized")
	case !isBearer && r.Header.Get("Authorization") != ServiceTokenID+":"+ServiceToken:
		fail(w, http.StatusUnauthorized)
	case !isBearer && !slices.Contains(o.config.accesses, access):
		fail(w, http.StatusForbidden)
	default:
		return true
	}
	return false
}

// bearer returns the access token of the request's Authorization header, if that is what it holds.
func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

// send answers with JSON. A value that cannot be encoded is a mistake of the test, such as a time in the year 10000.
func send(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic("apitest: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails only if the client has gone
}

// fail answers with an error in the form of the API host. For 404 it is the published one; the others follow its pattern.
func fail(w http.ResponseWriter, status int) {
	text := http.StatusText(status)
	code := strings.ToLower(strings.NewReplacer(" ", "_", "-", "_", "'", "").Replace(text))
	send(w, status, gen.Error{Code: &code, Message: &text})
}

// refuseToken answers that the access token is not accepted, with the state that the API host adds.
func refuseToken(w http.ResponseWriter, state string) {
	code, description := "invalid_token", "The access token is invalid"
	e := gen.Error{Error: &code, ErrorDescription: &description}
	if state != "" {
		e.State = &state
	}
	send(w, http.StatusUnauthorized, e)
}
