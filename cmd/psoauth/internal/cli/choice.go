package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// A choice is a flag with few values, of which the first is the default.
type choice struct {
	value string
	of    []string
}

func newChoice(of ...string) *choice { return &choice{of[0], of} }

// usage returns the help text that lists the values.
func (c *choice) usage(what string) string {
	return strings.TrimSpace(what + " `" + strings.Join(c.of, "|") + "`")
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return "choice" }
func (c *choice) Set(value string) error {
	if !slices.Contains(c.of, value) {
		last := len(c.of) - 1
		return fmt.Errorf("want %s or %s", strings.Join(c.of[:last], ", "), c.of[last])
	}
	c.value = value
	return nil
}

// register adds the flag to a command, whether or not one of that name is there for all commands.
func (c *choice) register(cmd *cobra.Command, name, what string) {
	cmd.Flags().Var(c, name, c.usage(what))
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(c.of, cobra.ShellCompDirectiveNoFileComp))
}
