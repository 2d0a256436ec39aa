package drift_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/openapi"
	"github.com/psoauth/psoauth/openapi/contract/drift"
)

// FuzzParse gives documents of anybody's making to everything that reads them.
func FuzzParse(f *testing.F) {
	f.Add([]byte(upstream))
	f.Add([]byte(openapi.Contract()))
	f.Add([]byte(`{"openapi":"3.1.0","paths":{"/oauth/token/info":{"get":{"responses":{"200":{"description":"","content":{"application/json":{"schema":` +
		`{"type":["object","null"],"oneOf":[{"required":["a"]},true],"properties":{"scope":{"const":1},"exp":{"exclusiveMinimum":1,"multipleOf":0.1},` +
		`"sub":{"pattern":"(?=x)","minLength":9999999}}}}}}}}}}}`))
	f.Add([]byte(`{"openapi":"3.0.0","paths":{"/oauth/token/info":{"get":{"parameters":[{"name":"a","in":"query"}],"responses":{"default":{"$ref":"#/x"}}}}},"x":{}}`))
	f.Add([]byte("swagger: '2.0'\npaths:\n  /oauth/token/info:\n    get: &a\n      responses: {200: {schema: {<<: *a}}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := drift.Parse(data, "fuzz")
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		report, err := drift.Compare(doc)
		if err != nil {
			return
		}
		for _, finding := range report.Findings {
			if (finding.Example != nil) != (finding.Class == drift.Breaking) {
				t.Errorf("%s has an example: %t", finding, finding.Example != nil)
			}
			if e := finding.Example; e != nil && e.Request == "" && (!doc.Takes(finding.Operation, e) || drift.ContractTakes(finding.Operation, e)) {
				t.Errorf("the example of %s shows nothing", finding)
			}
		}
		for _, format := range []string{"human", "json", "markdown", "github"} {
			var b bytes.Buffer
			if err := report.Write(&b, format, drift.Show{Wording: true, Examples: true}); err != nil {
				t.Errorf("%s: %v", format, err)
			}
			if format == "json" && !json.Valid(b.Bytes()) {
				t.Error("the JSON is none")
			}
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
	})
}
