package audit_test

import (
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/api/audit"
)

// BenchmarkList lists the tokens of a server on this machine, with and without an audit of them. The time of one op is
// that of 10,000 tokens.
func BenchmarkList(b *testing.B) {
	server := apitest.NewServer(apitest.WithTokens(10_000))
	defer server.Close()
	client, err := api.NewClient(api.WithBaseURL(server.URL), api.WithRateLimit(0),
		api.WithServiceToken(apitest.ServiceTokenID, apitest.ServiceToken))
	if err != nil {
		b.Fatal(err)
	}
	tokens := client.Tokens(b.Context(), apitest.Organization, apitest.ApplicationID, api.ListOptions{})
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, err := range tokens {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("audited", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := audit.Run(application(), tokens, audit.Options{Now: now}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
