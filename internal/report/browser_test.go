package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/psoauth/psoauth/internal/browsertest"
	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
)

func pageOf(t *testing.T, d *report.Document) string { return written(t, "html", d, report.Options{}) }

func TestBrowserShowsTheReport(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t, pageOf(t, sample()))
	b.Is("document.querySelector('h1').innerText", `"Audit of Schema Sentinel"`)
	b.Is("[...document.querySelectorAll('.figures dd')].map(e => e.innerText)", `["12,345","1","0"]`)
	b.Count("details[open]", 1)
	b.Is("[...document.querySelectorAll('details')].every(d => d.open === d.innerText.startsWith('error'))", "true")
	if shown := strings.Join(b.Texts("main"), "\n"); !strings.Contains(shown, "psoauth token revoke app1 8zt3c5n7w1qa") || !strings.Contains(shown, "Not read") {
		t.Errorf("the page shows %q", shown)
	}
	for _, width := range []int{1280, 390} {
		b.Do(chromedp.EmulateViewport(int64(width), 900))
		b.Is("[document.documentElement.scrollWidth, innerWidth].join()", fmt.Sprintf(`"%d,%d"`, width, width))
	}
}

func TestBrowserShowsTheReportDarkWhereTheSystemIs(t *testing.T) {
	t.Parallel()
	const paper = "getComputedStyle(document.body).backgroundColor"
	b := browsertest.Open(t, pageOf(t, sample()), browsertest.Shows("dark", ""))
	b.Is(paper, `"rgb(21, 24, 28)"`)
	b.Click("#theme")
	b.Is(paper, `"rgb(255, 255, 255)"`)
}

func TestBrowserPrintsTheReport(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t, pageOf(t, sample()), browsertest.Shows("dark", ""))
	b.Run(`window.folded = -1; addEventListener("beforeprint", () => { folded = document.querySelectorAll("details:not([open])").length })`)
	if _, pages := b.Print(); pages < 1 || pages > 6 {
		t.Errorf("%d pages", pages)
	}
	b.Is("folded", "0")
	b.Is("document.querySelectorAll('details:not([open])').length > 0", "true")
	b.Do(browsertest.Shows("dark", "print"))
	b.Is("getComputedStyle(document.body).backgroundColor", `"rgb(255, 255, 255)"`)
	b.Is("[...document.querySelectorAll('button')].some(e => e.checkVisibility())", "false")
}

func TestBrowserShowsHostileNamesAsText(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t, pageOf(t, hostileDocument()))
	b.Run("for (const d of document.querySelectorAll('details')) d.open = true")
	b.Is("window.hacked ?? 0", "0")
	b.Count("img, iframe, b, i, base, form, svg, meta[http-equiv=refresh], style:not(head style)", 0)
	b.Is("[...document.querySelectorAll('a')].every(a => a.href.startsWith('https://docs.example/'))", "true")
	b.Count("script", 1)
	shown := strings.Join(strings.Fields(strings.Join(b.Texts("main"), "\n")), " ")
	for _, name := range hostile {
		if want := strings.Join(strings.Fields(text.Printable(name)), " "); !strings.Contains(shown, want) {
			t.Errorf("%q is not shown as %q", name, want)
		}
	}
}

func TestBrowserRunsNothingElse(t *testing.T) {
	t.Parallel()
	browsertest.Open(t, pageOf(t, sample())).RunsNothingElse()
}

func TestBrowserShowsTheReportWithoutScripts(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t, pageOf(t, sample()), browsertest.WithoutScripts())
	body := browsertest.Get(b, chromedp.Text(chromedp.CSS("body")))
	if !strings.Contains(body, "token.live-secret") || strings.Contains(body, "theme") {
		t.Errorf("the page is\n%s", body)
	}
}

func TestBrowserFindsTheReportAccessible(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		b := browsertest.Open(t, pageOf(t, sample()), browsertest.Shows(theme, ""))
		b.Run("for (const d of document.querySelectorAll('details')) d.open = true")
		b.Accessible()
	}
}

func TestAPageListsSoManyFindings(t *testing.T) {
	t.Parallel()
	d := sample()
	for i := range 1000 {
		f := d.Groups[0].Findings[0]
		f.Cells = []string{fmt.Sprint(i), "CI"}
		d.Groups[0].Findings = append(d.Groups[0].Findings, f)
	}
	page := pageOf(t, d)
	if n := strings.Count(page, "<code>psoauth token revoke"); n != 100 || !strings.Contains(page, "And 901 more, which the JSON form of the report lists.") {
		t.Errorf("%d findings are listed", n)
	}
}
