package apitest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

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
func (h *Handler) Requests() []Request { return h.log.all() }

// A requestLog keeps the last requests.
type requestLog struct {
	sync.Mutex
	kept []Request
}

func (l *requestLog) add(r *http.Request) {
	request := Request{
		Method: r.Method,
		Host:   r.Host,
		Path:   r.URL.EscapedPath(),
		Query:  r.URL.Query(),
		Header: r.Header.Clone(),
	}
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		request.Authorization = openapi.NewSecret(strings.Join(values, ", "))
	}
	request.Header.Del("Authorization")

	l.Lock()
	defer l.Unlock()
	if len(l.kept) == 2*keptRequests { // not at each request, because the others move
		l.kept = slices.Delete(l.kept, 0, keptRequests)
	}
	l.kept = append(l.kept, request)
}

func (l *requestLog) all() []Request {
	l.Lock()
	defer l.Unlock()
	return append([]Request{}, l.kept[max(len(l.kept)-keptRequests, 0):]...)
}
