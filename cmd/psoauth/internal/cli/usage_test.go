package cli_test

import (
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
)

func TestWhatCannotRunIsOneLineAndStatus2(t *testing.T) {
	t.Parallel()
	all := userOf("http://127.0.0.1:1")
	tests := []struct {
		name string
		env  environment
		args []string
		want string // in the line
	}{
		{"unknown command", all, []string{"tokn"}, `unknown command "tokn" (did you mean token?)`},
		{"unknown subcommand", all, []string{"token", "lst"}, `unknown command "lst" (did you mean list?)`},
		{"help for an unknown command", all, []string{"help", "nosuch"}, `unknown command "nosuch"`},
		{"help for an unknown subcommand", all, []string{"help", "token", "nosuch"}, `unknown command "nosuch"`},
		{"unknown flag", all, []string{"token", "list", "a", "--nosuch"}, "unknown flag: --nosuch; see"},
		{"misspelt flag", all, []string{"token", "list", "a", "--foramt", "csv"}, "unknown flag: --foramt (did you mean --format?)"},
		{"a flag in British", all, []string{"token", "list", "a", "--no-colour"}, "did you mean --no-color?"},
		{"not a bool", all, []string{"token", "list", "a", "--debug=maybe"}, `--debug: want true or false, got "maybe"`},
		{"a format where there is none", all, []string{"version", "--format", "json"}, "--format has no effect on psoauth version"},
		{"a format where there is none", all, []string{"demo", "-f", "json"}, "--format has no effect on psoauth demo"},
		{"a larger page than there is", all, []string{"token", "list", "a", "--per-page", "1000"}, "--per-page: want a whole number from 1 to 100"},
		{"a period without a unit", all, []string{"token", "list", "a", "--unused-for", "30"}, "want a period such as 12h, 30d or 2w"},
		{"no period at all", all, []string{"token", "list", "a", "--expires-within", ""}, "want a period such as"},
		{"a bad pattern", all, []string{"token", "list", "a", "--scope", "[a"}, "--scope"},
		{"flag without a value", all, []string{"token", "list", "a", "--org"}, "needs an argument: --org"},
		{"unknown format", all, []string{"token", "info", "--format", "xml"}, "want human, json or csv"},
		{"bad timeout", all, []string{"token", "info", "--timeout", "soon"}, `--timeout: want a duration, such as 30s, got "soon"`},
		{"no time at all", all, []string{"token", "info", "--timeout", "0s"}, "--timeout: want a positive duration"},
		{"bad page", all, []string{"token", "list", "a", "--page", "0"}, "want a whole number from 1"},
		{"negative limit", all, []string{"token", "list", "a", "--limit", "-3"}, "want a whole number from 1"},
		{"no id", all, []string{"app", "show"}, "give APP_ID: "},
		{"one id of two", all, []string{"token", "show", "a"}, "give APP_ID: "},
		{"no id of two", all, []string{"token", "show"}, "want APP_ID and TOKEN_ID, got 0 arguments"},
		{"too many ids", all, []string{"app", "show", "a", "b"}, "want APP_ID, got 2 arguments"},
		{"an argument too many", all, []string{"token", "info", "a"}, `want no arguments, got "a"`},
		{"empty id", all, []string{"app", "show", ""}, "the application id is empty"},
		{"empty id in the sandbox", all, []string{"app", "show", "", "--sandbox"}, "the application id is empty"},
		{"empty id of a token", all, []string{"token", "show", "a", ""}, "the token id is empty"},
		{"dots", all, []string{"token", "show", "a", ".."}, "dot segment"},
		{"control bytes", all, []string{"token", "show", "a\nb", "c"}, "control characters"},
		{"id like a flag", all, []string{"app", "show", "-abc"}, "put an id that begins with a dash after --"},
		{"a policy without a name", all, []string{"audit", "a", "--policy", ""}, "--policy: want the name of a file, got an empty string"},
		{"files without names", all, []string{"contract", "check", "--sandbox", "--baseline=", "--output="}, "--baseline: want the name of a file, got an empty string; --output:"},
		{"no organization", all.with("PLANETSCALE_ORG", ""), []string{"app", "show", "a"}, "--org or set PLANETSCALE_ORG"},
		{"nothing at all", nil, []string{"app", "show", "a"}, "no credential: set PLANETSCALE_SERVICE_TOKEN_ID and"},
		{"no access token", nil, []string{"token", "info"}, "set PLANETSCALE_ACCESS_TOKEN or give --access-token"},
		{
			"a service token for token info", all.with("PLANETSCALE_ACCESS_TOKEN", ""), []string{"token", "info"},
			"does not accept service tokens",
		},
		{"id without secret", all.with("PLANETSCALE_SERVICE_TOKEN", ""), []string{"app", "show", "a"}, "has no secret"},
		{"secret without id", all.with("PLANETSCALE_SERVICE_TOKEN_ID", ""), []string{"app", "show", "a"}, "has no id"},
		{
			"swapped pair", nil,
			[]string{"app", "show", "a", "--org", "x", "--service-token-id", serviceSecret, "--service-token", serviceTokenID},
			"swapped",
		},
		{
			"service token as access token", all.with("PLANETSCALE_ACCESS_TOKEN", serviceSecret), []string{"token", "info"},
			"--access-token (PLANETSCALE_ACCESS_TOKEN): that is a service token",
		},
		{
			"plain http", all.with("PLANETSCALE_API_URL", "http://example.com"), []string{"app", "show", "a"},
			"--api-url (PLANETSCALE_API_URL): the URL is plain http",
		},
		{
			"a password in the address", all.with("PLANETSCALE_AUTH_URL", "https://u:"+serviceSecret+"@example.com"),
			[]string{"token", "info"}, "--auth-url (PLANETSCALE_AUTH_URL): the URL holds a user name or password",
		},
		{"two addresses for the sandbox", nil, []string{"app", "show", "--sandbox", "--api-url", "http://localhost"}, "leave them out"},
		{"no such shell", all, []string{"completion", "tcsh"}, "want one of bash"},
		{"no shell", all, []string{"completion"}, "want one of bash"},
		{"two shells", all, []string{"completion", "bash", "zsh"}, "want one of bash"},
		{"no address to listen on", all, []string{"sandbox", "--listen", "256.0.0.1:x"}, "--listen"},
		{"a negative number of tokens", all, []string{"sandbox", "--tokens", "-1"}, "want a whole number from 0"},
		{"nobody there", all, []string{"app", "show", "a"}, "check the network"},
		{"a secret among the arguments", all, []string{"app", serviceSecret}, `unknown command "[redacted]"`},
		{
			"a credential without a prefix among the arguments", nil,
			[]string{"app", plainSecret, "--access-token", plainSecret}, `unknown command "[redacted]"`,
		},
		{"a secret in a flag", all, []string{"token", "list", "a", "--limit", accessSecret}, "[redacted]"},
		{"a long argument", all, []string{"app", strings.Repeat("x", 10_000)}, "xxx…"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, test.env, test.args...)
			if line := failed(t, r); !strings.Contains(line, test.want) || strings.Contains(line, "With") {
				t.Errorf("%q: want %q in it", line, test.want)
			}
			if r.stdout != "" {
				t.Errorf("stdout: %q", r.stdout)
			}
		})
	}
}

