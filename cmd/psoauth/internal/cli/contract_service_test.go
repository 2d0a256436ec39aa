package cli_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/openapi"
)

func TestCheckOfTheService(t *testing.T) {
	t.Parallel()
	for _, revision := range []string{"2025-12", "2026-08", "2026-09"} {
		server := newServer(t, apitest.WithRevision(revision), apitest.WithTokens(1037))
		got := checked(t, userOfTestServer(server), 0, "--app", apitest.ApplicationID, "--fail-on", "warning")
		for operation, want := range map[string]int{"getOAuthApplication": 1, "listOAuthTokens": 11, "getOAuthToken": 3, "getTokenInfo": 1} {
			if n := got.answers(operation); n != want {
				t.Errorf("%v: %d answers of %s, want %d", revision, n, operation, want)
			}
		}
		for _, request := range server.Requests() {
			if request.Method != http.MethodGet {
				t.Errorf("%s %s does more than read", request.Method, request.Path)
			}
		}
	}
}

func TestCheckOfTheServiceWithOneCredential(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	all := userOfTestServer(server)
	service := checked(t, all.with("PLANETSCALE_ACCESS_TOKEN", ""), 0, "--app", apitest.ApplicationID)
	if n := service.answers("getTokenInfo"); n != 0 {
		t.Errorf("%d answers without an access token", n)
	}
	access := checked(t, all.with("PLANETSCALE_SERVICE_TOKEN", "").with("PLANETSCALE_SERVICE_TOKEN_ID", ""), 0, "--app", apitest.ApplicationID)
	if n := access.Summary.Responses; n != 7 {
		t.Errorf("%d responses", n)
	}
}

func TestCheckOfTheSandbox(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"--app", apitest.ApplicationID}, {"--org", "any"}} {
		if got := checked(t, userOf("http://127.0.0.1:1"), 0, append(args, "--sandbox")...); got.Summary.Responses != 7 || len(got.Findings) > 0 {
			t.Errorf("%q: %+v", args, got)
		}
	}
}

// The client refuses what the contract refuses; the report says it, and the other operations are asked all the same.
func TestCheckOfAServiceThatIsWrong(t *testing.T) {
	t.Parallel()
	on := func(operation string) func(*http.Request) bool {
		return func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, operation) }
	}
	for _, test := range []struct {
		name    string
		fault   apitest.Fault
		want    []string // rules
		answers int
	}{
		{"HTML for an application", apitest.Fault{Match: on(apitest.ApplicationID), Do: apitest.HTML(200)}, []string{"live http.content-type"}, 7},
		{"a page loop", apitest.Fault{Match: apitest.OnPage(2), Do: apitest.NextPage(1)}, []string{"live page.next-not-advancing"}, 7},
		{"duplicate members in token info", apitest.Fault{Match: on("/info"), Do: apitest.Edit(func(body []byte) []byte {
			return append([]byte(`{"active":null,`), body[1:]...)
		})}, []string{"live json.duplicate-member"}, 7},
		{"a truncated page", apitest.Fault{Match: apitest.OnPage(2), Do: apitest.Edit(func([]byte) []byte { return []byte(`{"data":[`) })}, []string{"live json.truncated"}, 7},
	} {
		server := newServer(t, apitest.WithFaults(test.fault))
		got := checked(t, userOfTestServer(server), 1, "--app", apitest.ApplicationID)
		rules := slices.Compact(got.rules())
		if !slices.Contains(rules, test.want[0]) || got.Summary.Responses < test.answers {
			t.Errorf("%s: %q, %+v", test.name, rules, got.Summary)
		}
	}
	redirecting := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://example.com/?token="+r.Header.Get("Authorization"), http.StatusFound)
	})
	got := checked(t, userOf(redirecting), 1, "--app", "a")
	if rules := got.rules(); len(rules) != 3 || rules[0] != "live http.status" {
		t.Errorf("%q", rules)
	}
}

