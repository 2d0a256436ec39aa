package drift_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/openapi/drift"
)

// older makes a document as PlanetScale published it half a year before: objects closed, nothing null, scopes a list.
func older(t *testing.T) tree {
	doc := upstreamTree(t)
	application := doc["definitions"].(tree)["Application"].(tree)
	application["additionalProperties"] = false
	delete(propertiesOf(application), "requires_org_scope")
	propertiesOf(application)["scopes"] = tree{"type": "array", "items": tree{"type": "string"}}
	token := doc["definitions"].(tree)["Token"].(tree)
	delete(propertiesOf(token)["name"].(tree), "x-nullable")
	require(token, "token")
	return doc
}

func between(t *testing.T, before, after tree) *drift.Report {
	t.Helper()
	report, err := drift.Between(parse(t, before), parse(t, after))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestBetweenListsEveryChangeAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after tree
		want          []string
	}{
		"what PlanetScale changed": {older(t), upstreamTree(t), []string{
			"new: additionalProperties getOAuthApplication: closed → open",
			"new: member getOAuthApplication /requires_org_scope: not declared → a boolean, optional",
			"new: type getOAuthApplication /scopes: an array of strings → a string",
			"new: nullable getOAuthToken /name: not null → may be null",
			"new: required getOAuthToken /token: required → optional",
			"new: nullable listOAuthTokens /data/*/name: not null → may be null",
			"new: required listOAuthTokens /data/*/token: required → optional",
		}},
		"the same, taken back": {upstreamTree(t), older(t), []string{
			"new: type getOAuthApplication /scopes: a string → an array of strings",
			"relaxed: additionalProperties getOAuthApplication: open → closed",
			"relaxed: member getOAuthApplication /requires_org_scope: a boolean, optional → not declared",
			"relaxed: nullable getOAuthToken /name: may be null → not null",
			"relaxed: required getOAuthToken /token: optional → required",
			"relaxed: nullable listOAuthTokens /data/*/name: may be null → not null",
			"relaxed: required listOAuthTokens /data/*/token: optional → required",
		}},
		"nothing": {upstreamTree(t), upstreamTree(t), nil},
		"what other operations have": {upstreamTree(t), func() tree {
			doc := upstreamTree(t)
			doc["paths"].(tree)["/new"] = tree{"get": tree{"responses": tree{"200": tree{"description": "x"}}}}
			doc["securityDefinitions"].(tree)["oauth2"].(tree)["scopes"] = tree{"read_more": "More"}
			doc["info"].(tree)["version"] = "v2"
			return doc
		}(), nil},
		"another form": {upstreamTree(t), openAPI(upstreamTree(t), true), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := between(t, c.before, c.after)
			if got := listed(report); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// Breaking is what the contract refuses, whether the older document did or not.
func TestBetweenBreaksOnlyWhatTheContractRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(application tree)
		class  drift.Class
		says   string
	}{
		"a member new to the contract too": {func(a tree) { propertiesOf(a)["brand_logo"] = tree{"type": "string"} },
			drift.New, "a program does not see it until the contract declares it"},
		"null, which the contract refuses": {func(a tree) { propertiesOf(a)["name"] = tree{"type": "string", "x-nullable": true} },
			drift.Breaking, "a program refuses the null"},
		"another type, which it refuses": {func(a tree) { propertiesOf(a)["id"] = tree{"type": "integer"} },
			drift.Breaking, "a program fails on such a response"},
		"dates where no format was, which it refuses": {func(a tree) { propertiesOf(a)["created_at"] = tree{"type": "string", "format": "date"} },
			drift.Breaking, "a program fails on such a response"},
		"a member gone, which it requires": {func(a tree) { delete(propertiesOf(a), "avatar"); unrequire(a, "avatar") },
			drift.Breaking, "a program refuses a response without it"},
		"a member gone, which it does not": {func(a tree) { delete(propertiesOf(a), "dcr"); unrequire(a, "dcr") },
			drift.Relaxed, "a program finds nothing there"},
		"a member optional, which it has so": {func(a tree) { unrequire(a, "dcr") }, drift.New, "the contract has it already"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := upstreamTree(t)
			c.change(after["definitions"].(tree)["Application"].(tree))
			report := between(t, upstreamTree(t), after)
			if len(report.Findings) != 1 || report.Findings[0].Class != c.class || report.Findings[0].Message != c.says {
				t.Fatalf("got %v, want one finding that is %s: %s", report.Findings, c.class, c.says)
			}
			if shown := report.Findings[0].Example != nil; shown != (c.class == drift.Breaking) {
				t.Errorf("it has an example: %t", shown)
			}
		})
	}
}

// A list of values and a constant say whether a value may be null, too.
func TestNullIsReadOutOfListsAndConstants(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		schema tree
		null   bool
	}{
		"a list with null":                  {tree{"enum": []any{"x", nil}}, true},
		"a list without":                    {tree{"enum": []any{"x"}}, false},
		"a list that the types go beyond":   {tree{"type": []any{"string", "null"}, "enum": []any{"x"}}, false},
		"a list that the types agree with":  {tree{"type": []any{"string", "null"}, "enum": []any{"x", nil}}, true},
		"a branch that is null by its list": {tree{"anyOf": []any{tree{"type": "string"}, tree{"enum": []any{nil}}}}, true},
		"a branch that is constantly null":  {tree{"anyOf": []any{tree{"type": "string"}, tree{"const": nil}}}, true},
		"a constant":                        {tree{"const": "x"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := openAPI(upstreamTree(t), true)
			propertiesOf(doc["components"].(tree)["schemas"].(tree)["Application"].(tree))["name"] = c.schema
			report, err := drift.Compare(parse(t, doc))
			if err != nil {
				t.Fatal(err)
			}
			const finding = "breaking: nullable getOAuthApplication /name: not null → may be null"
			if got := listed(report); slices.Contains(got, finding) != c.null {
				t.Errorf("got\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

func TestBetweenMissesAnOperationOfAnotherHost(t *testing.T) {
	t.Parallel()
	before, after := openAPI(upstreamTree(t), false), openAPI(upstreamTree(t), false)
	before["paths"].(tree)["/oauth/token/info"] = tree{
		"servers": []any{tree{"url": "https://auth.planetscale.com"}}, "get": tree{"responses": tree{"200": tree{"description": "x"}}},
	}
	if got := listed(between(t, before, after)); len(got) != 1 || got[0] != "breaking: operation getTokenInfo: /oauth/token/info → not described" {
		t.Errorf("got %q", got)
	}
}
