package cli

import "github.com/spf13/cobra"

func (p *program) contractCommand() *cobra.Command {
	return group("contract", "The OpenAPI contract, and what keeps it",
		p.contractCheck(), p.contractDiff(), p.contractProxy(), p.contractShow())
}
