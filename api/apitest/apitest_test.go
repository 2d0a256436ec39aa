package apitest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api/apitest"
)

// noon is what time it is where a test cares.
var noon = time.Date(2026, time.September, 15, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

const (
	serviceToken = apitest.ServiceTokenID + ":" + apitest.ServiceToken
	accessToken  = "Bearer " + apitest.AccessToken
	application  = "/organizations/" + apitest.Organization + "/oauth-applications/" + apitest.ApplicationID
	tokensPath   = application + "/tokens"
)

// newServer starts a server that the end of the test closes.
func newServer(t testing.TB, options ...apitest.Option) *apitest.Server {
	t.Helper()
	server := apitest.NewServer(options...)
	t.Cleanup(server.Close)
	return server
}

// send sends a GET request with the Authorization header, unless it is empty, and follows no redirect.
func send(t testing.TB, url, authorization string) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	return client.Do(request)
}

var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// body replaces the body of the answer.
func body(text string) func(http.Handler) http.Handler {
	return apitest.Edit(func([]byte) []byte { return []byte(text) })
}

// chain has a request meet all the faults, the first outermost.
func chain(faults ...func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		for _, fault := range slices.Backward(faults) {
			next = fault(next)
		}
		return next
	}
}

// get sends a request that must succeed at the level of HTTP, and returns the status and the body.
func get(t testing.TB, url, authorization string) (int, string) {
	t.Helper()
	response, err := send(t, url, authorization)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// object decodes a body that must be a JSON object.
func object(t testing.TB, body string) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(body), &members); err != nil || members == nil {
		t.Fatalf("not a JSON object (%v): %.200s", err, body)
	}
	return members
}

// list returns a page's envelope and the ids on it.
func list(t testing.TB, server *apitest.Server, page, perPage int) (envelope map[string]any, ids []string) {
	t.Helper()
	query := url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(perPage)}}
	status, body := get(t, server.URL+tokensPath+"?"+query.Encode(), serviceToken)
	if status != http.StatusOK {
		t.Fatalf("page %d: %d %s", page, status, body)
	}
	envelope = object(t, body)
	for _, token := range envelope["data"].([]any) {
		ids = append(ids, token.(map[string]any)["id"].(string))
	}
	return envelope, ids
}
