// Package cli is the command psoauth: it reads flags and the environment, calls package api, and shows the responses.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/internal/text"
)

// A Process is what a run of the command gets from outside.
type Process struct {
	Args           []string            // without the program's name
	Getenv         func(string) string // the environment
	Stdin          io.Reader           // nil for none
	Stdout, Stderr io.Writer
	Now            func() time.Time
}

// The exit statuses.
const (
	exitDone        = 0
	exitFindings    = 1   // there is something for the user to act on
	exitFailed      = 2   // usage, credentials, network, unreadable input, unwritable output
	exitInterrupted = 130 // as shells report a program that Ctrl-C ended
)

// A program is one run of the command.
type program struct {
	Process
	settings           settings
	format             string // of the output
	out                *output
	transport          http.RoundTripper // nil for the client's own
	client             *api.Client       // nil before connect
	application, token string            // what the command asks about
	pages              int64             // of the list of tokens, as far as the server says so
	closers            []func()          // what ends with the run
	grace              atomic.Int64      // nanoseconds a command gets to end after an interrupt
	partly             bool              // whether a part of the output is a result
	closed             bool              // whether the process began without standard output
	sandboxOptions     []apitest.Option  // what a command wants of the sandbox

	// Flags of several commands.
	failOn           *choice
	output, baseline string // names of files
	updateBaseline   bool
}

// Run runs the command and returns its exit status. Data goes to Stdout, everything else to Stderr; a failure is one
// line. When ctx ends, so does the run, even where it waits for a FIFO or a terminal, which know no context: what waits
// is left behind.
func Run(ctx context.Context, process Process) int {
	p := &program{Process: process}
	// A caller that has closed both outputs, or takes neither, wants nothing but the status.
	p.closed = wasClosed(process.Stdout) && !wasClosed(process.Stderr)
	if p.Stdin == nil {
		p.Stdin = strings.NewReader("")
	}
	guardWorkflow(&p.Process)
	if _, file := p.Stderr.(*os.File); !file {
		p.Stderr = &lockedWriter{to: p.Stderr} // a proxy's log, its command and an interrupt write to it at the same time
	}
	p.out = newOutput(p.Stdout)
	if p.closed {
		reader, closed := io.Pipe()
		_ = reader.CloseWithError(errClosed)
		p.out.blocks.Reset(closed)
	}
	p.grace.Store(int64(time.Second))
	done := make(chan int, 1)
	go func() { done <- p.run(ctx) }()
	select {
	case status := <-done:
		return status
	case <-ctx.Done():
	}
	select {
	case status := <-done:
		return status
	case <-time.After(time.Duration(p.grace.Load())):
		fmt.Fprintln(p.Stderr, "psoauth: interrupted")
		return exitInterrupted
	}
}

func (p *program) run(ctx context.Context) (status int) {
	defer func() {
		if r := recover(); r != nil {
			p.out.blocks.Reset(io.Discard) // it may be what panics
			status = p.exitStatus(ctx, fmt.Errorf("internal error, please report it: %v", r))
		}
	}()
	root := p.root()
	root.SetArgs(append([]string{}, p.Args...)) // for nil, cobra would take those of the process
	err := root.ExecuteContext(ctx)
	for _, end := range p.closers {
		end()
	}
	return p.exitStatus(ctx, err)
}

// A finding is an error after which the command is done: the user has something to act on.
type finding struct{ what string }

func (f finding) Error() string { return f.what }

// exitStatus says what failed in one line, or as many as it takes, and returns the exit status. Findings are one even if the
// reader of the output left, so that a gate does not pass for that; an output that cannot be written is worse.
func (p *program) exitStatus(ctx context.Context, err error) int {
	found := errors.As(err, new(finding))
	switch failed := p.out.Flush(); {
	case failed == nil, readerLeft(failed) && found:
	case readerLeft(failed) && p.partly:
		return exitDone
	case readerLeft(failed):
		err = errors.New("the reader of the output closed it early")
	default:
		err, found = fmt.Errorf("cannot write the output: %w", failed), false
	}
	if err == nil {
		return exitDone
	}
	status, said := exitFailed, inFlags(err)
	switch {
	case found:
		status = exitFindings
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		status, said = exitInterrupted, []string{"interrupted"}
		if e, ok := errors.AsType[*api.Error](err); ok && e.Page > 0 {
			said[0] += fmt.Sprintf(" [resume from page %d]", e.Page)
		}
	}
	for _, line := range said {
		p.note("%s", strings.ReplaceAll(line, "\n", "; ")) // errors.Join sets one below the other
	}
	return status
}

// maxLine bounds a line on standard error, in bytes; arguments and server text can be any length.
const maxLine = 2000

// note writes a line to standard error, without credentials.
func (p *program) note(format string, args ...any) {
	line := text.Excerpt(fmt.Sprintf(format, args...), maxLine, p.settings.secrets()...)
	fmt.Fprintln(p.Stderr, "psoauth: "+line)
}

