package api

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

// An operation is one of the contract's, with what an error must say about it.
type operation struct {
	id     string // the contract's operationId
	verb   string
	items  string // what it lists; empty for any other operation
	access string // what a service token needs; empty where no service token helps
}

// A test compares this table with the contract.
var (
	listApplications = operation{"listOAuthApplications", "read", "applications", "read_oauth_applications"}
	getApplication   = operation{"getOAuthApplication", "read", "", "read_oauth_applications"}
	listTokens       = operation{"listOAuthTokens", "read", "tokens", "read_oauth_tokens"}
	getToken         = operation{"getOAuthToken", "read", "", "read_oauth_tokens"}
	deleteToken      = operation{"deleteOAuthToken", "delete", "", "delete_oauth_tokens"}
	getTokenInfo     = operation{"getTokenInfo", "read", "", ""}
)

// A call is one call of a client's method, with what happens to its request.
type call struct {
	operation
	credential credential
	service    bool     // the credential is a service token
	to         string   // the origin that the credential is for
	path       []string // organization, application and token, as far as the operation has them
	page, size int      // of a list; 0 otherwise

	url      string         // without the query
	sent     openapi.Secret // the Authorization last sent
	secrets  []string       // what must not show in an error or an event: the credentials sent so far
	attempts int            // requests sent
	started  time.Time      // of the first attempt
	last     error          // why the last attempt failed
	lost     bool           // a DELETE was sent, and its response was not seen
}

// onAPI returns a call of an operation of the API host.
func (c *Client) onAPI(op operation, path ...string) *call {
	return &call{operation: op, credential: c.apiCredential, service: c.service, to: originOf(c.baseURL), path: path}
}

// originOf returns where a credential may go: scheme, host and port (RFC 6454, section 4).
func originOf(u *url.URL) string {
	// Beyond ASCII one lower-case letter can stand for two host names: strings.ToLower makes an i of İ, and the network
	// sends apİ.example to xn--api-bec.example.
	scheme := text.LowerASCII(u.Scheme)
	port := cmp.Or(u.Port(), map[string]string{"https": "443", "http": "80"}[scheme])
	return scheme + "://" + net.JoinHostPort(text.LowerASCII(u.Hostname()), port)
}

// kinds are what the segments of a path name.
var kinds = [...]string{"organization", "application", "token"}

// check refuses what cannot be one segment of a path: nothing, a dot segment, which every hop may resolve away
// (RFC 3986, section 5.2.4), control characters, and bytes that are not UTF-8. All else the generated code escapes.
func (c *call) check() error {
	for i, value := range c.path {
		problem := ""
		switch {
		case strings.TrimSpace(value) == "":
			problem = "is empty"
		case value == "." || value == "..":
			problem = "is a dot segment, which a server would resolve to another path"
		case !utf8.ValidString(value):
			problem = "is not UTF-8"
		case strings.ContainsFunc(value, unicode.IsControl):
			problem = "holds control characters"
		}
		if problem != "" {
			return invalidArgument(c.operation, "the %s %s", kinds[i]+[...]string{"", " id", " id"}[i], problem)
		}
	}
	if c.credential == nil {
		needs := "a service token with the access " + c.access
		if c.access == "" {
			needs = "an OAuth access token"
		}
		return invalidArgument(c.operation, "the client has no credential for this operation; it needs %s", needs)
	}
	return nil
}

// object names what the path leads to: the token, application or organization.
func (c *call) object() string {
	if len(c.path) == 0 {
		return "token info"
	}
	name := ""
	for i, segment := range c.path {
		name = kinds[i] + " " + c.excerpt(segment, 100) + [...]string{"", " in ", " of "}[i] + name
	}
	return name
}

// item names what the operation is about.
func (c *call) item() string {
	if c.items != "" {
		return c.items + " of " + c.object()
	}
	return c.object()
}

// asked is how an error begins.
func (c *call) asked() string {
	if c.verb == "delete" {
		return "deleting " + c.item()
	}
	return c.item()
}

// noteSecret remembers the credential of a request.
func (c *call) noteSecret(value openapi.Secret) {
	c.sent = value
	secret := strings.TrimPrefix(value.Reveal(), "Bearer ")
	if _, after, ok := strings.Cut(value.Reveal(), ":"); ok {
		secret = after
	}
	if !slices.Contains(c.secrets, secret) {
		c.secrets = append(c.secrets, secret)
	}
}

// excerpt makes text from the server fit for an error or an event.
func (c *call) excerpt(s string, limit int) string { return text.Excerpt(s, limit, c.secrets...) }

func invalidArgument(op operation, format string, args ...any) *Error {
	return &Error{Operation: op.id, Message: fmt.Sprintf(format, args...), kind: ErrInvalidArgument}
}
