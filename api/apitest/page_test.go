package apitest_test

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
)

func TestPages(t *testing.T) {
	t.Parallel()
	const n = 237
	planetscale := apitest.New(apitest.WithTokens(n), apitest.WithClock(atNoon))
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
	planetscale := apitest.New()
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

func TestTheApplicationHasTheIDAsked(t *testing.T) {
	t.Parallel()
	planetscale := apitest.New(apitest.WithApplicationID("another"))
	path := strings.Replace("/v1"+application, apitest.ApplicationID, "another", 1)
	if got := object(t, serve(planetscale, path, serviceToken).body.String())["id"]; got != "another" {
		t.Errorf("GET %s: id %v", path, got)
	}
	if got := serve(planetscale, "/v1"+application, serviceToken).status; got != http.StatusNotFound {
		t.Errorf("the usual id: %d", got)
	}
}