// inFlags says in terms of the command what package api says in terms of its options, a line for each option.
func inFlags(err error) (said []string) {
	if joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		for _, err := range joined.Unwrap() {
			if wrong, ok := errors.AsType[*api.OptionError](err); ok {
				said = append(said, flagOf(wrong.Option)+": "+wrong.Err.Error())
			}
		}
	}
	if said == nil {
		const bare = "it has no log.entries"
		said = []string{strings.Replace(err.Error(), bare, bare+" (a bare body goes with --operation)", 1)}
	}
	return said
}

// A lockedWriter is safe for concurrent use, and remembers a failure.
type lockedWriter struct {
	mu     sync.Mutex
	to     io.Writer
	failed error
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.to.Write(p)
	w.failed = cmp.Or(w.failed, err)
	return n, err
}

func (w *lockedWriter) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

func (p *program) root() *cobra.Command {
	p.failOn = newChoice("error", "warning", "note")
	root := group("psoauth", "Inspect and audit PlanetScale OAuth applications and their tokens")
	root.Long = `psoauth finds risky PlanetScale OAuth tokens: who authorized your application, what each token can reach, and what to revoke. Unofficial.`
	root.Example = `  psoauth audit --sandbox                         no credentials needed
  psoauth token list --sandbox --unused-for 90d
  psoauth contract check --sandbox`
	for _, g := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Inspect", []*cobra.Command{p.appCommand(), p.tokenCommand(), p.authCommand()}},
		{"Audit", []*cobra.Command{p.auditCommand()}},
		{"Contract", []*cobra.Command{p.contractCommand()}},
		{"Tools", []*cobra.Command{p.sandboxCommand(), p.demoCommand(), versionCommand(), completionCommand()}},
	} {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, cmd := range g.commands {
			cmd.GroupID = g.title
			root.AddCommand(cmd)
		}
	}
	root.AddCommand(environmentTopic())
	root.Version = version()
	root.SetVersionTemplate("{{.Version}}\n")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	changeHelpCommand(root)
	root.SetHelpFunc(p.help)
	root.SetOut(p.out)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(flagError)
	p.settings.register(root)
	root.PersistentPreRunE = p.begin
	if len(p.Args) > 0 && strings.HasPrefix(p.Args[0], cobra.ShellCompRequestCmd) {
		prepareCompletion(root)
	}
	return root
}

// begin prepares the run of a command. One that does not say which arguments it takes has none.
func (p *program) begin(cmd *cobra.Command, args []string) error {
	if cmd.Args == nil && cmd.ValidArgs == nil && len(args) > 0 {
		return fmt.Errorf("want no arguments, got %q; see %s --help", args[0], cmd.CommandPath())
	}
	flags := cmd.Flags()
	p.settings.sandbox = p.settings.sandbox || cmd.Name() == "demo"
	if f := flags.Lookup("format"); f.Changed && cmd.LocalNonPersistentFlags().Lookup("format") == nil && !slices.Contains(globalFlags(cmd), "format") {
		return fmt.Errorf("--format has no effect on %s: leave it out", cmd.CommandPath())
	}
	p.setFormat(flags)
	if guard, ok := p.Stdout.(*workflowGuard); ok {
		guard.off = p.format == "github"
	}
	return errors.Join(checkFiles(flags), p.resolve(flags))
}

// extensions are the formats that the name of an --output file asks for where --format does not.
var extensions = map[string]string{
	".csv": "csv", ".html": "html", ".htm": "html", ".json": "json", ".md": "markdown", ".sarif": "sarif", ".txt": "human", ".xml": "junit",
}

// setFormat takes the format from --format or the extension of --output, if the command has such a format.
func (p *program) setFormat(flags *pflag.FlagSet) {
	format := flags.Lookup("format")
	if name, ok := extensions[strings.ToLower(filepath.Ext(p.output))]; ok && !format.Changed {
		_ = format.Value.Set(name) // a format that the command does not have is none
	}
	p.format = format.Value.String()
}

// checkFiles is an error if a flag names no file: a script's variable is unset, and the policy or the baseline in it must
// not be left out unnoticed.
func checkFiles(flags *pflag.FlagSet) error {
	var errs []error
	flags.Visit(func(f *pflag.Flag) {
		if what, _ := pflag.UnquoteUsage(f); what == "file" && f.Value.String() == "" {
			errs = append(errs, fmt.Errorf("--%s: want the name of a file, got an empty string", f.Name))
		}
	})
	return errors.Join(errs...)
}

// finish gives a command time to end, after an interrupt, what it begins now.
func (p *program) finish() { p.grace.Store(int64(15 * time.Second)) }

// globalFlags names the persistent flags that have an effect on a command.
func globalFlags(cmd *cobra.Command) []string {
	auth := []string{"access-token", "auth-url", "timeout", "debug", "sandbox", "no-color"}
	all := append(auth, "org", "service-token-id", "service-token", "api-url")
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
	hint := didYouMean("", parent.SuggestionsFor(name))
	return fmt.Errorf("unknown command %q%s; see %s --help", name, hint, parent.CommandPath())
}
