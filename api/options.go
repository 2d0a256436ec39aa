package api

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/psoauth/psoauth/internal/text"
)

// The defaults of the options.
const (
	DefaultBaseURL          = "https://api.planetscale.com/v1"
	DefaultAuthURL          = "https://auth.planetscale.com"
	DefaultMaxRetries       = 3
	DefaultRateLimit        = 600 // requests a minute (https://planetscale.com/docs/api/reference/rate-limits)
	DefaultMaxResponseBytes = 32 << 20
	DefaultAttemptTimeout   = 15 * time.Second
)

// An Option configures a [Client]; [NewClient] returns the errors of all options together.
type Option func(*settings) error

// settings is a client as far as options set it.
type settings struct {
	Client
	oauth func(base http.RoundTripper) credential // for both hosts
}

func defaults() *settings {
	s := &settings{Client: Client{
		limiter:    newLimiter(DefaultRateLimit),
		timeout:    DefaultAttemptTimeout,
		maxRetries: DefaultMaxRetries,
		maxBytes:   DefaultMaxResponseBytes,
		userAgent:  "psoauth/" + version() + " (+https://" + module + ")",
	}}
	s.baseURL, _ = parseBaseURL(DefaultBaseURL)
	s.authURL, _ = parseBaseURL(DefaultAuthURL)
	return s
}

const module = "github.com/psoauth/psoauth"

// version returns the version of this module that the program was built with.
var version = sync.OnceValue(func() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(build.Deps, &build.Main) {
			if m.Path == module && m.Version != "" {
				return m.Version
			}
		}
	}
	return "(devel)"
})

// Endpoint is PlanetScale's, for golang.org/x/oauth2: the page where a user authorizes an application, where codes and
// refresh tokens are exchanged for tokens, and where the device flow begins. Send PKCE with S256, and compare the scopes
// that were granted with those asked for.
var Endpoint = oauth2.Endpoint{
	AuthURL:       "https://app.planetscale.com/oauth/authorize",
	DeviceAuthURL: DefaultAuthURL + "/oauth/authorize_device",
	TokenURL:      DefaultAuthURL + "/oauth/token",
	AuthStyle:     oauth2.AuthStyleInParams,
}

// option returns an Option whose error names it.
func option(name string, set func(*settings) error) Option {
	return func(s *settings) error {
		if err := set(s); err != nil {
			return &OptionError{name, err}
		}
		return nil
	}
}

// refuseIf returns the problem as an error if a value cannot be right. The option may have set it nevertheless: there will be
// no client.
func refuseIf(wrong bool, problem string) error {
	if wrong {
		return errors.New(problem)
	}
	return nil
}

// WithServiceToken authorizes calls to the API host with a service token: its id, of 12 lowercase letters and digits, and
// its secret, which starts with pscale_tkn_. A swapped pair is refused. A service token is never sent to the
// authorization host (https://planetscale.com/docs/api/reference/service-tokens).
func WithServiceToken(id, token string) Option {
	return option("WithServiceToken", func(s *settings) (err error) {
		if s.apiCredential != nil {
			return errors.New("given twice")
		}
		s.apiCredential, err = serviceToken(id, token)
		return err
	})
}

// WithAccessToken authorizes calls to the authorization host with an OAuth access token, and calls to the API host too
// if the client has no service token. It excludes [WithTokenSource] and [WithRefresh].
func WithAccessToken(token string) Option {
	return option("WithAccessToken", func(s *settings) error {
		value, err := bearer(token)
		if err != nil {
			return err
		}
		return s.setOAuth(func(http.RoundTripper) credential { return fixed(value) })
	})
}

// WithTokenSource is like [WithAccessToken] with a token that changes. The source is called before each request and must
// be safe for concurrent use. After a 401 it is called once more; if it then gives another token, the request is repeated
// with that. A source that [oauth2.Config.TokenSource] made gives the same token until it expires: to renew a token that
// PlanetScale rejects before that, use [WithRefresh].
func WithTokenSource(source oauth2.TokenSource) Option {
	return option("WithTokenSource", func(s *settings) error {
		if source == nil {
			return errors.New("the source is nil")
		}
		return s.setOAuth(func(http.RoundTripper) credential { return sourced(source) })
	})
}

