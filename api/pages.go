package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"sync"

	"github.com/psoauth/psoauth/gen"
)

const (
	maxPerPage = 100 // the largest page that PlanetScale documents, in prose only
	// maxPages is how long a list may claim to be: 10 million items at 100 a page.
	maxPages = 100_000
	// roomToGrow is how many pages a list may gain while it is read.
	roomToGrow = 100
	// maxItems ends a list that does not say how long it is; a program that has more resumes where it ended.
	maxItems = 1_000_000
	// maxIdle is how many pages in a row may bring nothing new, because they are empty or were read before. In a list that
	// grows by a page meanwhile they do; a server that ignores the number of the page repeats itself forever.
	maxIdle = 10
)

// A list is an operation that reads pages P of items T.
type list[P, T any] struct {
	operation
	view  func(*P) view[P, T]
	build func(server string, path []string, page, perPage *int64) (*http.Request, error)
}

var (
	applicationList = list[ApplicationPage, Application]{listApplications,
		func(p *ApplicationPage) view[ApplicationPage, Application] {
			return view[ApplicationPage, Application]{p, &p.Data, func(a Application) string { return a.ID },
				envelope{p.CurrentPage, p.NextPage, p.NextPageURL, p.PerPage, p.TotalCount, p.TotalPages, false}}
		},
		func(server string, path []string, page, perPage *int64) (*http.Request, error) {
			return gen.NewListOAuthApplicationsRequest(server, path[0], &gen.ListOAuthApplicationsParams{Page: page, PerPage: perPage})
		}}
	tokenList = list[TokenPage, Token]{listTokens,
		func(p *TokenPage) view[TokenPage, Token] {
			return view[TokenPage, Token]{p, &p.Data, func(t Token) string { return t.ID },
				envelope{p.CurrentPage, p.NextPage, p.NextPageURL, p.PerPage, p.TotalCount, p.TotalPages, false}}
		},
		func(server string, path []string, page, perPage *int64) (*http.Request, error) {
			return gen.NewListOAuthTokensRequest(server, path[0], path[1], &gen.ListOAuthTokensParams{Page: page, PerPage: perPage})
		}}
)

// A view is a page of any kind of item.
type view[P, T any] struct {
	page *P
	data *[]T
	id   func(T) string
	envelope
}

// An envelope is what a page says of itself and of the list.
type envelope struct {
	current              int64 // 0 if the server does not say
	next                 *int64
	nextURL              *string
	perPage, count, last *int64 // the server's per_page, total_count and total_pages
	// silent: the page has neither of the members that name the next page. Null there ends the list; of an older body
	// without them nothing is known.
	silent bool
}

// problem says why a program cannot work with a page, whatever else it holds.
func (v view[P, T]) problem() string {
	if *v.data == nil {
		return "the page has no data"
	}
	seen := make(map[string]bool, len(*v.data))
	for _, item := range *v.data {
		id := v.id(item)
		if id == "" {
			return "an item of the page has no id"
		}
		if seen[id] {
			return "the page holds an id twice"
		}
		seen[id] = true
	}
	return ""
}

// isSilent reports whether a page, decoded from body, is silent about the next one.
func (e envelope) isSilent(body []byte) bool {
	var next struct {
		Page json.RawMessage `json:"next_page"`
		URL  json.RawMessage `json:"next_page_url"`
	}
	return e.next == nil && e.nextURL == nil && json.Unmarshal(body, &next) == nil && next.Page == nil && next.URL == nil
}

// fetch reads one page.
func (l list[P, T]) fetch(ctx context.Context, c *Client, options ListOptions, path ...string) (v view[P, T], err error) {
	options, err = options.withDefaults(l.operation)
	if err != nil {
		return v, err
	}
	call := c.onAPI(l.operation, path...)
	call.page, call.size = options.Page, options.PerPage
	number, size := int64(call.page), int64(call.size)
	_, err = do(ctx, c, call, func() (*http.Request, error) { return l.build(server(c.baseURL), path, &number, &size) },
		func(page *P, body []byte) string {
			v = l.view(page)
			v.silent = v.isSilent(body)
			return v.problem()
		})
	if err == nil && v.current != 0 && v.current != number {
		err = listError(call, ErrPageLoop, "asked for page %d, got page %d", number, v.current)
	}
	if err != nil {
		v.page = nil
	}
	return v, err
}

