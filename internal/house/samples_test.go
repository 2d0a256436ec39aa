package house_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/openapi"
	"github.com/psoauth/psoauth/openapi/contract"
)

// A heldSource is a token source that is a struct, and printed as one.
type heldSource struct{ token oauth2.Token }

func (s heldSource) Token() (*oauth2.Token, error) { return &s.token, nil }

func refreshing(endpoint string) *oauth2.Config {
	return &oauth2.Config{ClientID: "id", ClientSecret: canary, Endpoint: oauth2.Endpoint{TokenURL: endpoint}}
}

// option has the options themselves, and what a client or an error made with each looks like.
func option(given ...api.Option) sample {
	return func(*testing.T) (all []any) {
		for _, o := range given {
			c, err := api.NewClient(o)
			if all = append(all, o); err != nil {
				all = append(all, err)
			} else {
				all = append(all, c, *c)
			}
		}
		return all
	}
}

func contractOption(given ...contract.Option) sample {
	return func(*testing.T) (all []any) {
		for _, o := range given {
			if _, err := contract.NewValidator(o); err != nil {
				all = append(all, err)
			}
			all = append(all, o)
		}
		return all
	}
}

func withHTTPClient(t *testing.T) []any {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(&url.URL{Scheme: "https", Host: "api.planetscale.com"}, []*http.Cookie{{Name: "a", Value: "b"}})
	return option(api.WithHTTPClient(&http.Client{Jar: jar}))(t)
}

func options(*testing.T) []any {
	return []any{[]api.Option{api.WithServiceToken("id", canary), api.WithAccessToken(canary)}}
}

// clients have the canary in each kind of credential.
func clients(t *testing.T) (all []any) {
	for _, given := range [][]api.Option{
		{api.WithServiceToken("id", canary), api.WithAccessToken(canary)},
		{api.WithTokenSource(heldSource{oauth2.Token{AccessToken: canary}})},
		{api.WithRefresh(refreshing("https://x.example/token"), &oauth2.Token{AccessToken: canary, RefreshToken: canary})},
	} {
		c, err := api.NewClient(given...)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c, *c)
	}
	return all
}

// echo answers with a status and everything it was told.
func echo(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		authorization := r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", authorization)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"code":%q,"message":"no %s, no %s","token":%q}`, authorization, authorization, canary, canary)
	}
}

func redirectWithCanary(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "https://"+canary+".example/?"+r.Header.Get("Authorization"), http.StatusFound)
}

// callAll calls each operation of a client that has the canary as each credential and returns the errors.
func callAll(t *testing.T, serve http.HandlerFunc, given ...api.Option) (errs []any) {
	srv := httptest.NewServer(serve)
	defer srv.Close()
	c, err := api.NewClient(append([]api.Option{
		api.WithBaseURL(srv.URL), api.WithAuthURL(srv.URL), api.WithServiceToken("id", canary), api.WithAccessToken(canary),
		api.WithMaxRetries(0), api.WithRateLimit(0),
	}, given...)...)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	_, err1 := c.GetApplication(ctx, "o", "a")
	_, err2 := c.ListTokens(ctx, "o", "a", api.ListOptions{})
	_, err3 := c.GetToken(ctx, "o", "a", "t")
	_, err4 := c.TokenInfo(ctx)
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			errs = append(errs, err, fmt.Errorf("wrapped: %w", err), errors.Join(err, err))
		}
	}
	return errs
}

// failing is a transport whose error says what it was given.
type failing func(*http.Request) error

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) { return nil, f(r) }

// apiErrors are the errors of the client in all situations, with the canary wherever it can come from.
func apiErrors(t *testing.T) (all []any) {
	for _, status := range []int{200, 204, 302, 401, 403, 404, 429, 500, 503} {
		all = append(all, callAll(t, echo(status))...)
	}
	all = append(all, callAll(t, redirectWithCanary)...)
	for _, fail := range []failing{
		func(r *http.Request) error { return errors.New(r.Header.Get("Authorization")) },
		func(r *http.Request) error {
			return &url.Error{Op: "Get", URL: r.URL.String(), Err: fmt.Errorf("%v", r.Header)}
		},
		func(r *http.Request) error { return fmt.Errorf("%w: %v", context.Canceled, r.Header) },
		func(r *http.Request) error { return tls.AlertError(7) },
		func(r *http.Request) error { return saying(r.Header.Get("Authorization")) },
	} {
		all = append(all, callAll(t, nil, api.WithHTTPClient(&http.Client{Transport: fail}))...)
	}
	c, err := api.NewClient(api.WithServiceToken("id", canary))
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := c.TokenInfo(t.Context())
	_, err2 := c.InspectToken(t.Context(), canary+" ")
	_, err3 := c.InspectToken(t.Context(), "pscale_tkn_"+canary)
	_, err4 := c.GetToken(t.Context(), "o", canary+"\x00", "t")
	_, err5 := c.GetToken(t.Context(), "o", "a", canary+"\xff")
	for _, err := range []error{err1, err2, err3, err4, err5} {
		all = append(all, err)
	}
	for _, err := range []error{api.ErrForbidden, api.ErrForeignHost, api.ErrInvalidArgument, api.ErrNotFound, api.ErrPageLoop,
		api.ErrRateLimited, api.ErrResponseTooLarge, api.ErrServer, api.ErrUnauthorized, api.ErrUnexpectedResponse} {
		all = append(all, err)
	}
	return all
}