// WithRefresh is like [WithAccessToken] with a token that the client renews itself: at config's token endpoint, with
// token's refresh token, when the token has expired and once after a 401. The exchange takes at most 15 s, whatever the
// context of the call that needs it, and is sent once: an AuthStyle of 0 means [oauth2.AuthStyleInParams], as PlanetScale
// documents, and redirects are not followed.
//
// The service may replace the refresh token at each exchange, so that the old one is spent: save is called with the new
// token before it is used, one call at a time, and keeps it for the next run of the program. If save fails, so does the
// call that needed the token, and the next call begins with save. A nil save keeps tokens in the client only. Neither
// config nor token is changed.
func WithRefresh(config *oauth2.Config, token *oauth2.Token, save func(*oauth2.Token) error) Option {
	return option("WithRefresh", func(s *settings) error {
		if config == nil || token == nil || token.RefreshToken == "" {
			return errors.New("want a configuration and a token with a refresh token")
		}
		endpoint, err := url.Parse(config.Endpoint.TokenURL)
		if err != nil || endpoint.Hostname() == "" || endpoint.Scheme != "https" && (endpoint.Scheme != "http" || !isLoopback(endpoint.Hostname())) {
			return errors.New("the token endpoint is not an https URL")
		}
		endpoint.Host = text.LowerASCII(endpoint.Host)
		own, first := *config, *token
		own.Endpoint.TokenURL = endpoint.String()
		if own.Endpoint.AuthStyle == oauth2.AuthStyleAutoDetect {
			own.Endpoint.AuthStyle = oauth2.AuthStyleInParams
		}
		return s.setOAuth(func(base http.RoundTripper) credential {
			r := &refreshed{config: own, save: save, client: &http.Client{
				Transport:     base,
				CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			}}
			r.current.Store(&held{&first, true})
			return r.authorization
		})
	})
}

func (s *settings) setOAuth(make func(http.RoundTripper) credential) error {
	twice := s.oauth != nil
	s.oauth = make
	return refuseIf(twice, "the client has an OAuth token already")
}

// WithBaseURL sets where the API is, for a test server or a proxy; the default is [DefaultBaseURL]. The URL is https, or
// http on a loopback address, and has no user name, query or fragment; its path is kept.
func WithBaseURL(raw string) Option {
	return option("WithBaseURL", func(s *settings) error { return setURL(&s.baseURL, raw) })
}

// WithAuthURL sets where the authorization host is, under the rules of [WithBaseURL]; the default is [DefaultAuthURL].
func WithAuthURL(raw string) Option {
	return option("WithAuthURL", func(s *settings) error { return setURL(&s.authURL, raw) })
}

func setURL(to **url.URL, raw string) error {
	u, err := parseBaseURL(raw)
	if err != nil {
		return fmt.Errorf("the URL %w", err)
	}
	*to = u
	return nil
}

// parseBaseURL returns raw in the one form the generated client gets: without a trailing slash, its path kept. It never
// repeats raw in an error, because a URL can hold a password.
func parseBaseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("is not a URL: %w", withoutURL(err))
	case u.User != nil:
		return nil, errors.New("holds a user name or password; credentials have options of their own")
	case u.RawQuery != "" || u.ForceQuery:
		return nil, errors.New("holds a query")
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return nil, errors.New("holds a fragment")
	case u.Opaque != "" || u.Hostname() == "":
		return nil, errors.New("has no host; want for instance https://api.planetscale.com/v1")
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r > '~' }):
		return nil, errors.New("has letters beyond ASCII in its host; write the host as the network does, with xn--")
	}
	switch u.Scheme = text.LowerASCII(u.Scheme); {
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, errors.New("is plain http; a credential is sent over https only, or to a loopback address")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("is not an https URL")
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return nil, errors.New("holds a dot segment")
		}
	}
	u.Host = text.LowerASCII(u.Host)
	return u, nil
}

func isLoopback(host string) bool {
	if text.LowerASCII(host) == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Zone() == "" && addr.Unmap().IsLoopback() // package net takes no zone for a loopback address
}

// WithHTTPClient takes the transport and the timeout of c. The timeout bounds each attempt, not the call with its retries: a
// context does that. CheckRedirect of c is not used, because the client follows redirects within an origin only, nor is
// its Jar, because a cookie could reach the other host. c itself is not changed.
func WithHTTPClient(c *http.Client) Option {
	return option("WithHTTPClient", func(s *settings) error {
		if c == nil {
			return errors.New("the client is nil")
		}
		s.transport, s.timeout = c.Transport, cmp.Or(c.Timeout, DefaultAttemptTimeout)
		return refuseIf(c.Timeout < 0, "the timeout is negative")
	})
}

// WithMaxRetries sets how often a request that failed is repeated, 0 for never; the default is [DefaultMaxRetries].
func WithMaxRetries(n int) Option {
	return option("WithMaxRetries", func(s *settings) error {
		s.maxRetries = n
		return refuseIf(n < 0, "the number is negative")
	})
}

// WithRateLimit sets how many requests a minute all calls of the client make together, 0 for no limit; the
// default is [DefaultRateLimit]. A tenth of them may go out at once.
func WithRateLimit(perMinute int) Option {
	return option("WithRateLimit", func(s *settings) error {
		s.limiter = newLimiter(perMinute)
		return refuseIf(perMinute < 0, "the number is negative")
	})
}

// WithMaxResponseBytes sets how large a response may be after decompression; the default is [DefaultMaxResponseBytes]. A
// larger one is an error that matches [ErrResponseTooLarge]. Whatever a response says, reading it takes memory in proportion
// to this.
func WithMaxResponseBytes(n int64) Option {
	return option("WithMaxResponseBytes", func(s *settings) error {
		s.maxBytes = n
		return refuseIf(n <= 0 || n == math.MaxInt64, "want a positive number of bytes")
	})
}

