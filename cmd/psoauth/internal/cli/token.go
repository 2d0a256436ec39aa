package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
)

// prefetch is how many pages are fetched ahead while tokens are printed. With two, a server that takes 0.3 s for a page is
// asked as often as the API allows, ten times a second; more would only hold more memory.
const prefetch = 2

func (p *program) tokenCommand() *cobra.Command {
	return group("token", "OAuth tokens", p.tokenList(), p.tokenShow(), p.tokenInfo())
}

func (p *program) tokenList() *cobra.Command {
	page, perPage, limit := numberFlag{least: 1}, numberFlag{least: 1}, numberFlag{least: 1}
	cmd := &cobra.Command{
		Use:   "list APP_ID",
		Short: "List the tokens an application has issued",
		Long: `List all tokens an application has issued, page after page, in the server's order.
A service token needs the access read_oauth_tokens.

If the list breaks off, everything before the page that the error names has been printed: go on with --page
and the same --per-page. A JSON array that breaks off is left open, so that no program takes it for a whole one.`,
		Example: "  psoauth token list 5kq1x0v2m8yd\n  psoauth token list 5kq1x0v2m8yd --format csv > tokens.csv",
		Args:    p.ids("APP_ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, at, err := p.connect(args, theOrganization, anyCredential)
			if err != nil {
				return err
			}
			progress := p.newProgress(true)
			defer progress.clear()
			list := p.renderer().tokens()
			options := api.ListOptions{Page: page.value, PerPage: perPage.value, Prefetch: prefetch}
			if limit.value > 0 {
				options.Prefetch = 0 // what is ahead may be beyond the limit
			}
			pages := progress.watch(client.TokenPages(cmd.Context(), at.organization, at.application, options))
			for token, err := range api.TokensOf(pages, limit.value) {
				if err == nil {
					err = list.add(token)
				}
				if err != nil {
					_ = list.end(false) // a failure to write is remembered by the output
					return err
				}
			}
			return list.end(true)
		},
	}
	cmd.Flags().Var(&page, "page", "the page to begin with (default 1)")
	cmd.Flags().Var(&perPage, "per-page", "tokens a page (default 100, which is the most the API gives)")
	cmd.Flags().Var(&limit, "limit", "stop after so many tokens (default all)")
	return cmd
}

func (p *program) tokenShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show APP_ID TOKEN_ID",
		Short: "Show a token an application has issued",
		Long: `Show a token an application has issued: who it acts for, when it expires, what it may touch.
A service token needs the access read_oauth_tokens.`,
		Example: "  psoauth token show 5kq1x0v2m8yd w3z8r1c5n7pd",
		Args:    p.ids("APP_ID", "TOKEN_ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, at, err := p.connect(args, theOrganization, anyCredential)
			if err != nil {
				return err
			}
			token, err := client.GetToken(cmd.Context(), at.organization, at.application, at.token)
			if err != nil {
				return err
			}
			return p.renderer().token(token)
		},
	}
}

func (p *program) tokenInfo() *cobra.Command {
	var requireActive bool
	cmd := &cobra.Command{
		Use:   "info",
		Short: "Show what the authorization host knows about your access token",
		Long: `Show what the authorization host knows about the access token in PLANETSCALE_ACCESS_TOKEN: whether it is
active, its scopes, and when it expires. An older form of the answer does not say whether the token is active: then it
is neither reported as active nor as inactive. That a token is active there does not prove that the API accepts it.`,
		Example: "  psoauth token info --require-active && echo still good",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, _, err := p.connect(nil, theAccessToken)
			if err != nil {
				return err
			}
			info, err := client.TokenInfo(cmd.Context())
			if err != nil {
				return err
			}
			if err := p.renderer().tokenInfo(info); err != nil {
				return err
			}
			if requireActive && info.State != api.StateActive {
				return finding{fmt.Sprintf("the token's state is %v, and --require-active wants active", info.State)}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&requireActive, "require-active", false, "exit with status 1 unless the token is active")
	return cmd
}
