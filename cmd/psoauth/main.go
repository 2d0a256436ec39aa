// Command psoauth shows which tokens an OAuth application on PlanetScale has issued, what each may touch, and whether a
// token is still active.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/psoauth/psoauth/cmd/psoauth/internal/cli"
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there what a server sends unasked, which may be a credential
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)   // a second signal ends the process at once
	signal.Ignore(syscall.SIGPIPE) // a reader that has seen enough is an error of a write, which cli knows
	os.Exit(cli.Run(ctx, cli.Process{
		Args:   os.Args[1:],
		Getenv: os.Getenv,
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
		Now:    time.Now,
	}))
}
