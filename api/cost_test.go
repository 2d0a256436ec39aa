package api_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api"
)

// A few bytes on the wire can be many in memory: {} is a token of 192 bytes. What a response costs in all, garbage
// included, stays in proportion to the limit on its bytes, whatever they say.
func TestWhatAServerSendsCostsMemoryInProportion(t *testing.T) {
	const limit = 4 << 20
	const words = 60 << 10                         // a longer error is not read for words
	credential := strings.Repeat("s3cret-", 1<<10) // what is looked for in words
	const page = `{"current_page":1,"next_page":null,"next_page_url":null,"prev_page":null,"prev_page_url":null,"data":[`
	before, after, _ := strings.Cut(applicationBody, `"read_user read_databases"`)
	for name, test := range map[string]struct {
		operation string
		status    int
		head      string
		item      string // as often as the size allows; %x counts
		tail      string
	}{
		"empty tokens":            {"listOAuthTokens", 200, page, `{},`, `{}]}`},
		"tokens of nothing":       {"listOAuthTokens", 200, page, `null,`, `null]}`},
		"small tokens":            {"listOAuthTokens", 200, page, `{"id":"","display_name":"","avatar_url":"","created_at":"2026-05-01T08:00:00Z","updated_at":"2026-05-01T08:00:00Z"},`, tokenBody + `]}`},
		"scopes":                  {"getOAuthApplication", 200, before + `[`, `"a",`, `"a"]` + after},
		"scopes in a string":      {"getOAuthApplication", 200, before + `"`, `a `, `"` + after},
		"scopes of a token":       {"getTokenInfo", 200, `{"active":true,"scope":[`, `"a",`, `"a"]}`},
		"members of token info":   {"getTokenInfo", 200, `{`, `"%x":0,`, `"active":true}`},
		"members nobody knows":    {"getOAuthApplication", 200, `{`, `"%x":0,`, applicationBody[1:]},
		"objects nobody knows":    {"getOAuthApplication", 200, `{"x":[`, `{},`, `{}],` + applicationBody[1:]},
		"errors":                  {"getOAuthApplication", 404, `{"errors":[`, `{},`, `{}]}`},
		"errors with names":       {"getOAuthApplication", 422, `{"errors":[`, `{"name":"x","errors":[]},`, `{}]}`},
		"errors in an error":      {"getOAuthApplication", 404, `{"errors":[{"errors":[`, `"",`, `""]}]}`},
		"members of an error":     {"getOAuthApplication", 404, `{`, `"%x":0,`, `"x":0}`},
		"accesses":                {"getOAuthToken", 200, `{"service_token_accesses":[`, `{},`, `{}],` + tokenBody[1:]},
		"databases":               {"getOAuthToken", 200, `{"oauth_accesses_by_resource":{"database":{"databases":[`, `{},`, `{}]}},` + tokenBody[1:]},
		"arrays in arrays":        {"getOAuthToken", 200, ``, `[`, ``},
		"a long string":           {"getOAuthToken", 200, `{"name":"`, `a`, `",` + tokenBody[1:]},
		"a long escaped string":   {"getOAuthToken", 200, `{"name":"`, `\n`, `",` + tokenBody[1:]},
		"a long secret":           {"getOAuthToken", 404, `{"message":"pscale_tkn_`, `a`, `"}`},
		"many secrets":            {"getOAuthToken", 404, `{"message":"`, `pscale_tkn_a `, `"}`},
		"a long name of a member": {"getOAuthToken", 200, `{"`, `a`, `":1,` + tokenBody[1:]},
	} {
		cost := func(t *testing.T, size int) {
			var b strings.Builder
			b.WriteString(test.head)
			for values := 0; b.Len() < size-len(test.head)-len(test.tail)-20; values++ {
				item := test.item
				if strings.Contains(item, "%") {
					item = fmt.Sprintf(item, values)
				}
				b.WriteString(item)
			}
			b.WriteString(test.tail)
			body := []byte(b.String())
			c, err := api.NewClient(api.WithServiceToken(serviceID, credential), api.WithAccessToken(accessToken),
				api.WithHTTPClient(&http.Client{Transport: wire(bodyWire(body, test.status))}),
				api.WithMaxResponseBytes(limit), api.WithMaxRetries(0))
			if err != nil {
				t.Fatal(err)
			}
			var earlier, later runtime.MemStats
			runtime.ReadMemStats(&earlier)
			_, _ = everyOperation[test.operation](t.Context(), c)
			runtime.ReadMemStats(&later)
			cost := later.TotalAlloc - earlier.TotalAlloc
			if cost > 16*limit {
				t.Errorf("%d bytes cost %d bytes of memory, which is %.1f times the limit", len(body), cost, float64(cost)/limit)
			}
		}
		t.Run(name, func(t *testing.T) { cost(t, limit) })
		if test.status != http.StatusOK {
			t.Run(name+" that are read", func(t *testing.T) { cost(t, words) })
		}
	}
}
