package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/openapi"
)

// variables of the environment replace flags. The option is that of package api that takes the value.
var variables = []struct{ flag, variable, option string }{
	{"org", "PLANETSCALE_ORG", ""},
	{"service-token-id", "PLANETSCALE_SERVICE_TOKEN_ID", ""},
	{"service-token", "PLANETSCALE_SERVICE_TOKEN", "WithServiceToken"},
	{"access-token", "PLANETSCALE_ACCESS_TOKEN", "WithAccessToken"},
	{"api-url", "PLANETSCALE_API_URL", "WithBaseURL"},
	{"auth-url", "PLANETSCALE_AUTH_URL", "WithAuthURL"},
}

// flagOf names the flag, and the variable, of an option of package api.
func flagOf(option string) string {
	for _, v := range variables {
		if v.option == option {
			return fmt.Sprintf("--%s (%s)", v.flag, v.variable)
		}
	}
	return option
}

// settings are the persistent flags, with what the environment says where a flag is not given.
type settings struct {
	org, serviceTokenID, apiURL, authURL string
	serviceToken, accessToken            openapi.Secret
	timeout                              time.Duration
	debug, noColor, sandbox              bool

	sources map[string]string // where the value of a flag is from, by its name
}

func (s *settings) register(root *cobra.Command) {
	f := root.PersistentFlags()
	const visible = "; prefer the variable: other users can see flags"
	f.StringVar(&s.org, "org", "", "the organization's `name` (PLANETSCALE_ORG, or org in pscale's configuration)")
	f.StringVar(&s.serviceTokenID, "service-token-id", "", "the `id` of a service token (PLANETSCALE_SERVICE_TOKEN_ID)")
	f.Func("service-token", "the service token's `secret`, or - to read standard input (PLANETSCALE_SERVICE_TOKEN"+visible+")", secret(&s.serviceToken))
	f.Func("access-token", "an OAuth access `token`, or - to read standard input (PLANETSCALE_ACCESS_TOKEN"+visible+")", secret(&s.accessToken))
	f.StringVar(&s.apiURL, "api-url", "", "the API's `URL`, with or without /v1 (PLANETSCALE_API_URL; default "+api.DefaultBaseURL+")")
	f.StringVar(&s.authURL, "auth-url", "", "the authorization host's `URL` (PLANETSCALE_AUTH_URL; default "+api.DefaultAuthURL+")")
	newChoice("human", "json", "csv").register(root, f, "format", "")
	f.DurationVar(&s.timeout, "timeout", api.DefaultAttemptTimeout, "the maximum `duration` of one attempt of a request")
	f.BoolVar(&s.debug, "debug", false, "log each request on standard error, without credentials")
	f.BoolVar(&s.noColor, "no-color", false, "no color (NO_COLOR)")
	f.BoolVar(&s.sandbox, "sandbox", false, "run against an in-memory PlanetScale: no credentials needed, ids optional")
}

// secret returns what sets a flag whose value help texts and errors do not show.
func secret(to *openapi.Secret) func(string) error {
	return func(value string) error {
		*to = openapi.NewSecret(value)
		return nil
	}
}

// resolve reads the environment, pscale's configuration and standard input for what flags do not say. In the sandbox it
// does not: real credentials have no business there, and a real organization is not there.
func (p *program) resolve(flags *pflag.FlagSet) error {
	s := &p.settings
	if s.timeout <= 0 {
		return errors.New("--timeout: want a positive duration, such as 30s")
	}
	s.sources = map[string]string{}
	for _, v := range variables {
		flag := flags.Lookup(v.flag)
		value := p.Getenv(v.variable)
		switch {
		case flag.Changed:
			s.sources[v.flag] = "--" + v.flag
		case value != "" && !s.sandbox:
			s.sources[v.flag] = v.variable
			_ = flag.Value.Set(value) // which takes any string
		}
	}
	if s.org == "" && !s.sandbox {
		p.organizationOfPscale()
	}
	if u, err := url.Parse(s.apiURL); err == nil && u.Host != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" {
		s.apiURL = u.JoinPath("v1").String() // as pscale, which reads the same variable, has it
	}
	return p.secretFromInput()
}

// organizationOfPscale reads the organization, and nothing else, from the configuration of PlanetScale's own command. A
// file that cannot be read names none: the error for a missing organization says where else to name it.
func (p *program) organizationOfPscale() {
	home := cmp.Or(p.Getenv("HOME"), p.Getenv("USERPROFILE"))
	name := filepath.Join(home, ".config", "planetscale", "pscale.yml")
	var config struct{ Org string }
	if content, err := os.ReadFile(name); home != "" && err == nil && yaml.Unmarshal(content, &config) == nil {
		p.settings.org, p.settings.sources["org"] = config.Org, name
	}
}

