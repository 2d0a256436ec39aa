package audit_test

import (
	"fmt"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
)

func ExampleRun() {
	app := &api.Application{ID: "5kq1x0v2m8yd", Name: "Schema Sentinel"}
	tokens := func(yield func(*api.Token, error) bool) { // client.Tokens(ctx, "acme", app.ID, api.ListOptions{})
		actor, name, kind := "u4m9b2x7k1re", "Ada", "User"
		yield(&api.Token{
			ID: "8zt3c5n7w1qa", DisplayName: "CI deploys", ActorID: &actor, ActorDisplayName: &name, ActorType: &kind,
			CreatedAt: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC),
		}, nil)
	}
	report, err := audit.Run(app, tokens, audit.Options{Now: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for f := range report.Findings() {
		fmt.Println(f.Severity, f.Rule, f.Token, f.Name, f.Message)
	}
	// Output:
	// warning token.never-expires 8zt3c5n7w1qa CI deploys issued on 2026-03-01 without an expiry date
	// warning token.never-used 8zt3c5n7w1qa CI deploys issued on 2026-03-01, 183 days ago, and never used
}
