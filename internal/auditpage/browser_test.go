package auditpage_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// names are the commands of browsers to test with; where none is installed, the tests that need one are skipped. In Debian it is the package chromium.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

// browser is the one browser of all tests.
var browser struct {
	once sync.Once
	ctx  context.Context
	path string // empty if there is none
	err  error
}

// TestMain runs the tests, ends the browser if they started one, and exits.
func TestMain(m *testing.M) {
	status := m.Run()
	if browser.ctx != nil {
		_ = chromedp.Cancel(browser.ctx) // the tests are over
	}
	os.Exit(status)
}

// start makes sure that the browser runs, and skips the test if there is none.
func start(t testing.TB) {
	t.Helper()
	browser.once.Do(func() {
		for _, name := range names {
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
	})
	if browser.path == "" {
		t.Skipf("no browser to test with: none of %s is installed", strings.Join(names, ", "))
	}
	if browser.err != nil {
		t.Fatalf("%s does not start: %v", browser.path, browser.err)
	}
}
