package cli

import (
	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/openapi"
	"github.com/psoauth/psoauth/openapi/contract"
)

func (p *program) contractShow() *cobra.Command {
	format := newChoice("yaml", "json")
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the contract",
		Long: `Print the OpenAPI 3.0 document that this program was built with, for other tools to use. As YAML it is the file
openapi/openapi.yaml; as JSON it says the same, without the comments.`,
		Example: "  psoauth contract show > planetscale-oauth.yaml\n  psoauth contract show --format json | jq .paths",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			document := []byte(openapi.Contract())
			if format.value == "json" {
				var err error
				if document, err = contract.JSON(document); err != nil {
					return err
				}
			}
			_, err := p.out.Write(document)
			return err
		},
	}
	format.register(cmd, "format", "")
	return cmd
}