func TestAnIDThatBeginsWithADashGoesAfterTwo(t *testing.T) {
	t.Parallel()
	server := newServer(t, apitest.WithApplicationIDs("-abc"))
	out := mustRun(t, userOfTestServer(server), "app", "show", "--format", "json", "--", "-abc")
	if got := members(t, out)["id"]; got != "-abc" {
		t.Errorf("id %v", got)
	}
}

func TestAFlagBeatsTheEnvironment(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	right := userOfTestServer(server)
	for flag, variable := range map[string]string{
		"--org":              "PLANETSCALE_ORG",
		"--service-token-id": "PLANETSCALE_SERVICE_TOKEN_ID",
		"--service-token":    "PLANETSCALE_SERVICE_TOKEN",
		"--api-url":          "PLANETSCALE_API_URL",
	} {
		wrong := map[string]string{"--api-url": "http://127.0.0.1:1"}[flag]
		if wrong == "" {
			wrong = "wrong"
		}
		mustRun(t, right.with(variable, wrong), "app", "show", apitest.ApplicationID, flag, right[variable])
		failed(t, run(t, right, "app", "show", apitest.ApplicationID, flag, wrong))
	}
	for flag, variable := range map[string]string{
		"--access-token": "PLANETSCALE_ACCESS_TOKEN",
		"--auth-url":     "PLANETSCALE_AUTH_URL",
	} {
		wrong := map[string]string{"--auth-url": "http://127.0.0.1:1", "--access-token": "pscale_oauth_revoked"}[flag]
		mustRun(t, right.with(variable, wrong), "token", "info", "--require-active", flag, right[variable])
		if r := run(t, right, "token", "info", "--require-active", flag, wrong); r.status == 0 {
			t.Errorf("%s %s did not beat the environment", flag, wrong)
		}
	}
}

func TestEachHostGetsItsOwnCredential(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	user := userOfTestServer(server)
	mustRun(t, user, "app", "show", apitest.ApplicationID)
	mustRun(t, user, "token", "info")
	mustRun(t, user.with("PLANETSCALE_SERVICE_TOKEN_ID", "").with("PLANETSCALE_SERVICE_TOKEN", ""),
		"app", "show", apitest.ApplicationID)
	want := []string{
		apitest.ServiceTokenID + ":" + apitest.ServiceToken, "Bearer " + apitest.AccessToken, "Bearer " + apitest.AccessToken,
	}
	for i, request := range server.Requests() {
		if request.Authorization.Reveal() != want[i] {
			t.Errorf("request %d, to %s: %q", i, request.Path, request.Authorization.Reveal())
		}
	}
}
