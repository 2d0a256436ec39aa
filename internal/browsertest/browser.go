// Package browsertest opens a page in a real browser and looks at it as its readers do. Tests use it, programs do not. A
// package that has such tests calls [Main]; where no browser is installed they are skipped.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// names are the commands that could be a browser to test with. In Debian it is the package chromium.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

// browser is the one browser of all tests of a package.
var browser struct {
	once sync.Once
	ctx  context.Context
	path string // empty if there is none
	err  error
}

// Main runs the tests, ends the browser if they started one, and exits.
func Main(m *testing.M) {
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
