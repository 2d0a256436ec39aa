package contract_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/openapi/contract"
)

// A recorded response, with what is to be found in it. The file was made of the contract with its objects closed, which
// testdata/closed.json is: valid responses, and responses with one fault or several at a known place.
type recorded struct {
	Name, Method, URL string
	Status            int
	Header            http.Header
	Body              []byte
	Want              []string // severity, rule, part and pointer of each finding
}

func (r *recorded) exchange(t testing.TB) (*http.Request, *http.Response) {
	t.Helper()
	u, err := url.Parse(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Request{Method: r.Method, URL: u, Host: u.Host, Header: http.Header{}}, &http.Response{
		StatusCode: r.Status, Header: r.Header.Clone(), Body: io.NopCloser(bytes.NewReader(r.Body)), ContentLength: int64(len(r.Body)),
	}
}

func corpus(t testing.TB) (v *contract.Validator, all []recorded) {
	t.Helper()
	closed, err := os.ReadFile("testdata/closed.json")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open("testdata/golden.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if err := lines.Err(); err != nil || len(all) < 200 {
		t.Fatalf("%d responses, %v", len(all), err)
	}
	return validator(t, atNoon(), contract.WithSpec(closed, "closed.json")), all
}

func TestFindingsAreThoseOfTheGoldenFile(t *testing.T) {
	t.Parallel()
	v, all := corpus(t)
	for i := range all {
		var got []string
		for _, f := range v.CheckResponse(all[i].exchange(t)) {
			got = append(got, fmt.Sprintf("%s %s %s %s", f.Severity, f.Rule, f.In, f.Pointer))
		}
		if !slices.Equal(got, all[i].Want) {
			t.Errorf("%s\n%s %s %d %v\n%s\n got  %q\n want %q", all[i].Name, all[i].Method, all[i].URL, all[i].Status, all[i].Header, all[i].Body, got, all[i].Want)
		}
	}
}

// A body may be hostile, and so may a document: neither takes minutes, nor more memory than a server has.
func TestHostileBodiesAndSchemasEndInOneFinding(t *testing.T) {
	t.Parallel()
	chain := `"S18":{"type":"string"}`
	for i := range 18 {
		chain += fmt.Sprintf(`,"S%d":{"allOf":[{"$ref":"#/components/schemas/S%d"},{"$ref":"#/components/schemas/S%d"}]}`, i, i+1, i+1)
	}
	for name, test := range map[string]struct{ schemas, root, body, want string }{
		"a oneOf in itself": {
			`"V":{"oneOf":[{"type":"string"},{"type":"array","items":{"$ref":"#/components/schemas/V"}}]}`, "V",
			strings.Repeat("[", 40) + `"x"` + strings.Repeat("]", 40), "error schema.limit body",
		},
		"an anyOf in itself": {
			`"V":{"anyOf":[{"type":"string"},{"type":"object","properties":{"a":{"$ref":"#/components/schemas/V"}}}]}`, "V",
			strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat("}", 40), "error schema.limit body",
		},
		"a chain of allOf":      {chain, "S0", `1`, "error schema.limit body"},
		"a long allOf":          {`"V":{"allOf":[` + strings.Repeat("{},", 60_000) + "{}]}", "V", `1`, "error schema.limit body"},
		"more levels than fit":  {`"V":{}`, "V", strings.Repeat("[", 600) + strings.Repeat("]", 600), "error json.limit body"},
		"more values than fit":  {`"V":{}`, "V", "[" + strings.Repeat("1,", 500_000) + "1]", "error json.limit body"},
		"a fault on each level": {`"V":{"required":["a","b"],"properties":{"a":{"$ref":"#/components/schemas/V"}}}`, "V", strings.Repeat(`{"a":`, 500) + "1" + strings.Repeat("}", 500), ""},
		"half a million faults": {`"V":{"type":"array","items":{"type":"string"}}`, "V", "[" + strings.Repeat("1,", 499_000) + "1]", "error schema.limit body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := `{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{"/":{"get":{"operationId":"get","responses":{"200":{"description":"","content":` +
				`{"application/json":{"schema":{"$ref":"#/components/schemas/` + test.root + `"}}}}}}}},"components":{"schemas":{` + test.schemas + `}}}`
			run := validator(t, contract.WithSpec([]byte(spec), "hostile.json")).NewRun()
			start := time.Now()
			if err := run.CheckBody("x", "get", 200, strings.NewReader(test.body)); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took > 20*time.Second { // a second or less on an idle machine
				t.Errorf("it took %v", took)
			}
			findings := contract.NewReport(run, nil, contract.Off).Findings
			if got := brief(findings); len(got) == 0 || test.want != "" && got[0] != test.want {
				t.Errorf("got %.500q", got)
			}
		})
	}
}

// pageWork is to check a page, and to decode it as encoding/json does where no types are known.
func pageWork(t testing.TB) (check, decode func()) {
	body := []byte(listPage(1, 100, 100))
	r := recorded{Method: http.MethodGet, URL: listURL, Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
	v := validator(t)
	return func() { v.CheckResponse(r.exchange(t)) }, func() {
		var page any
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	check, decode := pageWork(b)
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			check()
		}
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			decode()
		}
	})
}

