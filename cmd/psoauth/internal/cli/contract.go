package cli

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/openapi"
	"github.com/psoauth/psoauth/openapi/contract"
)

func (p *program) contractCommand() *cobra.Command {
	check := p.contractCheck()
	ids := each(operationID.FindAllStringSubmatch(openapi.Contract(), -1), func(match []string) string { return match[1] })
	_ = check.RegisterFlagCompletionFunc("operation", cobra.FixedCompletions(ids, cobra.ShellCompDirectiveNoFileComp))
	return group("contract", "Check traffic against the OpenAPI contract",
		check, p.contractDiff(), p.contractProxy(), p.contractShow())
}

var operationID = regexp.MustCompile(`(?m)^ +operationId: (\w+)$`)

func (p *program) contractShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the contract",
		Long: `Print the OpenAPI 3.0 document that this program was built with, for other tools to use. As YAML it is the file
openapi/openapi.yaml; as JSON it says the same, without the comments.`,
		Example: "  psoauth contract show > planetscale-oauth.yaml\n  psoauth contract show --format json | jq .paths",
		RunE: func(*cobra.Command, []string) error {
			document := []byte(openapi.Contract())
			if p.format == "json" {
				doc, err := openapi3.NewLoader().LoadFromData(document)
				if err != nil {
					return err
				}
				return report.WriteJSON(p.out, doc)
			}
			_, err := p.out.Write(document)
			return err
		},
	}
	newChoice("yaml", "json").register(cmd, cmd.Flags(), "format", "")
	return cmd
}

// connect makes a client whose responses are judged as a part of one run.
func (c *check) connect() (*contract.Run, error) {
	if err := c.enterSandbox(); err != nil {
		return nil, err
	}
	run, err := c.newRun(c.serverOptions(true, false)...)
	if err != nil {
		return nil, err
	}
	c.transport = run.Transport(nil, nil)
	c.client, err = c.newClient(false)
	return run, err
}

// requests asks for everything, whatever is wrong with one response or another, and returns what that was. If there is no
// response at all, or one that asks to come back later, it does not go on.
func (c *check) requests(ctx context.Context, run *contract.Run) error {
	const byID = 3 // tokens of the list that are asked for one by one
	var errs []error
	over := false
	found := func() int { return contract.NewReport(run, nil, contract.Error).Summary.Errors }
	ask := func(call func() error) {
		if over {
			return
		}
		before := found()
		err := call()
		if refused(err) && found() > before {
			return // the finding says so, and better
		}
		errs = append(errs, err)
		e, ok := errors.AsType[*api.Error](err)
		over = ok && (e.Status == 0 && !refused(err) || e.RetryAfter > 0 || errors.Is(err, api.ErrRateLimited))
	}
	ask(func() error { return failureOf(c.client.GetApplication(ctx, c.settings.org, c.application)) })
	var tokens []string
	ask(func() error { // pages one after the other: rules that compare several want them in their order
		for token, err := range c.tokens(ctx, c.application, api.ListOptions{}, false) {
			if err != nil {
				return err
			}
			if len(tokens) < byID {
				tokens = append(tokens, token.ID)
			}
		}
		return nil
	})
	for _, token := range tokens {
		ask(func() error { return failureOf(c.client.GetToken(ctx, c.settings.org, c.application, token)) })
	}
	if !c.settings.accessToken.IsZero() {
		ask(func() error { return failureOf(c.client.TokenInfo(ctx)) })
	}
	return errors.Join(errs...)
}

func failureOf[T any](_ T, err error) error { return err }

// refused reports whether the client got a response and refused it.
func refused(err error) bool {
	kinds := []error{api.ErrUnexpectedResponse, api.ErrPageLoop, api.ErrForeignHost, api.ErrResponseTooLarge}
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}
