package cli

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/psoauth/psoauth/openapi"
)

const about = `psoauth finds risky PlanetScale OAuth tokens: who authorized your application, what each token can reach, and what to revoke. Unofficial.`

// rootExamples are run by a test, as they are.
const rootExamples = `  psoauth audit --sandbox                         no credentials needed
  psoauth token list --sandbox --unused-for 90d
  psoauth contract check --sandbox`

// The groups of commands in the help of the root, in order.
var groups = []*cobra.Group{{ID: "inspect", Title: "Inspect"}, {ID: "audit", Title: "Audit"}, {ID: "contract", Title: "Contract"}, {ID: "tools", Title: "Tools"}}

func (p *program) root() *cobra.Command {
	root := group("psoauth", "Inspect and audit PlanetScale OAuth applications and their tokens")
	root.Long, root.Example = about, rootExamples
	root.AddGroup(groups...)
	for id, commands := range map[string][]*cobra.Command{
		"inspect":  {p.appCommand(), p.tokenCommand(), p.authCommand()},
		"audit":    {p.auditCommand()},
		"contract": {p.contractCommand()},
		"tools":    {p.sandboxCommand(), p.demoCommand(), versionCommand(), completionCommand()},
	} {
		for _, cmd := range commands {
			cmd.GroupID = id
			root.AddCommand(cmd)
		}
	}
	root.AddCommand(environmentTopic())
	root.Version = version()
	root.SetVersionTemplate("{{.Version}}\n")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.SetHelpCommand(helpCommand())
	root.SetHelpFunc(p.help)
	root.SetOut(p.out)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(flagError)
	p.settings.register(root)
	if check, _, err := root.Find([]string{"contract", "check"}); err == nil {
		var ids []string
		for _, id := range operationID.FindAllStringSubmatch(openapi.Contract(), -1) {
			ids = append(ids, id[1])
		}
		_ = check.RegisterFlagCompletionFunc("operation", cobra.FixedCompletions(ids, cobra.ShellCompDirectiveNoFileComp))
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return p.begin(cmd) }
	if len(p.Args) > 0 && strings.HasPrefix(p.Args[0], cobra.ShellCompRequestCmd) {
		unquoteUsages(root)
	}
	return root
}

var operationID = regexp.MustCompile(`(?m)^ +operationId: (\w+)$`)

// begin prepares the run of a command.
func (p *program) begin(cmd *cobra.Command) error {
	if cmd.Annotations["sandbox"] == "always" {
		p.settings.sandbox = true
	}
	switch cmd.Name() {
	case "audit", "check", "diff", "proxy", "revoke", "status":
		p.gate = true
	}
	switch cmd.Name() {
	case "sandbox", "revoke": // they finish what they began
		p.grace.Store(int64(15 * time.Second))
	}
	flags := cmd.Flags()
	if f := flags.Lookup("format"); f.Changed && cmd.LocalNonPersistentFlags().Lookup("format") == nil && !slices.Contains(globalFlags(cmd), "format") {
		return fmt.Errorf("--format has no effect on %s: leave it out", cmd.CommandPath())
	}
	impliedFormat(flags)
	if guard, ok := p.Stdout.(*workflowGuard); ok {
		guard.off = flags.Lookup("format").Value.String() == "github"
	}
	return errors.Join(checkFiles(flags), p.resolve(flags))
}

// globalFlags names the persistent flags that have an effect on a command.
func globalFlags(cmd *cobra.Command) []string {
	auth := []string{flagAccessToken, flagAuthURL, "timeout", "debug", "sandbox", "no-color"}
	all := append(auth, flagOrg, flagServiceTokenID, flagServiceToken, flagAPIURL)
	switch path := strings.TrimPrefix(cmd.CommandPath(), "psoauth "); {
	case !cmd.Runnable() || cmd.HasSubCommands():
		return nil
	case path == "token info":
		return append(auth, "format")
	case path == "audit", path == "contract check":
		return all
	case strings.HasPrefix(path, "app "), strings.HasPrefix(path, "token "), strings.HasPrefix(path, "auth "):
		return append(all, "format")
	case path == "contract diff", path == "contract proxy", path == "demo":
		return []string{"no-color"}
	}
	return nil
}

// unquoteUsages takes the quotes that help takes for the names of values out of the descriptions, for completion.
func unquoteUsages(cmd *cobra.Command) {
	unquote := func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") }
	cmd.Flags().VisitAll(unquote)
	cmd.PersistentFlags().VisitAll(unquote)
	for _, sub := range cmd.Commands() {
		unquoteUsages(sub)
	}
}

// group makes a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, SuggestionsMinimumDistance: 2}
	cmd.AddCommand(commands...)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}
	for _, sub := range commands { // the first line of each one's examples
		first, _, _ := strings.Cut(sub.Example, "\n")
		cmd.Example = strings.TrimPrefix(cmd.Example+"\n"+first, "\n")
	}
	return cmd
}

func unknownCommand(parent *cobra.Command, name string) error {
	hint := ""
	if similar := parent.SuggestionsFor(name); len(similar) > 0 {
		hint = " (did you mean " + strings.Join(similar, " or ") + "?)"
	}
	return fmt.Errorf("unknown command %q%s; see %s --help", name, hint, parent.CommandPath())
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("want no arguments, got %q; see %s --help", args[0], cmd.CommandPath())
	}
	return nil
}

func (p *program) contractCommand() *cobra.Command {
	return group("contract", "Check traffic against the OpenAPI contract",
		p.contractCheck(), p.contractDiff(), p.contractProxy(), p.contractShow())
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  psoauth version",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), version())
			return err
		},
	}
}

// version says what the Go tool recorded of the module and of the source it was built from.
func version() string {
	version := release()
	if info, ok := debug.ReadBuildInfo(); ok && sourceOf(info) != "" {
		version += " (" + sourceOf(info) + ")"
	}
	return fmt.Sprintf("psoauth %s %s %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// release is the module's version.
func release() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	return cmp.Or(info.Main.Version, "(devel)")
}

func sourceOf(info *debug.BuildInfo) string {
	source, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			source = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", modified"
		}
	}
	return source + modified
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
