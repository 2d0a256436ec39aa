package conformance_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/openapi"
	"github.com/psoauth/psoauth/openapi/contract"
)

var update = flag.Bool("update", false, "write the recordings in testdata again")

// recordedAt is the present of the recordings.
var recordedAt = time.Date(2026, time.September, 15, 12, 0, 0, 0, time.UTC)

// recordings are those of the sandbox in testdata, by the name of the file: what it was asked, and in which form it was.
var recordings = map[string]struct {
	ask     func(context.Context, *testing.T, *apitest.Server, func(secret string) *api.Client)
	options []apitest.Option
}{
	"2025-12":            {askAll, []apitest.Option{apitest.WithRevision("2025-12")}},
	"2026-08":            {askAll, []apitest.Option{apitest.WithRevision("2026-08")}},
	"2026-09":            {askAll, []apitest.Option{apitest.WithRevision("2026-09")}},
	"token-info-legacy":  {askTokenInfo, []apitest.Option{apitest.WithTokenInfoForm("legacy")}},
	"token-info-refused": {askTokenInfo, []apitest.Option{apitest.WithTokenInfoForm("refused")}},
}

func TestRecordings(t *testing.T) {
	t.Parallel()
	t.Run("are what the sandbox answers", func(t *testing.T) {
		for name, recording := range recordings {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				compare(t, filepath.Join("testdata", name+".har"), record(t, recording.ask, recording.options...))
			})
		}
	})
	t.Run("keep the contract", testRecordingsKeepTheContract)
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the sandbox answers: go test ./conformance_test -update writes it again", path)
	}
	for _, private := range []string{apitest.ServiceToken, apitest.AccessToken, "pscale_oauth_expired", "127.0.0.1"} {
		if bytes.Contains(want, []byte(private)) {
			t.Errorf("%s is in %s", private, path)
		}
	}
}

// record starts a sandbox, has it asked by clients of its service token or a wrong one, and returns the recording.
func record(
	t *testing.T, ask func(context.Context, *testing.T, *apitest.Server, func(string) *api.Client), options ...apitest.Option,
) []byte {
	t.Helper()
	clock := apitest.WithClock(func() time.Time { return recordedAt })
	srv := apitest.NewServer(append(options, clock, apitest.WithTokens(26))...)
	t.Cleanup(srv.Close)
	recorder := &recorder{
		next: http.DefaultTransport, at: recordedAt,
		servers: []string{srv.URL, api.DefaultBaseURL, srv.AuthURL, api.DefaultAuthURL},
	}
	ask(t.Context(), t, srv, func(secret string) *api.Client {
		client, err := api.NewClient(
			api.WithBaseURL(srv.URL), api.WithAuthURL(srv.AuthURL), api.WithRateLimit(0),
			api.WithServiceToken(apitest.ServiceTokenID, secret), api.WithHTTPClient(&http.Client{Transport: recorder}))
		if err != nil {
			t.Fatal(err)
		}
		return client
	})
	return recorder.recording(t)
}

// askAll asks for everything, with and without success.
func askAll(ctx context.Context, t *testing.T, srv *apitest.Server, client func(secret string) *api.Client) {
	expect := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	good, org, app := client(apitest.ServiceToken), apitest.Organization, apitest.ApplicationID
	_, err := good.GetApplication(ctx, org, app)
	expect(err, nil)
	for _, err := range good.TokenPages(ctx, org, app, api.ListOptions{PerPage: 10}) {
		expect(err, nil)
	}
	for _, i := range []int{0, 21, 23} { // of these, 21 has hardly any access and 23 has all there are
		_, err = good.GetToken(ctx, org, app, srv.Token(i).ID)
		expect(err, nil)
	}
	_, err = good.GetApplication(ctx, org, "nobody")
	expect(err, api.ErrNotFound)
	_, err = good.GetToken(ctx, org, app, "nobody")
	expect(err, api.ErrNotFound)
	_, err = client("pscale_tkn_of0nobody").ListTokens(ctx, org, app, api.ListOptions{})
	expect(err, api.ErrUnauthorized)
	askTokenInfo(ctx, t, srv, client)
	for _, err := range good.Applications(ctx, org, api.ListOptions{PerPage: 1}) {
		expect(err, nil)
	}
	gone := srv.Token(25).ID
	_, err = good.DeleteToken(ctx, org, app, gone)
	expect(err, nil)
	_, err = good.DeleteToken(ctx, org, app, gone)
	expect(err, api.ErrNotFound)
}

func askTokenInfo(ctx context.Context, t *testing.T, _ *apitest.Server, client func(secret string) *api.Client) {
	for _, token := range []string{apitest.AccessToken, "pscale_oauth_expired"} {
		if _, err := client(apitest.ServiceToken).InspectToken(ctx, token); err != nil {
			t.Error(err)
		}
	}
}

func testRecordingsKeepTheContract(t *testing.T) {
	validator, err := contract.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	run := validator.NewRun()
	if err := run.CheckPath("testdata"); err != nil {
		t.Fatal(err)
	}
	report := contract.NewReport(run, nil, contract.Off)
	for _, f := range report.Findings {
		t.Error(f)
	}
	if want := 3*(2+1+3+3+3+2) + 5*2; report.Summary.Responses != want {
		t.Errorf("%d responses, want %d: is there a recording that is not made here any more?", report.Summary.Responses, want)
	}
	for _, operation := range report.Coverage.Operations {
		success := "200"
		if operation.ID == "deleteOAuthToken" {
			success = "204"
		}
		unseen := slices.DeleteFunc(operation.Members.Unseen, func(pointer string) bool {
			return slices.ContainsFunc(strings.Split(pointer, "/"), func(name string) bool { return slices.Contains(unrecorded(), name) })
		})
		if operation.Statuses[success] == 0 || len(unseen) > 0 {
			t.Errorf("%s: %v; no recording has %s", operation.ID, operation.Statuses, strings.Join(unseen, ", "))
		}
	}
}

// unrecorded returns the members that the contract marks as in no recording yet, as contract diff --suggest does.
func unrecorded() (members []string) {
	parents := map[int]string{} // the last key at each indentation
	for line := range strings.Lines(openapi.Contract()) {
		key := strings.TrimLeft(line, " ")
		indent := len(line) - len(key)
		if key == "x-unrecorded: true\n" {
			members = append(members, parents[indent-2])
		}
		parents[indent] = strings.TrimRight(key, ":\n")
	}
	return members
}
