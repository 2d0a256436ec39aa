package openapi_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/psoauth/psoauth/openapi"
)

func TestScopesTakeAnArrayOrAString(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]openapi.Scopes{
		`["read_user","database:read_database"]`:     {"read_user", "database:read_database"},
		`"read_user database:read_database"`:         {"read_user", "database:read_database"},
		` "\tread_user  \n database:read_database "`: {"read_user", "database:read_database"},
		`[ ]`:                    {},
		`""`:                     {},
		`" "`:                    {},
		`["a b",""," c "]`:       {"a", "b", "c"},
		`["b","a","b"]`:          {"b", "a", "b"},
		`["r\u00e9ad","\u2028"]`: {"réad"},
		`[null]`:                 {},
		`["a",null,"b"]`:         {"a", "b"},
	} {
		var v1, v2 openapi.Scopes
		if err := json.Unmarshal([]byte(in), &v1); err != nil || v1 == nil || !slices.Equal(v1, want) {
			t.Errorf("%s: got %q, %v, want %q", in, v1, err, want)
		}
		if err := jsonv2.Unmarshal([]byte(in), &v2); err != nil || !slices.Equal(v2, want) {
			t.Errorf("%s with json/v2: got %q, %v, want %q", in, v2, err, want)
		}
	}
}

func TestScopesRefuseAnythingElse(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`null`, `true`, `7`, `{}`, `{"0":"a"}`, `[1]`, `[null,1]`, `[["a"]]`} {
		got := openapi.Scopes{"before"}
		if err := json.Unmarshal([]byte(in), &got); err == nil || !slices.Equal(got, []string{"before"}) {
			t.Errorf("%s: got %q, %v, want an error and nothing changed", in, got, err)
		}
	}
}

func TestScopesAreWrittenAsAnArray(t *testing.T) {
	t.Parallel()
	for want, scopes := range map[string]openapi.Scopes{`[]`: nil, `["a","b"]`: {"a", "b"}} {
		if got := toJSON(t, scopes); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := toJSON(t, openapi.Scopes{}); got != `[]` {
		t.Errorf("got %s, want []", got)
	}
}

func TestScopesHasAndString(t *testing.T) {
	t.Parallel()
	scopes := openapi.Scopes{"read_user", "read_databases"}
	if !scopes.Has("read_databases") || scopes.Has("read") || scopes.Has("") || openapi.Scopes(nil).Has("read_user") {
		t.Error("Has does not compare whole scopes")
	}
	if got := scopes.String(); got != "read_user read_databases" {
		t.Errorf("got %q", got)
	}
}

// withoutNulls takes the nulls out of an array: they are against the contract, and the decoder passes over them.
func withoutNulls(t *testing.T, data []byte) []byte {
	t.Helper()
	var items []json.RawMessage
	if json.Unmarshal(data, &items) != nil || items == nil {
		return data
	}
	isNull := func(item json.RawMessage) bool { return string(item) == "null" }
	return []byte(toJSON(t, append([]json.RawMessage{}, slices.DeleteFunc(items, isNull)...)))
}

// FuzzScopes holds the decoder to the contract, and wants both forms on the wire to give the same scopes back. Nulls in an
// array are no difference.
func FuzzScopes(f *testing.F) {
	for _, seed := range []string{
		`["read_user","x"]`, `"read_user x"`, `[]`, `""`, `null`, `[null]`, `[1]`, `{"a":[]}`, `"\ud800 \u00a0"`, "[\"\xff\"]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var scopes openapi.Scopes
		err := json.Unmarshal(data, &scopes)
		if accepted, reason := schemaAccepts(t, "Scopes", withoutNulls(t, data)); accepted != (err == nil) {
			t.Fatalf("schema: %v, decoder: %v", reason, err)
		}
		if err != nil {
			return
		}
		for _, scope := range scopes {
			if scope == "" || strings.ContainsAny(scope, " \t\r\n") {
				t.Errorf("%q is no scope", scope)
			}
		}
		for _, form := range []any{scopes, scopes.String()} {
			var again openapi.Scopes
			if err := json.Unmarshal([]byte(toJSON(t, form)), &again); err != nil || !slices.Equal(again, scopes) {
				t.Errorf("%q is read back as %q, %v", scopes, again, err)
			}
		}
	})
}
