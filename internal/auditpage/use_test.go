package auditpage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/psoauth/psoauth/api/audit"
)

func TestBrowserShowsThePage(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(120)))
	b.Is("document.title", `"Schema Sentinel: Failed. many tokens"`)
	b.Is("document.querySelector('.figures dd').textContent", `"120"`)
	b.Is("document.querySelectorAll('svg rect').length > 10", "true")
	b.Count("section > .scroll > .matrix", 2)
	b.Count(lines, 50)
	b.Count(".scripted[hidden]", 0)
	for _, width := range []int{1280, 390} {
		b.Do(chromedp.EmulateViewport(int64(width), 900))
		b.Is("[document.documentElement.scrollWidth, innerWidth]", fmt.Sprintf("[%d,%d]", width, width))
	}
	if cells := b.Texts("details[open] td:nth-child(3)"); slices.Contains(cells, "") || !slices.Contains(cells, "unknown") {
		t.Errorf("actors are called %q", cells)
	}
	b.status("120 of 120 tokens")
	if first := b.column(1)[0]; !strings.HasPrefix(first, "error") {
		t.Errorf("the first token is %q, want the worst", first)
	}
}

func TestBrowserSearches(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(120)))
	b.Do(chromedp.SendKeys(chromedp.CSS("#search"), "reads  QUERY"))
	b.status("0 of 120 tokens. No token matches.")
	b.Count(lines, 0)
	b.Enter("search", "")
	b.Do(chromedp.SendKeys(chromedp.CSS("#search"), "read  QUERY"))
	names := b.column(2)
	if len(names) == 0 || len(names) == 50 {
		t.Fatalf("%d tokens", len(names))
	}
	for _, name := range names {
		if !strings.Contains(name, "Query") {
			t.Errorf("%q is shown", name)
		}
	}
	b.status(fmt.Sprintf("%d of 120 tokens", len(names)))
	b.Click(".controls button[type=reset]")
	value[bool](b, "new Promise(done => setTimeout(() => done(true), 0))")
	b.status("120 of 120 tokens")
}

// with returns how many of the tokens have a finding that is so, as the page says it.
func with(t *testing.T, n int, is func(audit.Finding) bool) string {
	t.Helper()
	audited, err := audit.Run(application, list(sandbox(n)), audit.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for f := range audited.Findings() {
		if f.Token != "" && is(f) {
			found[f.Token] = true
		}
	}
	return fmt.Sprintf("%d of %d tokens", len(found), n)
}

func TestBrowserFilters(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(120)))
	isExpired := func(f audit.Finding) bool { return f.Rule == "token.expired" }
	for _, filter := range []struct{ id, value, want string }{
		{"severity", "error", with(t, 120, func(f audit.Finding) bool { return f.Severity == audit.Error })},
		{"severity", "warning", with(t, 120, func(f audit.Finding) bool { return f.Severity == audit.Warning })},
		{"severity", "", "120 of 120 tokens"},
		{"rule", "token.expired", with(t, 120, isExpired)},
		{"severity", "0", "0 of 120 tokens. No token matches."},
		{"rule", "", ""},
		{"severity", "", "120 of 120 tokens"},
		{"by-reach", "production", with(t, 120, func(f audit.Finding) bool { return f.Rule == "reach.production" })},
	} {
		if b.Enter(filter.id, filter.value); filter.want != "" {
			b.status(filter.want)
		}
	}
	// The link under a rule leads to the table, filtered by that rule alone.
	const link = "[data-rule='token.expired']"
	b.Run(fmt.Sprintf("document.querySelector(%s).closest('details').open = true", quote(link)))
	b.Click(link)
	value[bool](b, "new Promise(done => setTimeout(() => done(true), 0))")
	b.status(with(t, 120, isExpired))
	b.Is("document.getElementById('by-reach').value", `""`)
}

func TestBrowserFiltersByFiguresAndAddress(t *testing.T) {
	t.Parallel()
	page := written(t, audit.Options{}, sandbox(120))
	b := open(t, page)
	want := with(t, 120, func(f audit.Finding) bool { return f.Severity == audit.Error })
	b.Enter("search", "nothing like it")
	b.Click(".figures div:nth-child(2) a")
	b.status(want)
	b.Is("location.hash", `"#tokens?severity=error"`)
	b.Click(".figures div:nth-child(1) a")
	b.status("120 of 120 tokens")
	b.Is("location.hash", `"#tokens"`)
	b.Run(`location.hash = "#tokens?severity=error&rule=token.no-such-rule"`)
	b.Becomes("document.getElementById('severity').value", `"error"`)
	b.Becomes("document.getElementById('status').textContent", quote(want))
}

