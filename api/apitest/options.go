package apitest

import (
	"fmt"
	"slices"
	"time"

	"github.com/psoauth/psoauth/gen"
)

// DefaultTokens is how many tokens there are without [WithTokens]: two pages of the largest size.
const DefaultTokens = 120

// An Option changes the PlanetScale that [New], [Start] and [NewServer] make. Options apply in their order. One that
// makes no sense, such as a negative number of tokens, is a mistake in the test and panics.
type Option func(*config)

type config struct {
	organization  string
	applicationID string
	application   *gen.OAuthApplication
	tokens        int
	listed        []gen.OAuthToken
	isListed      bool
	leaked        []int
	accesses      []string
	clock         func() time.Time
	revision      Revision
	form          TokenInfoForm
	faults        []Fault
}

func newConfig(options []Option) config {
	c := config{
		organization:  Organization,
		applicationID: ApplicationID,
		tokens:        DefaultTokens,
		accesses:      []string{ReadApplications, ReadTokens, DeleteTokens},
		clock:         time.Now,
		revision:      Revision202608,
		form:          FormPublished,
	}
	for _, option := range options {
		option(&c)
	}
	return c
}

// WithTokens sets how many tokens the application has issued. They are made up one by one as they are asked for, so a
// million cost no memory; the same number, clock and options give the same tokens. The first few show one peculiar case
// each: see [PlanetScale.Token].
func WithTokens(n int) Option {
	if n < 0 {
		panic(fmt.Sprintf("apitest.WithTokens(%d): a number of tokens cannot be negative", n))
	}
	return func(c *config) { c.tokens, c.listed, c.isListed = n, nil, false }
}

// WithTokenList gives the very tokens to serve, in their order, in place of made-up ones. A token's secrets are served
// if it has any. Ids must differ.
func WithTokenList(tokens []gen.OAuthToken) Option {
	tokens = slices.Clone(tokens)
	return func(c *config) { c.listed, c.isListed = tokens, true }
}

// WithApplication gives the very application to serve. Its id is the one to ask for, in place of [ApplicationID]. A
// revision that does not have one of its members leaves it out; one that requires a member the application does not have
// serves false or an empty object there.
func WithApplication(application gen.OAuthApplication) Option {
	return func(c *config) { c.application = &application }
}

// WithApplicationID sets the id of the made-up application, in place of [ApplicationID].
func WithApplicationID(id string) Option {
	return func(c *config) { c.applicationID = id }
}

// WithOrganization sets the name of the organization, in place of [Organization].
func WithOrganization(name string) Option {
	return func(c *config) { c.organization = name }
}

// WithLeakedSecret has the i-th of the made-up tokens, counted from 0, served with secrets in the members token and
// plain_text_refresh_token, which no read should ever show. The secrets open nothing.
func WithLeakedSecret(i ...int) Option {
	i = slices.Clone(i)
	return func(c *config) { c.leaked = append(c.leaked, i...) }
}

// WithAccesses sets the accesses the service token has: any of [ReadApplications],
// [ReadTokens] and [DeleteTokens], all three by default.
// Without the one it needs an operation answers 403.
func WithAccesses(accesses ...string) Option {
	accesses = slices.Clone(accesses)
	return func(c *config) { c.accesses = accesses }
}

// WithClock sets what time it is, in place of time.Now. The tokens' times are laid out around the last midnight, UTC,
// before the time the clock shows when the server is made; token info goes by what it shows at each request. So by
// default expiry dates lie in the past and the future of the program under test, and do not move within a day; a test
// that compares times gives a clock that stands still. The clock must be safe for concurrent use.
func WithClock(now func() time.Time) Option {
	return func(c *config) { c.clock = now }
}

// WithRevision sets the shape of the API host's answers, [Revision202608] by default.
func WithRevision(revision Revision) Option {
	if revision < Revision202512 || revision > Revision202609 {
		panic(fmt.Sprintf("apitest.WithRevision(%d): no such revision", int(revision)))
	}
	return func(c *config) { c.revision = revision }
}

// WithTokenInfoForm sets the form of token info, [FormPublished] by default.
func WithTokenInfoForm(form TokenInfoForm) Option {
	if form < FormPublished || form > FormRefused {
		panic(fmt.Sprintf("apitest.WithTokenInfoForm(%d): no such form", int(form)))
	}
	return func(c *config) { c.form = form }
}

// WithFaults has the first request meet the first fault, the second request the second, and so on; later requests are
// answered as usual. Given more than once, or with [WithEveryFault], a request meets a fault of each option, that of the
// first option outermost.
func WithFaults(faults ...Fault) Option {
	return WithEveryFault(Sequence(faults...))
}

// WithEveryFault has every request meet all the faults, the first outermost. To pick requests, use [When].
func WithEveryFault(faults ...Fault) Option {
	faults = slices.Clone(faults)
	return func(c *config) { c.faults = append(c.faults, faults...) }
}
