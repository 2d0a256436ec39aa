package openapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/psoauth/psoauth/openapi"
)

func TestContractIsAValidDocument(t *testing.T) {
	t.Parallel()
	doc := document(t)
	if doc.OpenAPI != "3.0.3" {
		t.Errorf("openapi is %q, want 3.0.3", doc.OpenAPI)
	}
	err := doc.Validate(t.Context(), openapi3.EnableSchemaFormatValidation(), openapi3.EnableExamplesValidation(),
		openapi3.ProhibitExtensionsWithRef())
	if err != nil {
		t.Error(err)
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	const (
		api  = "https://api.planetscale.com/v1"
		auth = "https://auth.planetscale.com"
	)
	type operation struct{ request, security, access string }
	want := map[string]operation{
		"listOAuthApplications": {
			"GET " + api + "/organizations/{organization}/oauth-applications",
			"accessToken,serviceToken", "read_oauth_applications",
		},
		"getOAuthApplication": {
			"GET " + api + "/organizations/{organization}/oauth-applications/{application_id}",
			"accessToken,serviceToken", "read_oauth_applications",
		},
		"listOAuthTokens": {
			"GET " + api + "/organizations/{organization}/oauth-applications/{application_id}/tokens",
			"accessToken,serviceToken", "read_oauth_tokens",
		},
		"getOAuthToken": {
			"GET " + api + "/organizations/{organization}/oauth-applications/{application_id}/tokens/{token_id}",
			"accessToken,serviceToken", "read_oauth_tokens",
		},
		"deleteOAuthToken": {
			"DELETE " + api + "/organizations/{organization}/oauth-applications/{application_id}/tokens/{token_id}",
			"accessToken,serviceToken", "delete_oauth_tokens",
		},
		"getTokenInfo": {"GET " + auth + "/oauth/token/info", "accessToken", "none"},
	}
	got := map[string]operation{}
	doc := document(t)
	for route, item := range doc.Paths.Map() {
		if len(item.Servers) != 1 {
			t.Errorf("%s: %d servers on the path item, want one", route, len(item.Servers))
			continue
		}
		for method, op := range item.Operations() {
			var schemes []string
			for _, requirement := range *op.Security {
				schemes = append(schemes, slices.Collect(maps.Keys(requirement))...)
			}
			got[op.OperationID] = operation{
				method + " " + item.Servers[0].URL + route, list(schemes), cell(op.Extensions["x-service-token-access"]),
			}
			success := "200"
			if method == http.MethodDelete {
				success = "204"
			}
			for _, status := range []string{success, "default"} {
				if op.Responses.Value(status) == nil {
					t.Errorf("%s: no %s response", op.OperationID, status)
				}
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if len(doc.Servers) != 1 || doc.Servers[0].URL != api || len(doc.Security) != 0 {
		t.Error("want the API host as the server at the root, and no security there")
	}
	for name, ref := range doc.Components.SecuritySchemes {
		scheme := ref.Value
		if !slices.Contains([]string{"apiKey header Authorization ", "http   bearer"},
			strings.Join([]string{scheme.Type, scheme.In, scheme.Name, scheme.Scheme}, " ")) {
			t.Errorf("%s: unexpected security scheme %+v", name, scheme)
		}
	}
}

// kin-openapi checks examples without regard to most formats, and reads a time in YAML as a time; the wire has JSON.
func TestExamplesValidateAsJSONWithTheirFormats(t *testing.T) {
	t.Parallel()
	examples := 0
	doc := document(t)
	check := func(where string, content openapi3.Content) {
		for mediaType, media := range content {
			for name, example := range media.Examples {
				examples++
				var value any
				if err := json.Unmarshal([]byte(toJSON(t, example.Value.Value)), &value); err != nil {
					t.Fatal(err)
				}
				if err := visit(media.Schema.Value, value); err != nil {
					t.Errorf("%s %s, example %s: %v", where, mediaType, name, err)
				}
			}
		}
	}
	for _, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if method == http.MethodDelete {
				if op.Responses.Value("204").Value.Content != nil {
					t.Errorf("%s: a 204 with a body", op.OperationID)
				}
				continue
			}
			check(op.OperationID, op.Responses.Value("200").Value.Content)
			if len(op.Responses.Value("200").Value.Content["application/json"].Examples) < 2 {
				t.Errorf("%s: want an example of each form or revision", op.OperationID)
			}
		}
	}
	for name, response := range doc.Components.Responses {
		check(name, response.Value.Content)
	}
	if examples < 12 {
		t.Errorf("checked %d examples, want them all", examples)
	}
}

// The strict check above would be worthless if it let anything pass.
func TestStrictCheckRefusesWhatIsNoTimeOrURI(t *testing.T) {
	t.Parallel()
	doc := document(t)
	media := doc.Paths.Find("/organizations/{organization}/oauth-applications/{application_id}/tokens/{token_id}").
		Get.Responses.Value("200").Value.Content["application/json"]
	for member, wrong := range map[string]string{
		"created_at":   "2026-02-30T08:00:00.000Z",
		"last_used_at": "yesterday",
		"avatar_url":   "gravatar-fallback.png",
	} {
		var token map[string]any
		if err := json.Unmarshal([]byte(toJSON(t, media.Examples["full"].Value.Value)), &token); err != nil {
			t.Fatal(err)
		}
		token[member] = wrong
		if err := visit(media.Schema.Value, token); err == nil {
			t.Errorf("%s: %q passes", member, wrong)
		}
	}
}

func TestDescriptionsAreSentences(t *testing.T) {
	t.Parallel()
	var root any
	if err := json.Unmarshal([]byte(toJSON(t, document(t))), &root); err != nil {
		t.Fatal(err)
	}
	descriptions := 0
	var walk func(at string, node any)
	walk = func(at string, node any) {
		switch node := node.(type) {
		case []any:
			for i, item := range node {
				walk(fmt.Sprintf("%s/%d", at, i), item)
			}
		case map[string]any:
			if properties, ok := node["properties"].(map[string]any); ok {
				for name, property := range properties {
					schema := property.(map[string]any)
					if schema["$ref"] == nil && schema["description"] == nil {
						t.Errorf("%s/properties/%s has no description", at, name)
					}
				}
			}
			for key, value := range node {
				if key == "examples" {
					continue // in an example, description is a member like any other
				}
				if text, ok := value.(string); ok && key == "description" {
					descriptions++
					if !strings.HasSuffix(text, ".") || text != strings.TrimSpace(text) || strings.Contains(text, "  ") {
						t.Errorf("%s: %q is no sentence", at, text)
					}
				}
				walk(at+"/"+key, value)
			}
		}
	}
	walk("", root)
	if descriptions < 100 {
		t.Errorf("found %d descriptions, want them all", descriptions)
	}
}

var loadOnce = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData([]byte(openapi.Contract()))
})

// document returns the contract, which tests share and so only read.
func document(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func load(t *testing.T, contract string) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(contract))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// visit checks value against schema with what date-time and uri really ask for.
func visit(schema *openapi3.Schema, value any) error {
	return schema.VisitJSON(value, openapi3.MultiErrors(), openapi3.VisitAsResponse(), openapi3.EnableFormatValidation(),
		openapi3.WithStringFormatValidator("date-time", openapi3.NewCallbackValidator(func(s string) error {
			_, err := time.Parse(time.RFC3339, s)
			return err
		})),
		openapi3.WithStringFormatValidator("uri", openapi3.NewCallbackValidator(func(s string) error {
			if u, err := url.Parse(s); err != nil || u.Scheme == "" {
				return fmt.Errorf("want an absolute URI, got %q", s)
			}
			return nil
		})))
}

func toJSON(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
