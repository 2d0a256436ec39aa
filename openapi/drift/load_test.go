package drift_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/openapi/drift"
)

func TestLoadReadsFilesAndStandardInput(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "spec.yaml")
	if err := os.WriteFile(file, []byte(upstream), 0o600); err != nil {
		t.Fatal(err)
	}
	for source, name := range map[string]string{file: file, "-": "standard input"} {
		doc, err := drift.Load(t.Context(), source, strings.NewReader(upstream), nil)
		if err != nil {
			t.Fatal(err)
		}
		report, err := drift.Compare(doc)
		if err != nil {
			t.Fatal(err)
		}
		if report.After != name {
			t.Errorf("%s is named %q, want %q", source, report.After, name)
		}
	}
}

func TestLoadFetchesWithoutCredentials(t *testing.T) {
	t.Parallel()
	var seen http.Header
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "secret"})
			http.Redirect(w, r, "/spec", http.StatusMovedPermanently)
			return
		}
		seen = r.Header.Clone()
		_, _ = io.WriteString(w, upstream)
	}))
	t.Cleanup(server.Close)
	client := server.Client()
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if client.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	client.Jar.SetCookies(at, []*http.Cookie{{Name: "kept", Value: "secret"}})
	if _, err := drift.Load(t.Context(), server.URL+"/old?sig=secret", nil, client); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Authorization", "Cookie", "Referer"} {
		if seen.Get(name) != "" {
			t.Errorf("the request has the header %s", name)
		}
	}
}

func TestLoadSaysWhatItCannotRead(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/insecure":
			http.Redirect(w, r, "http://example.com/spec", http.StatusFound)
		case "/credentials":
			http.Redirect(w, r, "https://me:secret@example.com/spec", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/missing":
			http.NotFound(w, r)
		case "/html":
			_, _ = io.WriteString(w, "<!doctype html><title>Sign in</title>")
		case "/huge":
			for {
				if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
					return
				}
			}
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		}
	}))
	t.Cleanup(server.Close)
	for source, want := range map[string]string{
		server.URL + "/insecure":                       "not https",
		server.URL + "/credentials":                    "with credentials",
		server.URL + "/loop":                           "redirects",
		server.URL + "/missing":                        "404",
		server.URL + "/html":                           "HTML",
		server.URL + "/huge":                           "larger than 16 MiB",
		server.URL + "/cut":                            "unexpected EOF",
		"http://example.com/spec":                      "want an https URL",
		"ftp://example.com/spec":                       "want an https URL",
		"https://":                                     "want an https URL",
		"https://a b/":                                 "not a URL",
		"https://me:secret@example.com/spec":           "holds credentials",
		filepath.Join(t.TempDir(), "nothing-here.yml"): "no such file",
		t.TempDir():                                    "directory",
	} {
		_, err := drift.Load(t.Context(), source, nil, server.Client())
		checkError(t, source, err, want)
		if err != nil && strings.Contains(strings.ReplaceAll(err.Error(), source, ""), "secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	_, err := drift.Load(t.Context(), "-", iotest.ErrReader(io.ErrClosedPipe), nil)
	checkError(t, "-", err, "closed pipe")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = drift.Load(ended, server.URL+"/spec", nil, server.Client())
	checkError(t, "an ended context", err, "canceled")
}

// checkError wants one line that names what is wrong.
func checkError(t *testing.T, name string, err error, want string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s: no error, want %q", name, want)
	case !strings.Contains(err.Error(), want):
		t.Errorf("%s: %v, want %q", name, err, want)
	case strings.Contains(err.Error(), "\n") || len(err.Error()) > 700:
		t.Errorf("%s: the error is not one short line: %v", name, err)
	}
}

