package apitest

import (
	"fmt"
	"slices"
	"time"

	"github.com/psoauth/psoauth/gen"
)

// An Option changes the PlanetScale that [NewHandler] and [NewServer] make. Options apply in their order. One that makes
// no sense, such as a negative number of tokens, is a mistake in the test and panics.
type Option func(*config)

type config struct {
	organization string
	ids          []string       // of made-up applications
	applications []*application // in place of made-up applications
	tokens       int
	listed       []gen.OAuthToken // in place of made-up tokens; nil for none
	leaked       []int
	revoked      []string
	accesses     []string
	clock        func() time.Time
	revision     string
	form         string
	faults       []Fault
}

func newConfig(options []Option) config {
	c := config{
		organization: Organization,
		ids:          []string{ApplicationID, "7pm4d9w2k6tb"},
		tokens:       120, // two pages of the largest size
		accesses:     []string{"read_oauth_applications", "read_oauth_tokens", "delete_oauth_tokens"},
		clock:        time.Now,
		revision:     revision202608,
		form:         "published",
	}
	for _, option := range options {
		option(&c)
	}
	return c
}

// WithTokens sets how many tokens the first application has issued, 120 by default. The same number, clock and options
// give the same tokens. The first few are one special case each: see [Handler.Token]. A million take almost a gigabyte.
func WithTokens(n int) Option {
	if n < 0 {
		panic(fmt.Sprintf("apitest.WithTokens(%d): a number of tokens cannot be negative", n))
	}
	return func(c *config) { c.tokens, c.listed = n, nil }
}

// WithTokenList gives the tokens of the first application, in their order, in place of made-up ones. A token's secrets are
// served if it has any. Ids must differ.
func WithTokenList(tokens []gen.OAuthToken) Option {
	tokens = append([]gen.OAuthToken{}, tokens...)
	mustDiffer(tokens)
	return func(c *config) { c.listed = tokens }
}

// WithApplication adds an application with its tokens; given more than once, the organization has all of them. There are no
// made-up applications then. A revision that does not have one of the application's members leaves it out; one that
// requires a member the application does not have serves false or an empty object there.
func WithApplication(about gen.OAuthApplication, tokens ...gen.OAuthToken) Option {
	mustDiffer(tokens)
	return func(c *config) {
		given := &application{about: about, tokens: slices.Clone(tokens), issued: len(tokens)}
		c.applications = append(c.applications, given)
	}
}

// WithApplicationIDs sets how many made-up applications there are, and their ids: by default two, the first [ApplicationID].
// Each has other tokens; those after the first have few.
func WithApplicationIDs(ids ...string) Option {
	if len(ids) == 0 {
		panic("apitest.WithApplicationIDs(): want an id")
	}
	return func(c *config) { c.ids, c.applications = ids, nil }
}

// WithOrganization sets the name of the organization, in place of [Organization].
func WithOrganization(name string) Option {
	return func(c *config) { c.organization = name }
}

// WithLeakedSecret has the i-th of the first application's made-up tokens, counted from 0, served with secrets in the
// members token and plain_text_refresh_token, which no read should ever show. The secrets open nothing.
func WithLeakedSecret(i ...int) Option {
	return func(c *config) { c.leaked = append(c.leaked, i...) }
}

// WithRevokedToken has the token with the id revoked before the first request: it is in no list, and not found.
func WithRevokedToken(id string) Option {
	return func(c *config) { c.revoked = append(c.revoked, id) }
}

// WithAccesses sets the accesses the service token has: any of read_oauth_applications, read_oauth_tokens and
// delete_oauth_tokens, by default all three. Without the one it needs an operation answers 403.
func WithAccesses(accesses ...string) Option {
	return func(c *config) { c.accesses = accesses }
}

// WithClock sets what time it is, in place of time.Now. The tokens' times are laid out around the last midnight, UTC,
// before the time the clock shows when the server is made; token info goes by what it shows at each request. So by
// default expiry dates lie in the past and the future of the program under test, and do not move within a day; a test
// that compares times gives a clock that stands still. The clock must be safe for concurrent use.
func WithClock(now func() time.Time) Option {
	return func(c *config) { c.clock = now }
}

// WithRevision sets the shape of the API host's answers.
//
// 2025-12: the application's scopes are an array, and it has only the members it had then; the envelope of a list has no
// type, per_page, total_count or total_pages. A token has every member, and they are not null where something can stand
// for nothing: the display name for a name, an empty string for the actor, an empty array or object for the accesses.
// Secrets, times and pages that are not there are null.
//
// 2026-08, the default: the application's scopes are one string, the envelope has all its members, and a token has every
// member, null where there is no value.
//
// 2026-09: as before, but the members name, expires_at and last_used_at of a token are missing where they have no value,
// and the application has mcp_tool_groups.
func WithRevision(revision string) Option {
	oneOf("WithRevision", revision, revision202512, revision202608, revision202609)
	return func(c *config) { c.revision = revision }
}

// WithTokenInfoForm sets the form in which the authorization host answers: published, the default and the documented one;
// legacy, the older one, which does not say whether a token is active and refuses one that is not; or refused, which
// answers for an active token as published does and refuses one that is not.
func WithTokenInfoForm(form string) Option {
	oneOf("WithTokenInfoForm", form, "published", "legacy", "refused")
	return func(c *config) { c.form = form }
}

// WithFaults adds faults. A request meets the first of them that matches it and has not been met as often as it may; a
// request that meets none is answered as usual.
func WithFaults(faults ...Fault) Option {
	return func(c *config) { c.faults = append(c.faults, faults...) }
}

func oneOf(option, value string, values ...string) {
	if !slices.Contains(values, value) {
		panic(fmt.Sprintf("apitest.%s(%q): want one of %v", option, value, values))
	}
}
