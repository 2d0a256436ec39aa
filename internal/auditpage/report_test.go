package auditpage_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
)

// sampleReport returns the page of a report with an error, a note, an accepted finding and what could not be read.
func sampleReport(t *testing.T) string {
	rule := func(id, title string, severity report.Severity) report.Rule {
		return report.Rule{ID: id, Severity: severity, Title: title, Why: "Readers have a credential that works.", URL: "https://docs.example/rules#" + id}
	}
	secret, unused := rule("token.live-secret", "Secret exposed by the API", report.Error), rule("token.unused", "Not used for a long time", report.Note)
	finding := report.Finding{Part: "app1", Where: "app1 8zt3c5n7w1qa", Cells: []string{"8zt3c5n7w1qa", "分析パイプライン"}, Message: "last used 240 days ago"}
	revoked, accepted := finding, finding
	revoked.Command = "psoauth token revoke app1 8zt3c5n7w1qa"
	accepted.Accepted = &report.Acceptance{Token: "8zt3c5n7w1qa", Until: "2026-12-31", Reason: "renewed in May"}
	return pageOf(t, &report.Document{
		Title: "Audit of Schema Sentinel", Verdict: "Failed: 1 finding at severity error or higher.", FailOn: report.Error,
		Figures: []report.Figure{{Name: "Tokens", Count: 12345}, {Name: "Errors", Count: 1, Severity: report.Error}, {Name: "Notes", Severity: report.Note}},
		Columns: []string{"Token", "Name"},
		Groups:  []report.Group{{Rule: secret, Findings: []report.Finding{revoked}}, {Rule: unused, Findings: []report.Finding{finding, accepted}}},
		Last:    []report.Section{{Title: "Not read", Columns: []string{"Application", "Why"}, Rows: [][]string{{"app5", "403"}}, Note: "These say nothing."}},
		About:   []string{"organization acme", "psoauth v0.1.0"},
	})
}

func pageOf(t *testing.T, d *report.Document) string {
	t.Helper()
	var page bytes.Buffer
	if err := report.Write(&page, "html", d, report.Options{}); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func TestBrowserShowsAReport(t *testing.T) {
	t.Parallel()
	b := open(t, sampleReport(t))
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

func TestBrowserShowsAReportDarkWhereTheSystemIs(t *testing.T) {
	t.Parallel()
	const paper = "getComputedStyle(document.body).backgroundColor"
	b := open(t, sampleReport(t), shows("dark", ""))
	b.Is(paper, `"rgb(21, 24, 28)"`)
	b.Click("#theme")
	b.Is(paper, `"rgb(255, 255, 255)"`)
}

func TestBrowserPrintsAReport(t *testing.T) {
	t.Parallel()
	b := open(t, sampleReport(t), shows("dark", ""))
	b.Run(`window.folded = -1; addEventListener("beforeprint", () => { folded = document.querySelectorAll("details:not([open])").length })`)
	if _, pages := b.Print(); pages < 1 || pages > 6 {
		t.Errorf("%d pages", pages)
	}
	b.Is("folded", "0")
	b.Is("document.querySelectorAll('details:not([open])').length > 0", "true")
	b.Do(shows("dark", "print"))
	b.Is("getComputedStyle(document.body).backgroundColor", `"rgb(255, 255, 255)"`)
	b.Is("[...document.querySelectorAll('button')].some(e => e.checkVisibility())", "false")
}

func TestBrowserShowsHostileNamesOfAReportAsText(t *testing.T) {
	t.Parallel()
	var names []string
	for _, name := range hostileNames {
		names = append(names, text.Printable(name))
	}
	d := &report.Document{Title: names[0], Verdict: names[1], First: []report.Section{{Title: names[2], Columns: []string{names[3]}}}}
	for _, shown := range names {
		d.First[0].Rows = append(d.First[0].Rows, []string{shown})
		cells := []string{shown, shown}
		d.Groups = append(d.Groups, report.Group{Rule: report.Rule{ID: shown, Title: shown, Why: shown, Remedy: shown}, Findings: []report.Finding{
			{Part: shown, Where: shown, Cells: cells, Message: shown, Command: shown, Example: shown},
			{Where: shown, Cells: cells, Message: shown, Accepted: &report.Acceptance{Until: "2026-12-31", Reason: shown}},
		}})
	}
	b := open(t, pageOf(t, d))
	b.Run("for (const d of document.querySelectorAll('details')) d.open = true")
	b.Is("window.hacked ?? 0", "0")
	b.Count("img, iframe, b, i, base, form, svg, meta[http-equiv=refresh], style:not(head style)", 0)
	b.Is("[...document.querySelectorAll('a')].every(a => a.href.startsWith('https://docs.example/'))", "true")
	b.Count("script", 1)
	shown := strings.Join(strings.Fields(strings.Join(b.Texts("main"), "\n")), " ")
	for _, name := range names {
		if want := strings.Join(strings.Fields(name), " "); !strings.Contains(shown, want) {
			t.Errorf("%q is not shown", want)
		}
	}
}

func TestBrowserRunsNothingElseThanAReport(t *testing.T) {
	t.Parallel()
	open(t, sampleReport(t)).RunsNothingElse()
}

func TestBrowserShowsAReportWithoutScripts(t *testing.T) {
	t.Parallel()
	b := open(t, sampleReport(t), withoutScripts())
	body := get(b, chromedp.Text(chromedp.CSS("body")))
	if !strings.Contains(body, "token.live-secret") || strings.Contains(body, "theme") {
		t.Errorf("the page is\n%s", body)
	}
}

func TestBrowserFindsAReportAccessible(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		b := open(t, sampleReport(t), shows(theme, ""))
		b.Run("for (const d of document.querySelectorAll('details')) d.open = true")
		b.Accessible()
	}
}

func TestBrowserSearchesAReport(t *testing.T) {
	t.Parallel()
	b := open(t, sampleReport(t))
	const shown = "[...document.querySelectorAll('.places tbody tr')].filter(e => e.checkVisibility()).length"
	b.Is(shown, "1") // the others are folded
	b.Enter("find", "Long  分析")
	b.Is(shown, "1")
	b.Is("[...document.querySelectorAll('details')].map(e => [e.hidden, e.open].join())", `["true,false","false,true"]`)
	b.Is("document.getElementById('found').textContent", `"1 of 2 listed"`)
	b.Do(chromedp.Reload())
	b.Is("document.getElementById('find').value", `"Long  分析"`)
	b.Is("document.getElementById('found').textContent", `"1 of 2 listed"`)
	b.Enter("find", "")
	b.Is("[...document.querySelectorAll('details')].map(e => [e.hidden, e.open].join())", `["false,true","false,false"]`)
}

func TestBrowserShowsAReportAsCardsInANarrowWindow(t *testing.T) {
	t.Parallel()
	b := open(t, sampleReport(t), chromedp.EmulateViewport(390, 900))
	b.Run("for (const d of document.querySelectorAll('details')) d.open = true")
	b.Is(`[...document.querySelectorAll("td, th")].every(e => !e.checkVisibility() || e.getBoundingClientRect().right <= 390)`, "true")
	b.Is(`getComputedStyle(document.querySelector(".places td"), "::before").content`, `"\"Token\""`)
	b.Accessible()
}
