package apitest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/gen/server"
)

// What there is to ask for, unless an option says otherwise: an organization, and the first of its two applications.
const (
	Organization  = "acme"
	ApplicationID = "5kq1x0v2m8yd"
)

// The credentials the server accepts. They look like PlanetScale's and open nothing but this server, so they are no
// secrets. To the server, every other access token has expired or was revoked.
const (
	ServiceTokenID = "k3v9x2m7q4tz" // goes with ServiceToken
	ServiceToken   = "pscale_tkn_apitest0service0token0not0a0secret"
	AccessToken    = "pscale_oauth_sandbox0active0token0not0a0secret"
)

// apiPath is where the API host's operations begin.
const apiPath = "/v1"

// A Handler answers as PlanetScale's two hosts do: the API host's operations under /v1, and /oauth/token/info. It is
// safe for concurrent use.
type Handler struct {
	config       config
	applications []*application
	operations   http.Handler
	faults       []*faulty

	mu       sync.Mutex
	requests []Request // the last ones
}

// A faulty handler is the operations behind a fault.
type faulty struct {
	Fault
	http.Handler
	met atomic.Int64 // how many requests met the fault
}

// NewHandler returns a PlanetScale for a program that brings its own listener; others want [NewServer].
func NewHandler(options ...Option) *Handler {
	h := &Handler{config: newConfig(options)}
	midnight := h.config.clock().UTC().Truncate(24 * time.Hour)
	h.applications = h.config.makeApplications(midnight)
	for _, id := range h.config.revoked {
		for _, app := range h.applications {
			app.delete(id)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusNotFound) })
	h.operations = server.HandlerWithOptions(operations{h}, server.StdHTTPServerOptions{
		BaseRouter: router{mux}, ErrorHandlerFunc: refuseParameter,
	})
	for _, fault := range h.config.faults {
		f := &faulty{Fault: fault, Handler: h.operations}
		if fault.Do != nil {
			f.Handler = fault.Do(f.Handler)
		}
		h.faults = append(h.faults, f)
	}
	return h
}

// ServeHTTP answers a request for either host.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.note(r)
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, &call{handler: h}))
	for _, f := range h.faults {
		if (f.Match == nil || f.Match(r)) && (f.Times == 0 || f.met.Add(1) <= int64(f.Times)) {
			f.ServeHTTP(w, r)
			return
		}
	}
	h.operations.ServeHTTP(w, r)
}

// Token returns the i-th token of the first application, counted from 0 in the order of the list. It panics if there is
// none. The first thirty or so made-up tokens are one special case each: expired and still listed; never used since
// it was issued long ago; long unused; one that never expires, lives long, or expires soon; one with scopes that the
// application does not declare; with write, delete or administrative access, or with access to a whole organization, to a
// production branch, or to something deleted; one whose actor is gone or has no name; one far older than the rest. Most
// of the others are what they should be, and one actor has many of them.
func (h *Handler) Token(i int) gen.OAuthToken {
	app := h.applications[0]
	app.mu.Lock()
	defer app.mu.Unlock()
	return app.tokens[i]
}

// TokenCount returns how many tokens the first application has now.
func (h *Handler) TokenCount() int { return h.applications[0].count() }

// ApplicationOf returns the id of the application that has the token with the id, or "" if there is none.
func (h *Handler) ApplicationOf(tokenID string) string {
	for _, app := range h.applications {
		if _, ok := app.find(tokenID); ok {
			return app.about.ID
		}
	}
	return ""
}

// A call is what faults and operations share of a request, carried in its context.
type call struct {
	handler  *Handler
	nextPage *int64 // what a fault has next_page say, or nil
}

type callKey struct{}

// A router registers the operations of the generated code, those of the API host under its path.
type router struct{ *http.ServeMux }

// HandleFunc registers an operation. The pattern is a method, a space and a path.
func (r router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	if method, path, _ := strings.Cut(pattern, " "); !strings.HasPrefix(path, "/oauth/") {
		pattern = method + " " + apiPath + path
	}
	r.ServeMux.HandleFunc(pattern, handler)
}

func refuseParameter(w http.ResponseWriter, _ *http.Request, err error) {
	name := "request"
	if invalid := (*server.InvalidParamFormatError)(nil); errors.As(err, &invalid) {
		name = invalid.ParamName
	}
	send(w, http.StatusUnprocessableEntity, json.RawMessage(`{"errors":[{"name":"`+name+`","errors":["must be a number"]}]}`))
}
