package apitest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/psoauth/psoauth/gen"
)

// apiPath is where the API host's operations begin.
const apiPath = "/v1"

// A PlanetScale answers as PlanetScale's two hosts do: the API host's operations under /v1, and /oauth/token/info. It is
// safe for concurrent use.
type PlanetScale struct {
	config      config
	log         requestLog
	application gen.OAuthApplication
	tokens      *tokenList

	api, auth http.Handler // the operations of one host each
	faulty    http.Handler // what leads to them
}

// New returns a PlanetScale for a program that brings its own listener; others want [NewServer].
func New(options ...Option) *PlanetScale {
	p := &PlanetScale{config: newConfig(options)}
	midnight := p.config.clock().UTC().Truncate(24 * time.Hour)
	p.application = p.config.applicationAt(midnight)
	p.tokens = newTokenList(&p.config, midnight)

	operations := gen.NewStrictHandlerWithOptions(operations{p}, []gen.StrictMiddlewareFunc{p.credentials},
		gen.StrictHTTPServerOptions{})
	api, auth := newHost(), newHost()
	gen.HandlerWithOptions(operations, gen.StdHTTPServerOptions{
		BaseRouter:       &router{api, auth},
		ErrorHandlerFunc: refuseParameter,
	})
	p.api, p.auth = api, auth
	p.faulty = Chain(p.config.faults...)(http.HandlerFunc(p.route))
	return p
}

// ServeHTTP answers for both hosts.
func (p *PlanetScale) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.serve(w, r, bothHosts) }

// Token returns the i-th token of the list, counted from 0, as the 2026-08 revision serves it. It panics if there is
// none. The first thirty or so made-up tokens are one peculiar case each: expired and still listed; never used since
// it was issued long ago; long unused; one that never expires, lives long, or expires soon; one with scopes that the
// application does not declare; with write, delete or administrative access, or with access to a whole organization, to a
// production branch, or to something deleted; one whose actor is gone or has no name; one far older than the rest. Most
// of the others are what they should be, and one actor has many of them.
func (p *PlanetScale) Token(i int) gen.OAuthToken { return p.tokens.decoded(i) }

// TokenCount returns how many tokens the list holds now.
func (p *PlanetScale) TokenCount() int { return p.tokens.snapshot().len() }

// hosts says which of PlanetScale's hosts a listener stands for.
type hosts int

const (
	bothHosts hosts = iota
	apiHost
	authHost
)

// A call is what the handlers below need to know of a request, carried in its context.
type call struct {
	planetscale *PlanetScale
	hosts       hosts
	request     *http.Request // as it came through the faults
	nextPage    *int64        // what a fault has next_page say, or nil
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

func (p *PlanetScale) serve(w http.ResponseWriter, r *http.Request, hosts hosts) {
	p.log.add(r)
	c := &call{planetscale: p, hosts: hosts}
	p.faulty.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
}

// route passes the request on to the host it is meant for.
func (p *PlanetScale) route(w http.ResponseWriter, r *http.Request) {
	isAPI := strings.HasPrefix(r.URL.Path, apiPath+"/")
	switch hosts := callOf(r.Context()).hosts; {
	case isAPI && hosts != authHost:
		p.api.ServeHTTP(w, r)
	case !isAPI && hosts != apiHost:
		p.auth.ServeHTTP(w, r)
	default:
		notFound(w, r)
	}
}

// credentials refuses requests whose credential does not allow the operation, and hands on the others with the request
// itself, which the generated interface leaves out.
func (p *PlanetScale) credentials(next gen.StrictHandlerFunc, operation string) gen.StrictHandlerFunc {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, request any) (any, error) {
		if refusal := p.authorize(r, operation); refusal != nil {
			return refusal, nil
		}
		callOf(ctx).request = r
		return next(ctx, w, r, request)
	}
}

// A router deals the operations, which the generated code registers all in one place, out to the host they belong to.
type router struct{ api, auth *http.ServeMux }

// HandleFunc registers an operation. The pattern is a method, a space and a path.
func (r *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	if method, path, _ := strings.Cut(pattern, " "); strings.HasPrefix(path, "/oauth/") {
		r.auth.HandleFunc(pattern, handler)
	} else {
		r.api.HandleFunc(method+" "+apiPath+path, handler)
	}
}

// ServeHTTP is there for the interface; requests go to one host or the other.
func (r *router) ServeHTTP(w http.ResponseWriter, req *http.Request) { notFound(w, req) }

func newHost() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/", notFound)
	return mux
}

func notFound(w http.ResponseWriter, _ *http.Request) { _ = problem(http.StatusNotFound).write(w) }

func refuseParameter(w http.ResponseWriter, _ *http.Request, err error) {
	name := "request"
	if invalid := (*gen.InvalidParamFormatError)(nil); errors.As(err, &invalid) {
		name = invalid.ParamName
	}
	_ = invalidParameter(name).write(w)
}
