package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/openapi/contract"
)

func (p *program) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Run the operations that read, without credentials",
		Long: `Run the operations that read tokens and their application, through the Go client and against an in-memory PlanetScale, and check each response against the contract.

Exit status: 0 all responses keep to the contract; 1 one does not.`,
		Example:     "  psoauth demo",
		Args:        noArguments,
		Annotations: map[string]string{"sandbox": "always"},
		RunE:        func(cmd *cobra.Command, _ []string) error { return p.demo(cmd.Context()) },
	}
}

func (p *program) demo(ctx context.Context) error {
	ids, err := p.enterSandbox(nil)
	if err != nil {
		return err
	}
	client, run, err := p.checked()
	if err != nil {
		return err
	}
	d := demonstration{p.human(p.out), client, place{p.settings.org, ids[0], ids[1]}}
	d.say("This reads an application and its tokens in an in-memory PlanetScale\nand checks each response against openapi/openapi.yaml.")
	for _, show := range []func(context.Context) error{d.application, d.tokens, d.token, d.tokenInfo} {
		if err := show(ctx); err != nil {
			return err
		}
	}
	checked := contract.NewReport(run, nil, contract.Warning)
	if checked.Failed() {
		return p.publish(checkDocument(checked), "human", "", finding{"a response of the in-memory PlanetScale violates the contract"})
	}
	d.say("All %s match the contract. The check reports one that does not.\nFor a page that names itself as the next page it says:", countOf(checked.Summary.Responses, "response"))

	if _, err := p.startSandbox(apitest.WithFaults(apitest.Fault{Do: apitest.NextPage(1)})); err != nil {
		return err
	}
	if client, run, err = p.checked(); err != nil {
		return err
	}
	if _, err := client.ListTokens(ctx, d.at.organization, d.at.application, api.ListOptions{PerPage: 1}); err != nil {
		return err
	}
	checked = contract.NewReport(run, nil, contract.Error)
	if !checked.Failed() {
		return finding{"the check did not find the violation that was planted"}
	}
	for _, f := range checked.Findings {
		d.say("  %v: %s at %s: %s", f.Severity, f.Rule, f.Pointer, f.Message)
	}
	d.say(`Try next:
  psoauth audit --sandbox
  psoauth sandbox                  and point any client at it
  psoauth help environment         how to give your credentials`)
	return nil
}

// checked makes a client whose responses are checked as a part of one run.
func (p *program) checked() (*api.Client, *contract.Run, error) {
	options := []contract.Option{contract.WithClock(p.Now)}
	for _, server := range p.settings.servers() {
		options = append(options, contract.WithServer(server[0], server[1]))
	}
	validator, err := contract.NewValidator(options...)
	if err != nil {
		return nil, nil, err
	}
	run := validator.NewRun()
	p.transport = run.Transport(nil, nil)
	client, err := p.client()
	return client, run, err
}

// A demonstration shows one operation after the other. The output remembers a failure to write.
type demonstration struct {
	*humanRenderer
	client *api.Client
	at     place
}

// say writes a paragraph.
func (d demonstration) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.out, format+"\n\n", args...)
}

// heading names a method of the client and the path that it asks for.
func (d demonstration) heading(method, path string) {
	_, _ = fmt.Fprintln(d.out, styled("client."+method, styleHeading, d.colour)+"  "+styled("GET "+path, styleQuiet, d.colour))
}

func (d demonstration) application(ctx context.Context) error {
	app, err := d.client.GetApplication(ctx, d.at.organization, d.at.application)
	if err != nil {
		return err
	}
	d.heading("GetApplication", "…/oauth-applications/"+d.at.application)
	d.say("The application %s has issued %s and asks for %s.", d.clean.printable(app.Name),
		countOf(int(app.Tokens), "token"), countOf(len(app.Scopes), "scope"))
	return nil
}

func (d demonstration) tokens(ctx context.Context) error {
	const shown = 5
	d.heading("Tokens", "…/oauth-applications/"+d.at.application+"/tokens?page=1")
	list := d.newTable(tokenView.table)
	tokens, expired := 0, 0
	for token, err := range d.client.Tokens(ctx, d.at.organization, d.at.application, api.ListOptions{}) {
		if err != nil {
			return err
		}
		if tokens++; tokens <= shown {
			if err := list.add(tokenView.row(d.humanRenderer, token)); err != nil {
				return err
			}
		}
		if token.Expired(d.now) {
			expired++
		}
	}
	if err := list.flush(); err != nil {
		return err
	}
	d.say("In all, there are %s on several pages; %d have expired and are still listed.", countOf(tokens, "token"), expired)
	return nil
}

func (d demonstration) token(ctx context.Context) error {
	token, err := d.client.GetToken(ctx, d.at.organization, d.at.application, d.at.token)
	if err != nil {
		return err
	}
	d.heading("GetToken", "…/oauth-applications/"+d.at.application+"/tokens/"+d.at.token)
	d.say("The first token has the scopes %s.\nIt was last used on %s.", d.clean.printable(strings.Join(token.Scopes(), ", ")),
		d.timeOr(token.LastUsedAt, never))
	return nil
}

func (d demonstration) tokenInfo(ctx context.Context) error {
	info, err := d.client.TokenInfo(ctx)
	if err != nil {
		return err
	}
	revoked, err := d.client.InspectToken(ctx, "pscale_oauth_revoked")
	if err != nil {
		return err
	}
	d.heading("TokenInfo", "/oauth/token/info, on the authorization host")
	d.say("The access token in use is %v until %s.\nA revoked token is %v.", info.State, d.timeOr(info.ExpiresAt, never), revoked.State)
	return nil
}
