package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
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

// The flags that variables of the environment can replace.
const (
	flagOrg            = "org"
	flagServiceTokenID = "service-token-id"
	flagServiceToken   = "service-token"
	flagAccessToken    = "access-token"
	flagAPIURL         = "api-url"
	flagAuthURL        = "auth-url"
)

var variables = []struct{ flag, variable string }{
	{flagOrg, "PLANETSCALE_ORG"},
	{flagServiceTokenID, "PLANETSCALE_SERVICE_TOKEN_ID"},
	{flagServiceToken, "PLANETSCALE_SERVICE_TOKEN"},
	{flagAccessToken, "PLANETSCALE_ACCESS_TOKEN"},
	{flagAPIURL, "PLANETSCALE_API_URL"},
	{flagAuthURL, "PLANETSCALE_AUTH_URL"},
}

// settings are the persistent flags, with what the environment says where a flag is not given.
type settings struct {
	org, serviceTokenID, apiURL, authURL string
	serviceToken, accessToken            secretFlag
	format                               *choice
	timeout                              time.Duration
	debug, noColor, sandbox              bool

	sources map[string]string // where the value of a flag is from, by its name
}

func (s *settings) register(root *cobra.Command) {
	f := root.PersistentFlags()
	const visible = "; prefer the variable: other users can see flags"
	f.StringVar(&s.org, flagOrg, "", "the organization's `name` (PLANETSCALE_ORG, or org in pscale's configuration)")
	f.StringVar(&s.serviceTokenID, flagServiceTokenID, "", "the `id` of a service token (PLANETSCALE_SERVICE_TOKEN_ID)")
	f.Var(&s.serviceToken, flagServiceToken, "the service token's `secret`, or - to read standard input (PLANETSCALE_SERVICE_TOKEN"+visible+")")
	f.Var(&s.accessToken, flagAccessToken, "an OAuth access `token`, or - to read standard input (PLANETSCALE_ACCESS_TOKEN"+visible+")")
	f.StringVar(&s.apiURL, flagAPIURL, "", "the API's `URL`, with or without /v1 (PLANETSCALE_API_URL; default "+api.DefaultBaseURL+")")
	f.StringVar(&s.authURL, flagAuthURL, "", "the authorization host's `URL` (PLANETSCALE_AUTH_URL; default "+api.DefaultAuthURL+")")
	s.format = newChoice("human", "json", "csv")
	s.format.add(root, f, "format", "")
	f.DurationVar(&s.timeout, "timeout", api.DefaultAttemptTimeout, "the maximum `duration` of one attempt of a request")
	f.BoolVar(&s.debug, "debug", false, "log each request on standard error, without credentials")
	f.BoolVar(&s.noColor, "no-color", false, "no color (NO_COLOR)")
	f.BoolVar(&s.sandbox, "sandbox", false, "run against an in-memory PlanetScale: no credentials needed, ids optional")
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
			if err := flag.Value.Set(value); err != nil {
				return fmt.Errorf("%s: %w", v.variable, err)
			}
		}
	}
	if s.org == "" && !s.sandbox {
		p.organizationOfPscale()
	}
	if u, err := url.Parse(s.apiURL); err == nil && u.Host != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" {
		s.apiURL = u.JoinPath("v1").String() // as pscale, which reads the same variable, has it
	}
	return p.secretsFromInput()
}

// organizationOfPscale reads the organization, and nothing else, from the configuration of PlanetScale's own command. A
// file that cannot be read names none: the error for a missing organization says where else to name it.
func (p *program) organizationOfPscale() {
	home := cmp.Or(p.Getenv("HOME"), p.Getenv("USERPROFILE"))
	name := filepath.Join(home, ".config", "planetscale", "pscale.yml")
	info, err := os.Stat(name)
	if home == "" || err != nil || !info.Mode().IsRegular() || info.Size() > maxConfig {
		return
	}
	content, err := os.ReadFile(name)
	var config struct{ Org string }
	if err == nil && yaml.Unmarshal(content, &config) == nil {
		p.settings.org, p.settings.sources[flagOrg] = config.Org, name
	}
}

// maxConfig and maxSecret bound what is read of pscale's configuration and of a credential, in bytes.
const (
	maxConfig = 1 << 20
	maxSecret = 16 << 10
)

// secretsFromInput reads the credential that is given as -.
func (p *program) secretsFromInput() error {
	s := &p.settings
	service, access := s.serviceToken.Reveal() == standardInput, s.accessToken.Reveal() == standardInput
	switch {
	case service && access:
		return errors.New("--service-token and --access-token: only one can be read from standard input")
	case !service && !access:
		return nil
	case p.Stdin == nil:
		return errors.New("there is no standard input to read the credential from")
	}
	line, err := io.ReadAll(io.LimitReader(p.Stdin, maxSecret))
	secret := openapi.NewSecret(strings.TrimSpace(string(line)))
	if err != nil || secret.IsZero() || len(line) == maxSecret {
		return errors.New("want one credential on standard input")
	}
	if service {
		s.serviceToken.Secret = secret
	} else {
		s.accessToken.Secret = secret
	}
	return nil
}

