package apitest_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

func TestPages(t *testing.T) {
	t.Parallel()
	const n = 237
	planetscale := apitest.NewHandler(apitest.WithTokens(n), apitest.WithClock(atNoon))
	base := "http://planetscale.example/v1" + tokensPath
	tests := []struct {
		query         string
		current       int64
		perPage, size int
		first         int   // the position of the first token, if there is one
		next, prev    int64 // 0 for null
	}{
		{"", 1, 25, 25, 0, 2, 0},
		{"?page=1&per_page=100", 1, 100, 100, 0, 2, 0},
		{"?page=2&per_page=100", 2, 100, 100, 100, 3, 1},
		{"?page=3&per_page=100", 3, 100, 37, 200, 0, 2},
		{"?page=4&per_page=100", 4, 100, 0, 0, 0, 3},
		{"?per_page=101", 1, 100, 100, 0, 2, 0},
		{"?per_page=100000", 1, 100, 100, 0, 2, 0},
		{"?page=237&per_page=1", 237, 1, 1, 236, 0, 236},
		{"?page=79&per_page=3", 79, 3, 3, 234, 0, 78},
		{"?page=0&per_page=0", 1, 25, 25, 0, 2, 0},
		{"?page=-7&per_page=-7", 1, 25, 25, 0, 2, 0},
		{"?page=9223372036854775807&per_page=100", math.MaxInt64, 100, 0, 0, 0, math.MaxInt64 - 1},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			t.Parallel()
			response := serve(planetscale, "/v1"+tokensPath+test.query, serviceToken)
			if response.status != http.StatusOK {
				t.Fatal(response.status, response.body.String())
			}
			envelope := object(t, response.body.String())
			link := func(page int64) (number, url any) {
				if page == 0 {
					return nil, nil
				}
				return float64(page), base + "?page=" + strconv.FormatInt(page, 10) + "&per_page=" + strconv.Itoa(test.perPage)
			}
			want := map[string]any{
				"type": "list", "current_page": float64(test.current), "per_page": float64(test.perPage),
				"total_count": float64(n), "total_pages": float64((n + test.perPage - 1) / test.perPage),
			}
			want["next_page"], want["next_page_url"] = link(test.next)
			want["prev_page"], want["prev_page_url"] = link(test.prev)
			data := envelope["data"].([]any)
			delete(envelope, "data")
			for name, value := range want {
				if envelope[name] != value {
					t.Errorf("%s: %v, want %v", name, envelope[name], value)
				}
			}
			if len(envelope) != len(want) {
				t.Errorf("%d members beside data, want %d", len(envelope), len(want))
			}
			if len(data) != test.size {
				t.Fatalf("%d tokens, want %d", len(data), test.size)
			}
			for i, token := range data {
				if got := token.(map[string]any)["id"]; got != planetscale.Token(test.first+i).ID {
					t.Fatalf("token %d of the page: %v, want that at position %d", i, got, test.first+i)
				}
			}
		})
	}
}

func TestAPageThatIsNoNumberIsRefused(t *testing.T) {
	t.Parallel()
	planetscale := apitest.NewHandler()
	for _, name := range []string{"page", "per_page"} {
		response := serve(planetscale, "/v1"+tokensPath+"?"+name+"=one", serviceToken)
		want := `{"errors":[{"name":"` + name + `","errors":["must be a number"]}]}`
		if response.status != http.StatusUnprocessableEntity || response.body.String() != want {
			t.Errorf("%s: %d %s", name, response.status, response.body.String())
		}
	}
}

func TestTheAddressOfAPageLeadsThere(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithOrganization("a b/c?"), apitest.WithTokens(30))
	path := strings.Replace(tokensPath, apitest.Organization, "a%20b%2Fc%3F", 1)
	_, body := get(t, server.URL+path, serviceToken)
	next := object(t, body)["next_page_url"].(string)
	status, body := get(t, next, serviceToken)
	if status != http.StatusOK || object(t, body)["current_page"] != 2.0 {
		t.Errorf("GET %s: %d %.200s", next, status, body)
	}
}