// WithUserAgent sets the User-Agent header.
func WithUserAgent(userAgent string) Option {
	return option("WithUserAgent", func(s *settings) error {
		s.userAgent = userAgent
		return refuseIf(userAgent == "" || !visible(strings.ReplaceAll(userAgent, " ", "")), "want visible ASCII characters and spaces")
	})
}

// WithObserver has observer called after each attempt of a call, on the call's goroutine and so concurrently for
// concurrent calls, in the order of the options. It should return soon. A panic of it is the call's.
func WithObserver(observer func(Event)) Option {
	return option("WithObserver", func(s *settings) error {
		s.observers = append(s.observers, observer)
		return refuseIf(observer == nil, "the observer is nil")
	})
}

// WithLogger logs each [Event] at level debug. Headers, URLs and bodies are never logged.
func WithLogger(logger *slog.Logger) Option {
	return option("WithLogger", func(s *settings) error {
		s.observers = append(s.observers, logTo(logger))
		return refuseIf(logger == nil, "the logger is nil")
	})
}

// WithStrictDecoding makes it an error that a response lacks a member that every revision of the API has, or has null
// where none allows it. Without it such a member is a zero value, and such an item of an array is left out, as a null
// among scopes always is, because the API's documentation has been wrong about this often;
// [github.com/psoauth/psoauth/openapi/contract] reports it either way.
func WithStrictDecoding() Option {
	return func(s *settings) error {
		s.strict = true
		return nil
	}
}

// NewClientFromEnv is [NewClient] with the environment variables that the command reads:
//
//   - PLANETSCALE_SERVICE_TOKEN_ID and PLANETSCALE_SERVICE_TOKEN, see [WithServiceToken]
//   - PLANETSCALE_ACCESS_TOKEN, see [WithAccessToken]
//   - PLANETSCALE_ORG, which [Client.Organization] returns
//   - PLANETSCALE_API_URL, see [WithBaseURL]; a URL without a path gets /v1, because the official command has none there
//   - PLANETSCALE_AUTH_URL, see [WithAuthURL]
//
// A variable that is empty counts as not set. The options are applied after the environment; a credential may come from one
// of both only. An [OptionError] names the variable. Without any credential the error says which variables to set.
func NewClientFromEnv(options ...Option) (*Client, error) {
	var all []Option
	from := func(variable, value string, set Option) {
		if value == "" {
			return
		}
		all = append(all, func(s *settings) error {
			err := set(s)
			if failed, ok := errors.AsType[*OptionError](err); ok {
				return &OptionError{variable, failed.Err}
			}
			return err
		})
	}
	const idName, secretName = "PLANETSCALE_SERVICE_TOKEN_ID", "PLANETSCALE_SERVICE_TOKEN"
	id, secret := os.Getenv(idName), os.Getenv(secretName)
	variable := secretName
	if id == "" {
		variable = idName
	}
	from(variable, id+secret, WithServiceToken(id, secret))
	token := os.Getenv("PLANETSCALE_ACCESS_TOKEN")
	from("PLANETSCALE_ACCESS_TOKEN", token, WithAccessToken(token))
	authURL, apiURL := os.Getenv("PLANETSCALE_AUTH_URL"), os.Getenv("PLANETSCALE_API_URL")
	from("PLANETSCALE_AUTH_URL", authURL, WithAuthURL(authURL))
	from("PLANETSCALE_API_URL", apiURL, func(s *settings) error {
		err := WithBaseURL(apiURL)(s)
		if err == nil && s.baseURL.Path == "" {
			s.baseURL.Path = "/v1"
		}
		return err
	})
	all = append(all, options...)
	all = append(all, option("NewClientFromEnv", func(s *settings) error {
		s.organization = os.Getenv("PLANETSCALE_ORG")
		return refuseIf(s.apiCredential == nil && s.oauth == nil && id == "" && secret == "",
			"no credential: set "+idName+" and "+secretName+", or PLANETSCALE_ACCESS_TOKEN")
	}))
	return NewClient(all...)
}

// ListOptions says what part of a list to read and how. The zero value means all of it from page 1, in pages of the
// largest size, one after the other. [Client.ListTokens], which reads one page, uses Page and PerPage only.
type ListOptions struct {
	Page     int // the page to begin with, counted from 1; 0 for 1
	PerPage  int // items per page; 0 for 100, the server's maximum
	Limit    int // stop after this many items; 0 for all
	Prefetch int // pages to fetch ahead while earlier ones are read, at most 32; 0 for none; values above 1 take effect only if the server reports totals
}

func (o ListOptions) withDefaults(op operation) (ListOptions, error) {
	for i, value := range []int{o.Page, o.PerPage, o.Limit, o.Prefetch} {
		if value < 0 {
			return o, invalidArgument(op, "ListOptions.%s is negative", [...]string{"Page", "PerPage", "Limit", "Prefetch"}[i])
		}
	}
	if o.Prefetch > maxPrefetch {
		return o, invalidArgument(op, "ListOptions.Prefetch is more than %d", maxPrefetch)
	}
	o.Page, o.PerPage = cmp.Or(o.Page, 1), cmp.Or(o.PerPage, maxPerPage)
	return o, nil
}
