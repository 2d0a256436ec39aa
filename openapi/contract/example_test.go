package contract_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/openapi/contract"
)

func ExampleValidator_CheckResponse() {
	v, err := contract.NewValidator()
	if err != nil {
		panic(err)
	}
	req := httptest.NewRequest(http.MethodGet, "https://auth.planetscale.com/oauth/token/info", nil)
	resp := &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(`{"active":"yes"}`)),
	}
	for _, finding := range v.CheckResponse(req, resp) {
		fmt.Println(finding)
	}
	// Output:
	// error schema.type live getTokenInfo 200 body /active: want a boolean, got a string
}

// A run judges several responses together and makes a report.
func ExampleRun() {
	v, err := contract.NewValidator()
	if err != nil {
		panic(err)
	}
	run := v.NewRun()
	for i, body := range []string{`{"active":false}`, `{"active":false,"active":true}`} {
		if err := run.CheckBody(fmt.Sprintf("body%d.json", i), "getTokenInfo", 200, strings.NewReader(body)); err != nil {
			panic(err)
		}
	}
	report := contract.NewReport(run, nil, contract.Warning)
	fmt.Println(report.Summary)
	fmt.Println("failures:", report.Failures())
	for _, finding := range report.Findings {
		fmt.Println(finding)
	}
	// Output:
	// 2 responses: 1 error, 0 warnings, 0 notes
	// failures: 1
	// error json.duplicate-member body1.json getTokenInfo 200 body /active: the member occurs more than once
}

// A test server stands for the real one by WithServer. In a test, pass the *testing.T itself.
func ExampleTestTransport() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"active":true,"exp":1.5}`)
	}))
	defer server.Close()

	var t testing.TB = printing{}
	client := &http.Client{Transport: contract.TestTransport(t, nil, contract.WithServer(server.URL, "https://auth.planetscale.com"))}
	resp, err := client.Get(server.URL + "/oauth/token/info")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	// Output:
	// contract: error schema.type live getTokenInfo 200 body /exp: want an integer, got a number with a fraction
}

// printing is a test that prints its failures, for the example.
type printing struct{ testing.TB }

func (printing) Helper()                           {}
func (printing) Cleanup(func())                    {}
func (printing) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func ExampleBaseline() {
	baseline, err := contract.ReadBaseline(strings.NewReader(`{"findings":[
		{"operation":"getTokenInfo","pointer":"/jti","rule":"schema.undeclared-member","expires":"2099-12-31","reason":"asked on 1 May"}]}`))
	if err != nil {
		panic(err)
	}
	v, err := contract.NewValidator()
	if err != nil {
		panic(err)
	}
	run := v.NewRun()
	if err := run.CheckBody("info.json", "getTokenInfo", 200, bytes.NewReader([]byte(`{"active":true,"jti":"x"}`))); err != nil {
		panic(err)
	}
	report := contract.NewReport(run, baseline, contract.Note)
	fmt.Println(report.Summary)
	// Output:
	// 1 response: 0 errors, 0 warnings, 0 notes; 1 accepted by the baseline
}
