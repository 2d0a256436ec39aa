package conformance_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
)

// sandbox starts a server and makes a client for it that is judged.
func sandbox(t *testing.T, spoil func(*http.Response) *http.Response, options ...apitest.Option) (*apitest.Server, *judged) {
	t.Helper()
	srv := apitest.NewServer(options...)
	t.Cleanup(srv.Close)
	return srv, newJudged(t, srv.URL, srv.AuthURL, spoiled{spoil},
		api.WithServiceToken(apitest.ServiceTokenID, apitest.ServiceToken), api.WithAccessToken(apitest.AccessToken),
		api.WithRateLimit(0))
}

// spoiled changes responses on their way; nil leaves them as they are.
type spoiled struct {
	spoil func(*http.Response) *http.Response
}

func (s spoiled) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && s.spoil != nil {
		resp = s.spoil(resp)
	}
	return resp, err
}

// callAll calls every operation, with answers that are good and answers that are errors.
func callAll(ctx context.Context, t *testing.T, srv *apitest.Server, client *judged) {
	t.Helper()
	org, app := apitest.Organization, apitest.ApplicationID
	if _, err := client.GetApplication(ctx, org, app); err != nil {
		t.Error(err)
	}
	tokens := 0
	for token, err := range client.Tokens(ctx, org, app, api.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if want := srv.Token(tokens).ID; token.ID != want {
			t.Fatalf("token %d is %s, want %s", tokens, token.ID, want)
		}
		tokens++
	}
	if tokens != srv.TokenCount() {
		t.Errorf("%d tokens were yielded, want %d", tokens, srv.TokenCount())
	}
	for i := range min(tokens, 40) {
		if _, err := client.GetToken(ctx, org, app, srv.Token(i).ID); err != nil {
			t.Error(err)
		}
	}
	for _, token := range []string{apitest.AccessToken, "pscale_oauth_expired", "pscale_oauth_revoked"} {
		if _, err := client.InspectToken(ctx, token); err != nil {
			t.Error(err)
		}
	}
	if _, err := client.GetToken(ctx, org, app, "nobody"); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := client.GetApplication(ctx, "elsewhere", app); !errors.Is(err, api.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestEveryRevisionKeepsTheContract(t *testing.T) {
	t.Parallel()
	for _, revision := range []string{"2025-12", "2026-08", "2026-09"} {
		for _, form := range []string{"published", "legacy", "refused"} {
			t.Run(revision+"/"+form, func(t *testing.T) {
				t.Parallel()
				srv, client := sandbox(t, nil,
					apitest.WithRevision(revision), apitest.WithTokenInfoForm(form), apitest.WithTokens(1037))
				callAll(t.Context(), t, srv, client)
				responses, wrong := client.verdict(t)
				for _, w := range wrong {
					t.Error(w)
				}
				if want := 1 + 11 + 40 + 3 + 2; responses != want {
					t.Errorf("%d responses were judged, want %d", responses, want)
				}
			})
		}
	}
	t.Run("401 and 403", func(t *testing.T) {
		t.Parallel()
		_, client := sandbox(t, nil, apitest.WithAccesses("read_oauth_applications"))
		if _, err := client.ListTokens(t.Context(), apitest.Organization, apitest.ApplicationID, api.ListOptions{}); !errors.Is(err, api.ErrForbidden) {
			t.Errorf("got %v", err)
		}
		if responses, wrong := client.verdict(t); responses != 1 || len(wrong) != 0 {
			t.Errorf("%d responses were judged, and %q", responses, wrong)
		}
	})
}

// The test above is worth something only if a server that is wrong fails it.
func TestAWrongServerBreaksTheContract(t *testing.T) {
	t.Parallel()
	replace := func(old, new string) func(*http.Response) *http.Response {
		return func(resp *http.Response) *http.Response {
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Error(err)
			}
			resp.Body = io.NopCloser(strings.NewReader(strings.Replace(string(body), old, new, 1)))
			resp.ContentLength = -1
			return resp
		}
	}
	for name, spoil := range map[string]func(*http.Response) *http.Response{
		"a required member is missing": replace(`"id":`, `"idd":`),
		"a required member is null":    replace(`"created_at":"`, `"created_at":null,"x":"`),
		"a member has another type":    replace(`"created_at":"`, `"created_at":7,"x":"`),
		"a time is no time":            replace(`"created_at":"2`, `"created_at":"x2`),
		"another media type": func(resp *http.Response) *http.Response {
			resp.Header.Set("Content-Type", "application/xml")
			return resp
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := sandbox(t, spoil)
			_, err := client.GetApplication(t.Context(), apitest.Organization, apitest.ApplicationID)
			responses, wrong := client.verdict(t)
			byKin := slices.IndexFunc(wrong, func(w string) bool { return !strings.HasPrefix(w, "kin-openapi: ") })
			if responses != 1 || byKin != 1 {
				t.Errorf("%d responses were judged, and one of the judges found nothing: %q", responses, wrong)
			}
			if copes := name == "a required member is null"; errors.Is(err, api.ErrUnexpectedResponse) == copes || copes && err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}
