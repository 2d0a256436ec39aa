package contract_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/psoauth/psoauth/internal/browsertest"
	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
	"github.com/psoauth/psoauth/openapi/contract"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// page returns the page of a run.
func pageOf(t *testing.T, run *contract.Run) string {
	t.Helper()
	var b strings.Builder
	if err := contract.NewReport(run, contract.ReportOptions{}).Write(&b, contract.FormatHTML); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBrowserShowsTheCheck(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t, pageOf(t, mixedRun(t)))
	b.Is("document.querySelector('h1').innerText", `"The contract was not kept"`)
	b.Is("[...document.querySelectorAll('.figures dd')].map(e => e.innerText)", `["7","8","1","3"]`)
	b.Count("details[open]", 6)
	b.Is("[...document.querySelectorAll('details')].every(d => d.open === d.innerText.startsWith('error'))", "true")
	if shown := strings.Join(b.Texts(".contract"), "\n"); !strings.Contains(shown, "created_at:") || strings.Contains(shown, "operationId") {
		t.Errorf("of the contract the page shows %q", shown)
	}
	b.Count("meter", 2) // one operation declares no members
	for _, width := range []int{1280, 390} {
		b.Do(chromedp.EmulateViewport(int64(width), 900))
		b.Is("[document.documentElement.scrollWidth, innerWidth].join()", fmt.Sprintf(`"%d,%d"`, width, width))
	}
}

func TestBrowserShowsTheCheckDarkWhereTheSystemIs(t *testing.T) {
	t.Parallel()
	const paper = "getComputedStyle(document.body).backgroundColor"
	b := browsertest.Open(t, pageOf(t, mixedRun(t)), browsertest.Shows("dark", ""))
	b.Is(paper, `"rgb(21, 24, 28)"`)
	b.Click("#theme")
	b.Is(paper, `"rgb(255, 255, 255)"`)
}

func TestBrowserPrintsTheCheck(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t, pageOf(t, mixedRun(t)), browsertest.Shows("dark", ""))
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

func TestBrowserShowsHostileNamesInTheCheckAsText(t *testing.T) {
	t.Parallel()
	document := strings.ReplaceAll(openapi.Contract(), "\n        id:\n", "\n        id: # \u202e</pre><script>window.hacked = 9</script>\n")
	run := validator(t, contract.WithSpec(document), contract.WithSpecName(browsertest.Hostile[0])).NewRun()
	for i, name := range browsertest.Hostile {
		source := fmt.Sprintf("%s.har#%d", strings.TrimPrefix(name, "pscale_"), i) // the name of the user's own file
		body := strings.Replace(strings.Replace(tokenBody, `"8zt3c5n7w1qa"`, "7", 1), "{", "{"+browsertest.Quote(name)+":1,", 1)
		if err := run.CheckBody(source, "getOAuthToken", 200, strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
		a := answer{url: tokenURL, body: tokenBody, header: map[string][]string{"Content-Type": {name}}}
		run.CheckResponse(a.request(t), a.response())
		a = answer{method: "GET", url: "https://evil.example/?q=" + browsertest.Hostile[0]}
		run.CheckResponse(a.request(t), a.response())
	}
	b := browsertest.Open(t, pageOf(t, run))
	b.Run("for (const d of document.querySelectorAll('details')) d.open = true")
	b.Is("window.hacked ?? 0", "0")
	b.Count("img, iframe, b, i, base, a, form, svg, meta[http-equiv=refresh], style:not(head style)", 0)
	b.Count("script", 1)
	shown := strings.Join(b.Texts("main"), "\n")
	for _, name := range browsertest.Hostile {
		pointer := strings.NewReplacer("~", "~0", "/", "~1").Replace(text.RedactCredentials(strings.ToValidUTF8(name, "\ufffd")))
		if want := text.Printable(pointer); !strings.Contains(strings.Join(strings.Fields(shown), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("%q is not shown as %q", name, want)
		}
	}
	if want := `id: # \u202e</pre><script>window.hacked = 9</script>`; !strings.Contains(shown, want) {
		t.Errorf("of the contract %q is not shown", want)
	}
	for _, invisible := range []string{"\u202e", "\u2066", "\x1b", "pscale_tkn_canary"} {
		if strings.Contains(shown, invisible) {
			t.Errorf("%q is shown as it is", invisible)
		}
	}
}

func TestBrowserRunsNothingElseInTheCheck(t *testing.T) {
	t.Parallel()
	browsertest.Open(t, pageOf(t, mixedRun(t))).RunsNothingElse()
}

func TestBrowserShowsTheCheckWithoutScripts(t *testing.T) {
	t.Parallel()
	b := browsertest.Open(t, pageOf(t, mixedRun(t)), browsertest.WithoutScripts())
	body := browsertest.Get(b, chromedp.Text(chromedp.CSS("body")))
	if !strings.Contains(body, "schema.type") || strings.Contains(body, "theme") {
		t.Errorf("the page is\n%s", body)
	}
}

func TestBrowserFindsTheCheckAccessible(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		b := browsertest.Open(t, pageOf(t, mixedRun(t)), browsertest.Shows(theme, ""))
		b.Run("for (const d of document.querySelectorAll('details')) d.open = true")
		b.Accessible()
	}
}

func TestBrowserCopesWithVeryManyFindings(t *testing.T) {
	t.Parallel()
	const bodies, members = 300, 1000 // more findings than are kept
	run := validator(t).NewRun()
	for i := range bodies {
		var body strings.Builder
		body.WriteString("{")
		for j := range members {
			fmt.Fprintf(&body, `"member-%d-%d":%q,`, i, j, strings.Repeat("x", 20))
		}
		body.WriteString(tokenBody[1:])
		if err := run.CheckBody(fmt.Sprintf("traffic.har#%d", i), "getOAuthToken", 200, strings.NewReader(body.String())); err != nil {
			t.Fatal(err)
		}
	}
	page := pageOf(t, run)
	b := browsertest.Open(t, page)
	milliseconds := browsertest.Value[float64](b, `performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd`)
	t.Logf("%d bytes, loaded in %.0f ms", len(page), milliseconds)
	if len(page) > 1<<20 || milliseconds > 5000 {
		t.Errorf("the page has %d bytes and takes %.0f ms", len(page), milliseconds)
	}
	b.Run("for (const d of document.querySelectorAll('details')) d.open = true")
	b.Count(".places tbody tr", 100)
	shown := strings.Join(b.Texts("main"), "\n")
	for _, want := range []string{
		"300,000", "And 99,900 other places, which the JSON form of the report has.",
		"200,000 more, too many to keep, counted above and not listed.",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
}
