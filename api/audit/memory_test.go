package audit_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/api/audit"
)

// The strings of a page share memory. What is found on one token must not keep the others from being freed.
func TestFindingsTakeTheMemoryOfTheirText(t *testing.T) {
	// Not parallel: it measures the whole program's memory.
	const tokens, most = 50_000, 600 // bytes for a finding with its text
	server := apitest.NewServer(apitest.WithTokens(tokens), apitest.WithClock(func() time.Time { return now }))
	defer server.Close()
	client, err := api.NewClient(api.WithBaseURL(server.URL), api.WithRateLimit(0),
		api.WithServiceToken(apitest.ServiceTokenID, apitest.ServiceToken))
	if err != nil {
		t.Fatal(err)
	}
	before := inUse()
	list := client.Tokens(t.Context(), apitest.Organization, apitest.ApplicationID, api.ListOptions{})
	report, err := audit.Run(application(), list, audit.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	findings := 0
	for range report.Findings() {
		findings++
	}
	each := (inUse() - before) / findings
	t.Logf("%d findings of %d bytes", findings, each)
	if findings < tokens/10 || each > most {
		t.Errorf("%d findings take %d bytes each, want at most %d", findings, each, most)
	}
	runtime.KeepAlive(report)
}

func inUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
