package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/openapi/contract"
)

func (p *program) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show the four operations at work, without credentials",
		Long: `Ask an in-memory PlanetScale in this process for all that psoauth can ask for, through the typed client, and
hold each answer against the contract on its way. The exit status is 1 if one does not keep it.`,
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
	client, run, err := p.enforced()
	if err != nil {
		return err
	}
	d := demonstration{p.human(p.out), p.out, client, place{p.settings.org, ids[0], ids[1]}}
	d.say(`PlanetScale's four OAuth operations, answered by an in-memory PlanetScale in this
process, asked through the typed client, and each answer held against
openapi/openapi.yaml on its way.`)
	for _, show := range []func(context.Context) error{d.application, d.tokens, d.token, d.tokenInfo} {
		if err := show(ctx); err != nil {
			return err
		}
	}
	report := contract.NewReport(run, nil, contract.Warning)
	if report.Failed() {
		return p.publish(checkDocument(report), "human", "", finding{"the in-memory PlanetScale does not keep the contract"})
	}
	d.say("%s, and each keeps the contract. One that does not is caught: of a page that\nis its own next page, the contract says",
		countOf(report.Summary.Responses, "answer"))
	if err := p.demoFault(ctx, d); err != nil {
		return err
	}
	d.say(`Try next:
  psoauth --sandbox token list --format csv
  psoauth sandbox                  and point any client at it
  psoauth token list APP_ID        with the environment that psoauth --help explains`)
	return nil
}

// enforced makes a client that has each answer of the sandbox held against the contract, as a part of one run.
func (p *program) enforced() (*api.Client, *contract.Run, error) {
	options := []contract.Option{contract.WithClock(p.Now)}
	for _, server := range p.settings.standIns() {
		options = append(options, contract.WithServer(server.base, server.declared))
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

// demoFault shows what is found in an answer that does not keep the contract.
func (p *program) demoFault(ctx context.Context, d demonstration) error {
	if _, err := p.startSandbox(apitest.WithFaults(apitest.Fault{Do: apitest.NextPage(1)})); err != nil {
		return err
	}
	client, run, err := p.enforced()
	if err != nil {
		return err
	}
	if _, err := client.ListTokens(ctx, d.at.organization, d.at.application, api.ListOptions{PerPage: 1}); err != nil {
		return err
	}
	report := contract.NewReport(run, nil, contract.Off)
	if !report.Failed() {
		return finding{"a fault was planted, and the contract did not show it"}
	}
	for _, f := range report.Findings {
		d.say("  %v: %s at %s: %s", f.Severity, f.Rule, f.Pointer, f.Message)
	}
	return nil
}

// A demonstration shows one operation after the other.
type demonstration struct {
	*humanRenderer
	out    io.Writer
	client *api.Client
	at     place
}

// say writes a paragraph. A failure to write is remembered by the output.
func (d demonstration) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.out, format+"\n\n", args...)
}

// heading names an operation's call.
func (d demonstration) heading(call, path string) {
	_, _ = fmt.Fprintln(d.out, styled("client."+call, styleHeading, d.colour)+"  "+styled("GET "+path, styleQuiet, d.colour))
}

func (d demonstration) path() string {
	return "/organizations/" + d.at.organization + "/oauth-applications/" + d.at.application
}

func (d demonstration) application(ctx context.Context) error {
	app, err := d.client.GetApplication(ctx, d.at.organization, d.at.application)
	if err != nil {
		return err
	}
	d.heading("GetApplication", d.path())
	d.say("The application %s has issued %s and asks for %s.", d.clean.printable(app.Name),
		countOf(int(app.Tokens), "token"), countOf(len(app.Scopes), "scope"))
	return nil
}

func (d demonstration) tokens(ctx context.Context) error {
	const shown = 5
	d.heading("Tokens", d.path()+"/tokens?page=1")
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
	d.say("and so on, page after page: %s, of which %d have expired and are still listed.", countOf(tokens, "token"), expired)
	return nil
}

func (d demonstration) token(ctx context.Context) error {
	token, err := d.client.GetToken(ctx, d.at.organization, d.at.application, d.at.token)
	if err != nil {
		return err
	}
	d.heading("GetToken", d.path()+"/tokens/"+d.at.token)
	d.say("The first of them has the accesses %s.\nIt was used last on %s.", d.clean.printable(strings.Join(token.Scopes(), ", ")),
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
	d.say("Our own access token is %v until %s; a revoked one is %v.", info.State, d.timeOr(info.ExpiresAt, never), revoked.State)
	return nil
}
