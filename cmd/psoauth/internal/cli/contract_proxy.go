package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/openapi/contract"
)

// A gate is one run of the proxy.
type gate struct {
	*program
	judge
	listen, upstream, log string
	enforce               bool
}

func (p *program) contractProxy() *cobra.Command {
	g := &gate{program: p, judge: newJudge(), listen: "127.0.0.1:0"}
	cmd := &cobra.Command{
		Use:   "proxy",
		Short: "Stand between a client and the service, and say what does not keep the contract",
		Long: `Forward requests to the servers of the contract, unchanged, and hold what comes back against it: for clients in
any language. A client that is led to the proxy with the path it would have used, such as /v1/organizations/..., reaches
the server that the contract declares for it, or the one of --upstream.

Each finding is a line of JSON in the log, and so is each request that got no response. The report is written when the
proxy is interrupted. The client's credentials go to the server only, and into no log.

Exit status: 0 nothing found as bad as --fail-on; 1 something found; 2 the proxy or its log failed.`,
		Example: "  psoauth contract proxy --listen 127.0.0.1:8080 --log findings.jsonl\n" +
			"  psoauth contract proxy --upstream http://127.0.0.1:9090 --enforce --fail-on warning",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.run(cmd.Context()) },
	}
	g.judge.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&g.listen, "listen", g.listen, "the `address` to listen on; with port 0, any free port")
	flags.StringVar(&g.upstream, "upstream", "", "forward everything to this `URL` (default the servers that the contract declares)")
	flags.BoolVar(&g.enforce, "enforce", false, "answer 502 and the findings in place of a response that does not keep the contract")
	flags.StringVar(&g.log, "log", "", "add the findings to this `file`, a line of JSON each (default standard error)")
	_ = cmd.MarkFlagFilename("log")
	return cmd
}

func (g *gate) run(ctx context.Context) error {
	if g.settings.sandbox {
		return errors.New("--sandbox: the proxy has none of its own; start psoauth sandbox, and give its address to --upstream")
	}
	least, err := g.leastSeverity()
	if err != nil {
		return err
	}
	options := contract.ProxyOptions{Enforce: g.enforce, FailOn: least}
	if g.upstream != "" {
		if options.Upstream, err = parseUpstream(g.upstream); err != nil {
			return err
		}
	}
	run, err := g.newRun(g.program)
	if err != nil {
		return err
	}
	log, err := g.openLog()
	if err != nil {
		return err
	}
	options.Report, options.Logger = log.finding, log.logger()
	if err := errors.Join(g.serve(ctx, run, options), log.close()); err != nil {
		return err
	}
	report, err := g.newReport(g.program, run, nil)
	if err != nil {
		return err
	}
	empty := g.nothing(run, report)
	if err := g.conclude(g.program, report); err != nil || empty == nil {
		return err
	}
	return empty
}

func (g *gate) serve(ctx context.Context, run *contract.Run, options contract.ProxyOptions) error {
	handler, err := run.Proxy(options)
	if err != nil {
		return err
	}
	listener, err := listenOn(ctx, g.listen)
	if err != nil {
		return err
	}
	newLog(g.Stderr).logger().Info("listening", "url", "http://"+reachable(listener.Addr()))
	return serve(ctx, listener, handler)
}

func (g *gate) openLog() (*findingLog, error) {
	if g.log == "" {
		return newLog(g.Stderr), nil
	}
	file, err := os.OpenFile(g.log, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	log := newLog(file)
	log.closer = file
	return log, nil
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
