package drift_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/openapi"
	"github.com/psoauth/psoauth/openapi/drift"
)

// apply applies a unified diff, and refuses one whose lines are not where it says.
func apply(t *testing.T, text, diff string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var out []string
	next := 0 // of lines
	for _, line := range strings.Split(strings.TrimSuffix(diff, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "), strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "@@"):
			var from, n, to, m int
			if _, err := fmt.Sscanf(line, "@@ -%d,%d +%d,%d @@", &from, &n, &to, &m); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			out = append(out, lines[next:from-1]...)
			next = from - 1
			if len(out) != to-1 {
				t.Fatalf("%s: the new text has %d lines before it", line, len(out))
			}
		case strings.HasPrefix(line, "+"):
			out = append(out, line[1:])
		case strings.HasPrefix(line, " "):
			if lines[next] != line[1:] {
				t.Fatalf("line %d is %q, the diff has %q", next+1, lines[next], line[1:])
			}
			out = append(out, line[1:])
			next++
		default:
			t.Fatalf("a line of no diff: %q", line)
		}
	}
	return strings.Join(append(out, lines[next:]...), "\n") + "\n"
}

// newMembers adds members to the upstream document in every place and of every shape.
func newMembers(t *testing.T) tree {
	doc := upstreamTree(t)
	properties := func(path ...string) tree {
		at := doc["definitions"].(tree)
		for _, name := range path {
			at = at[name].(tree)
		}
		return at
	}
	application, token := properties("Application", "properties"), properties("Token", "properties")
	application["logo_sha"] = tree{"type": "string", "x-nullable": true, "pattern": "^[0-9a-f]{40}$",
		"description": "What the logo hashes to: its SHA-1.\nWithout it, there is no logo."}
	application["brand_limits"] = tree{"type": "object", "required": []any{"tokens"}, "properties": tree{
		"tokens": tree{"type": "integer", "minimum": 0}, "null": tree{"type": "boolean"},
		"by_plan": tree{"type": "array", "items": tree{"type": "object", "properties": tree{"plan": tree{"type": "string", "enum": []any{"free", "yes"}}}}},
	}}
	application["settings"] = tree{"type": "object"}
	application["things"] = tree{"type": "array", "items": tree{}}
	application["owner"] = tree{"description": strings.Repeat("Who owns the application. ", 12),
		"oneOf": []any{tree{"type": "string"}, tree{"type": "object", "properties": tree{"id": tree{"type": "string"}}}}}
	application["scopes_by_resource"].(tree)["properties"] = tree{"user": tree{"type": "array", "items": tree{}}, "branch": tree{"type": "array", "items": tree{}}}
	token["brand_kind"] = tree{"type": "string"}
	properties("Token", "properties", "service_token_accesses", "items", "properties", "resource", "properties")["slug"] = tree{"type": "string"}
	properties("Token", "properties", "oauth_accesses_by_resource", "properties", "user", "properties", "users", "items", "properties")["email"] = tree{"type": "string"}
	properties("Token", "properties", "oauth_accesses_by_resource", "properties")["team"] = tree{"type": "object", "required": []any{"teams"}, "properties": tree{
		"teams": tree{"type": "array", "items": tree{"type": "string"}},
	}}
	return doc
}

func TestSuggestTakesNewMembersIn(t *testing.T) {
	t.Parallel()
	upstream := parse(t, newMembers(t))
	before, err := drift.Whole([]byte(openapi.Contract()))
	if err != nil {
		t.Fatal(err)
	}
	diff, err := drift.SuggestAs(before, openapi.Contract(), upstream)
	if err != nil {
		t.Fatal(err)
	}
	text := apply(t, openapi.Contract(), diff)
	if strings.Contains(diff, "\n-") && !strings.HasPrefix(diff, "---") || strings.Contains(diff, "# by hand") {
		t.Errorf("more than insertions:\n%s", diff)
	}
	for _, line := range strings.Split(text, "\n") {
		if len(line) > 120 && !strings.Contains(openapi.Contract(), line) {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
	adopted, err := drift.Whole([]byte(text))
	if err != nil {
		t.Fatalf("%v; the contract is then\n%s", err, diff)
	}
	report, err := drift.CompareAs(adopted, upstream)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.Class <= drift.New {
			t.Errorf("after the edit: %s", f)
		}
	}
	if again, err := drift.SuggestAs(adopted, text, upstream); err != nil || again != "" {
		t.Errorf("a second time there is something to suggest: %v\n%s", err, again)
	}
	report, err = drift.CompareAs(adopted, before)
	if err != nil {
		t.Fatal(err)
	}
	var added []string
	for _, f := range report.Findings {
		if f.Class != drift.Relaxed || f.Rule != "member" {
			t.Errorf("the edit changes more than members: %s", f)
		}
		added = append(added, strings.Replace(f.Operation, "OAuth", "", 1)+f.Pointer)
	}
	for _, want := range []string{
		"getApplication/brand_limits", "getApplication/logo_sha", "getApplication/scopes_by_resource/branch", "getApplication/scopes_by_resource/user",
		"getToken/brand_kind", "listTokens/data/*/brand_kind", "getToken/service_token_accesses/*/resource/slug",
		"getToken/oauth_accesses_by_resource/user/users/*/email", "getToken/oauth_accesses_by_resource/team",
	} {
		if !slices.Contains(added, want) {
			t.Errorf("%s is not added: %v", want, added)
		}
	}
}

func ExampleSuggest() {
	published := strings.Replace(upstream, "      dcr: {type: boolean}\n", `      dcr: {type: boolean}
      brand_logo:
        type: string
        x-nullable: true
        description: Where the application's logo is.
`, 1)
	doc, err := drift.Parse([]byte(published), "upstream.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	diff, err := drift.Suggest(doc)
	if err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(diff) {
		if strings.HasPrefix(line, "+") {
			fmt.Print(line)
		}
	}
	// Output:
	// +++ b/openapi/openapi.yaml
	// +        brand_logo:
	// +          type: string
	// +          nullable: true
	// +          description: Where the application's logo is.
	// +          x-unrecorded: true
	// +          x-published: {absent: true}
}

func TestSuggestSaysWhatIsLeftToDo(t *testing.T) {
	t.Parallel()
	doc := upstreamTree(t)
	get := doc["paths"].(tree)["/organizations/{organization}/oauth-applications/{id}"].(tree)["get"].(tree)
	get["responses"].(tree)["429"] = tree{"description": "Too many requests"}
	diff, err := drift.Suggest(parse(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	want := "# by hand: new: status getOAuthApplication 429: not declared → declared: a program gets an error that says which status it was\n"
	if diff != want {
		t.Errorf("got %q, want %q", diff, want)
	}
	if diff, err = drift.Suggest(parse(t, upstreamTree(t))); err != nil || diff != "" {
		t.Errorf("nothing is new, and the suggestion is %q, %v", diff, err)
	}
}
