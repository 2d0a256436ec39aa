package openapi_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/openapi"
)

// published says what the four documentation pages say, a row for each request, credential, access, parameter, response
// and member. A cell is "unstated" where the page is silent (it shows the member in a sample only, for instance) and "-"
// where the column does not apply.
//
//go:embed testdata/published.tsv
var published string

func TestContractSaysWhatThePagesSayOnceItsMarksAreUndone(t *testing.T) {
	t.Parallel()
	for _, departure := range departures(t, openapi.Contract(), published) {
		t.Error(departure)
	}
}

// Each case is a way in which the contract and its marks can come apart.
func TestDepartureIsFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ old, new, want string }{
		"member lost": {
			"        domain:\n          type: string\n          description: The domain the redirect URI is verified against.\n", "",
			"get_oauth_application body domain: on the page, not in the contract",
		},
		"member added": {
			"        domain:\n", "        colour: {type: string, description: Its colour.}\n        domain:\n",
			"get_oauth_application body colour: in the contract, not on the page",
		},
		"absent member is on a page": {
			"          description: The application's name, chosen by the person who registered it.\n",
			"          x-published: {absent: true}\n",
			"get_oauth_application body name: marked absent, but the page has it",
		},
		"absent operation is on a page": {
			"      x-published: {security: [accessToken], responses: ['200']}\n", "      x-published: {absent: true}\n",
			"get_oauth_application body name: marked absent, but the page has it",
		},
		"mark for an operation beyond the pages is lost": {
			"      x-published: {absent: true}\n", "",
			"list_oauth_applications request GET https://api.planetscale.com/v1/organizations/{organization}/oauth-applications: in the contract, not on the page",
		},
		"mark below an absent member": {
			"              description: The application's client id.\n",
			"              description: The application's client id.\n              x-published: {absent: true}\n",
			"x-published where no page has anything",
		},
		"type departs": {
			"type: integer\n          format: int64\n          description: How many tokens the application has issued.",
			"type: number\n          format: int64\n          description: How many tokens the application has issued.",
			`get_oauth_application body tokens: type is "number", the page has "integer"`,
		},
		"type of one alternative departs": {
			"x-published: {type: 'string[]'}", "x-published: {type: 'integer[]'}",
			`get_oauth_application body scopes: type is "integer[]", the page has "string[]"`,
		},
		"mark for a type is lost": {
			"      x-published: {type: 'string[]'}\n", "",
			`get_oauth_application body scopes: type is "string|string[]", the page has "string[]"`,
		},
		"format without a mark": {
			"          description: The domain the redirect URI is verified against.\n",
			"          description: The domain the redirect URI is verified against.\n          format: hostname\n",
			`get_oauth_application body domain: format is "hostname", the page has "none"`,
		},
		"limit without a mark": {
			"          description: How many tokens the application has issued.\n",
			"          minimum: 0\n          description: How many tokens the application has issued.\n",
			`get_oauth_application body tokens: minimum is "0", the page has "none"`,
		},
		"null without a mark": {
			"          description: What the access allows, in words.\n",
			"          description: What the access allows, in words.\n          nullable: true\n",
			`service_token_accesses[].description: nullable is "yes", the page has "no"`,
		},
		"null among the items without a mark": {
			"      description: A token an OAuth application has issued on behalf of an actor.\n",
			"      description: A token an OAuth application has issued on behalf of an actor.\n      nullable: true\n",
			`list_oauth_tokens body data: type is "object?[]", the page has "object[]"`,
		},
		"optional without a mark": {
			"required: [name, id, url]", "required: [name, id]",
			`oauth_accesses_by_resource.organization.organizations[].url: required is "no", the page has "yes"`,
		},
		"object opened without a mark": {
			"required: [name, description]\n      x-published: {additionalProperties: false}\n",
			"required: [name, description]\n",
			`accesses: open is "yes", the page has "no"`,
		},
		"object closed, so that the mark says nothing": {
			"required: [name, id]\n", "required: [name, id]\n      additionalProperties: false\n",
			`.user.users: x-published says open is "no", and so does the contract`,
		},
		"mark without a departure": {
			"          description: The domain the redirect URI is verified against.\n",
			"          description: The domain the redirect URI is verified against.\n          x-published: {required: true}\n",
			`get_oauth_application body domain: x-published says required is "yes", and so does the contract`,
		},
		"mark where the pages are silent": {
			"      required: [id, name, redirect_uri, domain,",
			"      x-published: {additionalProperties: false}\n      required: [id, name, redirect_uri, domain,",
			"get_oauth_application body .: no page says anything of open",
		},
		"mark with an unknown key": {
			"          description: The application's name, chosen by the person who registered it.\n",
			"          description: The application's name, chosen by the person who registered it.\n          x-published: {maxLength: 3}\n",
			"get_oauth_application body name: no page says anything of maxLength",
		},
		"mark out of reach": {
			"        code:\n          type: string\n", "        code:\n          x-published: {required: true}\n          type: string\n",
			"x-published where no page has anything",
		},
		"default lost": {
			"            default: 25\n            x-published:", "            x-published:",
			`list_oauth_tokens query per_page: default is "-", the page has "25"`,
		},
		"parameter required": {
			"'403', '404', '500']}\n      parameters:\n        - name: page\n",
			"'403', '404', '500']}\n      parameters:\n        - name: page\n          required: true\n",
			`list_oauth_tokens query page: required is "yes", the page has "no"`,
		},
		"parameter lost": {
			"      - $ref: '#/components/parameters/TokenID'\n", "",
			"get_oauth_token path token_id: on the page, not in the contract",
		},
		"host changed": {
			"https://auth.planetscale.com", "https://auth.planetscale.com/v1",
			"token_info request GET https://auth.planetscale.com/oauth/token/info: on the page, not in the contract",
		},
		"access changed": {
			"x-service-token-access: [read_oauth_tokens]", "x-service-token-access: [read_tokens]",
			`list_oauth_tokens: access is "read_tokens", the page has "read_oauth_tokens"`,
		},
		"security mark wrong": {
			"x-published: {security: [accessToken], responses: ['200']}", "x-published: {security: [serviceToken], responses: ['200']}",
			`get_oauth_application: security is "serviceToken", the page has "accessToken"`,
		},
		"status lost": {
			"responses: ['200', '401', '403', '404', '500']", "responses: ['200', '401', '403', '404']",
			`list_oauth_tokens: responses is "200,401,403,404", the page has "200,401,403,404,500"`,
		},
		"body of an error without a mark": {
			"      x-published: {content: none}\n", "",
			`list_oauth_tokens response 401: content is "application/json,text/html,text/plain", the page has "none"`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if n := strings.Count(openapi.Contract(), test.old); n == 0 {
				t.Fatalf("the contract no longer holds %q", test.old)
			}
			got := departures(t, strings.Replace(openapi.Contract(), test.old, test.new, 1), published)
			if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, test.want) }) {
				t.Errorf("want a departure that says %q, got %q", test.want, got)
			}
		})
	}
}
