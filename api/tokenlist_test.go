package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
)

// A tokenList is a list of so many pages of 100 tokens, served over a network or in place of one. It has few different
// pages, which take turns behind an envelope that is right and get new ids, so that a list of any length takes little
// memory.
type tokenList struct {
	pages int64
	data  [][]byte
	ids   [][]int   // where in data the ids are
	spare sync.Pool // of memory for a page's data
}

const perPage = 100

// newTokenList makes a list of full tokens.
func newTokenList(tb testing.TB, pages int64) *tokenList {
	tb.Helper()
	return listOf(tb, pages, fullToken)
}

func listOf(tb testing.TB, pages int64, token func(number int) api.Token) *tokenList {
	tb.Helper()
	list := &tokenList{pages: pages}
	for i := range 32 {
		tokens := make([]api.Token, perPage)
		for j := range tokens {
			tokens[j] = token(i*perPage + j)
			tokens[j].ID = tokenID(i*perPage + j)
		}
		data, err := json.Marshal(tokens)
		if err != nil {
			tb.Fatal(err)
		}
		list.data = append(list.data, data)
		var ids []int
		for j := range tokens {
			ids = append(ids, bytes.Index(data, []byte(tokens[j].ID)))
		}
		list.ids = append(list.ids, ids)
	}
	return list
}

func tokenID(number int) string { return fmt.Sprintf("t%011d", number) }

// page returns the body of a page in its parts.
func (l *tokenList) page(r *http.Request) (begin, data, end []byte) {
	number, _ := strconv.ParseInt(r.URL.Query().Get("page"), 10, 64)
	next := "null"
	if number < l.pages {
		next = strconv.FormatInt(number+1, 10)
	}
	return fmt.Appendf(nil, `{"type":"list","current_page":%d,"next_page":%s,"next_page_url":null,"prev_page":null,`+
		`"prev_page_url":null,"per_page":%d,"total_count":%d,"total_pages":%d,"data":`,
		number, next, perPage, l.pages*perPage, l.pages), l.withIDs(int(number)), []byte{'}'}
}

func (l *tokenList) withIDs(number int) []byte {
	spare, _ := l.spare.Get().(*[]byte)
	if spare == nil {
		spare = new([]byte)
	}
	data := append((*spare)[:0], l.data[number%len(l.data)]...)
	for i, at := range l.ids[number%len(l.data)] {
		for rest, digit := number*perPage+i, at+11; digit > at; rest, digit = rest/10, digit-1 { // like tokenID
			data[digit] = byte('0' + rest%10)
		}
	}
	return data
}

func (l *tokenList) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin, data, end := l.page(r)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(begin)+len(data)+len(end)))
	for _, part := range [][]byte{begin, data, end} {
		_, _ = w.Write(part)
	}
	l.spare.Put(&data)
}

func (l *tokenList) RoundTrip(r *http.Request) (*http.Response, error) {
	begin, data, end := l.page(r)
	resp := response(r, http.StatusOK)
	resp.ContentLength = int64(len(begin) + len(data) + len(end))
	resp.Body = spareBody{io.MultiReader(bytes.NewReader(begin), bytes.NewReader(data), bytes.NewReader(end)), func() { l.spare.Put(&data) }}
	return resp, nil
}

type spareBody struct {
	io.Reader
	close func()
}

func (b spareBody) Close() error {
	b.close()
	return nil
}

// fullToken makes a token of about 3.3 kB, with every member that a read may hold.
func fullToken(number int) api.Token {
	id := func(n int) string { return fmt.Sprintf("%012d", number*100+n) }
	at := time.Date(2026, 5, 1, 8, 0, 0, 123e6, time.UTC).Add(time.Duration(number) * time.Minute)
	name, actor, actorID, kind := "deploy-"+strconv.Itoa(number), "Member "+strconv.Itoa(number), id(1), "User"
	scopes := func(names ...string) (scopes []gen.AccessScope) {
		for _, name := range names {
			scopes = append(scopes, gen.AccessScope{Name: name, Description: "What the scope " + name + " lets the token do"})
		}
		return scopes
	}
	const url = "https://app.planetscale.com/acme"
	token := api.Token{
		ID: id(0), Name: &name, DisplayName: name, AvatarURL: "https://app.planetscale.com/gravatar-fallback.png",
		CreatedAt: at, UpdatedAt: at, ExpiresAt: &at, LastUsedAt: &at,
		ActorID: &actorID, ActorDisplayName: &actor, ActorType: &kind,
		OAuthAccessesByResource: &gen.OAuthAccessesByResource{
			Database: gen.DatabaseAccesses{
				Accesses: scopes("database:read_database", "database:write_database", "database:delete_database"),
				Databases: []gen.AccessibleDatabase{
					{ID: id(2), Name: "orders", Organization: "acme", URL: url + "/orders"},
					{ID: id(3), Name: "billing", Organization: "acme", URL: url + "/billing"},
				},
			},
			Branch: gen.BranchAccesses{
				Accesses: scopes("branch:read_branch", "branch:write_branch"),
				Branches: []gen.AccessibleBranch{
					{ID: id(4), Name: "main", Database: "orders", Organization: "acme", URL: url + "/orders/main"},
					{ID: id(5), Name: "main", Database: "billing", Organization: "acme", URL: url + "/billing/main"},
				},
			},
			Organization: gen.OrganizationAccesses{
				Accesses:      scopes("organization:read_organization"),
				Organizations: []gen.AccessibleOrganization{{ID: id(6), Name: "acme", URL: url}},
			},
			User: gen.UserAccesses{
				Accesses: scopes("user:read_user"),
				Users:    []gen.AccessibleUser{{ID: actorID, Name: actor}},
			},
		},
	}
	for i := range 4 {
		token.ServiceTokenAccesses = append(token.ServiceTokenAccesses, gen.ServiceTokenAccess{
			ID: id(7 + i), Access: "read_branch", Description: "Read a database branch",
			ResourceID: id(11 + i), ResourceName: "staging", ResourceType: "Branch",
			Resource: gen.AccessResource{ID: id(11 + i), Name: "staging", CreatedAt: at, UpdatedAt: at},
		})
	}
	return token
}