// A need is what an operation cannot do without.
type need int

const (
	theOrganization need = iota
	anyCredential
	theAccessToken
)

// missing says what of the needs the user has yet to give, and how.
func (s *settings) missing(needs []need) error {
	var missing []string
	for _, n := range needs {
		switch {
		case n == theOrganization && s.org == "":
			missing = append(missing, "no organization: give --org or set PLANETSCALE_ORG")
		case n == anyCredential && s.serviceToken.IsZero() && s.accessToken.IsZero():
			missing = append(missing, "no credential: set PLANETSCALE_SERVICE_TOKEN_ID and PLANETSCALE_SERVICE_TOKEN, "+
				"or PLANETSCALE_ACCESS_TOKEN (or give --service-token-id and --service-token, or --access-token)")
		case n == theAccessToken && s.accessToken.IsZero():
			problem := "no access token: set PLANETSCALE_ACCESS_TOKEN or give --access-token"
			if !s.serviceToken.IsZero() {
				problem += "; the authorization host does not accept service tokens"
			}
			missing = append(missing, problem)
		}
	}
	if len(missing) > 0 {
		return errors.New(strings.Join(missing, "; ") + "; or try it with --sandbox, which needs neither")
	}
	return nil
}

// maxResponse bounds a response, in bytes: it is a hundred times what a page of tokens takes, and small enough that a
// hostile server cannot have all the pages in flight take much memory.
const maxResponse = 16 << 20

// client makes the client that the settings describe.
func (p *program) client(needs ...need) (*api.Client, error) {
	s := &p.settings
	switch {
	case s.serviceTokenID == "" && !s.serviceToken.IsZero():
		return nil, errors.New("the service token has no id: set PLANETSCALE_SERVICE_TOKEN_ID or give --service-token-id")
	case s.serviceTokenID != "" && s.serviceToken.IsZero():
		return nil, errors.New("the service token has no secret: set PLANETSCALE_SERVICE_TOKEN or give --service-token")
	}
	if err := s.missing(needs); err != nil {
		return nil, err
	}
	options := []api.Option{
		api.WithHTTPClient(&http.Client{Transport: p.transport, Timeout: s.timeout}),
		api.WithMaxResponseBytes(maxResponse),
	}
	if s.serviceTokenID != "" {
		options = append(options, api.WithServiceToken(s.serviceTokenID, s.serviceToken.Reveal()))
	}
	if !s.accessToken.IsZero() {
		options = append(options, api.WithAccessToken(s.accessToken.Reveal()))
	}
	if s.apiURL != "" {
		options = append(options, api.WithBaseURL(s.apiURL))
	}
	if s.authURL != "" {
		options = append(options, api.WithAuthURL(s.authURL))
	}
	if isLocal(s.apiURL) {
		options = append(options, api.WithRateLimit(0)) // PlanetScale's limit is not this machine's
	}
	if s.debug {
		options = append(options, api.WithLogger(slog.New(slog.NewTextHandler(p.Stderr,
			&slog.HandlerOptions{Level: slog.LevelDebug}))))
	}
	return api.NewClient(options...)
}

// servers returns the URLs that are asked in place of PlanetScale's, each with the one that it replaces.
func (s *settings) servers() (all [][2]string) {
	for _, server := range [][2]string{{s.apiURL, api.DefaultBaseURL}, {s.authURL, api.DefaultAuthURL}} {
		if server[0] != "" {
			all = append(all, server)
		}
	}
	return all
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
	if err != nil {
		return false
	}
	if strings.EqualFold(u.Hostname(), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && addr.Unmap().IsLoopback()
}

// A place is what a command asks about.
type place struct{ organization, application, token string }

// ids checks that a command got the ids it takes. That of the application, the first, may be left out. In the sandbox all
// are optional.
func (p *program) ids(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		p.takesToken = len(names) > 1
		if len(args) <= len(names) && (len(args) >= len(names)-1 || p.settings.sandbox) {
			return nil
		}
		return fmt.Errorf("want %s, got %s; see %s --help", strings.Join(names, " and "), countOf(len(args), "argument"),
			cmd.CommandPath())
	}
}

// connect makes the client for a command, which needs the needs and was given the id of an application and the id of one
// of its tokens, or one of them, or none.
func (p *program) connect(ids []string, needs ...need) (*api.Client, place, error) {
	if p.settings.sandbox {
		var err error
		if ids, err = p.enterSandbox(ids); err != nil {
			return nil, place{}, err
		}
	}
	at := place{organization: p.settings.org}
	switch {
	case len(ids) == 2:
		at.application, at.token = ids[0], ids[1]
	case len(ids) == 1 && p.takesToken:
		at.token = ids[0]
	case len(ids) == 1:
		at.application = ids[0]
	}
	client, err := p.client(needs...)
	return client, at, err
}
