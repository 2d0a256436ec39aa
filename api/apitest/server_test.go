package apitest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api/apitest"
)

const (
	unauthorized = `{"code":"unauthorized","message":"Unauthorized"}`
	forbidden    = `{"code":"forbidden","message":"Forbidden"}`
	notFound     = `{"code":"not_found","message":"Not Found"}`
	invalidToken = `{"error":"invalid_token","error_description":"The access token is invalid"}`
	invalidState = `{"error":"invalid_token","error_description":"The access token is invalid","state":"unauthorized"}`
)

func TestEachHostChecksTheCredential(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	tests := []struct {
		name, url, authorization string
		status                   int
		body                     string // empty: not compared
	}{
		{"api, service token", server.URL + application, serviceToken, 200, ""},
		{"api, access token", server.URL + application, accessToken, 200, ""},
		{"api, access token, other case of the scheme", server.URL + application, "bearer " + apitest.AccessToken, 200, ""},
		{"api, nothing", server.URL + application, "", 401, unauthorized},
		{"api, swapped pair", server.URL + application, apitest.ServiceToken + ":" + apitest.ServiceTokenID, 401, unauthorized},
		{"api, service token with a scheme", server.URL + application, "Bearer " + serviceToken, 401, invalidState},
		{"api, wrong secret", server.URL + application, serviceToken + "x", 401, unauthorized},
		{"api, expired access token", server.URL + application, "Bearer " + "pscale_oauth_expired", 401, invalidState},
		{"api, revoked access token", server.URL + tokensPath, "Bearer " + "pscale_oauth_revoked", 401, invalidState},
		{"api, unknown access token", server.URL + tokensPath + "/x", "Bearer x", 401, invalidState},
		{"auth, access token", server.AuthURL + "/oauth/token/info", accessToken, 200, ""},
		{"auth, nothing", server.AuthURL + "/oauth/token/info", "", 401, invalidToken},
		{"auth, service token", server.AuthURL + "/oauth/token/info", serviceToken, 401, invalidToken},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, body := get(t, test.url, test.authorization)
			if status != test.status || test.body != "" && body != test.body {
				t.Errorf("got %d %.200s, want %d %s", status, body, test.status, test.body)
			}
		})
	}
}

func TestAServiceTokenNeedsTheAccess(t *testing.T) {
	t.Parallel()
	tests := []struct {
		accesses                 []string
		application, list, token int
	}{
		{[]string{"read_oauth_applications", "read_oauth_tokens"}, 200, 200, 200},
		{[]string{"read_oauth_applications"}, 200, 403, 403},
		{[]string{"read_oauth_tokens"}, 403, 200, 200},
		{nil, 403, 403, 403},
	}
	for _, test := range tests {
		server := newServer(t, apitest.WithAccesses(test.accesses...))
		for path, want := range map[string]int{
			application:                           test.application,
			tokensPath:                            test.list,
			tokensPath + "/" + server.Token(0).ID: test.token,
		} {
			status, body := get(t, server.URL+path, serviceToken)
			if status != want || want == 403 && body != forbidden {
				t.Errorf("with %v: GET %s: %d %.200s, want %d", test.accesses, path, status, body, want)
			}
			if status, _ := get(t, server.URL+path, accessToken); status != 200 {
				t.Errorf("with %v: GET %s with an access token: %d", test.accesses, path, status)
			}
		}
	}
}

func TestWhatDoesNotExistIsNotFound(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithTokens(3))
	id := server.Token(2).ID
	for _, url := range []string{
		server.URL + "/organizations/other/oauth-applications/" + apitest.ApplicationID,
		server.URL + "/organizations/acme/oauth-applications/other",
		server.URL + "/organizations/other/oauth-applications/" + apitest.ApplicationID + "/tokens",
		server.URL + "/organizations/acme/oauth-applications/other/tokens",
		server.URL + "/organizations/acme/oauth-applications/other/tokens/" + id,
		server.URL + tokensPath + "/" + id + "x",
		server.URL + tokensPath + "/" + strings.ToUpper(id),
		server.URL + tokensPath + "/zzzzzzzzzzzz",
		server.URL + tokensPath + "/" + apitest.ApplicationID,
		server.URL + "/oauth/token/info",
		strings.TrimSuffix(server.URL, "/v1") + "/oauth/token/info",
		server.AuthURL + "/v1" + application,
		server.AuthURL + application,
		server.AuthURL + "/",
	} {
		if status, body := get(t, url, serviceToken); status != 404 || body != notFound {
			t.Errorf("GET %s: %d %.200s", url, status, body)
		}
	}
	if status, _ := get(t, server.URL+tokensPath+"/"+id, serviceToken); status != 200 {
		t.Errorf("the token itself: %d", status)
	}
}