func TestParseRefusesWhatIsNoDocument(t *testing.T) {
	t.Parallel()
	deep := func(opening, closing string, n int) string {
		return strings.Repeat(opening, n) + strings.Repeat(closing, n)
	}
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                     {"", "empty"},
		"blanks":                      {" \n\t\n", "empty"},
		"a byte order mark":           {"\xef\xbb\xbf", "empty"},
		"comments":                    {"# nothing\n", "comments only"},
		"HTML":                        {"<html></html>", "HTML"},
		"a string":                    {"hello", "not an OpenAPI document"},
		"an array":                    {"[1]", "not an OpenAPI document"},
		"an empty object":             {"{}", "neither of the members"},
		"null":                        {"null", "not an OpenAPI document"},
		"cut JSON":                    {`{"swagger":"2.0","paths":{`, "unexpected EOF"},
		"two members of a name":       {`{"swagger":"2.0","swagger":"2.0"}`, "duplicate"},
		"something after the JSON":    {`{"swagger":"2.0"} {}`, "after"},
		"bytes that are not UTF-8":    {"{\"swagger\":\"\xff\"}", "UTF-8"},
		"two keys of a name in YAML":  {"swagger: '2.0'\nswagger: '2.0'\n", "already defined"},
		"broken YAML":                 {"swagger: '2.0'\n  paths: [", "line 1"},
		"two YAML documents":          {"a: 1\n---\nb: 1\n", "more than one"},
		"a key that is a list":        {"? [a]\n: 1\n", "key"},
		"another version of Swagger":  {`{"swagger":"1.2","paths":{}}`, "1.2"},
		"another version of OpenAPI":  {`{"openapi":"4.0.0","paths":{}}`, "4.0.0"},
		"a version that is an object": {`{"openapi":{},"paths":{}}`, "want Swagger 2.0"},
		"no paths":                    {`{"openapi":"3.0.0"}`, "no operations"},
		"empty paths":                 {`{"openapi":"3.0.0","paths":{}}`, "no operations"},
		"paths that are a list":       {`{"openapi":"3.0.0","paths":[]}`, "no operations"},
		"other operations":            {`{"openapi":"3.0.0","paths":{"/pets":{"get":{"responses":{}}}}}`, "none of the contract's"},
		"a path that is a number":     {`{"openapi":"3.0.0","paths":{"/pets":1}}`, "not an object"},
		"a path in another file":      {`{"openapi":"3.0.0","paths":{"/pets":{"$ref":"pets.yaml"}}}`, "other documents are not read"},
		"deep JSON":                   {`{"swagger":"2.0","paths":{"/oauth/token/info":{"get":{"a":` + deep("[", "]", 5000) + "}}}}", "levels deep"},
		"deeper JSON than is read":    {`{"a":` + deep("[", "]", 100_000) + "}", "more than 200 levels"},
		"deep YAML":                   {"a: " + deep("[", "]", 5000), "levels deep"},
		"deeper YAML than is read":    {"a: " + deep("[", "]", 100_000), "depth"},
		"aliases that multiply":       {bomb.String(), "aliases"},
		"an alias of itself":          {"a: &a [*a]\n", "levels deep"},
		"an anchor that is not there": {"a: *b\n", "b"},
		"too large":                   {strings.Repeat("# comment\n", 2<<20), "larger than"},
		"too many values":             {"[" + strings.Repeat("1,", 2_100_000) + "1]", "values"},
		"too many values in JSON":     {`{"a":[` + strings.Repeat("1,", 270_000) + "1]}", "more than 270000 values"},
		"too many values in YAML":     {"a:\n" + strings.Repeat("- 1\n", 270_000), "more than 270000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := drift.Parse([]byte(c.text), "upstream.json")
			checkError(t, name, err, c.want)
			if err != nil && !strings.HasPrefix(err.Error(), "upstream.json: ") {
				t.Errorf("the error does not name the document: %v", err)
			}
		})
	}
}

