package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/gen"
)

// ask sends a GET request with the service token and decodes the answer.
func ask(url string, into any) (status int) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", apitest.ServiceTokenID+":"+apitest.ServiceToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		panic(err)
	}
	return response.StatusCode
}

func Example() {
	server := apitest.NewServer(apitest.WithTokens(250))
	defer server.Close()

	var page gen.OAuthTokenPage
	url := server.URL + "/organizations/" + apitest.Organization + "/oauth-applications/" + apitest.ApplicationID + "/tokens"
	status := ask(url+"?per_page=500", &page)
	fmt.Println(status, len(page.Data), "of", *page.TotalCount, "tokens; next page", *page.NextPage)
	// Output: 200 100 of 250 tokens; next page 2
}

// The tokens and the time are the test's own, so that it can compare what comes of them.
func ExampleWithTokenList() {
	now := time.Date(2026, time.September, 15, 12, 0, 0, 0, time.UTC)
	expired := now.Add(-time.Hour)
	server := apitest.NewServer(
		apitest.WithClock(func() time.Time { return now }),
		apitest.WithTokenList([]gen.OAuthToken{
			{ID: "1", DisplayName: "Forgotten", CreatedAt: now.AddDate(0, -1, 0), UpdatedAt: now, ExpiresAt: &expired},
			{ID: "2", DisplayName: "Everlasting", CreatedAt: now.AddDate(0, -1, 0), UpdatedAt: now},
		}),
	)
	defer server.Close()

	var page gen.OAuthTokenPage
	ask(server.URL+"/organizations/"+apitest.Organization+"/oauth-applications/"+apitest.ApplicationID+"/tokens", &page)
	for _, token := range page.Data {
		fmt.Println(token.DisplayName, token.ExpiresAt)
	}
	// Output:
	// Forgotten 2026-09-15 11:00:00 +0000 UTC
	// Everlasting <nil>
}

// The first request fails for a while, the second is one too many, and the third is answered.
func ExampleWithFaults() {
	server := apitest.NewServer(apitest.WithFaults(apitest.Fault{Times: 1, Do: apitest.Status(http.StatusServiceUnavailable)}, apitest.Fault{Times: 1, Do: apitest.Status(http.StatusTooManyRequests, "Retry-After", "2")}))
	defer server.Close()

	for range 3 {
		var answer struct{ Code, Name string }
		status := ask(server.URL+"/organizations/"+apitest.Organization+"/oauth-applications/"+apitest.ApplicationID, &answer)
		fmt.Println(strings.TrimSpace(fmt.Sprint(status, " ", answer.Code, answer.Name)))
	}
	fmt.Println(len(server.Requests()), "requests, the last for", server.Requests()[2].Path)
	// Output:
	// 503 service_unavailable
	// 429 too_many_requests
	// 200 Schema Sentinel
	// 3 requests, the last for /v1/organizations/acme/oauth-applications/5kq1x0v2m8yd
}