func TestOneHandlerServesBothHosts(t *testing.T) {
	t.Parallel()
	planetscale := apitest.NewHandler()
	for path, authorization := range map[string]string{
		"/v1" + application: serviceToken,
		"/oauth/token/info": accessToken,
	} {
		response := serve(planetscale, path, authorization)
		if response.status != http.StatusOK || !strings.HasPrefix(response.body.String(), "{") {
			t.Errorf("GET %s: %d %s", path, response.status, response.body.String())
		}
	}
	if got := len(planetscale.Requests()); got != 2 {
		t.Errorf("%d requests counted, want 2", got)
	}
}

func TestCloseBreaksOffAndMayBeCalledTwice(t *testing.T) {
	t.Parallel()
	server := apitest.NewServer()
	if status, _ := get(t, server.URL+application, serviceToken); status != 200 {
		t.Fatal(status)
	}
	server.Close()
	server.Close()
	if response, err := send(t, server.URL+application, serviceToken); err == nil {
		response.Body.Close()
		t.Error("answered after Close")
	}
}

func TestOptionsThatMakeNoSensePanic(t *testing.T) {
	t.Parallel()
	for name, construct := range map[string]func(){
		"negative number": func() { apitest.WithTokens(-1) },
		"no revision":     func() { apitest.WithRevision("2026-13") },
		"no form":         func() { apitest.WithTokenInfoForm("") },
		"one id twice":    func() { apitest.NewHandler(apitest.WithTokenList(twins)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			construct()
		}()
	}
}

func TestADeletedTokenIsGone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.September, 15, 12, 0, 0, 0, time.UTC)
	srv := apitest.NewServer(apitest.WithTokens(40), apitest.WithClock(func() time.Time { return now }))
	defer srv.Close()
	tokens := srv.URL + "/organizations/acme/oauth-applications/" + apitest.ApplicationID + "/tokens"
	send := func(method, url, credential string) (status int, body string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", credential)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(data)
	}
	good := apitest.ServiceTokenID + ":" + apitest.ServiceToken
	for i, position := range []int{39, 0, 17} {
		id := srv.Token(position).ID
		if status, _ := send("DELETE", tokens+"/"+id, "Bearer nobody"); status != 401 {
			t.Errorf("without a credential: %d", status)
		}
		if status, body := send("DELETE", tokens+"/"+id, good); status != 204 || body != "" {
			t.Errorf("DELETE: %d %q, want 204 without a body", status, body)
		}
		for _, method := range []string{"GET", "DELETE"} {
			if status, _ := send(method, tokens+"/"+id, good); status != 404 {
				t.Errorf("%s of a deleted token: %d, want 404", method, status)
			}
		}
		_, page := send("GET", tokens+"?per_page=100", good)
		if strings.Contains(page, id) || strings.Count(page, `"display_name"`) != 39-i || srv.TokenCount() != 39-i {
			t.Errorf("after deletion %d: the token is listed: %t; %d tokens", i+1, strings.Contains(page, id), srv.TokenCount())
		}
	}
	_, apps := send("GET", srv.URL+"/organizations/acme/oauth-applications?per_page=1", good)
	if !strings.Contains(apps, `"total_count":2`) || !strings.Contains(apps, `"tokens":37`) {
		t.Errorf("the applications are %.200s", apps)
	}
}

func TestDeletionNeedsItsAccess(t *testing.T) {
	t.Parallel()
	srv := apitest.NewServer(apitest.WithAccesses("read_oauth_applications", "read_oauth_tokens"))
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete,
		srv.URL+"/organizations/acme/oauth-applications/"+apitest.ApplicationID+"/tokens/"+srv.Token(0).ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", apitest.ServiceTokenID+":"+apitest.ServiceToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden || srv.TokenCount() != 120 {
		t.Errorf("%d, and %d tokens are left", resp.StatusCode, srv.TokenCount())
	}
}
