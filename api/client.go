package api

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// A Client calls PlanetScale's OAuth endpoints. It is immutable and safe for concurrent use.
type Client struct {
	baseURL, authURL *url.URL
	apiCredential    credential // nil if the client has none
	authCredential   credential // nil if the client has none
	service          bool       // apiCredential is a service token
	transport        http.RoundTripper
	timeout          time.Duration
	limiter          *limiter
	maxRetries       int
	maxBytes         int64
	userAgent        string
	strict           bool
	observers        []func(Event)
	organization     string
}

// NewClient makes a client without any I/O. Without a credential it can do [Client.InspectToken] only. The error joins
// an [OptionError] for each option that cannot be right, and matches [ErrInvalidArgument].
func NewClient(options ...Option) (*Client, error) {
	s := defaults()
	var failed []error
	for _, option := range options {
		if option == nil {
			failed = append(failed, &OptionError{"NewClient", errors.New("an option is nil")})
		} else if err := option(s); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) > 0 {
		err := errors.Join(failed...)
		message := strings.ReplaceAll(err.Error(), "\n", "; ")
		return nil, &Error{Operation: "NewClient", Message: message, kind: ErrInvalidArgument, cause: err}
	}
	c := s.Client
	if c.transport == nil {
		c.transport = defaultTransport()
	}
	c.transport, c.service = promised{c.transport}, c.apiCredential != nil
	if s.oauth != nil {
		c.authCredential = s.oauth(c.transport)
		if !c.service {
			c.apiCredential = c.authCredential
		}
	}
	return &c, nil
}

// Organization returns the organization that the environment names: PLANETSCALE_ORG, for a client of
// [NewClientFromEnv]. Otherwise it is empty.
func (c *Client) Organization() string { return c.organization }

// ListApplications returns one page of an organization's OAuth applications; [Client.Applications] returns them all. Of
// options it takes Page and PerPage. The service token needs the access read_oauth_applications. The error is an [*Error]
// (https://planetscale.com/docs/api/reference/list_oauth_applications).
func (c *Client) ListApplications(ctx context.Context, organization string, options ListOptions) (*ApplicationPage, error) {
	page, err := applicationList.fetch(ctx, c, options, organization)
	return page.page, err
}

// Applications returns an iterator over an organization's OAuth applications, under the same rules as [Client.Tokens].
func (c *Client) Applications(ctx context.Context, organization string, options ListOptions) iter.Seq2[*Application, error] {
	return applicationList.items(ctx, c, options, organization)
}

// GetApplication returns one application of an organization. The service token needs the access
// read_oauth_applications. The error is an [*Error]
// (https://planetscale.com/docs/api/reference/get_oauth_application).
func (c *Client) GetApplication(ctx context.Context, organization, applicationID string) (*Application, error) {
	return do[Application](ctx, c, c.onAPI(getApplication, organization, applicationID), func() (*http.Request, error) {
		return gen.NewGetOAuthApplicationRequest(server(c.baseURL), organization, applicationID)
	}, func(app *Application, _ []byte) string { return otherID(app.ID, applicationID) })
}

// ListTokens returns one page of the tokens an application has issued; [Client.Tokens] returns them all. Of options it
// takes Page and PerPage, where 0 means the first page and the largest page size. The service token needs the access
// read_oauth_tokens. The error is an [*Error] (https://planetscale.com/docs/api/reference/list_oauth_tokens).
func (c *Client) ListTokens(ctx context.Context, organization, applicationID string, options ListOptions) (*TokenPage, error) {
	page, err := tokenList.fetch(ctx, c, options, organization, applicationID)
	return page.page, err
}

// GetToken returns one token an application has issued. The service token needs the access read_oauth_tokens. The error
// is an [*Error] (https://planetscale.com/docs/api/reference/get_oauth_token).
func (c *Client) GetToken(ctx context.Context, organization, applicationID, tokenID string) (*Token, error) {
	return do[Token](ctx, c, c.onAPI(getToken, organization, applicationID, tokenID), func() (*http.Request, error) {
		return gen.NewGetOAuthTokenRequest(server(c.baseURL), organization, applicationID, tokenID)
	}, func(tok *Token, _ []byte) string { return otherID(tok.ID, tokenID) })
}

