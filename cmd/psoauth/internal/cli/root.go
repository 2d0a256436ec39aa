package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const about = `psoauth shows which tokens an OAuth application on PlanetScale has issued, what each may touch, when it
expires, and whether a token is still active. It only reads.

A flag beats the environment. Credentials belong in the environment: other users of the machine can
see the flags of a running process.

  PLANETSCALE_ORG                                  the organization
  PLANETSCALE_SERVICE_TOKEN_ID, ..._TOKEN          a service token, for app and token list/show
  PLANETSCALE_ACCESS_TOKEN                         an OAuth access token, for token info; for the others
                                                   too if there is no service token
  PLANETSCALE_API_URL, PLANETSCALE_AUTH_URL        other addresses than PlanetScale's
  NO_COLOR, COLUMNS                                no colour; the width of tables outside a terminal

Formats of --format:

  human  tables and times for people; a table is as wide as the terminal, or 80 columns
  json   one document with the API's own member names, every member of the contract in it, null where the
         server sent null or nothing; times as RFC 3339, scopes as an array
  csv    a header, and a row for each token; null is an empty cell; several values in a cell have "; " between
         them, scopes a space; a cell that a spreadsheet would take for a formula begins with an apostrophe

Secrets are [redacted] in all of them.

Exit status: 0 done; 1 something to act on; 2 could not run, or was interrupted.`

func (p *program) root() *cobra.Command {
	root := group("psoauth", "Inspect PlanetScale OAuth applications and their tokens",
		p.appCommand(), p.tokenCommand(), p.auditCommand(), p.contractCommand(), p.sandboxCommand(), p.demoCommand(),
		versionCommand(), completionCommand())
	root.Long = about
	root.Version = version()
	root.SetVersionTemplate("{{.Version}}\n")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.SetHelpCommand(helpCommand())
	root.SetOut(p.out)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(flagError)
	p.settings.register(root)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		return errors.Join(unnamedFile(cmd.Flags()), p.settings.resolve(cmd.Flags(), p.Getenv))
	}
	return root
}

// unnamedFile is an error if a flag names no file: a script's variable is unset, and the policy or the baseline in it
// must not be left out unnoticed.
func unnamedFile(flags *pflag.FlagSet) error {
	var errs []error
	flags.Visit(func(f *pflag.Flag) {
		if what, _ := pflag.UnquoteUsage(f); what == "file" && f.Value.String() == "" {
			errs = append(errs, fmt.Errorf("--%s: want the name of a file, got nothing", f.Name))
		}
	})
	return errors.Join(errs...)
}

// group makes a command that only holds others: cobra answers one that is left out, or does not exist, with help and
// status 0.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, SuggestionsMinimumDistance: 2}
	cmd.AddCommand(commands...)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("which command? %s; see %s --help", strings.Join(names(cmd), ", "), cmd.CommandPath())
		}
		return unknownCommand(cmd, args[0])
	}
	return cmd
}

func unknownCommand(parent *cobra.Command, name string) error {
	hint := ""
	if similar := parent.SuggestionsFor(name); len(similar) > 0 {
		hint = "; did you mean " + strings.Join(similar, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q%s; see %s --help", name, hint, parent.CommandPath())
}

func names(parent *cobra.Command) (names []string) {
	for _, cmd := range parent.Commands() {
		if cmd.IsAvailableCommand() {
			names = append(names, cmd.Name())
		}
	}
	return names
}

// helpCommand stands in for cobra's, which answers an unknown command with status 0.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Explain a command", Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return unknownCommand(about, rest[0])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

func flagError(cmd *cobra.Command, err error) error {
	hint := ""
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok && unknown.GetSpecifiedShortnames() != "" {
		hint = "; an id that begins with a dash goes after --"
	}
	return fmt.Errorf("%w%s; see %s --help", err, hint, cmd.CommandPath())
}

// ids checks that a command got the ids it takes. In the sandbox they are optional.
func (p *program) ids(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) || p.settings.sandbox && len(args) < len(names) {
			return nil
		}
		return fmt.Errorf("want %s, got %s; see %s --help", strings.Join(names, " and "), countOf(len(args), "argument"),
			cmd.CommandPath())
	}
}

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(int64(n)) + " " + what + "s"
}
