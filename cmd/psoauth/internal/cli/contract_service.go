package cli

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/openapi/contract"
)

// service judges the service, or the sandbox, by asking for all that can be asked for without changing anything.
func (c *check) service(ctx context.Context, baseline *contract.Baseline) error {
	ids := []string{c.application}
	if c.settings.sandbox {
		var err error
		if ids, err = c.enterSandbox(slices.DeleteFunc(ids, func(id string) bool { return id == "" })); err != nil {
			return err
		}
	}
	run, err := c.newRun(c.program, c.serverOptions(true, false)...)
	if err != nil {
		return err
	}
	var found atomic.Int64 // errors in responses
	c.transport = run.Transport(nil, func(f contract.Finding) {
		if f.Severity == contract.Error {
			found.Add(1)
		}
	})
	client, err := c.client(theOrganization, anyCredential)
	if err != nil {
		return err
	}
	err = c.requests(ctx, client, place{organization: c.settings.org, application: ids[0]}, &found)
	if ctx.Err() != nil {
		return err
	}
	return c.finish(run, baseline, err)
}

// mostTokens is how many tokens of a list are asked for one by one.
const mostTokens = 3

// requests asks for everything, whatever is wrong with one response or another, and returns what that was. If there is no
// response at all, or one that asks to come back later, it does not go on. Found counts the errors in responses.
func (c *check) requests(ctx context.Context, client *api.Client, at place, found *atomic.Int64) error {
	progress := c.newProgress(false)
	defer progress.clear()
	var tokens []string
	calls := []func() error{
		func() error {
			_, err := client.GetApplication(ctx, at.organization, at.application)
			return err
		},
		func() error { // pages one after the other: rules that compare several want them in their order
			for page, err := range progress.watch(client.TokenPages(ctx, at.organization, at.application, api.ListOptions{})) {
				if err != nil {
					return err
				}
				for i := 0; i < len(page.Data) && len(tokens) < mostTokens; i++ {
					tokens = append(tokens, page.Data[i].ID)
				}
			}
			return nil
		},
	}
	for i := range mostTokens {
		calls = append(calls, func() error {
			if i >= len(tokens) {
				return nil
			}
			_, err := client.GetToken(ctx, at.organization, at.application, tokens[i])
			return err
		})
	}
	if !c.settings.accessToken.IsZero() {
		calls = append(calls, func() error {
			_, err := client.TokenInfo(ctx)
			return err
		})
	}
	var errs []error
	for _, call := range calls {
		before := found.Load()
		err := call()
		if refused(err) && found.Load() > before {
			continue // the finding says so, and better
		}
		errs = append(errs, err)
		e, ok := errors.AsType[*api.Error](err)
		if ok && (e.Status == 0 && !refused(err) || e.RetryAfter > 0 || errors.Is(err, api.ErrRateLimited)) {
			break
		}
	}
	return errors.Join(errs...)
}

// refused reports whether the client got a response and refused it.
func refused(err error) bool {
	kinds := []error{api.ErrUnexpectedResponse, api.ErrPageLoop, api.ErrForeignHost, api.ErrResponseTooLarge}
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}