func TestParseRefusesOperationsItCannotRead(t *testing.T) {
	t.Parallel()
	schema := func(s any) func(doc tree) {
		return func(doc tree) { doc["definitions"].(tree)["Application"] = s }
	}
	nested := func(n int) any {
		var s any = tree{"type": "string"}
		for range n {
			s = tree{"type": "object", "properties": tree{"a": s}}
		}
		return s
	}
	get := func(doc tree) tree {
		return doc["paths"].(tree)["/organizations/{organization}/oauth-applications/{id}"].(tree)["get"].(tree)
	}
	choices := func(n int) any {
		var s any = tree{"type": "string"}
		for range n {
			s = tree{"anyOf": []any{s, tree{"type": "integer"}}}
		}
		return s
	}
	for name, c := range map[string]struct {
		change func(doc tree)
		want   string
	}{
		"a reference to itself":  {schema(tree{"$ref": "#/definitions/Application"}), "refers to itself"},
		"a schema inside itself": {schema(tree{"type": "object", "properties": tree{"parent": tree{"$ref": "#/definitions/Application"}}}), "refers to itself"},
		"a circle of two": {func(doc tree) {
			schema(tree{"items": tree{"$ref": "#/definitions/B"}})(doc)
			doc["definitions"].(tree)["B"] = tree{"allOf": []any{tree{"$ref": "#/definitions/Application"}}}
		}, "refers to itself"},
		"the document inside itself": {schema(tree{"$ref": "#"}), "refers to"},
		"a file":                     {schema(tree{"$ref": "/etc/passwd"}), "other documents are not read"},
		"a URL":                      {schema(tree{"$ref": "https://example.com/schema.json"}), "other documents are not read"},
		"a file beside it":           {schema(tree{"type": "object", "properties": tree{"a": tree{"$ref": "b.json#/a"}}}), "other documents are not read"},
		"a reference to nothing":     {schema(tree{"$ref": "#/definitions/Nobody"}), "not there"},
		"a reference that is none":   {schema(tree{"$ref": "#definitions"}), "no JSON pointer"},
		"a type that is none":        {schema(tree{"type": "text"}), "no type"},
		"a type that is a number":    {schema(tree{"type": 7}), "type"},
		"a schema that is a string":  {schema("string"), "upstream: "},
		"a schema that is null":      {schema(nil), "upstream: "},
		"properties that are a list": {schema(tree{"properties": []any{}}), "upstream: "},
		"a member that is null":      {schema(tree{"properties": tree{"a": nil}}), "upstream: "},
		"a nesting too deep":         {schema(nested(150)), "levels deep"},
		"alternatives that multiply": {schema(choices(20)), "too many alternatives"},
		"a status that is none":      {func(doc tree) { get(doc)["responses"].(tree)["OK"] = tree{"description": "x"} }, "no status"},
		"no responses":               {func(doc tree) { get(doc)["responses"] = tree{} }, "no responses"},
		"responses that are a list":  {func(doc tree) { get(doc)["responses"] = []any{} }, "upstream: "},
		"a media type that is none":  {func(doc tree) { get(doc)["produces"] = []any{"///"} }, "no media type"},
		"a parameter without a name": {func(doc tree) { get(doc)["parameters"] = []any{tree{"in": "query", "type": "string"}} }, "without a name"},
		"an operation that is a text": {func(doc tree) {
			doc["x-text"], get(doc)["$ref"] = "x", "#/x-text"
		}, "upstream: GET /organizations/{organization}/oauth-applications/{id}: it is no object"},
		"parameters that are a map": {func(doc tree) { get(doc)["parameters"] = tree{} }, "upstream: "},
		"a parameter the path lacks": {func(doc tree) {
			get(doc)["parameters"] = []any{tree{"name": "x", "in": "path", "type": "string", "required": true}}
		}, "no parameter"},
		"references that multiply": {func(doc tree) {
			definitions := doc["definitions"].(tree)
			for i := range 30 {
				ref := tree{"$ref": fmt.Sprintf("#/definitions/L%d", i+1)}
				definitions[fmt.Sprintf("L%d", i)] = tree{"type": "object", "properties": tree{"a": ref, "b": ref}}
			}
			definitions["L30"] = tree{"type": "string"}
			schema(tree{"$ref": "#/definitions/L0"})(doc)
		}, "references make more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := upstreamTree(t)
			c.change(doc)
			parsed, err := drift.Parse(encode(t, doc), "upstream")
			if err == nil { // what a comparison finds at fault is told as well
				_, err = drift.Compare(parsed)
			}
			checkError(t, name, err, c.want)
		})
	}
}

