package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psoauth/psoauth/api"
)

func setenv(t *testing.T, set map[string]string) {
	t.Helper()
	for _, name := range []string{"ORG", "SERVICE_TOKEN_ID", "SERVICE_TOKEN", "ACCESS_TOKEN", "API_URL", "AUTH_URL"} {
		t.Setenv("PLANETSCALE_"+name, set[name])
	}
}

func TestNewClientFromEnv(t *testing.T) {
	rec := &recorder{Handler: http.HandlerFunc(good)}
	srv := httptest.NewServer(rec)
	defer srv.Close()
	for _, path := range []string{"", "/", "/v1", "/v1/"} {
		setenv(t, map[string]string{"ORG": "acme", "SERVICE_TOKEN_ID": serviceID, "SERVICE_TOKEN": serviceSecret,
			"ACCESS_TOKEN": accessToken, "API_URL": srv.URL + path, "AUTH_URL": srv.URL})
		c, err := api.NewClientFromEnv(api.WithMaxRetries(0))
		if err != nil {
			t.Fatal(err)
		}
		for operation, call := range everyOperation {
			if _, err := call(t.Context(), c); err != nil {
				t.Errorf("%s: %v", operation, err)
			}
		}
		if c.Organization() != "acme" {
			t.Errorf("the organization is %q", c.Organization())
		}
	}
	for _, r := range rec.seen() {
		if !strings.HasPrefix(r.URL.Path, "/v1/organizations/acme/oauth-applications") && r.URL.Path != "/oauth/token/info" {
			t.Errorf("sent to %s", r.URL)
		}
	}
}

func TestNewClientFromEnvNamesTheVariable(t *testing.T) {
	for name, test := range map[string]struct {
		set     map[string]string
		options []string
	}{
		"half a service token": {map[string]string{"SERVICE_TOKEN_ID": serviceID}, []string{"PLANETSCALE_SERVICE_TOKEN"}},
		"the other half":       {map[string]string{"SERVICE_TOKEN": serviceSecret}, []string{"PLANETSCALE_SERVICE_TOKEN_ID"}},
		"swapped":              {map[string]string{"SERVICE_TOKEN": serviceID, "SERVICE_TOKEN_ID": serviceSecret}, []string{"PLANETSCALE_SERVICE_TOKEN"}},
		"no access token":      {map[string]string{"ACCESS_TOKEN": "a b"}, []string{"PLANETSCALE_ACCESS_TOKEN", "NewClientFromEnv"}},
		"plain http":           {map[string]string{"ACCESS_TOKEN": accessToken, "API_URL": "http://x.example"}, []string{"PLANETSCALE_API_URL"}},
		"no URL":               {map[string]string{"ACCESS_TOKEN": accessToken, "AUTH_URL": "://canary"}, []string{"PLANETSCALE_AUTH_URL"}},
		"nothing":              {nil, []string{"NewClientFromEnv"}},
		"several, all at once": {map[string]string{"ACCESS_TOKEN": accessToken, "AUTH_URL": ":", "API_URL": ":"}, []string{"PLANETSCALE_AUTH_URL", "PLANETSCALE_API_URL"}},
	} {
		t.Run(name, func(t *testing.T) {
			setenv(t, test.set)
			c, err := api.NewClientFromEnv()
			if c != nil || !errors.Is(err, api.ErrInvalidArgument) || strings.Contains(fmt.Sprintf("%v %+v", err, err), "canary") {
				t.Fatalf("got %v, %v", c, err)
			}
			var options []string
			walk(err, func(err error) {
				if wrong, ok := err.(*api.OptionError); ok {
					options = append(options, wrong.Option)
				}
			})
			if !slices.Equal(options, test.options) {
				t.Errorf("the errors are of %q, want %q", options, test.options)
			}
		})
	}
}

func TestObserversSeeEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		var events [2][]api.Event
		c := onWire(t, func(r *http.Request) (*http.Response, error) {
			time.Sleep(3 * time.Second)
			switch sent++; sent {
			case 1:
				return response(r, 429, "Retry-After", "7"), nil
			case 2:
				return nil, errors.New("broken by " + serviceSecret)
			}
			return response(r, 200, "X-Request-Id", "req"), nil
		}, api.WithObserver(func(e api.Event) { events[0] = append(events[0], e) }), api.WithObserver(func(e api.Event) { events[1] = append(events[1], e) }))
		if _, err := c.ListTokens(t.Context(), "acme", "app1", api.ListOptions{PerPage: 10}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.TokenInfo(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(events[0]) != 4 || len(events[1]) != 4 {
			t.Fatalf("got %d and %d events", len(events[0]), len(events[1]))
		}
		for i, e := range events[0] {
			want := api.Event{Operation: "listOAuthTokens", Attempt: i + 1, Status: 200, Duration: 3 * time.Second,
				Bytes: len(emptyPage), Page: 1, PerPage: 10, RequestID: "req", Wait: e.Wait, Err: e.Err}
			switch i {
			case 0:
				want.Status, want.Bytes, want.RequestID = 429, e.Bytes, ""
			case 1:
				want.Status, want.Bytes, want.RequestID = 0, 0, ""
				if e.Wait != 7*time.Second || e.Err == nil || strings.Contains(e.Err.Error(), "canary") {
					t.Errorf("got %+v", e)
				}
			case 3:
				want.Operation, want.Attempt, want.Bytes, want.Page, want.PerPage = "getTokenInfo", 1, len(infoBody), 0, 0
			}
			if e != want {
				t.Errorf("event %d is %+v, want %+v", i, e, want)
			}
		}
	})
}

func TestErrorsSayOnceWhatWasAskedWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	for want, test := range map[string]struct {
		status int
		body   string
		call   string
	}{
		"no application app1 in organization acme, or the service token lacks read_oauth_applications (404); asked for URL/v1/organizations/acme/oauth-applications/app1": {
			404, `{"code":"not_found","message":"Not Found"}`, "getOAuthApplication"},
		"tokens of application app1 in organization acme: too many requests (429); try again later": {
			429, `{"code":"too_many_requests","message":"Too Many Requests"}`, "listOAuthTokens"},
		"not allowed to read token tok1 of application app1 in organization acme: the service token lacks read_oauth_tokens, or the token does not exist (403)": {
			403, `{"code":"forbidden","message":"Forbidden"}`, "getOAuthToken"},
		"token tok1 of application app1 in organization acme: the server failed (500 internal): oops; try again later": {
			500, `{"code":"internal","message":"oops"}`, "getOAuthToken"},
		"token info: the access token was not accepted (401); check that it is complete and not revoked; a service token is never accepted here": {
			401, `{"code":"unauthorized"}`, "getTokenInfo"},
	} {
		c, rec := serve(t, answer(test.status, "application/json", test.body))
		_, err := everyOperation[test.call](t.Context(), c)
		if want = strings.ReplaceAll(want, "URL", "http://"+rec.seen()[0].Host); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestTheFirstCredentialIsRedactedAfterItWasRenewed(t *testing.T) {
	t.Parallel()
	tokens := []string{"canaryFirst0123456789", "canarySecond0123456789"}
	var sent []string
	c := withOAuthOnWire(t, func(r *http.Request) (*http.Response, error) {
		sent = append(sent, r.Header.Get("Authorization"))
		resp := response(r, 401)
		resp.Body, resp.ContentLength = readCloser(`{"code":"x","message":"no `+strings.Join(sent, ", no ")+`"}`), -1
		return resp, nil
	}, tokens)
	_, err := c.GetToken(context.Background(), "acme", "app1", "tok1")
	if len(sent) != 2 || err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), "canary") {
		t.Errorf("%d requests: %v", len(sent), err)
	}
}