// A Deletion says how [Client.DeleteToken] knows that a token is gone.
type Deletion struct {
	// Presumed reports that the response to an attempt was lost, and that the server then knew no such token: it was
	// deleted by the attempt, or by somebody else. Otherwise the server has confirmed the deletion.
	Presumed  bool
	Attempts  int    // how many requests were sent
	RequestID string // the X-Request-Id header, if one came
}

// DeleteToken deletes a token an application has issued, which cannot be undone. Whether its refresh token ends with it is
// not documented. The service token needs the access delete_oauth_tokens. The error is an [*Error]
// (https://planetscale.com/docs/api/reference/delete_oauth_token).
//
// A request is repeated after a response that says that nothing was done, such as 429, and after one that was lost; only
// then is a 404 a success, see [Deletion]. If the last attempt fails after a response was lost, the token may be gone:
// only the list of tokens tells.
func (c *Client) DeleteToken(ctx context.Context, organization, applicationID, tokenID string) (*Deletion, error) {
	call := c.onAPI(deleteToken, organization, applicationID, tokenID)
	reply, err := c.exchange(ctx, call, func() (*http.Request, error) {
		return gen.NewDeleteOAuthTokenRequest(server(c.baseURL), organization, applicationID, tokenID)
	})
	presumed := err == nil && call.lost && reply.status == http.StatusNotFound
	if err == nil && reply.status != http.StatusNoContent && !presumed {
		err = statusError(call, reply)
	}
	if failed, ok := err.(*Error); ok && call.lost {
		failed.advice = "whether it is deleted is not known, because a response was lost: read the list of tokens"
	}
	if err != nil {
		return nil, err
	}
	return &Deletion{presumed, call.attempts, call.excerpt(reply.header.Get(requestIDHeader), requestIDBytes)}, nil
}

// TokenInfo returns what the authorization host knows about the client's own access token. A client that has only a
// service token gets an [ErrInvalidArgument], and nothing is sent. Otherwise it is like [Client.InspectToken].
func (c *Client) TokenInfo(ctx context.Context) (*TokenInfo, error) {
	if c.authCredential == nil && c.service {
		return nil, invalidArgument(getTokenInfo, "the client has a service token only, and the authorization host takes "+
			"OAuth access tokens only; give the client one, or ask with InspectToken")
	}
	return c.tokenInfo(ctx, c.authCredential)
}

// InspectToken returns what the authorization host knows about accessToken, which is sent to that host as the
// credential of this one call; the client's own credentials are not. A token that the host refuses as invalid_token is
// inactive; a response in the older form, which does not say, is [openapi.StateUnknown]. That a token is active there does
// not prove that the API host accepts it. The error is an [*Error]
// (https://planetscale.com/docs/api/reference/oauth/token-info).
func (c *Client) InspectToken(ctx context.Context, accessToken string) (*TokenInfo, error) {
	value, err := bearer(accessToken)
	if err != nil {
		return nil, invalidArgument(getTokenInfo, "%v", err)
	}
	return c.tokenInfo(ctx, fixed(value))
}

func (c *Client) tokenInfo(ctx context.Context, with credential) (*TokenInfo, error) {
	call := &call{operation: getTokenInfo, credential: with, to: originOf(c.authURL)}
	info, err := do[TokenInfo](ctx, c, call, func() (*http.Request, error) {
		return gen.NewGetTokenInfoRequest(server(c.authURL))
	}, nil)
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusUnauthorized && refused.Code == "invalid_token" {
		return &TokenInfo{State: openapi.StateInactive}, nil
	}
	if err != nil {
		return nil, err
	}
	if info.ExpiresIn != nil {
		at := time.Now().Add(*info.ExpiresIn).UTC().Truncate(time.Second)
		info.ExpiresAt = &at
	}
	return info, nil
}

// server returns u as the generated code needs it: it resolves a path without a slash before it.
func server(u *url.URL) string { return u.String() + "/" }
