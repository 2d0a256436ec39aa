package apitest_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
)

// BenchmarkPage measures what a page of 100 tokens costs without a network.
func BenchmarkPage(b *testing.B) {
	planetscale := apitest.NewHandler(apitest.WithTokens(100_000))
	response := &recorder{}
	b.ReportAllocs()
	for page := 1; b.Loop(); page = page%1_000 + 1 {
		response.reset()
		serveInto(b.Context(), response, planetscale, fmt.Sprintf("/v1%s?per_page=100&page=%d", tokensPath, page), serviceToken)
		b.SetBytes(int64(response.body.Len()))
	}
}

// BenchmarkServer measures the same over the loopback interface, with a client that throws the page away.
func BenchmarkServer(b *testing.B) {
	server := newServer(b, apitest.WithTokens(100_000))
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for page := 1; b.Loop(); page = page%1_000 + 1 {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet,
			fmt.Sprintf("%s%s?per_page=100&page=%d", server.URL, tokensPath, page), nil)
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Authorization", serviceToken)
		response, err := client.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(n)
	}
}