// Tokens returns an iterator over the tokens an application has issued, in the server's order, each once. Nothing is sent
// before it is ranged over, and each range starts afresh. An error is the last thing it yields; its Page is the page to
// resume from, and every token of earlier pages has been yielded. The service token needs the access read_oauth_tokens.
//
// A list that ends without an error is complete: the number of tokens agrees with the server's total_count, if the
// server sends one, or the last error matches [ErrIncomplete]. Without total_count the list ends where the server names
// no next page; if a page has none of the members that would, after one that is not full. Nothing then shows that the
// last page is missing, or that tokens are. But pages may repeat tokens of earlier ones only as they do when tokens are
// issued meanwhile: a new one comes after them only where an earlier page ended, and the last page holds a new one.
// Otherwise the last error matches ErrIncomplete too.
//
// There are four exceptions, because the server pages by offset and a list that changes while it is read shifts under
// the reader:
//   - A token that was issued after the reading began may be missing.
//   - If total_count shrinks between two pages, as many tokens may be missing as it shrinks by: a deletion pulls a token
//     from the next page to one already read. Only a second reading finds it.
//   - If as many tokens are issued as deleted between two pages, total_count hides both.
//   - A range that resumes, or begins at a later page, knows nothing of earlier pages: it may yield some of their tokens
//     again, or miss what was pulled there. It is held to total_count only if the server states per_page too.
//
// With a Limit the range ends when that many tokens were yielded, and nothing is compared.
func (c *Client) Tokens(ctx context.Context, organization, applicationID string, options ListOptions) iter.Seq2[*Token, error] {
	return tokenList.items(ctx, c, options, organization, applicationID)
}

// TokenPages is like [Client.Tokens] with whole pages. Their Data is without the tokens that earlier pages held, and ends
// at the Limit.
func (c *Client) TokenPages(ctx context.Context, organization, applicationID string, options ListOptions) iter.Seq2[*TokenPage, error] {
	return tokenList.pages(ctx, c, options, organization, applicationID)
}

// items returns an iterator over what is on pages.
func (l list[P, T]) items(ctx context.Context, c *Client, options ListOptions, path ...string) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for page, err := range l.pages(ctx, c, options, path...) {
			if err != nil {
				yield(nil, err)
				return
			}
			items := *l.view(page).data
			for i := range items {
				if !yield(&items[i], nil) {
					return
				}
			}
		}
	}
}

func (l list[P, T]) pages(ctx context.Context, c *Client, options ListOptions, path ...string) iter.Seq2[*P, error] {
	return func(yield func(*P, error) bool) {
		if err := l.read(ctx, c, options, path, func(page *P) bool { return yield(page, nil) }); err != nil {
			yield(nil, err)
		}
	}
}

// read reads pages until one is the last, or yield returns false.
func (l list[P, T]) read(ctx context.Context, c *Client, options ListOptions, path []string, yield func(*P) bool) error {
	options, err := options.withDefaults(l.operation)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ahead := prefetcher[view[P, T]]{ahead: options.Prefetch, inFlight: map[int]<-chan outcome[view[P, T]]{},
		fetch: func(number int) (view[P, T], error) {
			return l.fetch(ctx, c, ListOptions{Page: number, PerPage: options.PerPage}, path...)
		}}
	defer ahead.wg.Wait()
	defer cancel()
	t := tally{seen: map[[8]byte]bool{}, first: options.Page, end: options.Page + maxItems/min(options.PerPage, maxPerPage)}
	for number := options.Page; ; number++ {
		v, err := ahead.page(number)
		if err == nil && options.Prefetch > 1 && t.differs(v.count) {
			v, err = ahead.page(number) // again: fetched ahead, it may be older than the page before
		}
		if err != nil {
			return resumable(err, number)
		}
		read := len(*v.data)
		*v.data = slices.DeleteFunc(*v.data, func(item T) bool { return t.again(v.id(item)) })
		problem := t.turn(c.onAPI(l.operation, path...), v.envelope, number, options.PerPage, read, len(*v.data))
		full := options.Limit > 0 && len(t.seen) >= options.Limit
		if full {
			*v.data = (*v.data)[:len(*v.data)-(len(t.seen)-options.Limit)]
		}
		if t.more && problem == nil && !full {
			last := number + 1
			if v.last != nil && v.count != nil { // total_count shows that a list changes
				last = max(last, int(min(*v.last, int64(number+options.Prefetch))))
			}
			if options.Limit > 0 { // no page beyond is fetched ahead
				last = min(last, number+(options.Limit-len(t.seen)+options.PerPage-1)/options.PerPage)
			}
			ahead.expect(number+1, last)
		}
		switch {
		case !yield(v.page) || full:
			return nil
		case problem != nil && problem.kind == ErrIncomplete:
			return resumable(problem, options.Page)
		case problem != nil:
			return resumable(problem, number+1)
		case !t.more:
			return nil
		}
	}
}

// A tally is what has been read of a list.
type tally struct {
	first    int              // the page it began with
	seen     map[[8]byte]bool // the beginnings of hashes of ids, which take less memory than ids; true for the last of a page
	last     [8]byte          // the one read last
	inside   bool             // it was read before, and not as the last of a page: what follows it was read too
	gap      bool             // something new followed such a one
	stale    bool             // the last page that held anything held nothing new
	count    *int64           // the server's last total_count
	expected int64            // how many items there are from the first page on; -1 if unknown
	least    int64            // how many of those that were there at the beginning have not been deleted since
	changed  bool             // total_count did
	idle     int              // pages in a row with nothing new
	end      int              // the last page that a list of this length can have
	more     bool             // another page follows
}