// saying is an error that is its own text.
type saying string

func (s saying) Error() string { return string(s) }

// asked is a server that has been asked with the canary as the credential, and whose tokens have it as their secrets.
func asked(t *testing.T) *apitest.Server {
	srv := apitest.NewServer(apitest.WithTokenList([]api.Token{filled[api.Token]()(nil)[0].(api.Token)}))
	t.Cleanup(srv.Close)
	for _, authorization := range []string{"id:" + canary, "Bearer " + canary} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", authorization)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	srv.Close() // what is printed should stand still
	return srv
}

// leakyToken has the canary as its secrets, and in the texts that findings repeat.
func leakyToken() *api.Token {
	token := filled[api.Token]()(nil)[0].(api.Token)
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	token.ID, token.Name, token.DisplayName, token.ActorDisplayName = "t1", new("my "+canary), "my "+canary, new("by "+canary)
	token.CreatedAt, token.UpdatedAt, token.ExpiresAt, token.LastUsedAt = old, old, &old, nil
	return &token
}

// audited is an auditor that has seen the token above and knows the canary for a secret.
func audited(t *testing.T) *audit.Auditor {
	t.Helper()
	auditor, err := audit.New(&api.Application{ID: "a", Name: "of " + canary}, audit.Options{
		Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Secrets: []api.Secret{openapi.NewSecret(canary)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(auditor.Token(leakyToken())) == 0 {
		t.Fatal("nothing is found on the token")
	}
	return auditor
}

func validator(t *testing.T) *contract.Validator {
	t.Helper()
	v, err := contract.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// judged is a run that has judged answers with the canary as each secret, and where no secret should be.
func judged(t *testing.T) *contract.Run {
	t.Helper()
	run := validator(t).NewRun()
	for _, body := range []string{
		`{"id":"t","token":"` + canary + `","plain_text_refresh_token":"` + canary + `"}`,
		`{"id":"t","token":["` + canary + `"],"plain_text_refresh_token":{"x":"` + canary + `"},"created_at":"` + canary + `"}`,
		`{"token":"` + canary + `","token":"` + canary + `"}`,
		`{"token":"` + canary,
	} {
		if err := run.CheckBody("file", "getOAuthToken", 200, strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		"https://api.planetscale.com/v1/organizations/o/oauth-applications/a/tokens/t", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "id:"+canary)
	run.CheckResponse(request, &http.Response{
		StatusCode: 302, Header: http.Header{"Location": {"https://x.example/?" + canary}, "Content-Type": {canary}},
		Body: io.NopCloser(strings.NewReader("<p>" + canary)), ContentLength: -1, Request: request,
	})
	return run
}

func report(t *testing.T) *contract.Report {
	t.Helper()
	r := contract.NewReport(judged(t), contract.ReportOptions{})
	if len(r.Findings) < 5 {
		t.Fatalf("the run found %v", r.Findings)
	}
	return r
}

// reports are what is written of a run, in each format.
func reports(t *testing.T) (all []any) {
	for _, format := range []contract.Format{contract.FormatHuman, contract.FormatJSON, contract.FormatJUnit, contract.FormatSARIF,
		contract.FormatGitHub} {
		var b strings.Builder
		if err := report(t).Write(&b, format); err != nil {
			t.Fatal(err)
		}
		all = append(all, b.String())
	}
	return all
}

func baseline(t *testing.T) *contract.Baseline {
	b := new(contract.Baseline)
	contract.UpdateBaseline(b, judged(t))
	return b
}

// failures is a test that fails, for the contract's transport to report to.
type failed struct{ said []string }

func (*failed) Helper()        {}
func (*failed) Cleanup(func()) {}
func (f *failed) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

func failures(t *testing.T) *failed {
	srv := httptest.NewServer(echo(200))
	defer srv.Close()
	f := new(failed)
	client := &http.Client{Transport: contract.TestTransport(f, nil, contract.WithServer(srv.URL, api.DefaultAuthURL))}
	resp, err := client.Get(srv.URL + "/oauth/token/info")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(f.said) == 0 {
		t.Fatal("the test did not fail")
	}
	return f
}
