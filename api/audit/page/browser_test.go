package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A step is something done in the browser.
type step = chromedp.Action[chromedp.Void]

// browserNames are the commands that could be a browser to test with. In Debian it is the package chromium.
var browserNames = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

// browser is the one browser of all tests.
var browser struct {
	once sync.Once
	ctx  context.Context
	path string // empty if there is none
	err  error
}

func TestMain(m *testing.M) {
	status := m.Run()
	if browser.ctx != nil {
		_ = chromedp.Cancel(browser.ctx) // the tests are over
	}
	os.Exit(status)
}

func startBrowser() {
	for _, name := range browserNames {
		if path, err := exec.LookPath(name); err == nil {
			browser.path = path
			break
		}
	}
	if browser.path == "" {
		return
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(browser.path), chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WindowSize(1280, 900),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium has no sandbox for root
	}
	browser.ctx, _ = chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(options...))
	browser.err = chromedp.Do(browser.ctx)
}

// A tab shows one page and keeps what goes wrong there.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string                     // on the console
	requests map[network.RequestID]string // of anything but the page
}

// open opens a page in a tab of its own, after the first steps. At the end of the test nothing may have gone wrong there.
func open(t *testing.T, html string, first ...step) *tab {
	t.Helper()
	browser.once.Do(startBrowser)
	if browser.path == "" {
		t.Skipf("no browser to test with: none of %s is installed", strings.Join(browserNames, ", "))
	}
	if browser.err != nil {
		t.Fatalf("%s does not start: %v", browser.path, browser.err)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	address := "file://" + file
	b := &tab{t: t, requests: map[network.RequestID]string{}}
	var cancel context.CancelFunc
	b.ctx, cancel = chromedp.NewContext(browser.ctx, chromedp.WithListener(func(event any) { b.listen(event, address) }))
	t.Cleanup(cancel)
	b.do(first...)
	b.do(chromedp.Navigate(address))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.problems) > 0 {
			t.Errorf("on the console: %s", strings.Join(b.problems, "\n"))
		}
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
	case *cdppage.EventJavascriptDialogOpening:
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

func (b *tab) do(steps ...step) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if b.started() {
		if err := chromedp.Do(ctx, steps...); err != nil {
			b.t.Fatal(err)
		}
	}
}

// started opens the tab itself, which must not end with a step's time.
func (b *tab) started() bool {
	if err := chromedp.Do(b.ctx); err != nil {
		b.t.Fatal(err)
	}
	return true
}

// value returns the value of an expression in the page.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression[:min(len(expression), 200)], err)
	}
	return got
}

// is checks the value of an expression in the page, which is given in JSON.
func (b *tab) is(expression, want string) {
	b.t.Helper()
	if got := value[string](b, "JSON.stringify("+expression+")"); got != want {
		b.t.Errorf("%s is %s, want %s", expression, got, want)
	}
}

// becomes waits until an expression has a value, which is given in JSON.
func (b *tab) becomes(expression, want string) {
	b.t.Helper()
	value[bool](b, fmt.Sprintf(`new Promise(done => {
		const look = () => JSON.stringify(%s) === %s ? done(true) : setTimeout(look, 10);
		look();
	})`, expression, quoted(want)))
}

// run runs statements in the page.
func (b *tab) run(statements string) {
	b.t.Helper()
	value[bool](b, "(() => {"+statements+"; return true})()")
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// texts returns the texts of elements, as they are shown.
func (b *tab) texts(selector string) []string {
	b.t.Helper()
	return value[[]string](b, fmt.Sprintf("[...document.querySelectorAll(%s)].map(e => e.innerText)", quoted(selector)))
}

const lines = "#table tbody tr:not(.found)"

// column returns the texts of a column of the table, counted from 1.
func (b *tab) column(n int) []string {
	b.t.Helper()
	return b.texts(fmt.Sprintf("%s td:nth-child(%d)", lines, n))
}

// count checks how many elements there are.
func (b *tab) count(selector string, want int) {
	b.t.Helper()
	b.is(fmt.Sprintf("document.querySelectorAll(%s).length", quoted(selector)), fmt.Sprint(want))
}

// status checks what the page says of the table.
func (b *tab) status(want string) {
	b.t.Helper()
	if got := b.texts("#status")[0]; got != want {
		b.t.Errorf("the page says %q, want %q", got, want)
	}
}

// enter changes a field as a user does.
func (b *tab) enter(id, value string) {
	b.t.Helper()
	b.run(fmt.Sprintf(`const e = document.getElementById(%s);
		e.value = %s;
		e.dispatchEvent(new Event("input", {bubbles: true}))`, quoted(id), quoted(value)))
}

func quoted(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// shows makes the system's theme and the medium what they are called.
func shows(theme, medium string) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: medium, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
		})
		return err
	})
}

func withoutScripts() step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}
