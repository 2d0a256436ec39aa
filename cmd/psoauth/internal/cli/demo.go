package cli

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/openapi/contract"
)

func (p *program) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Run the operations that read, without credentials",
		Long: `Run the operations that read tokens and their application, through the Go client and against an in-memory PlanetScale, and check each response against the contract.

Exit status: 0 all responses keep to the contract; 1 one does not.`,
		Example: "  psoauth demo",
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.demo(cmd.Context()) },
	}
}

func (p *program) demo(ctx context.Context) error {
	perPage1 := func(r *http.Request) bool { return r.URL.Query().Get("per_page") == "1" }
	p.sandboxOptions = []apitest.Option{apitest.WithFaults(apitest.Fault{Match: perPage1, Do: apitest.NextPage(1)})}
	run, err := (&check{judge: judge{program: p}}).connect()
	if err != nil {
		return err
	}
	client, org := p.client, p.settings.org
	shownAs, path := p.terminal(p.out), "…/oauth-applications/"+p.application
	styled := func(s, style string) string { return report.Styled(s, style, shownAs.Color) }
	say := func(format string, args ...any) { fmt.Fprintf(p.out, format+"\n\n", args...) } // the output remembers a failure
	heading := func(method, path string) {
		fmt.Fprintln(p.out, styled("client."+method, report.Bold)+"  "+styled("GET "+path, report.Quiet))
	}
	say("This reads an application and its tokens in an in-memory PlanetScale\nand checks each response against openapi/openapi.yaml.")

	app, err := client.GetApplication(ctx, org, p.application)
	if err != nil {
		return err
	}
	heading("GetApplication", path)
	say("The application %s has issued %s and asks for %s.", app.Name, countOf(int(app.Tokens), "token"), countOf(len(app.Scopes), "scope"))

	const shown = 5
	heading("Tokens", path+"/tokens?page=1")
	table := report.NewList(p.out, tokenView.heads, tokenView.least, shownAs)
	tokens, expired := 0, 0
	for token, err := range client.Tokens(ctx, org, p.application, api.ListOptions{}) {
		if tokens++; err == nil && tokens <= shown {
			err = table.Add(tokenView.row(p, token)...)
		}
		if err != nil {
			return err
		}
		if token.Expired(p.Now()) {
			expired++
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	say("In all, there are %s on several pages; %d have expired and are still listed.", countOf(tokens, "token"), expired)

	token, err := client.GetToken(ctx, org, p.application, p.token)
	if err != nil {
		return err
	}
	heading("GetToken", path+"/tokens/"+p.token)
	say("The first token has the scopes %s.\nIt was last used on %s.", strings.Join(token.Scopes(), ", "), p.timeOr(token.LastUsedAt, never))

	info, err := client.TokenInfo(ctx)
	if err != nil {
		return err
	}
	revoked, err := client.InspectToken(ctx, "pscale_oauth_revoked")
	if err != nil {
		return err
	}
	heading("TokenInfo", "/oauth/token/info, on the authorization host")
	say("The access token in use is %v until %s.\nA revoked token is %v.", info.State, p.timeOr(info.ExpiresAt, never), revoked.State)

	checked := contract.NewReport(run, nil, contract.Warning)
	if checked.Failed() {
		return p.publish(checkDocument(checked), finding{"a response of the in-memory PlanetScale violates the contract"})
	}
	say("All %s match the contract. The check reports one that does not.\nFor a page that names itself as the next page it says:", countOf(checked.Summary.Responses, "response"))

	if _, err := client.ListTokens(ctx, org, p.application, api.ListOptions{Page: 1, PerPage: 1}); err != nil {
		return err
	}
	checked = contract.NewReport(run, nil, contract.Error)
	if !checked.Failed() {
		return finding{"the check did not find the violation that was planted"}
	}
	for _, f := range checked.Findings {
		say("  %v: %s at %s: %s", f.Severity, f.Rule, f.Pointer, f.Message)
	}
	say(`Try next:
  psoauth audit --sandbox
  psoauth sandbox                  and point any client at it
  psoauth help environment         how to give your credentials`)
	return nil
}
