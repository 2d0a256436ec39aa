package cli

import (
	"cmp"
	_ "embed"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/psoauth/psoauth/internal/report"
)

// environmentTopic is help on what all commands have in common.
func environmentTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "environment",
		Short: "Environment variables, formats and exit statuses",
		Long: `A flag overrides its variable. Keep credentials in the environment: other users of the machine can see the flags of a running process.

  PLANETSCALE_ORG               the organization; without it, org in ~/.config/planetscale/pscale.yml
  PLANETSCALE_SERVICE_TOKEN_ID  the id of a service token, for all commands but token info
  PLANETSCALE_SERVICE_TOKEN     its secret
  PLANETSCALE_ACCESS_TOKEN      an OAuth access token, for token info, and for the other commands if there is no service token
  PLANETSCALE_API_URL           the API's URL, with or without /v1, if it is not PlanetScale's
  PLANETSCALE_AUTH_URL          the authorization host's URL, if it is not PlanetScale's
  NO_COLOR                      turns color off
  FORCE_COLOR, CLICOLOR_FORCE   turn color on outside a terminal
  COLUMNS                       the width of tables outside a terminal

You create a service token in your organization's settings under Service tokens, and grant it accesses there.

Formats (--format; --output report.csv implies csv):

  human  tables as wide as the terminal, or 80 columns
  json   one document with the API's member names; it has every member of the contract, null where the server sent null or nothing, and where a promised text or object is empty; times are RFC 3339, scopes an array
  csv    a header and one row per item; null is an empty cell; "; " separates several values in a cell, a space scopes; objects without a published shape are JSON; a cell that a spreadsheet would run as a formula starts with an apostrophe

Every format shows secrets as [redacted].

Exit status:

  0    done, nothing to act on
  1    something to act on: findings, an inactive token, tokens that are not gone
  2    could not run: wrong usage, credentials, network, unreadable input, unwritable output
  130  interrupted

A closed standard output is unwritable output. So is /dev/null opened to read and write, as Python's subprocess.DEVNULL is: nothing distinguishes the two. Where standard error is discarded in the same way, only the status is wanted, and nothing fails.`,
	}
}

// changeHelpCommand has cobra's help command fail for an unknown command, which it would end with status 0.
func changeHelpCommand(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, _ := root.Find([]string{"help"})
	help.Use, help.Short, help.Long, help.Hidden = "help [COMMAND]", "Explain a command", "", true
	help.Args = func(_ *cobra.Command, args []string) error {
		about, rest, err := root.Find(args)
		if len(rest) > 0 {
			return unknownCommand(about, rest[0])
		}
		return err
	}
}

const widestHelp = 120 // columns; longer lines are hard to read

//go:embed help.txt
var helpForm string

// help writes the help of a command, as wide as the terminal.
func (p *program) help(cmd *cobra.Command, _ []string) {
	width := min(p.width(), widestHelp)
	acting, global := globalFlags(cmd), pflag.NewFlagSet("", pflag.ContinueOnError)
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) {
		if slices.Contains(acting, f.Name) {
			global.AddFlag(f)
		}
	})
	form := template.Must(template.New("help").Funcs(template.FuncMap{
		"title":    func(s string) string { return report.Styled(s, report.Bold, p.colored(p.Stdout)) },
		"wrap":     func(s string) string { return wrap(s, width) },
		"commands": func() string { return subcommands(cmd, width) },
		"global":   func() *pflag.FlagSet { return global },
		"flags":    func(flags *pflag.FlagSet) string { return flags.FlagUsagesWrapped(width) },
	}).Parse(helpForm))
	_ = form.Execute(p.out, cmd) // the output remembers why it failed
}

// subcommands lists the commands below one, by group if there are groups, each group's title before its first.
func subcommands(parent *cobra.Command, width int) (list string) {
	for _, g := range append(parent.Groups(), &cobra.Group{}) {
		title := fmt.Sprintf("%-*s", 10*min(len(g.Title), 1), g.Title)
		for _, cmd := range parent.Commands() {
			if cmd.IsAvailableCommand() && cmd.GroupID == g.ID {
				list += wrap(fmt.Sprintf("  %s%-11s %s", title, cmd.Name(), cmd.Short), width)
				title = strings.Repeat(" ", len(title))
			}
		}
	}
	return list
}

// A line that begins with no space, or far to the right, continues the one before; those of a list have columns.
var (
	continued = regexp.MustCompile(`(\S)\n(\S)|\n {9,}`)
	columns   = regexp.MustCompile(`^( +\S.*  +| *)`)
)

// wrap returns a text in lines of the width. What is too long for a line of a list goes below its last column.
func wrap(text string, width int) string {
	var b strings.Builder
	for line := range strings.SplitSeq(continued.ReplaceAllString(text, "$1 $2"), "\n") {
		hang := len(columns.FindString(line))
		report.Wrap(&b, width, line[:hang], strings.Repeat(" ", hang), line[hang:])
	}
	return b.String()
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  psoauth version",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), version())
			return err
		},
	}
}

// The module's version and the commit that it was built from, as the Go tool recorded them.
var release, commit = built()

func built() (release, commit string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)", ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			commit = s.Value
		}
	}
	return cmp.Or(info.Main.Version, "(devel)"), commit
}

func version() string {
	version := release // which says so where the source had changes
	if commit != "" {
		version += " (" + commit[:min(12, len(commit))] + ")"
	}
	return fmt.Sprintf("psoauth %s %s %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a shell completion script",
		Example: "  source <(psoauth completion bash)\n  psoauth completion zsh > \"${fpath[1]}/_psoauth\"\n" +
			"  psoauth completion fish | source",
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch strings.Join(args, " ") {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return fmt.Errorf("want one of %s; see %s --help", strings.Join(shells, ", "), cmd.CommandPath())
		},
	}
}

// prepareCompletion takes the quotes that help takes for the names of values out of the descriptions, and lets flags for
// files complete their names.
func prepareCompletion(cmd *cobra.Command) {
	prepare := func(f *pflag.Flag) {
		if name, _ := pflag.UnquoteUsage(f); name == "file" {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault))
		}
		f.Usage = strings.ReplaceAll(f.Usage, "`", "")
	}
	cmd.Flags().VisitAll(prepare)
	cmd.PersistentFlags().VisitAll(prepare)
	for _, sub := range cmd.Commands() {
		prepareCompletion(sub)
	}
}
