package api_test

import (
	"reflect"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
)

// heap returns how many bytes are in use when all is collected that can be.
func heap() uint64 {
	for range 3 { // what a sync.Pool holds lives through two
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// held returns how many bytes v refers to.
func held(v reflect.Value) (bytes uintptr) {
	switch v.Kind() {
	case reflect.String:
		return uintptr(v.Len())
	case reflect.Pointer:
		if !v.IsNil() {
			bytes = v.Type().Elem().Size() + held(v.Elem())
		}
	case reflect.Slice:
		bytes = uintptr(v.Cap()) * v.Type().Elem().Size()
		for i := range v.Len() {
			bytes += held(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return 0 // the location is one for all
		}
		for i := range v.NumField() {
			bytes += held(v.Field(i))
		}
	}
	return bytes
}

func TestTokensThatAreKeptCostWhatTheyHold(t *testing.T) {
	const pages = 50
	c := inProcess(t, newTokenList(t, pages))
	var kept []*api.TokenPage
	before := heap()
	for page, err := range c.ours.TokenPages(t.Context(), "acme", "app1", api.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, page)
	}
	cost, want := heap()-before, held(reflect.ValueOf(kept))
	runtime.KeepAlive(c) // it was there before
	t.Logf("%d tokens hold %d bytes and cost %d: %.3f times as many", pages*perPage, want, cost, float64(cost)/float64(want))
	if float64(cost) > 1.05*float64(want) {
		t.Error("that is too much")
	}
}

// Besides the pages there is a hash of each id, by which the list is held to its total.
func TestAMillionTokensTakeTheMemoryOfAFewPagesAndOfHashes(t *testing.T) {
	if testing.Short() {
		t.Skip("lists a million tokens")
	}
	const pages = 10_000
	at := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	c := inProcess(t, listOf(t, pages, func(number int) api.Token {
		return api.Token{ID: strconv.Itoa(number), DisplayName: "CI", AvatarURL: "https://x.example/a.png", CreatedAt: at, UpdatedAt: at}
	}))
	before, peak, tokens := heap(), uint64(0), 0
	for _, err := range c.ours.Tokens(t.Context(), "acme", "app1", api.ListOptions{Prefetch: 8}) {
		if err != nil {
			t.Fatal(err)
		}
		if tokens++; tokens%(100*perPage) == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	t.Logf("%d tokens took %d bytes at most, garbage included", tokens, peak-before)
	if tokens != pages*perPage || peak > before+96<<20 {
		t.Errorf("%d tokens, %d bytes", tokens, peak-before)
	}
}
