package contract_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/openapi/contract"
)

// aSpec returns a document with one operation, GET /things/{id}, whose answer has a schema.
func aSpec(servers, schema string) string {
	return `{"openapi":"3.0.3","info":{"title":"t","version":"1"},` + servers + `"paths":{"/things/{id}":{"get":{"operationId":"getThing",
		"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],
		"responses":{"200":{"description":"","content":{"application/json":{"schema":` + schema + `}}}}}}},
		"components":{"schemas":{
			"Cat":{"type":"object","required":["kind","meows"],"properties":{"kind":{"type":"string"},"meows":{"type":"boolean"}}},
			"Dog":{"type":"object","required":["kind","barks"],"properties":{"kind":{"type":"string"},"barks":{"type":"integer"}}},
			"Tree":{"type":"object","properties":{"leaf":{"type":"string"},"nodes":{"type":"array","items":{"$ref":"#/components/schemas/Tree"}}}},
			"Loop":{"allOf":[{"$ref":"#/components/schemas/Loop"},{"type":"object","required":["x"]}]},
			"Base":{"type":"object","required":["a","password"],"properties":{"a":{"type":"string"},"password":{"type":"string","writeOnly":true}}},
			"Maybe":{"type":"object","nullable":true,"required":["a"],"properties":{"a":{"type":"string"}}}
		}}}`
}

const aServer = `"servers":[{"url":"https://a.example/api"}],`

func TestDocumentsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ document, want string }{
		"empty":              {"", "no openapi member"},
		"text":               {"hello", "no openapi member"},
		"binary":             {"\x00\x01\x02", "spec"},
		"YAML that is none":  {"openapi: 3.0.3\na: [1", "yaml"},
		"Swagger":            {"swagger: '1.2'\ninfo: {title: t, version: '1'}\npaths: {}", "Swagger 1.2; want OpenAPI 3.0 or Swagger 2.0"},
		"OpenAPI 3.1":        {"openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}", "OpenAPI 3.1.0; want OpenAPI 3.0"},
		"no operations":      {"openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {}", "no operations"},
		"another file":       {aSpec(aServer, `{"$ref":"other.json#/X"}`), "other.json"},
		"a file of the host": {aSpec(aServer, `{"$ref":"/etc/passwd"}`), "disallowed"},
		"unresolved":         {aSpec(aServer, `{"$ref":"#/components/schemas/Nothing"}`), "Nothing"},
		"invalid schema":     {aSpec(aServer, `{"type":"text"}`), "text"},
		"null everywhere":    {`{"openapi":"3.0.3","info":null,"paths":{"/":null}}`, "spec"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := contract.NewValidator(contract.WithSpec([]byte(test.document), "spec"))
			if err == nil || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 700 {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// Nothing decides what a schema takes that is made of itself, so a report says that it was not judged.
func TestSchemasMadeOfThemselves(t *testing.T) {
	t.Parallel()
	again := `{"$ref":"#/paths/~1things~1%7Bid%7D/get/responses/200/content/application~1json/schema"}`
	for schema, want := range map[string]int{
		`{"oneOf":[` + again + `,{"type":"string"}]}`:                                           1,
		`{"allOf":[` + again + `]}`:                                                             1,
		`{"anyOf":[{"allOf":[` + again + `]},{"type":"string"}]}`:                               1,
		`{"not":` + again + `}`:                                                                 1,
		`{"$ref":"#/components/schemas/Loop"}`:                                                  1,
		`{"$ref":"#/components/schemas/Tree"}`:                                                  0,
		`{"oneOf":[{"type":"array","items":` + again + `},{"type":"integer"}]}`:                 0,
		`{"allOf":[{"$ref":"#/components/schemas/Tree"},{"$ref":"#/components/schemas/Tree"}]}`: 0,
	} {
		run := validator(t, contract.WithSpec([]byte(aSpec(aServer, schema)), "spec")).NewRun()
		run.CheckResponse(answer{url: "https://a.example/api/things/1"}.request(t), answer{body: "[1]"}.response())
		found := contract.NewReport(run, nil, contract.Off).Findings
		found = slices.DeleteFunc(found, func(f contract.Finding) bool { return f.Rule != "schema.unjudged" })
		if len(found) != want {
			t.Errorf("%s: got %v", schema, found)
		}
	}
}

// kin-openapi follows the schema of a parameter without bounds, which took minutes for forty schemas.
func TestParametersWhoseSchemasMultiply(t *testing.T) {
	t.Parallel()
	var multiplied strings.Builder
	for i := range 40 {
		fmt.Fprintf(&multiplied, "    S%d: {allOf: [{$ref: '#/components/schemas/S%d'}, {$ref: '#/components/schemas/S%[2]d'}]}\n", i, i+1)
	}
	for _, parameter := range []string{"schema: {$ref: '#/components/schemas/S0'}",
		"schema: {items: {$ref: '#/components/schemas/S0'}}", "content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}"} {
		run := validator(t, contract.WithSpec([]byte(`
openapi: 3.0.3
info: {title: t, version: '1'}
servers: [{url: 'https://a.example'}]
paths:
  /x:
    get:
      parameters: [{name: q, in: query, `+parameter+`}]
      responses: {200: {description: ''}}
components:
  schemas:
    S40: {type: string}
    Tree: {oneOf: [{items: {$ref: '#/components/schemas/Tree'}}, {type: integer}]}
`+multiplied.String()), "spec")).NewRun()
		found := run.CheckResponse(answer{url: "https://a.example/x?q=1"}.request(t), answer{}.response())
		if report := contract.NewReport(run, nil, contract.Off); len(found) > 0 || len(report.Findings) != 1 {
			t.Errorf("%s: got %v and %v", parameter, found, report.Findings)
		}
	}
}

func TestOptionErrorsAreJoined(t *testing.T) {
	t.Parallel()
	_, err := contract.NewValidator(contract.WithBodyLimit(0), contract.WithClock(nil), contract.WithSeverity("typo", contract.Note))
	for _, want := range []string{"body limit", "clock", "typo"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestOtherDocuments(t *testing.T) {
	t.Parallel()
	pet := `{"oneOf":[{"$ref":"#/components/schemas/Cat"},{"$ref":"#/components/schemas/Dog"}]`
	mapped := pet + `,"discriminator":{"propertyName":"kind","mapping":{"cat":"#/components/schemas/Cat","dog":"Dog"}}}`
	for _, test := range []struct {
		name, schema, body string
		want               []string
	}{
		{"oneOf, the nearer branch", pet + `}`, `{"kind":"x","barks":"loud"}`, []string{"error schema.type body /barks"}},
		{"oneOf, told apart by an enum", `{"oneOf":[{"type":"object","required":["kind","x"],"properties":{"kind":{"type":"string","enum":["a"]}}},` +
			`{"type":"object","required":["kind","n","m"],"properties":{"kind":{"type":"string","enum":["b"]}}}]}`, `{"kind":"b"}`,
			[]string{"error schema.required body /m", "error schema.required body /n"}},
		{"oneOf, both fit", pet + `}`, `{"kind":"x","barks":1,"meows":true}`, []string{"error schema.one-of body"}},
		{"oneOf, one fits", pet + `}`, `{"kind":"x","barks":1}`, nil},
		{"oneOf, no type fits", pet + `}`, `7`, []string{"error schema.type body"}},
		{"oneOf, an undeclared member", pet + `}`, `{"kind":"x","barks":1,"eats":1}`, []string{"note schema.undeclared-member body /eats"}},
		{"mapping", mapped, `{"kind":"dog","meows":true}`, []string{"error schema.required body /barks"}},
		{"mapping, missing", mapped, `{"barks":1}`, []string{"error schema.discriminator body /kind"}},
		{"mapping, unknown", mapped, `{"kind":"cow"}`, []string{"error schema.discriminator body /kind"}},
		{"mapping, no string", mapped, `{"kind":7}`, []string{"error schema.discriminator body /kind"}},
		{"allOf", `{"allOf":[{"$ref":"#/components/schemas/Cat"},{"type":"object","properties":{"age":{"type":"integer"}}}]}`,
			`{"kind":"x","meows":true,"age":1,"weight":2}`, []string{"note schema.undeclared-member body /weight"}},
		{"allOf, a fault in each", `{"allOf":[{"$ref":"#/components/schemas/Cat"},{"type":"object","properties":{"age":{"type":"integer"}}}]}`,
			`{"kind":"x","meows":1,"age":"1"}`, []string{"error schema.type body /age", "error schema.type body /meows"}},
		{"anyOf", `{"anyOf":[{"$ref":"#/components/schemas/Cat"},{"type":"string"}]}`, `"x"`, nil},
		{"not", `{"type":"object","properties":{"a":{"not":{"type":"string"}}}}`, `{"a":"x"}`, []string{"error schema.not body /a"}},
		{"a tree", `{"$ref":"#/components/schemas/Tree"}`, `{"nodes":[{"nodes":[{"leaf":7}]}]}`, []string{"error schema.type body /nodes/0/nodes/0/leaf"}},
		{"a schema of itself", `{"$ref":"#/components/schemas/Loop"}`, `{}`, []string{"note schema.unjudged body", "error schema.required body /x"}},
		{"a choice of it", `{"oneOf":[{"$ref":"#/components/schemas/Loop"},{"type":"string"}]}`, `{"y":1}`,
			[]string{"note schema.unjudged body", "error schema.required body /x"}},
		{"a map", `{"type":"object","additionalProperties":{"type":"integer"}}`, `{"a":1,"b/c":"2"}`, []string{"error schema.type body /b~1c"}},
		{"closed", `{"type":"object","properties":{"a":{}},"additionalProperties":false}`, `{"a":null,"~":1}`, []string{"error schema.unknown-member body /~0"}},
		{"write-only", `{"$ref":"#/components/schemas/Base"}`, `{"a":"x","password":"y"}`, []string{"error schema.write-only body /password"}},
		{"write-only and absent", `{"$ref":"#/components/schemas/Base"}`, `{"a":"x"}`, nil},
		{"nullable by allOf", `{"type":"object","properties":{"m":{"nullable":true,"allOf":[{"$ref":"#/components/schemas/Base"}]}}}`, `{"m":null}`, nil},
		{"nullable reference", `{"type":"object","required":["m"],"properties":{"m":{"$ref":"#/components/schemas/Maybe"}}}`, `{}`,
			[]string{"warning schema.required-nullable body /m"}},
		{"enum", `{"type":"string","enum":["a","b"]}`, `"c"`, []string{"error schema.enum body"}},
		{"enum of numbers", `{"enum":[1,2.5,null,[1,{"a":true}]]}`, `[1.0,{"a":true}]`, nil},
		{"pattern", `{"type":"string","pattern":"^a+$"}`, `"ab"`, []string{"error schema.pattern body"}},
		{"length", `{"type":"string","maxLength":1}`, `"ab"`, []string{"error schema.length body"}},
		{"several keywords", `{"type":"array","items":{},"minItems":3,"uniqueItems":true}`, `[1,1]`, []string{"error schema.items body", "error schema.items body"}},
		{"range", `{"type":"number","maximum":100}`, `100.01`, []string{"error schema.range body"}},
		{"exclusive", `{"type":"integer","minimum":1,"exclusiveMinimum":true}`, `1`, []string{"error schema.range body"}},
		{"multiple", `{"type":"number","multipleOf":0.01}`, `1.15`, nil},
		{"no multiple", `{"type":"number","multipleOf":0.01}`, `1.155`, []string{"error schema.range body"}},
		{"size", `{"type":"object","minProperties":1}`, `{}`, []string{"error schema.members body"}},
		{"int32", `{"type":"integer","format":"int32"}`, `2147483648`, []string{"error schema.format body"}},
		{"integer beyond 2^53", `{"type":"integer"}`, `9007199254740993`, []string{"warning number.unsafe-integer body"}},
		{"int64 beyond 2^53", `{"type":"integer","format":"int64"}`, `9007199254740993`, nil},
		{"number beyond float64", `{"type":"number"}`, `1e309`, []string{"error number.float64 body"}},
		{"number rounded", `{"type":"number"}`, `0.1`, nil},
		{"any number", `{}`, `9007199254740993`, []string{"error number.float64 body"}},
		{"any", `{}`, `null`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := validator(t, contract.WithSpec([]byte(aSpec(aServer, test.schema)), "spec"))
			check(t, v, answer{url: "https://a.example/api/things/7", body: test.body}, test.want...)
		})
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for format, test := range map[string]struct{ good, bad []string }{
		"date-time": {[]string{"2026-05-01T08:00:00Z", "2024-02-29T23:59:59.123456789-23:59"},
			[]string{"2026-05-01t08:00:00z", "2026-05-01T08:00:60Z", "2026-05-01T08:00:00+24:00", "2026-05-01T08:00:00.Z", "2026-05-01T08:00:00", "x"}},
		"date":          {[]string{"2024-02-29"}, []string{"2023-02-29", "2024-2-29", ""}},
		"time":          {[]string{"08:00:00Z", "08:00:00.5+01:00"}, []string{"08:00", "25:00:00Z"}},
		"uri":           {[]string{"https://a.example/%20?x#y", "urn:a:b", "http://[::1]:80/", "https://u:p@a.example"}, []string{"/a", "a b:c", "http://[::1", "1a:b", ":b", "a:", "http://a:b/"}},
		"uri-reference": {[]string{"/a", "", "a?b", "//a.example", "https://a.example"}, []string{"a b", "%zz", "é"}},
		"uuid":          {[]string{"3F0e1a52-6a3c-4b7e-9d51-0c7f6f1b2a10"}, []string{"3f0e1a526a3c4b7e9d510c7f6f1b2a10"}},
		"email":         {[]string{"a@b.example"}, []string{"a", "a@", "A <a@b.example>"}},
		"hostname":      {[]string{"a-b.example"}, []string{"", "-a.example", "a..b", "a_b"}},
		"ipv4":          {[]string{"127.0.0.1"}, []string{"::1", "127.0.0.256", "127.1"}},
		"ipv6":          {[]string{"::1"}, []string{"127.0.0.1", "fe80::1%eth0"}},
		"byte":          {[]string{"YWI=", "YWI", ""}, []string{"Y", "a b"}},
		"unheard-of":    {[]string{"", "x"}, nil},
	} {
		v := validator(t, contract.WithSpec([]byte(aSpec(aServer, `{"type":"string","format":"`+format+`"}`)), "spec"))
		for _, good := range test.good {
			check(t, v, answer{url: "https://a.example/api/things/7", body: quote(good)})
		}
		for _, bad := range test.bad {
			check(t, v, answer{url: "https://a.example/api/things/7", body: quote(bad)}, "error schema.format body")
		}
	}
}

func TestServers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, servers string
		good, bad     []string
	}{
		{"none", ``, []string{"http://anywhere.example/things/7"}, []string{"http://anywhere.example/api/things/7"}},
		{"relative", `"servers":[{"url":"/v2/"}],`, []string{"http://anywhere.example/v2/things/7"}, []string{"http://anywhere.example/things/7"}},
		{"two", `"servers":[{"url":"https://a.example"},{"url":"http://b.example:8080/x"}],`,
			[]string{"https://a.example/things/7", "http://B.example:8080/x/things/7"}, []string{"https://b.example/things/7", "https://a.example/x/things/7"}},
		{"variables", `"servers":[{"url":"https://{region}.a.example:{port}/{base}","variables":{"region":{"default":"eu","enum":["eu","us"]},` +
			`"port":{"default":"443","enum":["443","8443"]},"base":{"default":"v1"}}}],`,
			[]string{"https://US.a.example/v7/things/7", "https://eu.a.example:8443/v1/things/7"}, []string{"https://ap.a.example/v1/things/7", "https://eu.a.example:1/v1/things/7"}},
		{"its own port", `"servers":[{"url":"https://a.example:443"}],`, []string{"https://a.example/things/7", "https://a.example:443/things/7"}, nil},
	} {
		v := validator(t, contract.WithSpec([]byte(aSpec(test.servers, `{}`)), "spec"))
		for _, good := range test.good {
			check(t, v, answer{url: good, body: `1`})
		}
		for _, bad := range test.bad {
			if got := v.CheckResponse(answer{url: bad}.request(t), answer{body: "1"}.response()); len(got) == 0 || got[0].In != "route" {
				t.Errorf("%s: %s: %v", test.name, bad, got)
			}
		}
	}
}

func TestPathsPreferLiterals(t *testing.T) {
	t.Parallel()
	v := validator(t, contract.WithSpec([]byte(`
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /things/{id}:
    get:
      operationId: byID
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ''}}
    head:
      operationId: head
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ''}}
  /things/mine:
    get:
      operationId: mine
      servers: [{url: https://own.example}]
      responses: {'200': {description: ''}}
  /things/{id}.json:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ''}}
`), "spec"))
	body := func(method, url string) string {
		a := answer{method: method, url: url, body: "{}"}
		found := v.CheckResponse(a.request(t), a.response())
		if len(found) != 1 || found[0].Rule != "http.body-unexpected" {
			t.Errorf("%s %s: %v", method, url, found)
			return ""
		}
		return found[0].Operation
	}
	for _, test := range [][3]string{
		{"GET", "https://a.example/things/7", "byID"}, {"GET", "https://own.example/things/mine", "mine"}, {"HEAD", "https://a.example/things/7", "head"},
		{"GET", "https://a.example/things/7.json", "GET /things/{id}.json"},
	} {
		if got := body(test[0], test[1]); got != test[2] {
			t.Errorf("%s is %q, want %q", test[1], got, test[2])
		}
	}
	err := v.NewRun().CheckBody("x", "none", 200, strings.NewReader(""))
	if err == nil || !strings.HasSuffix(err.Error(), "the contract has GET /things/{id}.json, byID, head, mine") {
		t.Errorf("the operations: %v", err)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	v := validator(t, contract.WithSpec([]byte(`
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /x:
    get:
      operationId: x
      responses:
        2XX:
          description: ''
          headers:
            X-Count: {required: true, schema: {type: integer, minimum: 1}}
            X-List: {schema: {type: array, items: {type: integer}}}
            X-Json: {content: {application/json: {schema: {type: object, required: [a]}}}}
            Retry-After: {schema: {oneOf: [{type: integer}, {type: string, format: date}]}}
            X-Object: {schema: {type: object}}
            Content-Type: {required: true, schema: {type: integer}}
`), "spec"))
	for _, test := range []struct {
		header http.Header
		want   []string
	}{
		{http.Header{"X-Count": {"3"}}, nil},
		{http.Header{}, []string{"error http.header-missing header /X-Count"}},
		{http.Header{"X-Count": {"0"}}, []string{"error schema.range header /X-Count"}},
		{http.Header{"X-Count": {"three"}}, []string{"error schema.type header /X-Count"}},
		{http.Header{"X-Count": {"1", "2"}}, []string{"error schema.type header /X-Count"}},
		{http.Header{"X-Count": {"1"}, "X-List": {"1, x"}, "X-Json": {"{"}, "X-Object": {"a"}}, nil},
		{http.Header{"X-Count": {"1"}, "Retry-After": {"120"}}, nil},
		{http.Header{"X-Count": {"1"}, "Retry-After": {"soon"}}, []string{"error schema.format header /Retry-After"}},
	} {
		check(t, v, answer{url: "https://a.example/x", status: 204, header: test.header}, test.want...)
	}
	unjudged := brief(contract.NewReport(v.NewRun(), nil, contract.Off).Findings)
	if want := slices.Repeat([]string{"note schema.unjudged body"}, 3); !slices.Equal(unjudged, want) { // List, Json, Object
		t.Errorf("not judged: got %q", unjudged)
	}
}

func TestDefaultStandsForErrors(t *testing.T) {
	t.Parallel()
	document := func(responses string) string {
		return `{"openapi":"3.0.0","info":{"title":"t","version":"1"},"paths":{"/x":{"get":{"operationId":"x","responses":{` + responses + `}}}}}`
	}
	for _, test := range []struct {
		responses string
		good, bad []int
	}{
		{`"200":{"description":""},"default":{"description":""}`, []int{200, 400, 404, 500, 599}, []int{100, 201, 204, 302, 304, 600}},
		{`"default":{"description":""}`, []int{200, 204, 404}, []int{199, 301, 0, 700}},
		{`"2XX":{"description":""},"404":{"description":""}`, []int{200, 299, 404}, []int{400, 500, 302}},
	} {
		v := validator(t, contract.WithSpec([]byte(document(test.responses)), "spec"))
		for _, status := range append(test.good, test.bad...) {
			resp := &http.Response{StatusCode: status, Header: http.Header{}}
			found := v.CheckResponse(answer{url: "https://a.example/x"}.request(t), resp)
			if declared := len(found) == 0; declared != slices.Contains(test.good, status) {
				t.Errorf("%s: %d: %v", test.responses, status, found)
			}
		}
	}
}

func TestUnjudged(t *testing.T) {
	t.Parallel()
	v := validator(t, contract.WithSpec([]byte(aSpec(aServer, `{"type":"string","pattern":"^(?=a)"}`)), "spec"))
	check(t, v, answer{url: "https://a.example/api/things/7", body: `"b"`})
	run := v.NewRun()
	if err := run.CheckBody("x", "getThing", 200, strings.NewReader(`"b"`)); err != nil {
		t.Fatal(err)
	}
	report := contract.NewReport(run, nil, contract.Off)
	if got := report.Findings; len(got) != 1 || got[0].Rule != "schema.unjudged" || !strings.Contains(got[0].Message, "(?=a)") {
		t.Errorf("got %q", got)
	}
}

// Findings by a Swagger document have its lines, as those by an OpenAPI document do.
func TestLinesOfSwagger(t *testing.T) {
	t.Parallel()
	inYAML := `swagger: "2.0"
info: {title: t, version: "1"}
host: a.example
schemes: [https]
produces: [application/json]
paths:
  /things/{id}:
    get:
      operationId: getThing
      parameters: [{name: id, in: path, required: true, type: string}]
      responses:
        "200":
          description: ""
          headers:
            X-Count:
              type: integer
          schema:
            $ref: "#/definitions/Thing"
        "404": {$ref: "#/responses/Missing"}
responses:
  Missing:
    description: ""
    schema: {type: object, required: [code], properties: {code: {type: string}}}
definitions:
  Thing:
    allOf:
      - type: object
        properties:
          list:
            type: array
            items:
              type: string
      - required: [name]
        properties:
          name:
            type: string
`
	var value any
	if err := yaml.Unmarshal([]byte(inYAML), &value); err != nil {
		t.Fatal(err)
	}
	inJSON, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range []string{inYAML, string(inJSON)} {
		v := validator(t, contract.WithSpec([]byte(document), "spec"))
		lines := strings.Split(document, "\n")
		for _, test := range []struct {
			answer
			rule, at string
		}{
			{answer{body: `{"list":[7],"name":"x"}`}, "schema.type", "items"},
			{answer{body: `{"list":[],"name":7}`}, "schema.type", "name"},
			{answer{body: `{"list":[]}`}, "schema.required", "name"},
			{answer{body: `{"name":"x"}`, header: http.Header{"Content-Type": {jsonType}, "X-Count": {"many"}}}, "schema.type", "X-Count"},
			{answer{status: 201, body: `{"name":"x"}`}, "http.status", "get"},
			{answer{status: 404, body: ``}, "http.error-body-missing", "Missing"},
		} {
			test.url = "https://a.example/things/7"
			got := v.CheckResponse(test.request(t), test.response())
			if len(got) != 1 || got[0].Rule != test.rule || got[0].Line == 0 || strings.Trim(lines[got[0].Line-1], ` "{:`) != test.at {
				t.Errorf("%s: got %v, on line %q", test.body, got, lines[max(0, got[0].Line-1)])
			}
		}
	}
}
