package drift_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/openapi/drift"
)

// FuzzParse gives documents of anybody's making to everything that reads them.
func FuzzParse(f *testing.F) {
	one := upstreamTree(f)
	one["paths"] = tree{paths["getOAuthToken"]: one["paths"].(tree)[paths["getOAuthToken"]]}
	f.Add(encode(f, one))
	f.Add([]byte(`{"openapi":"3.1.0","paths":{"/oauth/token/info":{"get":{"responses":{"200":{"description":"","content":{"application/json":{"schema":` +
		`{"type":["object","null"],"oneOf":[{"required":["a"]},true],"properties":{"scope":{"const":1},"exp":{"exclusiveMinimum":1,"multipleOf":0.1},` +
		`"sub":{"pattern":"(?=x)","minLength":9999999}}}}}}}}}}}`))
	f.Add([]byte(`{"openapi":"3.0.0","paths":{"/oauth/token/info":{"get":{"parameters":[{"name":"a","in":"query"}],"responses":{"default":{"$ref":"#/x"}}}}},"x":{}}`))
	f.Add([]byte("swagger: '2.0'\npaths:\n  /oauth/token/info:\n    get: &a\n      responses: {200: {schema: {<<: *a}}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := drift.Parse(data, "fuzz")
		if err == nil {
			checkDocument(t, doc)
			return
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of several lines: %q", err)
		}
	})
}

// FuzzSchema gives schemas of anybody's making to the comparison, as that of a member.
func FuzzSchema(f *testing.F) {
	for _, schema := range []string{
		`{"type":"string"}`, `{"type":["string","null"],"minLength":3,"pattern":"^a"}`, `{"oneOf":[{"type":"string"},{"type":"integer"}]}`,
		`{"allOf":[{"type":"string","enum":["a","b"]},{"maxLength":1}],"nullable":true}`, `{"type":"object","additionalProperties":{"type":"integer"}}`,
		`{"type":"array","items":{"not":{"type":"string"}},"minItems":2,"uniqueItems":true}`, `{"type":"number","minimum":1,"exclusiveMaximum":2}`,
		`{"anyOf":[{"required":["a"]},{"type":"null"}],"properties":{"a":{"const":1},"b":{"writeOnly":true}}}`, `true`, `{}`,
	} {
		f.Add("name", schema)
		f.Add("service_token_accesses", schema)
	}
	base := upstreamTree(f) // with one operation, because thousands are parsed
	base["paths"] = tree{paths["getOAuthToken"]: base["paths"].(tree)[paths["getOAuthToken"]]}
	members := propertiesOf(base["definitions"].(tree)["Token"].(tree))
	f.Fuzz(func(t *testing.T, member, schema string) {
		var value any
		if json.Unmarshal([]byte(schema), &value) != nil {
			return
		}
		old, was := members[member]
		members[member] = value
		data, err := json.Marshal(base)
		if delete(members, member); was {
			members[member] = old
		}
		if err != nil {
			return
		}
		if doc, err := drift.Parse(data, "fuzz"); err == nil {
			checkDocument(t, doc)
		}
	})
}

// checkDocument holds what is said of a document to what must be true of any.
func checkDocument(t *testing.T, doc *drift.Document) {
	report, err := drift.Compare(doc)
	if err != nil {
		return
	}
	for _, finding := range report.Findings {
		wants := finding.Class == drift.Breaking
		if wants && finding.Rule == "type" { // types with none in common need no example
			wants = finding.Example != nil
		}
		if (finding.Example != nil) != wants {
			t.Errorf("%s has an example: %t", finding, finding.Example != nil)
		}
		if e := finding.Example; e != nil && e.Request == "" && (!doc.Takes(finding.Operation, e) || drift.ContractTakes(finding.Operation, e)) {
			t.Errorf("the example of %s shows nothing", finding)
		}
	}
	if _, err := json.Marshal(report); err != nil {
		t.Error(err)
	}
	if _, err := drift.Suggest(doc); err != nil {
		t.Errorf("what can be compared cannot be suggested: %v", err)
	}
	same, err := drift.Between(doc, doc)
	if err != nil {
		t.Fatal(err)
	}
	if len(same.Findings) > 0 {
		t.Errorf("a document differs from itself: %v", same.Findings)
	}
}
