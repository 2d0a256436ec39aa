package drift_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/openapi/contract"
	"github.com/psoauth/psoauth/openapi/drift"
)

// refusals returns what the contract's validator has against a response: its errors and warnings.
func refusals(t *testing.T, v *contract.Validator, operation string, e *drift.Example) []contract.Finding {
	t.Helper()
	body, err := json.Marshal(e.Body)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	if e.ContentType != "" {
		header.Set("Content-Type", e.ContentType)
	} else {
		body = nil
	}
	for name, value := range e.Headers {
		header.Set(name, fmt.Sprint(value))
	}
	method, host := http.MethodGet, "https://api.planetscale.com/v1"
	switch operation {
	case "deleteOAuthToken":
		method = http.MethodDelete
	case "getTokenInfo":
		host = "https://auth.planetscale.com"
	}
	path := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(paths[operation], "x")
	req := httptest.NewRequestWithContext(t.Context(), method, host+path, nil)
	resp := &http.Response{StatusCode: e.Status, Header: header, Request: req, Body: io.NopCloser(bytes.NewReader(body)),
		ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body))}
	return slices.DeleteFunc(v.CheckResponse(req, resp), func(f contract.Finding) bool { return f.Severity < report.Warning })
}

// TestTheContractRefusesBreakingExamples holds every breaking finding to its example: the document allows the response, and
// the contract's validator refuses it.
func TestTheContractRefusesBreakingExamples(t *testing.T) {
	t.Parallel()
	validator, err := contract.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	examples, requests := 0, 0
	for i, e := range edits(t) {
		if e.want != breaking || !*allEdits && i%8 != 0 {
			continue
		}
		doc := contractTree(t)
		e.change(doc)
		edited := parse(t, doc)
		found, err := drift.Compare(edited)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found.Findings {
			switch {
			case f.Class != drift.Breaking:
				continue
			case f.Example == nil:
				t.Errorf("%s: no example: %s", e.name, f)
				continue
			case f.Example.Request != "":
				requests++
				continue
			}
			examples++
			if !edited.Takes(f.Operation, f.Example) {
				t.Errorf("%s: the document does not allow the example of %s", e.name, f)
			}
			if len(refusals(t, validator, f.Operation, f.Example)) == 0 {
				t.Errorf("%s: the contract takes the example of %s: %v", e.name, f, f.Example.Body)
			}
		}
	}
	t.Logf("%d examples of responses, %d of requests", examples, requests)
	if examples < 100 {
		t.Errorf("only %d examples", examples)
	}
}

// A program reads null for a member that is missing and may be null; a form that is told by its members needs them.
func TestMissingMembersBreakWhereTheyAreNeeded(t *testing.T) {
	t.Parallel()
	for pointer, c := range map[string]struct {
		member string
		want   drift.Class
		rule   string
	}{
		"/components/schemas/TokenInfo/anyOf/1": {"scope", drift.Breaking, "type"}, // of the forms as a whole
		"/components/schemas/OAuthToken":        {"actor_id", drift.New, "required"},
		"/components/schemas/OAuthTokenPage":    {"next_page", drift.New, "required"},
		"/components/schemas/AccessResource":    {"deleted_at", drift.New, "required"},
		"/components/schemas/AccessResource/":   {"id", drift.Breaking, "required"},
	} {
		doc := contractTree(t)
		unrequire(at(doc, strings.TrimSuffix(pointer, "/")).(tree), c.member)
		report, err := drift.Compare(parse(t, doc))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range report.Findings[:1] {
			if f.Class != c.want || f.Rule != c.rule || strings.Contains(f.Message, "no example") ||
				c.rule == "required" && !strings.HasSuffix(f.Pointer, "/"+c.member) {
				t.Errorf("without %s: got %s, want %s", c.member, f, c.want)
			}
		}
	}
}

// What two runs say of one document is the same, examples included.
func TestExamplesAreTheSameEveryTime(t *testing.T) {
	t.Parallel()
	doc := contractTree(t)
	info := at(doc, "/components/schemas/TokenInfo").(tree)
	info["anyOf"] = []any{info["anyOf"].([]any)[0], tree{"required": []any{"sub"}}, tree{"required": []any{"exp", "iat"}}}
	first, err := drift.Compare(parse(t, doc))
	if err != nil || !first.Breaking() {
		t.Fatalf("%v, %v; want something that breaks", first, err)
	}
	for range 5 {
		if again, err := drift.Compare(parse(t, doc)); err != nil || string(encode(t, tree{"": again})) != string(encode(t, tree{"": first})) {
			t.Fatalf("%v; another time it is\n%v, not\n%v", err, again, first)
		}
	}
}

