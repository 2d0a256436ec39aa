package apitest

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/psoauth/psoauth/openapi"
)

// keptRequests is how many requests are remembered.
const keptRequests = 10_000

// A Request is one that the server received. It holds copies, and printing it shows no credential.
type Request struct {
	// Method is the method, such as GET.
	Method string
	// Host is the host and port asked for.
	Host string
	// Path is as it was sent, escapes and all.
	Path string
	// Query holds what could be read of the query.
	Query url.Values
	// Header lacks Authorization.
	Header http.Header
	// Authorization is the Authorization header as it came, empty if there was none; of several, all with commas
	// between them.
	Authorization openapi.Secret
}

// Requests returns the requests received, oldest first, with their credentials; of more than 10,000, the last 10,000.
// It is safe for concurrent use.
func (h *Handler) Requests() []Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Request{}, h.requests...)
}

// note remembers a request.
func (h *Handler) note(r *http.Request) {
	request := Request{
		Method: r.Method, Host: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Header: r.Header.Clone(),
	}
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		request.Authorization = openapi.NewSecret(strings.Join(values, ", "))
	}
	request.Header.Del("Authorization")

	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = append(h.requests[max(len(h.requests)+1-keptRequests, 0):], request)
}