func TestBrowserCopiesIDs(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(40)))
	b.Run(`Object.defineProperty(navigator, "clipboard", {value: {writeText: async (text) => { window.copied = text; }}})`)
	b.Click("#table .copy")
	b.Becomes("document.querySelector('#table .copy').textContent", `"Copied"`)
	b.Is("copied === document.querySelector('#table .id').textContent", "true")
}

func TestBrowserShowsCardsInANarrowWindow(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(40)), chromedp.EmulateViewport(390, 900))
	b.Is(`[...document.querySelectorAll("#table td")].every(e => !e.checkVisibility() || e.getBoundingClientRect().right <= 390)`, "true")
	b.Is(`getComputedStyle(document.querySelector("#table td:nth-child(7)"), "::before").content`, `"\"Reach\""`)
	b.Is(`[...document.querySelectorAll(".matrix tbody :is(td, th)")].every(e => e.getBoundingClientRect().right <= 390)`, "true")
	b.Is(`getComputedStyle(document.querySelector(".matrix td:nth-child(4)"), "::before").content`, `"\"write\""`)
	b.Is(`[...document.querySelectorAll(".times :is(td, th, svg)")].every(e => e.getBoundingClientRect().right <= 390)`, "true")
	b.Accessible()
}

func TestBrowserSorts(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(40)))
	for _, column := range []struct {
		number int
		never  string // stands for never, to sort by
	}{{2, ""}, {4, ""}, {5, "0"}, {6, "9"}} {
		key := func(s string) string { return strings.Replace(s, "never", column.never, 1) }
		heading := fmt.Sprintf("#table th:nth-child(%d)", column.number)
		b.Click(heading + " button")
		b.Is(fmt.Sprintf("document.querySelector(%s).getAttribute('aria-sort')", quote(heading)), `"ascending"`)
		b.Count("#table th[aria-sort=none]", 6)
		up := b.column(column.number)
		b.Click(heading + " button")
		b.Is(fmt.Sprintf("document.querySelector(%s).getAttribute('aria-sort')", quote(heading)), `"descending"`)
		down := b.column(column.number)
		if column.number > 2 && !slices.IsSortedFunc(up, func(a, b string) int { return strings.Compare(key(a), key(b)) }) {
			t.Errorf("column %d is not in order: %q", column.number, up)
		}
		if len(up) != 40 || up[0] == down[0] || up[0] != down[39] || up[39] != down[0] {
			t.Errorf("column %d the other way round goes from %q to %q, and was from %q to %q",
				column.number, down[0], down[39], up[0], up[39])
		}
	}
}

func TestBrowserTurnsPages(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(120)))
	first := b.column(2)
	b.Is("document.getElementById('previous').disabled", "true")
	b.Click("#next")
	second := b.column(2)
	b.Click("#next")
	third := b.column(2)
	if all := slices.Concat(first, second, third); len(all) != 120 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 120 {
		t.Errorf("the pages have %d, %d and %d tokens", len(first), len(second), len(third))
	}
	b.Is("document.getElementById('next').disabled", "true")
	b.Is("document.getElementById('pages').textContent", `"Page 3 of 3"`)
	b.Click("#previous")
	if !slices.Equal(b.column(2), second) {
		t.Error("the page before is another one than it was")
	}
}

func TestBrowserUnfoldsFindings(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(40)))
	b.Is("document.querySelector('#table .found').checkVisibility()", "false")
	b.Click("#table .unfold")
	b.Is("document.querySelector('#table .found').checkVisibility()", "true")
	b.Is("document.querySelector('#table .unfold').getAttribute('aria-expanded')", `"true"`)
	undeclared := audit.Rules()[1]
	if shown := b.Texts("#table tr.found:not([hidden]) li"); !strings.Contains(strings.Join(shown, "\n"), undeclared.Remedy) {
		t.Errorf("unfolded: %q", shown)
	}
	b.Click("#table .unfold")
	b.Is("document.querySelector('#table .found').checkVisibility()", "false")
}

