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
	run, err := c.newRun(c.program, c.standIns(true, false)...)
	if err != nil {
		return err
	}
	questions := &questions{at: place{organization: c.settings.org, application: ids[0]}, progress: c.newProgress(false)}
	c.transport = run.Transport(nil, questions.found)
	if questions.client, err = c.client(theOrganization, anyCredential); err != nil {
		return err
	}
	err = questions.ask(ctx, !c.settings.accessToken.IsZero())
	questions.progress.clear()
	if ctx.Err() != nil {
		return err
	}
	return c.finish(run, baseline, err)
}

// questions are what the service is asked.
type questions struct {
	client   *api.Client
	at       place
	progress *progress
	tokens   []string     // the ids of those that are asked for one by one
	errors   atomic.Int64 // that were found in answers
}

// mostTokens is how many tokens of a list are asked for one by one.
const mostTokens = 3

// ask asks for everything, whatever is wrong with one answer or another, and returns what that was. If there is no answer
// at all, or one that asks to come back later, it does not go on.
func (q *questions) ask(ctx context.Context, info bool) error {
	calls := []func(context.Context) error{q.application, q.list}
	for i := range mostTokens {
		calls = append(calls, func(ctx context.Context) error { return q.token(ctx, i) })
	}
	if info {
		calls = append(calls, q.info)
	}
	var errs []error
	for _, call := range calls {
		before := q.errors.Load()
		err := call(ctx)
		if refused(err) && q.errors.Load() > before {
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

func (q *questions) application(ctx context.Context) error {
	_, err := q.client.GetApplication(ctx, q.at.organization, q.at.application)
	return err
}

// list reads all pages, one after the other: rules that look at several want them in their order.
func (q *questions) list(ctx context.Context) error {
	pages := q.client.TokenPages(ctx, q.at.organization, q.at.application, api.ListOptions{})
	for page, err := range q.progress.watch(pages) {
		if err != nil {
			return err
		}
		for i := 0; i < len(page.Data) && len(q.tokens) < mostTokens; i++ {
			q.tokens = append(q.tokens, page.Data[i].ID)
		}
	}
	return nil
}

// token asks for the i-th of the tokens, if the list has that many.
func (q *questions) token(ctx context.Context, i int) error {
	if i >= len(q.tokens) {
		return nil
	}
	_, err := q.client.GetToken(ctx, q.at.organization, q.at.application, q.tokens[i])
	return err
}

func (q *questions) info(ctx context.Context) error {
	_, err := q.client.TokenInfo(ctx)
	return err
}

// found counts the errors in answers.
func (q *questions) found(f contract.Finding) {
	if f.Severity == contract.Error {
		q.errors.Add(1)
	}
}

// refused reports whether the client got an answer and refused it.
func refused(err error) bool {
	kinds := []error{api.ErrUnexpectedResponse, api.ErrPageLoop, api.ErrForeignHost, api.ErrResponseTooLarge}
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}
