package auditpage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A step is something done in the browser.
type step = chromedp.Action[chromedp.Void]

// A tab shows one page, as its readers see it, and keeps what goes wrong there. Its methods end the test if the browser does not do what they ask,
// and are for one goroutine.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string                     // on the console
	requests map[network.RequestID]string // of anything but the page
}

// open opens a page from a file, in a tab of its own, after the first steps. At the end of the test nothing may be on the
// console and no request may have been sent.
func open(t testing.TB, html string, first ...step) *tab {
	t.Helper()
	start(t)
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	address := "file://" + file
	b := &tab{t: t, requests: map[network.RequestID]string{}}
	var cancel context.CancelFunc
	b.ctx, cancel = chromedp.NewContext(browser.ctx, chromedp.WithListener(func(event any) { b.listen(event, address) }))
	t.Cleanup(cancel)
	// The tab itself must not end with the time that a step has.
	if err := chromedp.Do(b.ctx); err != nil {
		t.Fatal(err)
	}
	b.Do(first...)
	b.Do(chromedp.Navigate(address))
	t.Cleanup(func() {
		if problems := b.Problems(); len(problems) > 0 {
			t.Errorf("on the console: %s", strings.Join(problems, "\n"))
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.requests) > 0 {
			t.Errorf("requests: %v", b.requests)
		}
	})
	return b
}

func (b *tab) listen(event any, address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, fmt.Sprintf("console.%s", e.Type))
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		b.problems = append(b.problems, e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		b.problems = append(b.problems, "a dialog: "+e.Message)
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; url != address && !strings.HasPrefix(url, "data:") {
			b.requests[e.RequestID] = url
		}
	case *network.EventLoadingFailed:
		if e.BlockedReason == network.BlockedReasonCsp {
			delete(b.requests, e.RequestID) // it was not sent
		}
	}
}

// Problems returns what was on the console since it was last asked.
func (b *tab) Problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	problems := b.problems
	b.problems = nil
	return problems
}

// patience is how long a step may take.
const patience = time.Minute

// Do takes steps.
func (b *tab) Do(steps ...step) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// get takes a step that returns something.
func get[T any](b *tab, step chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	got, err := chromedp.Run(ctx, step)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// value returns the value of an expression in the page, that of a promise when it is kept.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	return get(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Is checks the value of an expression in the page, which is given in JSON.
func (b *tab) Is(expression, want string) {
	b.t.Helper()
	if got := value[string](b, "JSON.stringify("+expression+")"); got != want {
		b.t.Errorf("%s is %s, want %s", expression, got, want)
	}
}

// Becomes waits until an expression has a value, which is given in JSON.
func (b *tab) Becomes(expression, want string) {
	b.t.Helper()
	value[bool](b, fmt.Sprintf(`new Promise(done => {
		const look = () => JSON.stringify(%s) === %s ? done(true) : setTimeout(look, 10);
		look();
	})`, expression, quote(want)))
}

// Run runs statements in the page.
func (b *tab) Run(statements string) {
	b.t.Helper()
	value[bool](b, "(() => {"+statements+"; return true})()")
}

// Click clicks the first element that a CSS selector finds.
func (b *tab) Click(selector string) {
	b.t.Helper()
	b.Do(chromedp.Click(chromedp.CSS(selector)))
}

// Enter changes the field with an id, as a user does.
func (b *tab) Enter(id, value string) {
	b.t.Helper()
	b.Run(fmt.Sprintf(`const e = document.getElementById(%s);
		e.value = %s;
		e.dispatchEvent(new Event("input", {bubbles: true}))`, quote(id), quote(value)))
}

// Texts returns the texts of the elements that a selector finds, as they are shown.
func (b *tab) Texts(selector string) []string {
	b.t.Helper()
	return value[[]string](b, fmt.Sprintf("[...document.querySelectorAll(%s)].map(e => e.innerText)", quote(selector)))
}

// Count checks how many elements a selector finds.
func (b *tab) Count(selector string, want int) {
	b.t.Helper()
	b.Is(fmt.Sprintf("document.querySelectorAll(%s).length", quote(selector)), fmt.Sprint(want))
}

// quote returns s as a string of JavaScript.
func quote(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string has a JSON form
	}
	return string(raw)
}

// lines selects the lines of an audit's table, without the findings that are unfolded.
const lines = "#table tbody tr:not(.found)"

// column returns the texts of a column of an audit's table, counted from 1.
func (b *tab) column(n int) []string {
	b.t.Helper()
	return b.Texts(fmt.Sprintf("%s td:nth-child(%d)", lines, n))
}

// status checks what the page says of the table.
func (b *tab) status(want string) {
	b.t.Helper()
	if got := b.Texts("#status")[0]; got != want {
		b.t.Errorf("the page says %q, want %q", got, want)
	}
}
