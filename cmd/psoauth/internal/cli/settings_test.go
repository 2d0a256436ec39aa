package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/cmd/psoauth/internal/cli"
)

func TestTheOrganizationOfPscaleIsTheLast(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	folder := filepath.Join(home, ".config", "planetscale")
	config := filepath.Join(folder, "pscale.yml")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	server := newServer(t)
	user := userOfTestServer(server).with("HOME", home)
	for content, status := range map[string]int{
		"org: " + apitest.Organization + "\naccess_token: x\n": 0, "org: other\n": 2, "{": 2, "": 2,
	} {
		if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := run(t, user.with("PLANETSCALE_ORG", ""), "app", "show", apitest.ApplicationID); r.status != status {
			t.Errorf("%q: status %d: %s", content, r.status, r.stderr)
		}
		mustRun(t, user, "app", "show", apitest.ApplicationID) // the variable beats it
	}
}

// A report is acted on in the organization that it is about, also where the environment names none, or another.
func TestAnAuditNamesItsOrganization(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".config", "planetscale"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := "org: " + apitest.Organization + "\n"
	if err := os.WriteFile(filepath.Join(home, ".config", "planetscale", "pscale.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	user := userOfTestServer(newServer(t))
	none := user.with("PLANETSCALE_ORG", "")
	for _, test := range []struct {
		name string
		env  environment
		args string
		flag string
	}{
		{"variable", user, "", ""},
		{"flag", none, "--org " + apitest.Organization, " --org " + apitest.Organization},
		{"configuration", none.with("HOME", home), "", " --org " + apitest.Organization},
		{"sandbox", none, "--sandbox", " --sandbox"},
	} {
		r := run(t, test.env, append([]string{"audit", apitest.ApplicationID, "--format", "json"}, strings.Fields(test.args)...)...)
		if want := `"organization": "` + apitest.Organization + `",`; !strings.Contains(r.stdout, want) {
			t.Errorf("%s: no %s in %.200s", test.name, want, r.stdout)
		}
		if want := `"psoauth token revoke` + test.flag + " " + apitest.ApplicationID + " "; !strings.Contains(r.stdout, want) {
			t.Errorf("%s: no %s in %.600s", test.name, want, r.stdout)
		}
	}
}

func TestTheBaseURLMayDoWithoutItsVersion(t *testing.T) {
	t.Parallel()
	user := userOf(serveStatic(t, static["2026-08"], 1, ""))
	for _, end := range []string{"/v1", "", "/", "/v1/"} {
		base := strings.TrimSuffix(user["PLANETSCALE_API_URL"], "/v1") + end
		mustRun(t, user.with("PLANETSCALE_API_URL", base), "app", "show", "5kq1x0v2m8yd")
		mustRun(t, user, "app", "show", "5kq1x0v2m8yd", "--api-url", base)
	}
}

func TestACredentialIsReadFromStandardInput(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	for _, test := range []struct {
		input, args string
		status      int
	}{
		{apitest.AccessToken + "\n", "token info --require-active --access-token -", 0},
		{"wrong", "token info --require-active --access-token -", 1},
		{apitest.ServiceToken, "app show " + apitest.ApplicationID + " --service-token -", 0},
		{"", "app show " + apitest.ApplicationID + " --service-token -", 2},
		{strings.Repeat("x", 20_000), "token info --access-token -", 2},
		{"x", "app show x --service-token - --access-token -", 2},
	} {
		user := userOfTestServer(server).with("PLANETSCALE_ACCESS_TOKEN", "").with("PLANETSCALE_SERVICE_TOKEN", "")
		var stdout, stderr bytes.Buffer
		status := cli.Run(t.Context(), cli.Process{
			Args: strings.Fields(test.args), Getenv: func(name string) string { return user[name] },
			Stdin: strings.NewReader(test.input), Stdout: &stdout, Stderr: &stderr, Now: clock,
		})
		if status != test.status && !(strings.Contains(test.args, "info") && status == 2) {
			t.Errorf("%s: status %d, want %d: %s", test.args, status, test.status, stderr.String())
		}
	}
}