// secretFromInput reads the credential that is given as -.
func (p *program) secretFromInput() error {
	const most = 16 << 10 // bytes
	for _, secret := range []*openapi.Secret{&p.settings.serviceToken, &p.settings.accessToken} {
		if secret.Reveal() != standardInput {
			continue
		}
		line, err := io.ReadAll(io.LimitReader(p.Stdin, most))
		*secret = openapi.NewSecret(strings.TrimSpace(string(line)))
		if err != nil || secret.IsZero() || len(line) == most { // as for the second of two
			return errors.New("want one credential on standard input; only one of --service-token and --access-token can be read from it")
		}
	}
	return nil
}

// maxResponse bounds a response, in bytes: it is a hundred times what a page of tokens takes, and small enough that a
// hostile server cannot have all the pages in flight take much memory.
const maxResponse = 16 << 20

func (p *program) newClient(info bool) (*api.Client, error) {
	s := &p.settings
	id, service, access := s.serviceTokenID != "", !s.serviceToken.IsZero(), !s.accessToken.IsZero()
	var missing []string
	for _, m := range []struct {
		is   bool
		what string
	}{
		{service && !id, "the service token has no id: set PLANETSCALE_SERVICE_TOKEN_ID or give --service-token-id"},
		{id && !service, "the service token has no secret: set PLANETSCALE_SERVICE_TOKEN or give --service-token"},
		{info && !access, "no access token: set PLANETSCALE_ACCESS_TOKEN or give --access-token"},
		{info && !access && service, "the authorization host does not accept service tokens"},
		{!info && s.org == "", "no organization: give --org or set PLANETSCALE_ORG"},
		{!info && !id && !service && !access, "no credential: set PLANETSCALE_SERVICE_TOKEN_ID and PLANETSCALE_SERVICE_TOKEN, " +
			"or PLANETSCALE_ACCESS_TOKEN (or give --service-token-id and --service-token, or --access-token)"},
	} {
		if m.is {
			missing = append(missing, m.what)
		}
	}
	if missing != nil {
		return nil, errors.New(strings.Join(missing, "; ") + "; or try it with --sandbox, which needs neither")
	}
	options := []api.Option{
		api.WithHTTPClient(&http.Client{Transport: p.transport, Timeout: s.timeout}),
		api.WithMaxResponseBytes(maxResponse),
	}
	set := func(value string, option func(string) api.Option) {
		if value != "" {
			options = append(options, option(value))
		}
	}
	set(s.serviceTokenID, func(id string) api.Option { return api.WithServiceToken(id, s.serviceToken.Reveal()) })
	set(s.accessToken.Reveal(), api.WithAccessToken)
	set(s.apiURL, api.WithBaseURL)
	set(s.authURL, api.WithAuthURL)
	if isLocal(s.apiURL) {
		options = append(options, api.WithRateLimit(0)) // PlanetScale's limit is not this machine's
	}
	if s.debug {
		handler := slog.NewTextHandler(p.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})
		options = append(options, api.WithLogger(slog.New(handler)))
	}
	return api.NewClient(options...)
}

// secrets returns the user's credentials, to be kept out of all output. A string too short to be one of PlanetScale's is
// left out: it would be found by chance where it is none.
func (s *settings) secrets() (secrets []string) {
	const shortest = 16
	for _, secret := range []string{s.serviceToken.Reveal(), s.accessToken.Reveal()} {
		if len(secret) >= shortest {
			secrets = append(secrets, secret)
		}
	}
	return secrets
}

// isLocal reports whether a URL leads to this machine.
func isLocal(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (strings.EqualFold(u.Hostname(), "localhost") || net.ParseIP(u.Hostname()).IsLoopback())
}

// ids takes the ids that a command is about. That of the application, the first, may be left out. In the sandbox all are
// optional.
func (p *program) ids(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > len(names) || len(args) < len(names)-1 && !p.settings.sandbox {
			return fmt.Errorf("want %s, got %s; see %s --help", strings.Join(names, " and "), countOf(len(args), "argument"),
				cmd.CommandPath())
		}
		for i, name := range names[len(names)-len(args):] {
			to, what := &p.application, "application"
			if name == "TOKEN_ID" {
				to, what = &p.token, "token"
			}
			if *to = args[i]; *to == "" {
				return fmt.Errorf("the %s id is empty", what)
			}
		}
		return nil
	}
}

// connect makes the client that the settings describe: for token info, or for the API. It starts the sandbox, if that is asked
// for.
func (p *program) connect(info bool) error {
	err := p.enterSandbox()
	if err == nil {
		p.client, err = p.newClient(info)
	}
	return err
}
