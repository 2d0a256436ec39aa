package apitest_test

import (
	"fmt"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
)

// BenchmarkPage measures what a page of 100 tokens costs without a network.
func BenchmarkPage(b *testing.B) {
	planetscale := apitest.New(apitest.WithTokens(1_000_000))
	response := &recorder{}
	b.ReportAllocs()
	for page := 1; b.Loop(); page = page%10_000 + 1 {
		response.reset()
		serveInto(b.Context(), response, planetscale, fmt.Sprintf("/v1%s?per_page=100&page=%d", tokensPath, page), serviceToken)
		b.SetBytes(int64(response.body.Len()))
	}
}
