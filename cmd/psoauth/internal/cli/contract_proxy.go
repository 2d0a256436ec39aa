package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/openapi/contract"
)

// A gate is one run of the proxy.
type gate struct {
	judge
	listen, upstream, log string
	enforce               bool
}

func (p *program) contractProxy() *cobra.Command {
	g := &gate{judge: judge{program: p}, listen: "127.0.0.1:0"}
	cmd := &cobra.Command{
		Use:   "proxy [-- COMMAND [ARG]...]",
		Short: "Forward a client's requests to the service, and report what violates the contract",
		Long: `Forward requests to the servers of the contract, unchanged, and check what comes back: for clients in any
language. A client that uses the proxy with the path it would have used, such as /v1/organizations/..., reaches the
server that the contract declares for it, or the one of --upstream. The proxy does not change bodies: a client that
follows next_page_url leaves it after the first page, and one that counts pages does not.

A command after -- runs with PLANETSCALE_API_URL and PLANETSCALE_AUTH_URL set to the proxy, its output on standard
error; the report is written when it ends. Without one, the report is written when the proxy is interrupted. Each
finding is a line of JSON in the log, and so is each request that got no response. The client's credentials go to the
server only, and into no log.

Exit status: 0 nothing found as bad as --fail-on; 1 something found, or the command failed; 2 the proxy or its log
failed, the command could not be started, or there was no response of the contract's operations at all.`,
		Example: "  psoauth contract proxy -- npm test\n" +
			"  psoauth contract proxy --listen 127.0.0.1:8080 --log findings.jsonl\n" +
			"  psoauth contract proxy --upstream http://127.0.0.1:9090 --enforce",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return fmt.Errorf("unknown argument %q: a command to run goes after --", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return g.run(cmd.Context(), args) },
	}
	g.judge.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&g.listen, "listen", g.listen, "the `address` to listen on; with port 0, any free port")
	flags.StringVar(&g.upstream, "upstream", "", "forward everything to this `URL` (default the servers that the contract declares)")
	flags.BoolVar(&g.enforce, "enforce", false, "answer 502 and the findings in place of a response that violates the contract")
	flags.StringVar(&g.log, "log", "", "add the findings to this `file`, a line of JSON each (default standard error)")
	return cmd
}

func (g *gate) run(ctx context.Context, command []string) error {
	if g.settings.sandbox {
		return errors.New("--sandbox: the proxy has none of its own; start psoauth sandbox, and give its address to --upstream")
	}
	options := contract.ProxyOptions{Enforce: g.enforce, FailOn: g.failOn.severity()}
	var err error
	if g.upstream != "" {
		if options.Upstream, err = parseUpstream(g.upstream); err != nil {
			return err
		}
	}
	run, err := g.newRun()
	if err != nil {
		return err
	}
	log, closeLog := &lockedWriter{to: g.Stderr}, func() error { return nil }
	if g.log != "" {
		file, err := os.OpenFile(g.log, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			return fmt.Errorf("--log: %w", err)
		}
		log.to, closeLog = file, file.Close
	}
	lines := json.NewEncoder(log)
	lines.SetEscapeHTML(false)
	options.Report = func(f contract.Finding) { // the log remembers a failure
		_ = lines.Encode(struct {
			Time time.Time `json:"time"`
			contract.Finding
		}{time.Now(), f})
	}
	options.Logger = slog.New(slog.NewJSONHandler(log, nil))
	ended := g.serve(ctx, run, options, command)
	if failure := errors.Join(log.failure(), closeLog()); failure != nil {
		return fmt.Errorf("cannot write the log: %w", failure)
	}
	if ended != nil && !errors.As(ended, new(finding)) {
		return ended
	}
	report := contract.NewReport(run, nil, g.failOn.severity())
	var empty error
	if ended == nil {
		empty = g.nothing(run, report, "give the client the address of the proxy as its base URL")
	}
	return cmp.Or(g.conclude(report, empty), ended)
}

// serve forwards requests until it is interrupted or the command, if there is one, ends. That the command failed is a finding.
func (g *gate) serve(ctx context.Context, run *contract.Run, options contract.ProxyOptions, command []string) error {
	handler, err := run.Proxy(options)
	if err != nil {
		return err
	}
	listener, base, err := listen(ctx, g.listen)
	if err != nil {
		return err
	}
	g.finish() // from here on: the log and the spec may be FIFOs that nobody opens
	switch {
	case len(command) > 0:
	case isTerminal(g.Stderr):
		fmt.Fprintf(g.Stderr, "Point your client's base URL at %s/v1 (token info: %s). Ctrl-C writes the report.\n", base, base)
	default:
		slog.New(slog.NewJSONHandler(g.Stderr, nil)).Info("listening", "url", base)
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	served := make(chan error, 1)
	go func() {
		defer end() // so that the command ends too
		served <- serve(ctx, listener, handler)
	}()
	if len(command) > 0 {
		err = g.child(ctx, command, base)
		end()
	}
	return cmp.Or(<-served, err)
}

// child runs the command of the user with the proxy for PlanetScale. That it failed is a finding, and that it could not be
// started an error.
func (g *gate) child(ctx context.Context, command []string, base string) error {
	child := exec.CommandContext(ctx, command[0], command[1:]...)
	child.Env = append(os.Environ(), "PLANETSCALE_API_URL="+base+"/v1", "PLANETSCALE_AUTH_URL="+base)
	child.Stdin, child.Stdout, child.Stderr = g.Stdin, g.Stderr, g.Stderr
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	child.WaitDelay = 10 * time.Second
	err := child.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return finding{command[0] + ": " + exit.Error()}
	}
	return err
}

// parseUpstream reads --upstream. Credentials go there, so it is https, except on this machine.
func parseUpstream(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("--upstream: want a URL with https and a host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("--upstream: want scheme, host and path only")
	case u.Scheme == "http" && !isLocal(raw):
		return nil, errors.New("--upstream is plain http: credentials go there, so it must be https, except on this machine")
	}
	return u, nil
}