func TestCheckOfAServiceThatCannotBeAskedReportsTheRest(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithAccesses("read_oauth_tokens"))
	r := run(t, userOfTestServer(server), "contract", "check", "--app", apitest.ApplicationID, "--format", "json")
	got := r.report(t, 2)
	if n := got.answers("listOAuthTokens"); n != 2 || len(got.Findings) > 0 {
		t.Errorf("%d pages, %v", n, got.Findings)
	}
	if line := failed(t, r); !strings.Contains(line, "not allowed to read application") {
		t.Error(line)
	}
	r = run(t, userOf("http://127.0.0.1:1"), "contract", "check", "--app", "a", "--timeout", "10s")
	if line := failed(t, r); r.stdout != "" || !strings.Contains(line, "check the network") {
		t.Errorf("%s%s", line, r.stdout)
	}
}

// With a pause of half a minute before each, further questions would be as long as they are pointless.
func TestCheckOfAServiceThatWantsToBeLeftAloneIsOneCall(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 500, 503} {
		server := newServer(t, apitest.WithFaults(apitest.Fault{Do: apitest.Status(status, "Retry-After", "1e9")}))
		failed(t, run(t, userOfTestServer(server), "contract", "check", "--app", apitest.ApplicationID))
		if n := len(server.Requests()); n != 1 {
			t.Errorf("%d: %d requests", status, n)
		}
	}
}

// Where the contract is told to look away, nobody else says what the client refused.
func TestCheckSaysWhatTheClientRefusesAndNoRuleFinds(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithFaults(apitest.Fault{Match: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/info") }, Do: apitest.HTML(200)}))
	r := run(t, userOfTestServer(server), "contract", "check", "--app", apitest.ApplicationID, "--severity", "http.content-type=off")
	if line := failed(t, r); !strings.Contains(line, "token info: the response is") || !strings.Contains(r.stdout, "7 responses: 0 errors") {
		t.Errorf("%s%s", line, r.stdout)
	}
}

func TestCheckOfTheServiceByAnotherSpec(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	spec := write(t, map[string]string{"spec.yaml": otherSpec}) + "/spec.yaml"
	args := []string{"contract", "check", "--app", apitest.ApplicationID, "--spec", spec}
	if line := failed(t, run(t, userOfTestServer(server), args...)); !strings.Contains(line, `"https://api.planetscale.com/v1" is no server of the contract`) {
		t.Error(line)
	}
	// With servers of its own, it takes --server.
	document := strings.NewReplacer("https://api.planetscale.com/v1", "https://example.com/v3", "https://auth.planetscale.com", "https://example.com").
		Replace(openapi.Contract())
	spec = write(t, map[string]string{"spec.yaml": document}) + "/spec.yaml"
	got := checked(t, userOfTestServer(server), 0, "--app", apitest.ApplicationID, "--spec", spec,
		"--server", server.URL+"=https://example.com/v3", "--server", server.AuthURL+"=https://example.com")
	if got.Summary.Responses != 7 || len(got.Findings) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestCheckOfAServiceThatIsNotThereIsOneCall(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	address := serve(t, func(http.ResponseWriter, *http.Request) {
		requests.Add(1)
		panic(http.ErrAbortHandler)
	})
	failed(t, run(t, userOf(address), "contract", "check", "--app", "a"))
	if n, want := requests.Load(), int64(1+api.DefaultMaxRetries); n > 2*want { // net/http may repeat one on its own
		t.Errorf("%d requests, want %d", n, want)
	}
}

func TestAnInterruptEndsACheck(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	server := newServer(t, apitest.WithFaults(apitest.Fault{Match: apitest.OnPage(2), Do: func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			interrupt()
			<-r.Context().Done()
		})
	}}))
	var stdout, stderr bytes.Buffer
	status := process(ctx, userOfTestServer(server), &stdout, &stderr, "contract", "check", "--app", apitest.ApplicationID)
	if line := interrupted(t, result{status, stdout.String(), stderr.String()}); !strings.HasPrefix(line, "psoauth: interrupted") || stdout.Len() > 0 {
		t.Errorf("%s%s", line, stdout.String())
	}
}
