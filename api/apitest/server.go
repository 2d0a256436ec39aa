package apitest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// A Server is a PlanetScale that listens on the loopback interface, on one port for each of PlanetScale's hosts. It is
// safe for concurrent use.
type Server struct {
	*PlanetScale
	// URL is the base URL of the API, with its path /v1 and no slash at the end.
	URL string
	// AuthURL is the base URL of the authorization host, without a slash at the end.
	AuthURL string

	servers []*http.Server
	cancel  context.CancelFunc
	running sync.WaitGroup // listeners, connections and requests
}

// NewServer starts a server; the caller closes it. It panics if it cannot listen on the loopback interface.
func NewServer(options ...Option) *Server {
	s, err := Start(options...)
	if err != nil {
		panic(err.Error())
	}
	return s
}

// Start starts a server, as NewServer does, but returns an error if it cannot listen.
func Start(options ...Option) (*Server, error) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{PlanetScale: New(options...), cancel: cancel}
	api, err := s.listen(ctx, apiHost)
	if err == nil {
		s.URL = api + apiPath
		s.AuthURL, err = s.listen(ctx, authHost)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("apitest: cannot listen on the loopback interface: %w", err)
	}
	return s, nil
}

// Close stops the server: it breaks off the requests being answered, and returns when all is at rest.
func (s *Server) Close() {
	s.cancel()
	for _, server := range s.servers {
		_ = server.Close() // the listener may be closed already
	}
	s.running.Wait()
}

// listen starts to answer for the hosts and returns the address.
func (s *Server) listen(ctx context.Context, hosts hosts) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		if listener, err = net.Listen("tcp6", "[::1]:0"); err != nil {
			return "", err
		}
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.running.Add(1) // a connection that a fault takes over is not counted any more
			defer s.running.Done()
			s.serve(w, r, hosts)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				s.running.Add(1)
			case http.StateClosed, http.StateHijacked:
				s.running.Done()
			}
		},
	}
	s.servers = append(s.servers, server)
	s.running.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic("apitest: " + err.Error())
		}
	})
	return "http://" + listener.Addr().String(), nil
}
