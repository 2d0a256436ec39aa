package cli

import (
	"encoding/json"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/openapi"
)

func (p *program) contractShow() *cobra.Command {
	format := newChoice("yaml", "json")
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the contract",
		Long: `Print the OpenAPI 3.0 document that this program was built with, for other tools to use. As YAML it is the file
openapi/openapi.yaml; as JSON it says the same, without the comments.`,
		Example: "  psoauth contract show > planetscale-oauth.yaml\n  psoauth contract show --format json | jq .paths",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			document := []byte(openapi.Contract())
			if format.value == "json" {
				doc, err := openapi3.NewLoader().LoadFromData(document)
				if err != nil {
					return err
				}
				if document, err = json.MarshalIndent(doc, "", "  "); err != nil {
					return err
				}
				document = append(document, '\n')
			}
			_, err := p.out.Write(document)
			return err
		},
	}
	format.register(cmd, "format", "")
	return cmd
}
