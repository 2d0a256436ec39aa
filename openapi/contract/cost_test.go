package contract_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
	"github.com/psoauth/psoauth/openapi/contract/mutant"
)

var measure = flag.Bool("score", false, "measure kin-openapi beside this package, and what checking a response costs")

// fullPage is a page of 25 tokens, each with accesses of every kind.
func fullPage() mutant.Mutant {
	var tokens []string
	for i := range 25 {
		tokens = append(tokens, fmt.Sprintf(`{"id":"token%07d","name":"ci-deploys","display_name":"CI deploys","token":null,`+
			`"plain_text_refresh_token":null,"avatar_url":"https://app.planetscale.com/gravatar-fallback.png",`+
			`"created_at":"2026-05-01T08:00:00.000Z","updated_at":"2026-06-11T10:30:15.250Z","expires_at":"2026-06-30T08:00:00.000Z",`+
			`"last_used_at":"2026-06-11T10:30:15.250Z","actor_id":"u4m9b2x7k1re","actor_display_name":"Ada","actor_type":"User",`+
			`"service_token_accesses":[{"id":"a1b2c3d4e5f6","access":"read_branch","description":"Read a database branch",`+
			`"resource_name":"main","resource_id":"br7n4k2m9x1z","resource_type":"Branch","resource":{"id":"br7n4k2m9x1z","name":"main",`+
			`"created_at":"2025-09-14T10:19:23.000Z","updated_at":"2026-03-02T12:00:00.000Z","deleted_at":null}}],%s}`, i, accesses))
	}
	body := fmt.Sprintf(`{"type":"list","current_page":1,"per_page":25,"next_page":null,"next_page_url":null,"prev_page":null,`+
		`"prev_page_url":null,"total_count":25,"total_pages":1,"data":[%s]}`, strings.Join(tokens, ","))
	return mutant.Mutant{Method: "GET", URL: listURL, Status: 200, Header: map[string][]string{"Content-Type": {jsonType}}, Body: []byte(body)}
}

// BenchmarkPage measures one page: decoded into the generated types, checked by this package, and by kin-openapi.
func BenchmarkPage(b *testing.B) {
	m := fullPage()
	for name, work := range pageWork(b, &m) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(m.Body)))
			b.ReportAllocs()
			for b.Loop() {
				work()
			}
		})
	}
}

func pageWork(t testing.TB, m *mutant.Mutant) map[string]func() {
	v := validator(t, atNoon())
	run := v.NewRun()
	kin := theirs(t, []byte(openapi.Contract()))
	return map[string]func(){
		"decode": func() {
			var page gen.OAuthTokenPage
			if err := json.Unmarshal(m.Body, &page); err != nil {
				t.Fatal(err)
			}
		},
		"check": func() {
			if found := run.CheckResponse(m.Request(), m.Response()); len(found) > 0 {
				t.Fatal(found)
			}
		},
		"kin-openapi": func() {
			if got := kin(m); got.rejected {
				t.Fatal(got.messages)
			}
		},
	}
}

// TestCost holds what a check of a page costs, the rules across responses included, against decoding the same page. It
// takes the best of many rounds, because other work on the machine only ever slows them.
func TestCost(t *testing.T) {
	if !*measure {
		t.Skip("measures only with -score")
	}
	m := fullPage()
	work := pageWork(t, &m)
	best := map[string]time.Duration{}
	for range 60 {
		for name, work := range work {
			start := time.Now()
			for range 20 {
				work()
			}
			if took := time.Since(start) / 20; best[name] == 0 || took < best[name] {
				best[name] = took
			}
		}
	}
	for _, name := range []string{"check", "kin-openapi"} {
		t.Logf("%-12s %8v, %.2f of decoding, which takes %v", name, best[name], float64(best[name])/float64(best["decode"]), best["decode"])
	}
	if best["check"] > 2*best["decode"] {
		t.Errorf("checking a page costs more than twice what decoding it does")
	}
}
