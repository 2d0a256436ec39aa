package apitest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// An application is one of the organization, with the list of its tokens.
type application struct {
	about   gen.OAuthApplication
	counted bool   // about.Tokens is the length of the list
	sample  sample // makes up what is issued

	mu     sync.Mutex
	tokens []gen.OAuthToken
	issued int // the number of the next token that is made up
}

// now returns the application with the number of its tokens.
func (a *application) now() gen.OAuthApplication {
	app := a.about
	if a.counted {
		app.Tokens = int64(a.count())
	}
	return app
}

func (a *application) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.tokens)
}

// page returns a page of the list as it is now, and the tokens on it.
func (a *application) page(number, perPage *int64) (*page, []gen.OAuthToken) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := newPage(number, perPage, len(a.tokens))
	return p, slices.Clone(a.tokens[p.first:p.end])
}

// find returns the token with the id, if it is on the list.
func (a *application) find(id string) (token gen.OAuthToken, found bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.tokens, func(t gen.OAuthToken) bool { return t.ID == id })
	if i >= 0 {
		token = a.tokens[i]
	}
	return token, i >= 0
}

// delete takes the token with the id off the list, and reports whether it was there.
func (a *application) delete(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	before := len(a.tokens)
	a.tokens = slices.DeleteFunc(a.tokens, func(t gen.OAuthToken) bool { return t.ID == id })
	return len(a.tokens) < before
}

// issue puts n new tokens at the beginning of the list, the newest first.
func (a *application) issue(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	made := make([]gen.OAuthToken, n, n+len(a.tokens))
	for i := range made {
		made[n-1-i] = a.sample.token(a.issued + i)
	}
	a.tokens = append(made, a.tokens...)
	a.issued += n
}

// revoke takes the first n tokens, or as many as there are, off the list.
func (a *application) revoke(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens = a.tokens[min(n, len(a.tokens)):]
}

// names are those of made-up applications.
var names = []string{"Schema Sentinel", "Query Almanac", "Branch Gardener", "Deploy Herald", "Quota Lantern"}

// laterTokens is how many tokens each made-up application has but the first.
const laterTokens = 17

// makeApplications returns the applications a test gave, or made-up ones.
func (c *config) makeApplications(midnight time.Time) []*application {
	first := sample{organization: c.organization, midnight: midnight, leaked: c.leaked}
	for _, app := range c.applications {
		app.sample = first
	}
	if c.applications != nil {
		return c.applications
	}
	all := make([]*application, len(c.ids))
	for i, id := range c.ids {
		app := &application{about: madeUp(i, id, midnight), counted: true, sample: first}
		count := c.tokens
		if i > 0 {
			app.sample.salt, app.sample.leaked, count = hash(uint64(i)), nil, laterTokens
		}
		if i == 0 && c.listed != nil {
			app.tokens = slices.Clone(c.listed)
		} else {
			app.tokens = make([]gen.OAuthToken, count)
			for number := range count {
				app.tokens[number] = app.sample.token(number)
			}
		}
		app.issued = len(app.tokens)
		all[i] = app
	}
	return all
}

// madeUp returns the i-th application. The first declares most scopes, the others those for reading.
func madeUp(i int, id string, midnight time.Time) gen.OAuthApplication {
	name := names[i%len(names)]
	domain := strings.ToLower(name[strings.IndexByte(name, ' ')+1:]) + ".example"
	declared := func(s scope) bool { return s.declared }
	client := uint64(0x0f4c1b2a9d8e7f60)
	if i > 0 {
		declared = func(s scope) bool { return strings.Contains(s.name, ":read_") }
		client ^= hash(uint64(i))
	}
	if i >= len(names) {
		name += " " + strconv.Itoa(i/len(names)+1)
	}
	app := gen.OAuthApplication{
		ID:                     id,
		Name:                   name,
		RedirectURI:            "https://" + domain + "/oauth/callback",
		Domain:                 domain,
		CreatedAt:              midnight.AddDate(-5, 0, 0).Add(33164318 * time.Millisecond),
		UpdatedAt:              midnight.AddDate(0, -2, 0).Add(60002005 * time.Millisecond),
		Avatar:                 "https://" + domain + "/logo.png",
		ClientID:               fmt.Sprintf("pscale_app_%016x", client),
		SingleOrgAuthorization: new(true),
		ScopesByResource:       scopesByResource(declared, false),
		AllScopesByResource:    scopesByResource(declared, true),
	}
	for _, s := range scopes {
		if declared(s) {
			app.Scopes = append(app.Scopes, s.name)
		}
	}
	return app
}

// scopesByResource groups the scopes an application declares, or all scopes, as PlanetScale's prose describes the member.
func scopesByResource(declared func(scope) bool, all bool) openapi.RawObject {
	type entry struct {
		Scope       string `json:"scope"`
		Description string `json:"description"`
		Selected    *bool  `json:"selected,omitempty"`
		Admin       bool   `json:"admin"`
	}
	groups := map[string][]entry{}
	for _, s := range scopes {
		if !all && !declared(s) {
			continue
		}
		kind, name, _ := strings.Cut(s.name, ":")
		e := entry{Scope: name, Description: s.description, Admin: strings.HasPrefix(name, "manage_")}
		if all {
			e.Selected = new(declared(s))
		}
		groups[kind] = append(groups[kind], e)
	}
	data, err := json.Marshal(groups)
	if err != nil {
		panic("apitest: " + err.Error())
	}
	return data
}

func mustDiffer(tokens []gen.OAuthToken) {
	ids := map[string]bool{}
	for _, token := range tokens {
		if ids[token.ID] {
			panic("apitest: two tokens have the id " + strconv.Quote(token.ID))
		}
		ids[token.ID] = true
	}
}
