package apitest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
)

// A Server is a [Handler] that listens on the loopback interface, on one port for each of PlanetScale's hosts. It is safe
// for concurrent use.
type Server struct {
	*Handler
	// URL is the base URL of the API, with its path /v1 and no slash at the end.
	URL string
	// AuthURL is the base URL of the authorization host, without a slash at the end.
	AuthURL string

	api, auth *httptest.Server
	cancel    context.CancelFunc // of all requests
}

// NewServer starts a server; the caller closes it. It panics if it cannot listen on the loopback interface.
func NewServer(options ...Option) *Server {
	s := &Server{Handler: NewHandler(options...)}
	only := func(api bool) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, apiPath+"/") != api {
				s.note(r)
				fail(w, http.StatusNotFound)
				return
			}
			s.ServeHTTP(w, r)
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	start := func(h http.Handler) *httptest.Server {
		server := httptest.NewUnstartedServer(h)
		server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
		server.Start()
		return server
	}
	s.api, s.auth, s.cancel = start(only(true)), start(only(false)), cancel
	s.URL, s.AuthURL = s.api.URL+apiPath, s.auth.URL
	return s
}

// Close stops the server: it breaks off the requests in flight, and returns when their handlers have ended.
func (s *Server) Close() {
	s.cancel() // net/http does not see that a connection ends while bytes of a further request are unread
	for _, server := range []*httptest.Server{s.api, s.auth} {
		server.CloseClientConnections()
		server.Close()
	}
}

// Client returns an HTTP client whose requests for api.planetscale.com and auth.planetscale.com come to this server, so
// that a program under test needs no other base URL. It reaches no other host.
func (s *Server) Client() *http.Client { return &http.Client{Transport: transport{s}} }

type transport struct{ server *Server }

// RoundTrip sends a copy of the request to the server.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	api, auth := t.server.api.Listener.Addr().String(), t.server.auth.Listener.Addr().String()
	address := map[string]string{apiHost: api, authHost: auth, api: api, auth: auth}[strings.ToLower(r.URL.Host)]
	if address == "" {
		return nil, fmt.Errorf("apitest: the client of a test server was asked for %s", r.URL.Host)
	}
	sent := r.Clone(r.Context())
	sent.Host = r.URL.Host
	sent.URL.Scheme, sent.URL.Host = "http", address
	response, err := http.DefaultTransport.RoundTrip(sent)
	if response != nil {
		response.Request = r
	}
	return response, err
}

const (
	apiHost  = "api.planetscale.com"
	authHost = "auth.planetscale.com"
)
