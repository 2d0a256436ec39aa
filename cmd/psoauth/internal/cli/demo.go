package cli

import (
	"context"
	"fmt"
	"net/http"

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
	org, path := p.settings.org, "…/oauth-applications/"+p.application
	styled := func(s, style string) string { return report.Styled(s, style, p.colored(p.out)) }
	say := func(format string, args ...any) { fmt.Fprintf(p.out, format+"\n\n", args...) } // the output remembers a failure
	call := func(method, path string, shown func() error) {
		if err == nil {
			say("%s  %s", styled("client."+method, report.Bold), styled("GET "+path, report.Quiet))
			err = shown()
			fmt.Fprintln(p.out)
		}
	}
	say("This reads an application and its tokens in an in-memory PlanetScale\nand checks each response against openapi/openapi.yaml.")
	call("GetApplication", path, func() error {
		return show(p, &applicationView)(p.client.GetApplication(ctx, org, p.application))
	})
	call("Tokens", path+"/tokens, page after page", func() error {
		var first []*api.Token
		all, expired := 0, 0
		for token, err := range p.client.Tokens(ctx, org, p.application, api.ListOptions{}) {
			if err != nil {
				return err
			}
			if all++; all <= 5 {
				first = append(first, token)
			}
			if token.Expired(p.Now()) {
				expired++
			}
		}
		remark := fmt.Sprintf("the first of %d, of which %d have expired and are still listed", all, expired)
		return writeList(p, &tokenView, p.out, ready(first), func() string { return remark })
	})
	call("GetToken", path+"/tokens/"+p.token, func() error {
		return show(p, &tokenView)(p.client.GetToken(ctx, org, p.application, p.token))
	})
	const info = "/oauth/token/info, on the authorization host"
	call("TokenInfo", info, func() error { return show(p, &tokenInfoView)(p.client.TokenInfo(ctx)) })
	call("InspectToken", info+", about a token that was revoked", func() error {
		return show(p, &tokenInfoView)(p.client.InspectToken(ctx, "pscale_oauth_revoked"))
	})
	if err != nil {
		return err
	}

	checked := contract.NewReport(run, nil, contract.Warning)
	if checked.Failures() > 0 {
		return p.publish(checkDocument(checked), finding{"a response of the in-memory PlanetScale violates the contract"})
	}
	say("All %s match the contract. The check reports one that does not.\nFor a page that names itself as the next page it says:", countOf(checked.Summary.Responses, "response"))

	if _, err := p.client.ListTokens(ctx, org, p.application, api.ListOptions{Page: 1, PerPage: 1}); err != nil {
		return err
	}
	checked = contract.NewReport(run, nil, contract.Error)
	if checked.Failures() == 0 {
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
