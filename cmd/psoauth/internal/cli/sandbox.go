package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/openapi"
)

func (p *program) sandboxCommand() *cobra.Command {
	listen, tokens := "127.0.0.1:0", numberFlag{value: apitest.DefaultTokens}
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve an in-memory PlanetScale on this machine",
		Long: `Serve an in-memory PlanetScale, both its hosts on one address, until it is interrupted. It prints the
environment that leads a client there. The credentials are made up and open nothing else.`,
		Example: "  psoauth sandbox --listen 127.0.0.1:8080 --tokens 100000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.serveSandbox(cmd.Context(), listen, tokens.value)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", listen, "the `address` to listen on; with port 0, any free port")
	cmd.Flags().Var(&tokens, "tokens", "how many tokens the application has issued")
	return cmd
}

func (p *program) serveSandbox(ctx context.Context, address string, tokens int) error {
	listener, err := listenOn(ctx, address)
	if err != nil {
		return err
	}
	url := "http://" + reachable(listener.Addr())
	for _, v := range []struct{ name, value string }{
		{"PLANETSCALE_API_URL", url + "/v1"},
		{"PLANETSCALE_AUTH_URL", url},
		{"PLANETSCALE_ORG", apitest.Organization},
		{"PLANETSCALE_SERVICE_TOKEN_ID", apitest.ServiceTokenID},
		{"PLANETSCALE_SERVICE_TOKEN", apitest.ServiceToken},
		{"PLANETSCALE_ACCESS_TOKEN", apitest.AccessToken},
	} {
		fmt.Fprintf(p.out, "export %s=%s\n", v.name, v.value)
	}
	fmt.Fprintf(p.out, "# psoauth token list %s\n", apitest.ApplicationID)
	if err := p.out.Flush(); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serve(ctx, listener, apitest.New(apitest.WithTokens(tokens), apitest.WithClock(p.Now)))
}

// enterSandbox starts a PlanetScale in this process and has the settings lead to it, except where flags say otherwise. It
// has the organization and the application that are asked for. It returns the ids with those that were left out.
func (p *program) enterSandbox(ids []string) ([]string, error) {
	s := &p.settings
	if s.apiURL != "" || s.authURL != "" {
		return nil, errors.New("--sandbox has addresses of its own: leave --api-url and --auth-url out")
	}
	if s.org == "" {
		s.org = apitest.Organization
	}
	if len(ids) == 0 {
		ids = []string{apitest.ApplicationID}
	}
	server, err := p.startSandbox(append(p.sandboxOptions, apitest.WithOrganization(s.org), apitest.WithApplicationID(ids[0]))...)
	if err != nil {
		return nil, err
	}
	if len(ids) == 1 {
		ids = append(ids, server.Token(0).ID)
	}
	if s.serviceTokenID == "" && s.serviceToken.IsZero() {
		s.serviceTokenID, s.serviceToken.Secret = apitest.ServiceTokenID, openapi.NewSecret(apitest.ServiceToken)
	}
	if s.accessToken.IsZero() {
		s.accessToken.Secret = openapi.NewSecret(apitest.AccessToken)
	}
	return ids, nil
}

// startSandbox starts a PlanetScale that ends with the run, and has the settings lead there.
func (p *program) startSandbox(options ...apitest.Option) (*apitest.Server, error) {
	server, err := apitest.Start(append(options, apitest.WithClock(p.Now))...)
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, server.Close)
	p.settings.apiURL, p.settings.authURL = server.URL, server.AuthURL
	return server, nil
}
