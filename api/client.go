package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// A Client calls PlanetScale's OAuth endpoints. It is immutable and safe for concurrent use.
type Client struct {
	api     *gen.Client
	auth    *gen.Client
	service bool       // a service token authorizes calls to the API host
	onAPI   credential // nil if the client has none
	onAuth  credential // nil if the client has none
}

// NewClient makes a client without any I/O. Without a credential it can do [Client.InspectToken] only. The error joins
// those of all options and matches [ErrInvalidArgument].
func NewClient(options ...Option) (*Client, error) {
	s := defaults()
	var failed []error
	for _, option := range options {
		if option == nil {
			failed = append(failed, errors.New("an option is nil"))
		} else if err := option(s); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) > 0 {
		err := errors.Join(failed...)
		return nil, &Error{
			Operation: "NewClient",
			Message:   strings.ReplaceAll(err.Error(), "\n", "; "),
			kind:      ErrInvalidArgument, cause: err,
		}
	}

	c := &Client{onAPI: s.service, service: s.service != nil}
	base := s.httpClient.Transport
	if base == nil {
		base = defaultTransport()
	}
	if s.oauth != nil {
		c.onAuth = s.oauth(base)
		if !c.service {
			c.onAPI = c.onAuth
		}
	}
	shared := newPipeline(s, base)
	header := gen.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Accept", "application/json")
		r.Header.Set("User-Agent", s.userAgent)
		return nil
	})
	var err error
	if c.api, err = gen.NewClient(s.baseURL.String(), header,
		gen.WithHTTPClient(newDoer(s, originOf(s.baseURL), shared))); err != nil {
		return nil, fmt.Errorf("generated client for the API host: %w", err)
	}
	if c.auth, err = gen.NewClient(s.authURL.String(), header,
		gen.WithHTTPClient(newDoer(s, originOf(s.authURL), shared))); err != nil {
		return nil, fmt.Errorf("generated client for the authorization host: %w", err)
	}
	return c, nil
}

// GetApplication returns one application of an organization. The service token needs the access
// read_oauth_applications. The error is an [*Error]
// (https://planetscale.com/docs/api/reference/get_oauth_application).
func (c *Client) GetApplication(ctx context.Context, organization, applicationID string) (*Application, error) {
	op := getApplication
	if err := checkSegments(op, argument{"organization", organization}, argument{"application id", applicationID}); err != nil {
		return nil, err
	}
	app, err := do[Application](ctx, op, c.onAPI, func(ctx context.Context) (*http.Response, error) {
		return c.api.GetOAuthApplication(ctx, organization, applicationID)
	})
	if err == nil && app.ID != applicationID {
		return nil, listError(op, ErrUnexpectedResponse, "another application than the one asked for came")
	}
	return app, err
}

// ListTokens returns one page of the tokens an application has issued; [Client.Tokens] returns them all. Of options it
// takes Page and PerPage, where 0 stands for the first page and the largest page size. The service token needs the
// access read_oauth_tokens. The error is an [*Error] (https://planetscale.com/docs/api/reference/list_oauth_tokens).
func (c *Client) ListTokens(ctx context.Context, organization, applicationID string, options ListOptions) (*TokenPage, error) {
	op := listTokens
	if err := checkSegments(op, argument{"organization", organization}, argument{"application id", applicationID}); err != nil {
		return nil, err
	}
	options, err := options.withDefaults(op)
	if err != nil {
		return nil, err
	}
	number, perPage := int64(options.Page), int64(options.PerPage)
	page, err := do[TokenPage](ctx, op, c.onAPI, func(ctx context.Context) (*http.Response, error) {
		return c.api.ListOAuthTokens(ctx, organization, applicationID,
			&gen.ListOAuthTokensParams{Page: &number, PerPage: &perPage})
	})
	if err != nil {
		return nil, err
	}
	if problem := viewTokens(page).check(op, options.Page); problem != nil {
		return nil, problem
	}
	return page, nil
}

// GetToken returns one token an application has issued. The service token needs the access read_oauth_tokens. The error
// is an [*Error] (https://planetscale.com/docs/api/reference/get_oauth_token).
func (c *Client) GetToken(ctx context.Context, organization, applicationID, tokenID string) (*Token, error) {
	op := getToken
	if err := checkSegments(op, argument{"organization", organization}, argument{"application id", applicationID},
		argument{"token id", tokenID}); err != nil {
		return nil, err
	}
	token, err := do[Token](ctx, op, c.onAPI, func(ctx context.Context) (*http.Response, error) {
		return c.api.GetOAuthToken(ctx, organization, applicationID, tokenID)
	})
	if err == nil && token.ID != tokenID {
		return nil, listError(op, ErrUnexpectedResponse, "another token than the one asked for came")
	}
	return token, err
}

// TokenInfo returns what the authorization host knows about the client's own access token. A client that has only a
// service token gets an [ErrInvalidArgument], and nothing is sent. Otherwise it answers as [Client.InspectToken] does.
func (c *Client) TokenInfo(ctx context.Context) (*TokenInfo, error) {
	if c.onAuth == nil && c.service {
		return nil, invalidArgument(getTokenInfo, "the client has a service token only, and the authorization host takes "+
			"OAuth access tokens only; give the client one with WithAccessToken, or ask with InspectToken")
	}
	return c.tokenInfo(ctx, c.onAuth)
}

// InspectToken returns what the authorization host knows about accessToken, which is sent to that host as the
// credential of this one call; the client's own credentials are not. A token that the host refuses as invalid_token is
// [StateInactive]; an answer in the older form, which does not say, is [StateUnknown]. That a token is active there does
// not prove that the API host accepts it. The error is an [*Error]
// (https://planetscale.com/docs/api/reference/oauth/token-info).
func (c *Client) InspectToken(ctx context.Context, accessToken string) (*TokenInfo, error) {
	value, err := bearer(accessToken)
	if err != nil {
		return nil, invalidArgument(getTokenInfo, "%v", err)
	}
	return c.tokenInfo(ctx, fixed{value})
}

func (c *Client) tokenInfo(ctx context.Context, with credential) (*TokenInfo, error) {
	info, err := do[TokenInfo](ctx, getTokenInfo, with, func(ctx context.Context) (*http.Response, error) {
		return c.auth.GetTokenInfo(ctx)
	})
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusUnauthorized && refused.Code == "invalid_token" {
		return &TokenInfo{State: StateInactive}, nil
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

// do sends one request through the generated client and decodes the answer. It is the only caller of decode.
func do[T any](ctx context.Context, op operation, with credential, send func(context.Context) (*http.Response, error)) (*T, error) {
	if with == nil {
		return nil, invalidArgument(op, "the client has no credential for this operation; it needs %s", op.credential())
	}
	call := &call{op: op, credential: with}
	resp, err := send(context.WithValue(ctx, callKey{}, call))
	if err != nil {
		return nil, transportError(call, err)
	}
	defer resp.Body.Close()
	return decode[T](call, resp)
}

// A call is what the layers of the pipeline know about the request they carry.
type call struct {
	op         operation
	credential credential
	sent       openapi.Secret // the Authorization last sent, to be kept out of errors
	attempts   int
	started    time.Time // of the first attempt
	last       error     // why the last attempt failed
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// secrets are the parts of the credential last sent that must not show in an error or a log.
func (c *call) secrets() []string {
	value := c.sent.Reveal()
	if token, ok := strings.CutPrefix(value, "Bearer "); ok {
		return []string{token}
	}
	_, secret, _ := strings.Cut(value, ":")
	return []string{secret}
}
