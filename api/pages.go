package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
)

const (
	maxPerPage = 100 // the largest page that PlanetScale documents, in prose only
	// maxPages is how long a list may say it is, and be believed: 10 million tokens at 100 a page.
	maxPages = 100_000
	// roomToGrow is how many pages a list may get while it is read.
	roomToGrow = 100
	// maxTokens ends a list that does not say how long it is, or is not believed; whoever has more resumes where it ended.
	maxTokens = 1_000_000
	// maxRepeats is how often a page may come again under the next number. In a list that grows by just a page meanwhile
	// it does; a server that ignores the number of the page repeats it for ever.
	maxRepeats = 10
	// maxRecent is how many ids are kept at least to tell tokens that come again.
	maxRecent = 1000
)

// ListOptions says what part of a list to read and how. The zero value means all tokens from page 1, in pages of the
// largest size, one after the other.
type ListOptions struct {
	Page     int // the page to begin with, counted from 1; 0 for 1
	PerPage  int // tokens a page; 0 for 100, the most that the server answers with
	Limit    int // stop after so many tokens; 0 for all
	Prefetch int // pages to fetch ahead while earlier ones are read, at most 32; 0 for none; more than one only of a list with totals
}

func (o ListOptions) withDefaults() (ListOptions, error) {
	for _, f := range []struct {
		name  string
		value int
	}{{"Page", o.Page}, {"PerPage", o.PerPage}, {"Limit", o.Limit}, {"Prefetch", o.Prefetch}} {
		if f.value < 0 {
			return o, invalidArgument(listTokens, "ListOptions.%s is negative", f.name)
		}
	}
	if o.Prefetch > maxPrefetch {
		return o, invalidArgument(listTokens, "ListOptions.Prefetch is more than %d", maxPrefetch)
	}
	if o.Page == 0 {
		o.Page = 1
	}
	if o.PerPage == 0 {
		o.PerPage = maxPerPage
	}
	return o, nil
}

// Tokens returns an iterator over the tokens an application has issued, in the server's order. Nothing is sent before it
// is ranged over, and each range starts afresh. An error is the last thing it yields; its Page is the page to resume
// from, and every token of earlier pages has been yielded. A range that resumes knows nothing of those: if the list has
// grown meanwhile, it begins with some of them again. The service token needs the access read_oauth_tokens.
//
// The server pages by offset, so a list that changes while it is read shifts under the reader. A token that newer ones
// push from one page to the next is yielded once, unless more than a thousand come between two pages. A token that a
// deletion pulls from the next page to one already read is missed: only a second reading finds it. Pages that were fetched
// ahead are fetched again if the total changed meanwhile; with a Prefetch above one, tokens are missed too where it did
// not because as many were revoked as were issued.
func (c *Client) Tokens(ctx context.Context, organization, applicationID string, options ListOptions) iter.Seq2[*Token, error] {
	whole := options
	if options.Limit > 0 {
		// Only whoever looks at the ids can tell when there are enough tokens; no page beyond is fetched ahead.
		whole.Limit = 0
		whole.Prefetch = min(options.Prefetch, (options.Limit-1)/cmp.Or(max(options.PerPage, 0), maxPerPage))
	}
	return TokensOf(c.TokenPages(ctx, organization, applicationID, whole), options.Limit)
}

// TokensOf returns an iterator over the tokens on pages, for a program that looks at the pages of [Client.TokenPages] on
// their way: limit tokens, or all if it is 0, in their order, without those that were among the thousand before. An error is
// passed on.
func TokensOf(pages iter.Seq2[*TokenPage, error], limit int) iter.Seq2[*Token, error] {
	return func(yield func(*Token, error) bool) {
		yielded := 0
		seen := recent{newer: map[string]struct{}{}, older: map[string]struct{}{}}
		for page, err := range pages {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Data {
				token := &page.Data[i]
				if seen.again(token.ID) {
					continue
				}
				if yielded++; !yield(token, nil) || yielded == limit {
					return
				}
			}
		}
	}
}

// recent holds the last ids it was asked about: maxRecent of them at least, and twice as many at most.
type recent struct{ newer, older map[string]struct{} }

