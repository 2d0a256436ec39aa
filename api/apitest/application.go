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

// An application has tokens, which its list holds by their numbers: those there from the start count from 0 in the order
// of the list, those issued later go on from there and are first in the list.
type application struct {
	about   gen.OAuthApplication
	counted bool             // about.Tokens is the length of the list
	given   []gen.OAuthToken // the tokens a test gave; numbers beyond them are made up
	sample  *sample          // what makes them up

	mu      sync.Mutex
	numbers []int
	issued  int // the number of the next token
}

func newApplication(about gen.OAuthApplication, count int, given []gen.OAuthToken) *application {
	a := &application{about: about, given: given}
	a.issue(count)
	slices.Reverse(a.numbers)
	return a
}

// now returns the application with the number of its tokens.
func (a *application) now() gen.OAuthApplication {
	app := a.about
	if a.counted {
		_, count := a.tokens(0, 0)
		app.Tokens = int64(count)
	}
	return app
}

// tokens returns the tokens at the positions from first to before end, and how many there are in all.
func (a *application) tokens(first, end int) (tokens []gen.OAuthToken, count int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := max(first, 0); i < min(end, len(a.numbers)); i++ {
		tokens = append(tokens, a.token(a.numbers[i]))
	}
	return tokens, len(a.numbers)
}

// page returns the tokens on a page of the list as it is now.
func (a *application) page(p *page) (tokens []gen.OAuthToken) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p.of(len(a.numbers))
	for _, number := range a.numbers[p.first:p.end] {
		tokens = append(tokens, a.token(number))
	}
	return tokens
}

func (a *application) token(number int) gen.OAuthToken {
	if number < len(a.given) {
		return a.given[number]
	}
	return a.sample.token(number)
}

// position returns where the token with the id is in the list, or -1.
func (a *application) position(id string) int {
	return slices.IndexFunc(a.numbers, func(number int) bool {
		if number < len(a.given) {
			return a.given[number].ID == id
		}
		return a.sample.id(number) == id
	})
}

func (a *application) find(id string) (gen.OAuthToken, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := a.position(id); i >= 0 {
		return a.token(a.numbers[i]), true
	}
	return gen.OAuthToken{}, false
}

// delete takes the token with the id off the list, and reports whether it was there.
func (a *application) delete(id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := a.position(id)
	if i >= 0 {
		a.numbers = slices.Delete(a.numbers, i, i+1)
	}
	return i >= 0
}

// issue puts n new tokens at the beginning of the list.
func (a *application) issue(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	later := make([]int, n)
	for i := range later {
		later[n-1-i] = a.issued + i
	}
	a.numbers = append(later, a.numbers...)
	a.issued += n
}

// revoke takes the first n tokens, or as many as there are, off the list.
func (a *application) revoke(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.numbers = a.numbers[min(n, len(a.numbers)):]
}

// names are those of made-up applications.
var names = []string{"Schema Sentinel", "Query Almanac", "Branch Gardener", "Deploy Herald", "Quota Lantern"}

// laterTokens is how many tokens each made-up application has but the first.
const laterTokens = 17

// makeApplications returns the applications a test gave, or made-up ones.
func (c *config) makeApplications(midnight time.Time) (all []*application) {
	first := &sample{organization: c.organization, midnight: midnight, leaked: c.leaked}
	for _, app := range c.applications {
		app.sample = first
	}
	if c.applications != nil {
		return c.applications
	}
	for i, id := range c.ids {
		made, count, given := first, c.tokens, c.listed
		if i > 0 {
			made, count, given = &sample{organization: c.organization, midnight: midnight, salt: hash(uint64(i))}, laterTokens, nil
		} else if given != nil {
			count = len(given)
		}
		app := newApplication(madeUp(i, id, midnight), count, given)
		app.sample, app.counted = made, true
		all = append(all, app)
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