func TestApplications(t *testing.T) {
	t.Parallel()
	given := gen.OAuthApplication{ID: "given", Name: "Given", Scopes: openapi.Scopes{"read_user"}, Tokens: 9}
	for _, test := range []struct {
		options []apitest.Option
		want    []string // id, and how many tokens the list has
	}{
		{nil, []string{apitest.ApplicationID + " 120", "7pm4d9w2k6tb 17"}},
		{[]apitest.Option{apitest.WithTokens(3)}, []string{apitest.ApplicationID + " 3", "7pm4d9w2k6tb 17"}},
		{[]apitest.Option{apitest.WithApplicationIDs("another", "b", "c")}, []string{"another 120", "b 17", "c 17"}},
		{[]apitest.Option{
			apitest.WithApplication(given), apitest.WithApplication(gen.OAuthApplication{ID: "2"}, gen.OAuthToken{ID: "t"}),
		}, []string{"given 0", "2 1"}},
	} {
		planetscale := apitest.NewHandler(test.options...)
		at, _, _ := strings.Cut(application, "/"+apitest.ApplicationID)
		var got []string
		seen, names := map[string]bool{}, map[any]bool{}
		for page := 1; page <= len(test.want); page++ {
			envelope := object(t, serve(planetscale, fmt.Sprintf("/v1%s?per_page=1&page=%d", at, page), serviceToken).body.String())
			if envelope["total_count"] != float64(len(test.want)) || (envelope["next_page"] == nil) != (page == len(test.want)) {
				t.Errorf("page %d: %v", page, envelope)
			}
			app := envelope["data"].([]any)[0].(map[string]any)
			names[app["name"]] = true
			one := object(t, serve(planetscale, "/v1"+at+"/"+app["id"].(string), serviceToken).body.String())
			if !reflect.DeepEqual(one, app) {
				t.Errorf("alone the application is %v, in the list %v", one, app)
			}
			tokens := object(t, serve(planetscale, "/v1"+at+"/"+app["id"].(string)+"/tokens?per_page=100", serviceToken).body.String())
			for _, token := range tokens["data"].([]any) {
				id := token.(map[string]any)["id"].(string)
				if seen[id] {
					t.Errorf("two applications have the token %s", id)
				}
				seen[id] = true
				if planetscale.ApplicationOf(id) != app["id"] {
					t.Errorf("the token %s of %v is that of %q", id, app["id"], planetscale.ApplicationOf(id))
				}
			}
			got = append(got, fmt.Sprint(app["id"], " ", tokens["total_count"]))
		}
		if !slices.Equal(got, test.want) || len(names) != len(got) {
			t.Errorf("got %q with the names %v, want %q", got, names, test.want)
		}
		if got := serve(planetscale, "/v1"+at+"/nobody/tokens", serviceToken).status; got != http.StatusNotFound {
			t.Errorf("an unknown application: %d", got)
		}
	}
}

func TestARevokedTokenIsGoneFromTheStart(t *testing.T) {
	t.Parallel()
	id := apitest.NewHandler().Token(4).ID
	planetscale := apitest.NewHandler(apitest.WithRevokedToken(id))
	if got := serve(planetscale, "/v1"+tokensPath+"/"+id, serviceToken).status; got != http.StatusNotFound || planetscale.TokenCount() != 119 {
		t.Errorf("%d, and %d tokens are left", got, planetscale.TokenCount())
	}
}

func TestTheClientReachesThisServerOnly(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithTokens(30))
	ask := func(url, authorization string) (*http.Response, string, error) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", authorization)
		response, err := server.Client().Do(request)
		if err != nil {
			return nil, "", err
		}
		defer response.Body.Close()
		data, err := io.ReadAll(response.Body)
		return response, string(data), err
	}
	base := "https://api.planetscale.com/v1"
	response, page, err := ask(base+tokensPath, serviceToken)
	if err != nil || response.StatusCode != 200 || response.Request.URL.Host != "api.planetscale.com" {
		t.Fatalf("%v %v", response, err)
	}
	if next := object(t, page)["next_page_url"]; next != base+tokensPath+"?page=2&per_page=25" {
		t.Errorf("next_page_url is %v", next)
	}
	if response, body, err := ask("https://auth.planetscale.com/oauth/token/info", accessToken); err != nil || response.StatusCode != 200 {
		t.Errorf("token info: %v %s %v", response, body, err)
	}
	if response, _, err := ask(server.URL+tokensPath, serviceToken); err != nil || response.StatusCode != 200 {
		t.Errorf("its own address: %v", err)
	}
	if _, _, err := ask("http://127.0.0.1:1/", serviceToken); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("another host: %v", err)
	}
}
