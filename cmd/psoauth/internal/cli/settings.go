package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/openapi"
)

// The flags that the environment can stand in for.
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
	format                               string
	timeout                              time.Duration
	debug, noColor, sandbox              bool
}

func (s *settings) register(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&s.org, flagOrg, "", "the organization `name` (PLANETSCALE_ORG)")
	f.StringVar(&s.serviceTokenID, flagServiceTokenID, "", "the `id` of a service token (PLANETSCALE_SERVICE_TOKEN_ID)")
	f.Var(&s.serviceToken, flagServiceToken, "its `secret` (PLANETSCALE_SERVICE_TOKEN; prefer that, flags are visible to others)")
	f.Var(&s.accessToken, flagAccessToken, "an OAuth access `token` (PLANETSCALE_ACCESS_TOKEN; prefer that, flags are visible to others)")
	f.StringVar(&s.apiURL, flagAPIURL, "", "the API's `URL` (PLANETSCALE_API_URL; default "+api.DefaultBaseURL+")")
	f.StringVar(&s.authURL, flagAuthURL, "", "the authorization host's `URL` (PLANETSCALE_AUTH_URL; default "+api.DefaultAuthURL+")")
	s.format = formats[0]
	f.Var((*formatFlag)(&s.format), "format", "`"+strings.Join(formats, "|")+"`")
	f.DurationVar(&s.timeout, "timeout", api.DefaultAttemptTimeout, "the longest one attempt of a request may take")
	f.BoolVar(&s.debug, "debug", false, "log each request on standard error, without credentials")
	f.BoolVar(&s.noColor, "no-color", false, "no colour (NO_COLOR)")
	f.BoolVar(&s.sandbox, "sandbox", false, "run against an in-process PlanetScale; the environment is not read, ids are optional")
	_ = root.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

// resolve reads the environment. In the sandbox it does not: real credentials have no business there, and a real
// organization is not there.
func (s *settings) resolve(flags *pflag.FlagSet, getenv func(string) string) error {
	if s.timeout <= 0 {
		return errors.New("--timeout: want a positive duration, such as 30s")
	}
	if s.sandbox {
		return nil
	}
	for _, v := range variables {
		flag := flags.Lookup(v.flag)
		if value := getenv(v.variable); value != "" && !flag.Changed {
			if err := flag.Value.Set(value); err != nil {
				return fmt.Errorf("%s: %w", v.variable, err)
			}
		}
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
				problem += "; the authorization host takes no service token"
			}
			missing = append(missing, problem)
		}
	}
	if len(missing) > 0 {
		return errors.New(strings.Join(missing, "; ") + "; --sandbox needs nothing")
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
		return nil, errors.New("a service token without its id: set PLANETSCALE_SERVICE_TOKEN_ID or give --service-token-id")
	case s.serviceTokenID != "" && s.serviceToken.IsZero():
		return nil, errors.New("a service token's id without its secret: set PLANETSCALE_SERVICE_TOKEN or give --service-token")
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

// A standIn is a server that stands for one of those that the contract declares.
type standIn struct{ base, declared string }

// standIns returns where the settings lead in place of PlanetScale.
func (s *settings) standIns() (all []standIn) {
	for _, server := range []standIn{{s.apiURL, api.DefaultBaseURL}, {s.authURL, api.DefaultAuthURL}} {
		if server.base != "" {
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

// A secretFlag is a flag whose value help texts and errors do not show.
type secretFlag struct{ openapi.Secret }

func (f *secretFlag) String() string { return "" }
func (f *secretFlag) Type() string   { return "string" }
func (f *secretFlag) Set(value string) error {
	f.Secret = openapi.NewSecret(value)
	return nil
}

// formats are the values of --format; the first is the default.
var formats = []string{"human", "json", "csv"}

type formatFlag string

func (f *formatFlag) String() string { return string(*f) }
func (f *formatFlag) Type() string   { return "format" }
func (f *formatFlag) Set(value string) error {
	if !slices.Contains(formats, value) {
		return fmt.Errorf("want %s or %s", strings.Join(formats[:len(formats)-1], ", "), formats[len(formats)-1])
	}
	*f = formatFlag(value)
	return nil
}

// A numberFlag is a whole number that is not below least.
type numberFlag struct {
	value, least int
}

func (f *numberFlag) String() string {
	if f.value == 0 {
		return ""
	}
	return strconv.Itoa(f.value)
}
func (f *numberFlag) Type() string { return "int" }
func (f *numberFlag) Set(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < f.least {
		return fmt.Errorf("want a whole number from %d", f.least)
	}
	f.value = n
	return nil
}
