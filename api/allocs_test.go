//go:build !race

// The race detector makes pools forget at random what they hold.

package api_test

import (
	"net/http"
	"testing"

	"github.com/psoauth/psoauth/api"
)

// allocations returns how many allocations it takes to list one page without a network, by the generated client with
// encoding/json and by ours.
func allocations(t *testing.T, transport http.RoundTripper) (generated, ours float64) {
	t.Helper()
	c := inProcess(t, transport)
	generated = testing.AllocsPerRun(50, func() { c.generatedPage(t, 1) })
	ours = testing.AllocsPerRun(50, func() {
		if _, err := c.ours.ListTokens(t.Context(), "acme", "app1", api.ListOptions{}); err != nil {
			t.Fatal(err)
		}
	})
	return generated, ours
}

func TestAllocationsAreFew(t *testing.T) {
	generatedNone, none := allocations(t, bodyWire([]byte(emptyPage), http.StatusOK))
	t.Logf("a page without tokens: %.0f, by the generated client %.0f", none, generatedNone)
	generatedMany, many := allocations(t, newTokenList(t, 2))
	t.Logf("a page of %d tokens: %.0f, by the generated client %.0f", perPage, many, generatedMany)
	if each := (many - none) / perPage; each > 2 {
		t.Errorf("%.2f allocations for each token", each)
	}
	if many > generatedMany+3 {
		t.Errorf("a page of %d tokens takes %.0f allocations, by the generated client %.0f", perPage, many, generatedMany)
	}
}