func TestBrowserIsDarkWhereTheSystemIs(t *testing.T) {
	t.Parallel()
	const (
		paper = "getComputedStyle(document.body).backgroundColor"
		label = "document.getElementById('theme').textContent"
		light = `"rgb(255, 255, 255)"`
		dark  = `"rgb(21, 24, 28)"`
	)
	b := open(t, written(t, audit.Options{}, sandbox(10)), shows("dark", ""))
	b.Is(paper, dark)
	b.Is(label, `"Light theme"`)
	b.Click("#theme")
	b.Is(paper, light)
	b.Is(label, `"Dark theme"`)
	b.Click("#theme")
	b.Is(paper, dark)

	b = open(t, written(t, audit.Options{}, sandbox(10)), shows("light", ""))
	b.Is(paper, light)
	b.Do(shows("dark", ""))
	b.Is(paper, dark)
	b.Becomes(label, `"Light theme"`) // the page is told when the browser gets to it
}

func TestBrowserPrints(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(120)), shows("dark", ""))
	b.Run(`window.seen = []; addEventListener("beforeprint", () => seen.push(
		document.querySelectorAll("#table tbody tr:not(.found)").length,
		document.querySelectorAll("#table tr.found[hidden]").length,
		document.querySelectorAll("details:not([open])").length))`)
	if _, pages := b.Print(); pages < 3 || pages > 30 {
		t.Errorf("%d pages", pages)
	}
	b.Is("seen", "[34,0,0]")
	b.Count(lines, 50)
	b.Is("document.querySelectorAll('details:not([open])').length > 5", "true")

	b.Do(shows("dark", "print"), chromedp.EmulateViewport(718, 900)) // A4, without margins, has 718 pixels
	b.Is("document.documentElement.scrollWidth", "718")
	b.Is("getComputedStyle(document.body).backgroundColor", `"rgb(255, 255, 255)"`)
	b.Is("[...document.querySelectorAll('button, input, select')].filter(e => e.checkVisibility() && !e.closest('table')).length", "0")
}

func TestBrowserSaysWhatItDoesNotPrint(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(1001)))
	b.Run(`window.said = ""; addEventListener("beforeprint", () => { said = document.getElementById("status").textContent })`)
	b.Print()
	b.Is("said", `"136 of 1,001 tokens, those with findings"`)
	b.status("1,001 of 1,001 tokens")
}

func TestBrowserWithoutScripts(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(120)), withoutScripts())
	body := get(b, chromedp.Text(chromedp.CSS("body")))
	undeclared := audit.Rules()[1]
	for _, want := range []string{"The table of all tokens needs scripts", undeclared.Remedy, "Who reaches what"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not shown", want)
		}
	}
	if strings.Contains(body, "Show all in the table") || strings.Contains(body, "Reset") {
		t.Error("something is shown that needs scripts")
	}
}

func TestBrowserCopesWith20000Tokens(t *testing.T) {
	t.Parallel()
	b := open(t, written(t, audit.Options{}, sandbox(20_000)))
	b.status("20,000 of 20,000 tokens")
	took := value[map[string]float64](b, `(() => {
		const navigation = performance.getEntriesByType("navigation")[0];
		const took = {load: navigation.domContentLoadedEventEnd};
		const time = (what, act) => {
			const start = performance.now();
			act();
			document.body.offsetHeight;
			took[what] = performance.now() - start;
		};
		const search = (text) => {
			document.getElementById("search").value = text;
			document.getElementById("search").dispatchEvent(new Event("input", {bubbles: true}));
		};
		time("first search", () => search("nightly"));
		time("search", () => search("nightly backup 1"));
		time("all", () => search(""));
		time("sort", () => document.querySelector("#table th:nth-child(2) button").click());
		time("page", () => document.getElementById("next").click());
		return took;
	})()`)
	t.Logf("milliseconds: %v", took)
	for what, milliseconds := range took {
		if milliseconds > 5000 { // even a busy machine keeps this; what a user feels is in the log
			t.Errorf("%s took %.0f ms", what, milliseconds)
		}
	}
	b.Is("document.getElementById('pages').textContent", `"Page 2 of 400"`)
	b.Count(lines, 50)
}
