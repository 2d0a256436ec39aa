package contract_test

import (
	"bufio"
	"bytes"
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
			findings := contract.NewReport(run, contract.ReportOptions{}).Findings
			if got := brief(findings); len(got) == 0 || test.want != "" && got[0] != test.want {
				t.Errorf("got %.500q", got)
			}
		})
	}
}

// BenchmarkPage measures the check of a page against decoding it, of which it may cost four times as much.
func BenchmarkPage(b *testing.B) {
	body := []byte(listPage(1, 100, 100))
	r := recorded{Method: http.MethodGet, URL: listURL, Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
	v := validator(b)
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			v.CheckResponse(r.exchange(b))
		}
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			var page any
			if err := json.Unmarshal(body, &page); err != nil {
				b.Fatal(err)
			}
		}
	})
}