// again reports whether id is among the last ids, and notes it.
func (r *recent) again(id string) bool {
	_, newer := r.newer[id]
	_, older := r.older[id]
	if !newer && len(r.newer) == maxRecent {
		r.newer, r.older = r.older, r.newer
		clear(r.newer)
	}
	r.newer[id] = struct{}{}
	return newer || older
}

// TokenPages is like [Client.Tokens] with whole pages, as the server sends them: a token can be on two pages of a list
// that grows meanwhile. With a Limit, the page that reaches it is the last, and is not cut.
func (c *Client) TokenPages(ctx context.Context, organization, applicationID string, options ListOptions) iter.Seq2[*TokenPage, error] {
	return func(yield func(*TokenPage, error) bool) {
		options, err := options.withDefaults()
		if err != nil {
			yield(nil, err)
			return
		}
		fetch := func(ctx context.Context, number int) (*TokenPage, error) {
			return c.ListTokens(ctx, organization, applicationID, ListOptions{Page: number, PerPage: options.PerPage})
		}
		ahead := newPrefetcher(ctx, fetch, options.Prefetch)
		defer ahead.stop()

		tokens, last := 0, options.Page+maxTokens/min(options.PerPage, maxPerPage)
		var previous *TokenPage
		for number, repeats := options.Page, 0; ; {
			page, err := ahead.page(number)
			if err == nil && options.Prefetch > 1 && changed(previous, page) {
				page, err = ahead.page(number) // afresh: fetched ahead, it may be older than the page before
			}
			if err != nil {
				yield(nil, resumable(err, number))
				return
			}
			if total := page.TotalPages; number == options.Page && total != nil && *total <= maxPages {
				last = number + int(max(*total, 0)) + roomToGrow
			}
			if number > options.Page && page.CurrentPage < int64(number) {
				yield(nil, resumable(pageLoop("page %d was asked for and page %d came", number, page.CurrentPage), number))
				return
			}
			if repeats++; !sameTokens(previous, page) {
				repeats = 0
			}
			if previous = page; repeats > maxRepeats {
				yield(nil, resumable(pageLoop("%d pages one after the other held the same tokens", repeats+1), number))
				return
			}
			next, err := nextPage(page, number, last)
			tokens += len(page.Data)
			full := options.Limit > 0 && tokens >= options.Limit
			if next != 0 && !full {
				ahead.expect(page, next)
			}
			if !yield(page, nil) || full {
				return
			}
			if err != nil {
				yield(nil, resumable(err, number+1))
				return
			}
			if next == 0 {
				return
			}
			number = next
		}
	}
}

// sameTokens reports whether two pages, of which the first may be nil, hold the same tokens in the same order.
func sameTokens(a, b *TokenPage) bool {
	return a != nil && slices.EqualFunc(a.Data, b.Data, func(a, b Token) bool { return a.ID == b.ID })
}

// changed reports whether the list had another length at b than at a, which may be nil. Where tokens were issued between b
// and a, in this order, those that they pushed from a's place to b's would be on neither.
func changed(a, b *TokenPage) bool {
	if a == nil {
		return false
	}
	was, is := a.TotalCount, b.TotalCount
	return (was == nil) != (is == nil) || was != nil && *was != *is
}

// nextPage returns the number of the page after this one, 0 at the end of the list. It reads next_page and never follows
// next_page_url, which could lead anywhere. A page that says it is the last, though the total says there are more, or
// the other way round, is not believed: no list ends early without an error.
func nextPage(page *TokenPage, number, last int) (int, error) {
	empty, more := len(page.Data) == 0, page.TotalPages != nil && *page.TotalPages > int64(number)
	next := int64(number) + 1
	switch {
	case page.NextPage != nil && (more || !empty):
		next = *page.NextPage
	case empty || !more:
		return 0, nil
	}
	switch {
	case next <= int64(number):
		return 0, pageLoop("page %d names page %d as the next one", number, next)
	case next > int64(last):
		return 0, pageLoop("page %d names page %d as the next one, and the list must have ended before", number, next)
	default:
		return int(next), nil
	}
}

func pageLoop(format string, args ...any) error {
	return &Error{
		Operation: listTokens.id,
		Message:   fmt.Sprintf(format, args...),
		advice:    "the service pages wrongly; what was read so far is good",
		kind:      ErrPageLoop,
	}
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
