package apitest_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
)

func TestRequestsAreRecordedAsTheyCame(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithFaults(apitest.Fault{Times: 1, Do: apitest.Status(503)}))
	for _, url := range []string{
		server.URL + "/organizations/a%2Fb%20c/oauth-applications/x?page=2&per_page=7",
		server.AuthURL + "/oauth/token/info",
	} {
		request, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", accessToken)
		request.Header.Set("User-Agent", "tester/1")
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	got := server.Requests()
	if len(got) != 2 {
		t.Fatalf("%d requests", len(got))
	}
	first, second := got[0], got[1]
	if first.Method != "GET" || first.Path != "/v1/organizations/a%2Fb%20c/oauth-applications/x" ||
		first.Query.Get("page") != "2" || first.Query.Get("per_page") != "7" ||
		first.Header.Get("User-Agent") != "tester/1" || "http://"+first.Host+"/v1" != server.URL {
		t.Errorf("first request: %+v", first)
	}
	if second.Path != "/oauth/token/info" || len(second.Query) != 0 || "http://"+second.Host != server.AuthURL {
		t.Errorf("second request: %+v", second)
	}
	for i, request := range got {
		if request.Authorization.Reveal() != accessToken {
			t.Errorf("request %d: another Authorization", i)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if text := fmt.Sprintf(verb, request) + fmt.Sprintf(verb, &request); strings.Contains(text, apitest.AccessToken) ||
				strings.Contains(text, fmt.Sprintf("%x", apitest.AccessToken)) {
				t.Errorf("request %d shows its credential with %s: %s", i, verb, text)
			}
		}
	}
}

func TestNoCredentialAndSeveral(t *testing.T) {
	t.Parallel()
	planetscale := apitest.NewHandler()
	for _, values := range [][]string{nil, {"one", "two"}} {
		request, err := http.NewRequest(http.MethodGet, "/v1/", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header["Authorization"] = values
		planetscale.ServeHTTP(&recorder{header: http.Header{}}, request)
	}
	got := planetscale.Requests()
	if !got[0].Authorization.IsZero() || got[1].Authorization.Reveal() != "one, two" {
		t.Errorf("%q and %q", got[0].Authorization.Reveal(), got[1].Authorization.Reveal())
	}
}

func TestTheLastTenThousandRequestsAreKept(t *testing.T) {
	t.Parallel()
	const sent, kept = 10_050, 10_000
	planetscale := apitest.NewHandler()
	for i := range sent {
		serve(planetscale, "/v1/"+strconv.Itoa(i), serviceToken)
	}
	got := planetscale.Requests()
	if len(got) != kept {
		t.Fatalf("%d kept", len(got))
	}
	for i, request := range got {
		if want := "/v1/" + strconv.Itoa(sent-kept+i); request.Path != want {
			t.Fatalf("request %d is %s, want %s", i, request.Path, want)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	const each = 50
	server := newServer(t, apitest.WithFaults(apitest.Fault{Match: apitest.OnPage(2), Do: apitest.IssueTokens(3)}, apitest.Fault{Match: apitest.OnPage(3), Do: apitest.RevokeTokens(2)}))
	paths := []string{application, tokensPath, tokensPath + "?page=2", tokensPath + "?page=3"}
	var group sync.WaitGroup
	for _, path := range paths {
		for range 4 {
			group.Go(func() {
				for range each {
					if response := serve(server, "/v1"+path, serviceToken); response.status != 200 {
						t.Errorf("GET %s: %d", path, response.status)
					}
					server.Requests()
				}
			})
		}
	}
	group.Wait()
	if got := len(server.Requests()); got != len(paths)*4*each {
		t.Errorf("%d requests counted", got)
	}
	if got, least := server.TokenCount(), 120+4*each*(3-2); got < least {
		t.Errorf("%d tokens, want %d or more", got, least)
	}
}
