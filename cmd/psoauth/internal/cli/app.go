package cli

import "github.com/spf13/cobra"

func (p *program) appCommand() *cobra.Command {
	show := &cobra.Command{
		Use:   "show APP_ID",
		Short: "Show an OAuth application",
		Long: `Show an OAuth application: its redirect URI, the scopes it asks for, how many tokens it has issued.
A service token needs the access read_oauth_applications.`,
		Example: "  psoauth app show 5kq1x0v2m8yd\n  psoauth app show 5kq1x0v2m8yd --format json",
		Args:    p.ids("APP_ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, at, err := p.connect(args, theOrganization, anyCredential)
			if err != nil {
				return err
			}
			app, err := client.GetApplication(cmd.Context(), at.organization, at.application)
			if err != nil {
				return err
			}
			return show(p, &applicationView, app)
		},
	}
	return group("app", "OAuth applications", show)
}
