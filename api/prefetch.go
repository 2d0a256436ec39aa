package api

import (
	"context"
	"errors"
	"sync"
)

// maxPrefetch bounds the pages in flight, and with them memory and connections.
const maxPrefetch = 32

// A prefetcher fetches pages before they are asked for: as many ahead as it may while the list's total is known, one
// otherwise. Order is the asker's. With nothing to fetch ahead it starts no goroutine.
type prefetcher struct {
	ctx    context.Context
	cancel context.CancelFunc
	fetch  func(context.Context, int) (*TokenPage, error)
	ahead  int
	flying map[int]chan fetched
	wg     sync.WaitGroup
}

type fetched struct {
	page     *TokenPage
	err      error
	panicked any // by the program's transport, token source or logger
}

func newPrefetcher(ctx context.Context, fetch func(context.Context, int) (*TokenPage, error), ahead int) *prefetcher {
	p := &prefetcher{ctx: ctx, cancel: func() {}, fetch: fetch, ahead: ahead}
	if ahead > 0 {
		p.ctx, p.cancel = context.WithCancel(ctx)
		p.flying = make(map[int]chan fetched, ahead)
	}
	return p
}

// page returns a page, from among those in flight if it is there.
func (p *prefetcher) page(number int) (*TokenPage, error) {
	result, ok := p.flying[number]
	if !ok {
		return p.fetch(p.ctx, number)
	}
	delete(p.flying, number)
	f := <-result
	if f.panicked != nil {
		panic(f.panicked) // where the program can recover
	}
	return f.page, f.err
}

// expect starts fetching what will be asked for after page, of which next is the first.
func (p *prefetcher) expect(page *TokenPage, next int) {
	last := next
	if page.TotalPages != nil && page.TotalCount != nil { // by the latter TokenPages tells whether the list has changed
		last = max(last, int(min(*page.TotalPages, int64(next+p.ahead-1))))
	}
	for number := next; number <= last && len(p.flying) < p.ahead; number++ {
		if _, ok := p.flying[number]; ok {
			continue
		}
		result := make(chan fetched, 1)
		p.flying[number] = result
		p.wg.Go(func() {
			f := fetched{err: errors.New("the goroutine that fetched the page has ended")} // by runtime.Goexit
			defer func() {
				f.panicked = recover()
				result <- f
			}()
			f.page, f.err = p.fetch(p.ctx, number)
		})
	}
}

// stop cancels what is in flight and waits until it is gone.
func (p *prefetcher) stop() {
	p.cancel()
	p.wg.Wait()
}