// A check of a page costs at most four times what decoding it does. The best of many rounds counts, because other work on
// the machine only slows them; the limit leaves room for what it slows all the same.
func TestACheckCostsFourTimesDecodingAtMost(t *testing.T) {
	if testing.Short() {
		t.Skip("measures")
	}
	check, decode := pageWork(t)
	best := func(work func()) time.Duration {
		least := time.Hour
		for range 40 {
			start := time.Now()
			work()
			least = min(least, time.Since(start))
		}
		return least
	}
	checking, decoding := best(check), best(decode)
	t.Logf("%.1f times", float64(checking)/float64(decoding))
	if checking > 6*decoding {
		t.Errorf("a check takes %v and decoding %v", checking, decoding)
	}
}

// What a request has for credentials is shown nowhere, whatever of it the response repeats, and where.
func TestCredentialsOfTheRequestAreShownNowhere(t *testing.T) {
	t.Parallel()
	const secret = "k3v9x1q7m2ab:hJ8sKq0LmZ4tYw6R"
	v := validator(t)
	for _, authorization := range []string{secret, "Bearer " + secret, "Basic " + base64.StdEncoding.EncodeToString([]byte(secret))} {
		for name, resp := range map[string]answer{
			"a member's name": {body: `{"` + secret + `":1,"` + secret[13:] + `":{"` + secret + `":2}}`},
			"part of a name":  {body: `{"x` + secret[15:28] + `":1}`},
			"Content-Type":    {body: tokenBody, header: http.Header{"Content-Type": {"application/" + secret[13:]}}},
			"charset":         {body: tokenBody, header: http.Header{"Content-Type": {"application/json; charset=" + secret[13:]}}},
			"coding":          {body: tokenBody, header: http.Header{"Content-Type": {jsonType}, "Content-Encoding": {secret[13:]}}},
			"values":          {body: strings.NewReplacer("2026-05-01T08:00:00.000Z", secret, "Ada", secret).Replace(tokenBody)},
			"the id":          {body: strings.Replace(tokenBody, "8zt3c5n7w1qa", secret, 1)},
			"the URL":         {url: tokenURL + secret + "?x=" + secret, body: "[]"},
		} {
			if resp.url == "" {
				resp.url = tokenURL
			}
			req := resp.request(t)
			req.Header = http.Header{"Authorization": {authorization}}
			findings := v.CheckResponse(req, resp.response())
			if len(findings) == 0 {
				t.Errorf("%s: nothing found", name)
			}
			for _, f := range findings {
				if shown := f.String() + f.URL; strings.Contains(shown, secret[15:25]) {
					t.Errorf("%s: %s", name, shown)
				}
			}
		}
	}
	inQuery := answer{url: tokenURL + "?access_token=" + secret[13:], body: `{"` + secret[13:] + `":1}`}
	for _, f := range v.CheckResponse(inQuery.request(t), inQuery.response()) {
		if shown := f.String() + f.URL; strings.Contains(shown, secret[15:25]) {
			t.Errorf("in the query: %s", shown)
		}
	}
}

// The semantic rules know an operation by its method and path, not by its id, and Swagger 2.0 is read like OpenAPI 3.0.
func TestSemanticRulesJudgeByOtherDocuments(t *testing.T) {
	t.Parallel()
	operation := func(id, parameters string) string {
		return `{"get":{"operationId":"` + id + `","parameters":[` + parameters + `],"responses":{"200":{"description":"","schema":{"type":"object"}}}}}`
	}
	parameter := func(name string) string { return `{"name":"` + name + `","in":"path","required":true,"type":"string"}` }
	app := parameter("organization") + "," + parameter("id")
	v := validator(t, atNoon(), contract.WithSpec([]byte(`{"swagger":"2.0","info":{"title":"t","version":"1"},"host":"api.planetscale.com","basePath":"/v1","schemes":["https"],`+
		`"produces":["application/json"],"paths":{"/organizations/{organization}/oauth-applications":`+operation("list_oauth_applications", parameter("organization"))+
		`,"/organizations/{organization}/oauth-applications/{id}/tokens":`+operation("list_oauth_tokens", app)+
		`,"/organizations/{organization}/oauth-applications/{id}/tokens/{token}":`+operation("get_oauth_token", app+","+parameter("token"))+`}}`), "upstream.json"))
	check(t, v, answer{url: tokenURL, body: `{"id":"another","token":"x"}`}, "error id.mismatch body /id", "warning token.secret-in-read body /token")
	for _, url := range []string{listURL, strings.TrimSuffix(listURL, "/5kq1x0v2m8yd/tokens")} {
		check(t, v, answer{url: url, body: `{"current_page":2,"data":[{"id":"a"},{"id":"a"}]}`}, "error page.current body /current_page", "error page.duplicate-id body /data/1/id")
	}
}

// Recorders leave credentials out, Chrome without saying so in an entry.
func TestARecordingWithoutCredentials(t *testing.T) {
	t.Parallel()
	entry := strings.Replace(harEntry(tokenURL, 200, jsonHeader, textContent(tokenBody)), `"headers":[],"queryString"`, `"headers":[{"name":"Accept","value":"*/*"}],"queryString"`, 1)
	for creator, want := range map[string][]string{"WebInspector": nil, "mitmproxy": {"warning request.credential request"}} {
		run := validator(t).NewRun()
		if err := run.CheckHAR("x.har", strings.NewReader(`{"log":{"creator":{"name":"`+creator+`"},"entries":[`+entry+`]}}`)); err != nil {
			t.Fatal(err)
		}
		if got := brief(contract.NewReport(run, nil, contract.Off).Findings); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", creator, got, want)
		}
	}
}
