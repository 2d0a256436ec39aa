package api

import (
	"context"
	"errors"
	"sync"
)

// maxPrefetch bounds the pages in flight, and with them memory and connections.
const maxPrefetch = 32

// A prefetcher fetches pages before they are asked for. Order is the asker's. With nothing to fetch ahead it starts no
// goroutine.
type prefetcher[P any] struct {
	ctx      context.Context
	cancel   context.CancelFunc
	fetch    func(context.Context, int) (*P, error)
	ahead    int
	inFlight map[int]func() (*P, error)
	wg       sync.WaitGroup
}

func newPrefetcher[P any](ctx context.Context, ahead int, fetch func(context.Context, int) (*P, error)) *prefetcher[P] {
	p := &prefetcher[P]{ctx: ctx, cancel: func() {}, fetch: fetch, ahead: ahead}
	if ahead > 0 {
		p.ctx, p.cancel = context.WithCancel(ctx)
		p.inFlight = make(map[int]func() (*P, error), ahead)
	}
	return p
}

// page returns a page, from among those in flight if it is there.
func (p *prefetcher[P]) page(number int) (*P, error) {
	result, ok := p.inFlight[number]
	if !ok {
		return p.fetch(p.ctx, number)
	}
	delete(p.inFlight, number)
	return result()
}

// expect starts fetching the pages from first to last, as many as may be in flight.
func (p *prefetcher[P]) expect(first, last int) {
	for number := first; number <= last && len(p.inFlight) < p.ahead; number++ {
		if _, ok := p.inFlight[number]; ok {
			continue
		}
		result := start(p.wg.Go, func() (*P, error) { return p.fetch(p.ctx, number) })
		p.inFlight[number] = func() (*P, error) { return wait(context.Background(), result) }
	}
}

// stop cancels what is in flight and waits until it is gone.
func (p *prefetcher[P]) stop() {
	p.cancel()
	p.wg.Wait()
}

// An outcome is what a function did in a goroutine of its own.
type outcome[T any] struct {
	value    T
	err      error
	panicked any
}

// start runs f, which can be the program's code, by spawn. A panic there would end the process: wait brings it to the
// caller instead. A call of [runtime.Goexit] is an error.
func start[T any](spawn func(func()), f func() (T, error)) <-chan outcome[T] {
	done := make(chan outcome[T], 1)
	spawn(func() {
		o := outcome[T]{err: errors.New("the goroutine has ended before its result was there")}
		defer func() {
			o.panicked = recover()
			done <- o
		}()
		o.value, o.err = f()
	})
	return done
}

// wait returns what start's function returned, and panics if that did. It does not wait beyond ctx.
func wait[T any](ctx context.Context, done <-chan outcome[T]) (value T, err error) {
	select {
	case o := <-done:
		if o.panicked != nil {
			panic(o.panicked)
		}
		return o.value, o.err
	case <-ctx.Done():
		return value, ctx.Err()
	}
}
