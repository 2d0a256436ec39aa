package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/openapi"
)

// sandboxLeak is the number of a token that the sandbox shows to an audit with its secret.
const sandboxLeak = 24

func (p *program) sandboxCommand() *cobra.Command {
	var (
		listen   = "127.0.0.1:0"
		tokens   = 120
		apps     []string
		options  []apitest.Option
		revision = newChoice("2026-08", "2025-12", "2026-09")

		names     []string // of faults
		faultHelp strings.Builder
	)
	for _, f := range faults {
		names = append(names, f.name)
		fmt.Fprintf(&faultHelp, "\n  %-14s%s", f.name, f.effect)
	}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve an in-memory PlanetScale on this machine",
		Long: `Serve an in-memory PlanetScale until you press Ctrl-C. One address serves both the API and the authorization host. It prints the environment variables that point a client at it; the credentials are made up. It has two applications, and a token that you delete stays deleted.

--fault NAME makes every request fail in one way, --fault NAME:N only the first N requests:
` + faultHelp.String(),
		Example: `  psoauth sandbox --listen 127.0.0.1:8080 --tokens 100000
  psoauth sandbox --fault rate-limit:3 --revision 2026-09`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options = append(options, apitest.WithTokens(tokens), apitest.WithRevision(revision.value),
				apitest.WithLeakedSecret(sandboxLeak))
			if apps != nil {
				options = append(options, apitest.WithApplicationIDs(apps...))
			}
			return p.serveSandbox(cmd.Context(), listen, append(apps, apitest.ApplicationID)[0], options)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", listen, "listen on this `address`; port 0 is any free port")
	flags.Func("tokens", "the `number` of tokens the first application has issued (default 120)", whole(&tokens, 0, 0))
	flags.StringSliceVar(&apps, "app", nil, "serve an application with this `id` in place of the two (repeatable)")
	flags.Func("fault", "make requests fail with this `fault`, see above (repeatable)", func(fault string) error {
		name, times, limited := strings.Cut(fault, ":")
		n, err := strconv.Atoi(times)
		if limited && (err != nil || n < 1) {
			return errors.New("want a number of requests, from 1, after the colon")
		}
		i := slices.Index(names, name)
		if i < 0 {
			return fmt.Errorf("want one of %s", strings.Join(names, ", "))
		}
		options = append(options, apitest.WithFaults(apitest.Fault{Times: n, Do: faults[i].do}))
		return nil
	})
	_ = cmd.RegisterFlagCompletionFunc("fault", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	revision.register(cmd, cmd.Flags(), "revision", "the `revision` of the API that responses follow:")
	return cmd
}

// faults are those of psoauth sandbox --fault.
var faults = []struct {
	name, effect string
	do           func(http.Handler) http.Handler
}{
	{"rate-limit", "429 with Retry-After: 1", apitest.Status(http.StatusTooManyRequests, "Retry-After", "1")},
	{"server-error", "500", apitest.Status(http.StatusInternalServerError)},
	{"unavailable", "503", apitest.Status(http.StatusServiceUnavailable)},
	{"unauthorized", "401, as for a revoked credential", apitest.Status(http.StatusUnauthorized)},
	{"forbidden", "403, as without the access", apitest.Status(http.StatusForbidden)},
	{"html", "200 with a page of HTML", apitest.HTML(http.StatusOK)},
	{"empty", "no body", apitest.Edit(func([]byte) []byte { return nil })},
	{"truncated", "half of the JSON", apitest.Edit(func(body []byte) []byte { return body[:len(body)/2] })},
	{"slow", "a wait of 3 seconds", apitest.Latency(3 * time.Second)},
	{"reset", "a reset connection", apitest.Reset(0)},
	{"page-loop", "a list whose next page is its first", apitest.NextPage(1)},
	{"wrong-type", "an id that is a number", apitest.Edit(func(body []byte) []byte {
		return bytes.Replace(body, []byte(`"id":"`), []byte(`"id":7,"was":"`), 1)
	})},
}

func (p *program) serveSandbox(ctx context.Context, address, application string, options []apitest.Option) error {
	listener, url, err := listen(ctx, address)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, `export PLANETSCALE_API_URL=%[1]s/v1
export PLANETSCALE_AUTH_URL=%[1]s
export PLANETSCALE_ORG=%s
export PLANETSCALE_SERVICE_TOKEN_ID=%s
export PLANETSCALE_SERVICE_TOKEN=%s
export PLANETSCALE_ACCESS_TOKEN=%s
# psoauth token list %s
`, url, apitest.Organization, apitest.ServiceTokenID, apitest.ServiceToken, apitest.AccessToken, application)
	if err := p.out.Flush(); err != nil && !errors.Is(err, errClosed) { // a program that knows the address may not read it
		return errors.Join(err, listener.Close())
	}
	p.finish()
	return serve(ctx, listener, apitest.NewHandler(append(options, apitest.WithClock(p.Now))...))
}

// enterSandbox starts a PlanetScale in this process, if --sandbox asks for it, and has the settings lead to it, except where
// flags say otherwise. It completes the ids of an application and of one of its tokens: of neither, the other, or a token
// that is an application's. It has the organization that is requested, and its own two applications.
func (p *program) enterSandbox() error {
	s := &p.settings
	switch {
	case !s.sandbox:
		return nil
	case s.apiURL != "" || s.authURL != "":
		return errors.New("--sandbox does not go with --api-url and --auth-url: leave them out")
	}
	s.org = cmp.Or(s.org, apitest.Organization)
	if s.serviceTokenID == "" && s.serviceToken.IsZero() {
		s.serviceTokenID, s.serviceToken = apitest.ServiceTokenID, openapi.NewSecret(apitest.ServiceToken)
	}
	if s.accessToken.IsZero() {
		s.accessToken = openapi.NewSecret(apitest.AccessToken)
	}
	planetscale := apitest.NewServer(append(p.sandboxOptions, apitest.WithOrganization(s.org), apitest.WithClock(p.Now))...)
	p.closers = append(p.closers, planetscale.Close)
	s.apiURL, s.authURL = planetscale.URL, planetscale.AuthURL
	if p.application == "" {
		p.application = planetscale.ApplicationOf(p.token)
	}
	if p.application == "" { // the one id may be an application's
		p.application, p.token = cmp.Or(p.token, apitest.ApplicationID), ""
	}
	p.token = cmp.Or(p.token, planetscale.Token(0).ID)
	return nil
}

// listen opens the address of --listen, and returns the URL that leads there from this machine.
func listen(ctx context.Context, address string) (net.Listener, string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, "", fmt.Errorf("cannot listen on %s (choose another with --listen): %w", address, err)
	}
	at := listener.Addr().(*net.TCPAddr)
	if at.IP.IsUnspecified() {
		at = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.Port}
	}
	return listener, "http://" + at.String(), nil
}

// serve serves requests until ctx ends, and those in flight then for a little longer.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if server.Shutdown(soon) != nil {
		_ = server.Close() // what is left has had its time
	}
	return nil
}
