package apitest_test

import (
	"bytes"
	"context"
	"net/http"
)

// A recorder is the response of a handler that was called without a server.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header            { return r.header }
func (r *recorder) WriteHeader(status int)         { r.status = status }
func (r *recorder) Write(data []byte) (int, error) { return r.body.Write(data) }

func (r *recorder) reset() {
	r.header, r.status = http.Header{}, 0
	r.body.Reset()
}

// serve calls a handler with a GET request.
func serve(handler http.Handler, path, authorization string) *recorder {
	return serveContext(context.Background(), handler, path, authorization)
}

func serveContext(ctx context.Context, handler http.Handler, path, authorization string) *recorder {
	response := &recorder{header: http.Header{}}
	serveInto(ctx, response, handler, path, authorization)
	return response
}

func serveInto(ctx context.Context, w http.ResponseWriter, handler http.Handler, path, authorization string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if err != nil {
		panic(err)
	}
	request.Host = "planetscale.example"
	request.Header.Set("Authorization", authorization)
	handler.ServeHTTP(w, request)
}