// TestNoBreakIsMissed makes responses at random, as edited documents allow them. Where the contract refuses one, there is a
// breaking finding.
func TestNoBreakIsMissed(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	taken, refused := 0, 0
	for i, e := range edits(t) {
		if !*allEdits && i%20 != 0 || strings.Contains(e.name, "format") {
			continue
		}
		doc := contractTree(t)
		e.change(doc)
		edited := parse(t, doc)
		found, err := drift.Compare(edited)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range slices.Sorted(maps.Keys(paths)) {
			path := paths[id]
			if id == "deleteOAuthToken" { // which has no body
				continue
			}
			schema := at(doc, "/paths/"+strings.ReplaceAll(path, "/", "~1")+"/get/responses/200/content/application~1json/schema")
			if schema == nil || found.Count(drift.New)+found.Count(drift.Relaxed)+found.Count(drift.Breaking) == 0 && random.IntN(4) > 0 {
				continue
			}
			for range 6 {
				value := generator{doc, random}.value(schema.(tree))
				example := &drift.Example{Status: 200, ContentType: "application/json", Body: value}
				if !edited.Takes(id, example) {
					continue // a limit the generator does not know
				}
				takes := drift.ContractTakes(id, example)
				if takes {
					taken++
					continue
				}
				refused++
				if !breaksAt(found, id) {
					t.Errorf("%s: %s: nothing is found to break, and the contract refuses %s", e.name, id, encode(t, tree{"": value}))
				}
			}
		}
	}
	t.Logf("%d responses are taken, %d refused", taken, refused)
	if taken < 300 || refused < 30 {
		t.Errorf("%d responses are taken, %d refused: too few of either", taken, refused)
	}
}

func breaksAt(report *drift.Report, operation string) bool {
	for _, f := range report.Findings {
		if f.Class == drift.Breaking && f.Operation == operation {
			return true
		}
	}
	return false
}

// A generator makes random values of a schema, of what the contract uses.
type generator struct {
	doc    tree
	random *rand.Rand
}

func (g generator) value(schema tree) any {
	if ref, ok := schema["$ref"].(string); ok {
		return g.value(at(g.doc, ref[1:]).(tree))
	}
	if isNullable(schema) && g.random.IntN(3) == 0 {
		return nil
	}
	for _, keyword := range []string{"oneOf", "allOf"} {
		if parts, ok := schema[keyword].([]any); ok {
			return g.value(parts[g.random.IntN(len(parts))].(tree))
		}
	}
	if enum, ok := schema["enum"].([]any); ok {
		return enum[g.random.IntN(len(enum))]
	}
	kind, ok := schema["type"].(string)
	if !ok {
		kind = []string{"string", "integer", "boolean", "object", "array", "number"}[g.random.IntN(6)]
	}
	switch kind {
	case "string":
		if schema["format"] == "uri" {
			return "https://example.com/"
		}
		return "2026-01-02T03:04:05.678Z" // a time, because PlanetScale's times have no format
	case "integer":
		return float64(g.random.IntN(2000))
	case "number":
		return float64(g.random.IntN(2000)) / 2
	case "boolean":
		return g.random.IntN(2) == 0
	case "array":
		items, _ := schema["items"].(tree)
		list := []any{}
		for range g.random.IntN(3) {
			list = append(list, g.value(items))
		}
		return list
	}
	return g.object(schema)
}

func (g generator) object(schema tree) any {
	object := map[string]any{}
	required, _ := schema["required"].([]any)
	if forms, ok := schema["anyOf"].([]any); ok {
		form, _ := forms[g.random.IntN(len(forms))].(tree)["required"].([]any)
		required = append(required[:len(required):len(required)], form...)
	}
	properties, _ := schema["properties"].(tree)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if g.random.IntN(2) == 0 || slices.Contains(required, any(name)) {
			object[name] = g.value(properties[name].(tree))
		}
	}
	return object
}