// What is wrong in operations that are not the contract's is nobody's business here.
func TestParsePassesOverOtherOperations(t *testing.T) {
	t.Parallel()
	doc := upstreamTree(t)
	doc["paths"].(tree)["/broken"] = tree{"get": tree{"parameters": 7, "responses": tree{"200": tree{"schema": tree{"$ref": "gone.yaml"}}}}}
	doc["definitions"].(tree)["Tree"] = tree{"properties": tree{"children": tree{"items": tree{"$ref": "#/definitions/Tree"}}}}
	if _, err := drift.Compare(parse(t, doc)); err != nil {
		t.Error(err)
	}
}

// TestLargeDocumentsAreReadQuickly takes a document of the size of PlanetScale's.
func TestLargeDocumentsAreReadQuickly(t *testing.T) {
	doc := upstreamTree(t)
	for i := range 135 {
		token := doc["definitions"].(tree)["Token"]
		doc["paths"].(tree)[fmt.Sprintf("/resource-%d/{id}", i)] = tree{"get": tree{
			"description": strings.Repeat("What it is for. ", 60),
			"responses":   tree{"200": tree{"description": "It.", "schema": tree{"type": "array", "items": token}}, "201": tree{"description": "It.", "schema": token}},
		}}
	}
	for name, encoding := range map[string]func(any) ([]byte, error){
		"JSON": func(v any) ([]byte, error) { return json.MarshalIndent(v, "", "  ") },
		"YAML": yaml.Marshal,
	} {
		data, err := encoding(doc)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		parsed, err := drift.Parse(data, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := drift.Compare(parsed); err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
		t.Logf("%s of %.1f MB: %v, %d MiB allocated", name, float64(len(data))/1e6, took.Round(time.Millisecond), allocated)
		if len(data) < 2_400_000 {
			t.Errorf("%s of %d bytes, want 2.4 MB", name, len(data))
		}
		if allocated > 400 {
			t.Errorf("%s: %d MiB allocated, want 400 at most", name, allocated)
		}
	}
}

// TestWideCompositionsEnd has schemas whose branches and members multiply what there is to make and to judge.
func TestWideCompositionsEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	object := func(members int, prefix string) tree {
		properties := tree{}
		for i := range members {
			properties[fmt.Sprint(prefix, i)] = tree{"type": "string"}
		}
		return tree{"type": "object", "properties": properties}
	}
	branches := func(n int, branch func(i int) any) []any {
		all := make([]any, n)
		for i := range all {
			all[i] = branch(i)
		}
		return all
	}
	for name, schema := range map[string]any{
		"members": object(3000, "m"),
		"branches of branches": tree{"allOf": []any{
			tree{"anyOf": branches(60, func(i int) any { return object(9, fmt.Sprint("a", i, "_")) })},
			tree{"anyOf": branches(60, func(i int) any { return object(9, fmt.Sprint("b", i, "_")) })}}},
		"branches of what is not declared": tree{"additionalProperties": tree{"anyOf": branches(40, func(i int) any {
			return tree{"type": "array", "items": object(200, fmt.Sprint("r", i, "_"))}
		})}},
	} {
		t.Run(name, func(t *testing.T) {
			doc := upstreamTree(t)
			doc["definitions"].(tree)["Application"] = schema
			start := time.Now()
			report, err := drift.Compare(parse(t, doc))
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
			if err == nil && !report.Breaking() || err != nil && !strings.Contains(err.Error(), "too many") {
				t.Errorf("%v, %v; want something that breaks, or that it is too much", report, err)
			}
		})
	}
}
