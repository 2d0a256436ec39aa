package conformance_test

import (
	"net/http"
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/openapi/contract"
)

// A judged client is one whose every response is checked against the contract twice: by kin-openapi alone, and by the
// contract's own validator.
type judged struct {
	*api.Client
	enforcer *enforcer
	run      *contract.Run
}

// newJudged makes a client that is judged, for the service at two base URLs.
func newJudged(t *testing.T, apiURL, authURL string, next http.RoundTripper, options ...api.Option) *judged {
	t.Helper()
	validator, err := contract.NewValidator(
		contract.WithServer(apiURL, api.DefaultBaseURL), contract.WithServer(authURL, api.DefaultAuthURL))
	if err != nil {
		t.Fatal(err)
	}
	j := &judged{run: validator.NewRun()}
	j.enforcer = newEnforcer(t, j.run.Transport(next, nil), map[string]string{
		apiURL: api.DefaultBaseURL, authURL: api.DefaultAuthURL,
	})
	j.Client, err = api.NewClient(append(options,
		api.WithBaseURL(apiURL), api.WithAuthURL(authURL), api.WithHTTPClient(&http.Client{Transport: j.enforcer}))...)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// verdict returns how many responses were judged, and what is wrong with them by either judge; notes are logged only.
func (j *judged) verdict(t *testing.T) (responses int, wrong []string) {
	t.Helper()
	responses, broken := j.enforcer.verdict()
	for _, err := range broken {
		wrong = append(wrong, "kin-openapi: "+err.Error())
	}
	report := contract.NewReport(j.run, nil, contract.Off)
	if report.Summary.Responses != responses {
		t.Errorf("one judge saw %d responses, the other %d", responses, report.Summary.Responses)
	}
	for _, f := range report.Findings {
		if f.Severity < contract.Warning {
			t.Log(f)
			continue
		}
		wrong = append(wrong, f.String())
	}
	return responses, wrong
}