// again reports whether id was read before, and notes it.
func (t *tally) again(id string) bool {
	sum := sha256.Sum256([]byte(id))
	t.last = [8]byte(sum[:])
	wasLast, again := t.seen[t.last]
	if !again {
		t.seen[t.last] = false
		t.gap = t.gap || t.inside
	}
	t.inside = again && !wasLast
	return again
}

func (t *tally) differs(count *int64) bool {
	return t.count != nil && count != nil && *t.count != *count
}

// total notes what a page says about the length of the list.
func (t *tally) total(e envelope, number int) {
	if number == t.first && e.last != nil && *e.last <= maxPages {
		t.end = number + int(max(*e.last, 0)) + roomToGrow
	}
	if e.count == nil {
		if t.count == nil {
			t.expected = -1
		}
		return
	}
	before := int64(0) // items on pages before the first
	if t.first > 1 {
		if e.perPage == nil {
			t.expected = -1
			return
		}
		before = int64(t.first-1) * *e.perPage
	}
	t.expected = max(*e.count-before, 0)
	if t.count == nil {
		t.least = t.expected
	} else if t.differs(e.count) {
		t.changed = true
		t.least -= max(*t.count-*e.count, 0)
	}
	t.count = e.count
}

// turn notes the end of a page with so many items, some of them new, and whether another page follows. It also says what
// is wrong if the list cannot go on or end there. It never follows next_page_url, which could lead anywhere.
func (t *tally) turn(call *call, e envelope, number, perPage, read, fresh int) *Error {
	if read > 0 {
		t.stale = fresh == 0
		t.seen[t.last] = t.seen[t.last] || !t.inside
	}
	if t.idle++; fresh > 0 {
		t.idle = 0
	}
	t.total(e, number)
	whole := min(int64(perPage), maxPerPage)
	if e.perPage != nil {
		whole = min(whole, *e.perPage)
	}
	seen := int64(len(t.seen))
	named := e.next != nil || e.nextURL != nil && *e.nextURL != ""
	pages := e.last != nil && *e.last > int64(number)
	open := e.silent && int64(read) >= whole && e.last == nil && t.expected < 0
	t.more = named || read > 0 && (pages || seen < t.expected || open)
	switch {
	case e.next != nil && *e.next != int64(number)+1:
		return listError(call, ErrPageLoop, "page %d names page %d as the next page", number, *e.next)
	case t.more && t.idle > maxIdle:
		return listError(call, ErrPageLoop, "%d pages in a row held nothing new", t.idle)
	case t.more && number >= t.end:
		return listError(call, ErrPageLoop, "the list continues after page %d, which must be the last", number)
	case t.more:
		return nil
	case !t.changed && t.expected >= 0 && seen != t.expected, t.changed && seen < t.least:
		return listError(call, ErrIncomplete, "the server counts %d, and sent %d", t.expected, seen)
	case !t.changed && pages:
		return listError(call, ErrIncomplete, "the server counts %d pages, and the list ended after page %d", *e.last, number)
	case t.count == nil && (t.gap || t.inside || t.stale):
		return listError(call, ErrIncomplete, "the server states no total, and a page repeats %s of earlier pages where others belong", call.items)
	}
	return nil
}

func listError(call *call, kind error, format string, args ...any) *Error {
	e := &Error{Operation: call.id, Message: fmt.Sprintf(format, args...), kind: kind}
	e.says = call.asked() + ": " + e.Message
	e.advice = "the server paginates incorrectly; " + call.items + " read so far are valid"
	if kind == ErrIncomplete {
		e.advice = "read the list again, which may have changed meanwhile; if that fails too, the server paginates incorrectly"
	}
	return e
}

// resumable notes in err the page to resume from.
func resumable(err error, page int) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.kind == ErrInvalidArgument {
		return err
	}
	noted := *e
	noted.Page = page
	return &noted
}

// maxPrefetch bounds the pages in flight, and with them memory and connections.
const maxPrefetch = 32

// A prefetcher fetches pages before they are needed. The caller sets the order. With nothing to fetch ahead it starts no
// goroutine.
type prefetcher[V any] struct {
	fetch    func(number int) (V, error)
	ahead    int
	inFlight map[int]<-chan outcome[V]
	wg       sync.WaitGroup
}

// page returns a page, from among those in flight if it is there.
func (p *prefetcher[V]) page(number int) (V, error) {
	result, ok := p.inFlight[number]
	if !ok {
		return p.fetch(number)
	}
	delete(p.inFlight, number)
	return wait(context.Background(), result)
}

// expect starts fetching the pages from first to last, as many as may be in flight.
func (p *prefetcher[V]) expect(first, last int) {
	for number := first; number <= last && len(p.inFlight) < p.ahead; number++ {
		if _, ok := p.inFlight[number]; !ok {
			p.inFlight[number] = start(p.wg.Go, func() (V, error) { return p.fetch(number) })
		}
	}
}
