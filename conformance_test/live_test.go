package conformance_test

import (
	"cmp"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/openapi/contract"
)

// What the live service is asked with. The application is any that the organization has.
const (
	organizationVariable = "PLANETSCALE_ORG"
	idVariable           = "PLANETSCALE_SERVICE_TOKEN_ID"
	secretVariable       = "PLANETSCALE_SERVICE_TOKEN"
	applicationVariable  = "PLANETSCALE_OAUTH_APPLICATION"
	accessVariable       = "PLANETSCALE_ACCESS_TOKEN" // for token info
)

func TestTheLiveServiceKeepsTheContract(t *testing.T) {
	t.Parallel()
	var missing []string
	for _, name := range []string{organizationVariable, idVariable, secretVariable, applicationVariable} {
		if os.Getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		t.Skipf("the live service is not asked: set %s, and %s for token info too; it is only read from",
			strings.Join(missing, ", "), accessVariable)
	}
	options := []api.Option{api.WithServiceToken(os.Getenv(idVariable), os.Getenv(secretVariable))}
	if access := os.Getenv(accessVariable); access != "" {
		options = append(options, api.WithAccessToken(access))
	}
	client := newJudged(t, cmp.Or(os.Getenv("PLANETSCALE_API_URL"), api.DefaultBaseURL),
		cmp.Or(os.Getenv("PLANETSCALE_AUTH_URL"), api.DefaultAuthURL), http.DefaultTransport, options...)
	askLive(t, client, os.Getenv(organizationVariable), os.Getenv(applicationVariable))
	responses, wrong := client.verdict(t)
	for _, w := range wrong {
		t.Error(w)
	}
	if responses == 0 {
		t.Error("no response was judged")
	}
	for _, operation := range contract.NewReport(client.run, nil, contract.Off).Coverage.Operations {
		t.Logf("%s: %v, %d of %d members, never %s", operation.ID, operation.Statuses,
			operation.Members.Seen, operation.Members.Declared, strings.Join(operation.Members.Unseen, " "))
	}
}

// askLive makes a call of each operation: the whole list of an application, and a few of its tokens one by one.
func askLive(t *testing.T, client *judged, org, app string) {
	t.Helper()
	if _, err := client.GetApplication(t.Context(), org, app); err != nil {
		t.Error(err)
	}
	tokens := 0
	for token, err := range client.Tokens(t.Context(), org, app, api.ListOptions{}) {
		if err != nil {
			t.Error(err)
			break
		}
		if tokens++; tokens > 3 {
			continue
		}
		if _, err := client.GetToken(t.Context(), org, app, token.ID); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d tokens", tokens)
	_, err := client.TokenInfo(t.Context())
	if errors.Is(err, api.ErrInvalidArgument) {
		t.Logf("token info was not asked for: set %s", accessVariable)
	} else if err != nil {
		t.Error(err)
	}
}
