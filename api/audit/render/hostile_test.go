package render_test

import (
	"encoding/csv"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"encoding/json"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	markup "github.com/yuin/goldmark/renderer/html"

	"github.com/psoauth/psoauth/api/audit/render"
)

func TestHostileTextIsPrintableInEveryFormat(t *testing.T) {
	t.Parallel()
	report := hostileReport(t)
	for ending, write := range formats {
		out := rendered(t, write, report)
		if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && !strconv.IsPrint(r) }); i >= 0 {
			t.Errorf("%s has %q", ending, out[max(0, i-40):min(len(out), i+10)])
		}
		if strings.Contains(out, "canary") {
			t.Errorf("%s has a credential", ending)
		}
	}
}

func TestHostileTextIsNoFormula(t *testing.T) {
	t.Parallel()
	report := hostileReport(t)
	rows, err := csv.NewReader(strings.NewReader(rendered(t, render.CSV, report))).ReadAll()
	if want := len(slices.Collect(report.Findings())) + 1; err != nil || len(rows) != want {
		t.Fatalf("%d rows, %v; want %d", len(rows), err, want)
	}
	for _, row := range rows {
		for _, cell := range row {
			if start := strings.TrimSpace(cell); start != "" && strings.Contains("=+-@\t\r", start[:1]) {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
}

func TestHostileTextIsJustTextInJSON(t *testing.T) {
	t.Parallel()
	report := hostileReport(t)
	var got struct {
		Findings []struct{ Token, Name, Message string }
	}
	if err := json.Unmarshal([]byte(rendered(t, render.JSON, report)), &got); err != nil {
		t.Fatal(err)
	}
	for i, f := range slices.Collect(report.Findings()) {
		if g := got.Findings[i]; g.Token != f.Token || g.Name != f.Name || g.Message != f.Message {
			t.Errorf("finding %d reads back as %+v, want %+v", i, g, f)
		}
	}
}

var (
	sarifPlaceholder = regexp.MustCompile(`(^|[^{])(\{\{)*\{[0-9]`)
	sarifLink        = regexp.MustCompile(`(^|[^\\])(\\\\)*\[`)
)

func TestHostileTextIsNoLinkInSARIF(t *testing.T) {
	t.Parallel()
	var got struct {
		Runs []struct {
			Results []struct{ Message struct{ Text string } }
		}
	}
	if err := json.Unmarshal([]byte(rendered(t, render.SARIF, hostileReport(t))), &got); err != nil {
		t.Fatal(err)
	}
	for _, result := range got.Runs[0].Results {
		if text := result.Message.Text; sarifPlaceholder.MatchString(text) || sarifLink.MatchString(text) {
			t.Errorf("%s has a placeholder or a link", text)
		}
	}
}

var htmlTag = regexp.MustCompile(`<[^>]*>`)

func TestHostileTextIsNoMarkdown(t *testing.T) {
	t.Parallel()
	report := hostileReport(t)
	source := rendered(t, render.Markdown, report)
	var page strings.Builder
	// Unsafe lets raw HTML through, as a renderer might that trusts its source.
	engine := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(markup.WithUnsafe()))
	if err := engine.Convert([]byte(source), &page); err != nil {
		t.Fatal(err)
	}
	allowed := strings.Fields("h1 h2 p table thead tbody tr th td code strong")
	for _, tag := range htmlTag.FindAllString(page.String(), -1) {
		name, _, _ := strings.Cut(strings.Trim(tag, "</>"), " ")
		if !slices.Contains(allowed, name) || strings.Contains(tag, " ") && !strings.HasPrefix(tag, "<t") {
			t.Errorf("the page has %s", tag)
		}
	}
	// Every row has its four cells, with the very text in them.
	cells := regexp.MustCompile(`<td[^>]*>(.*?)</td>`).FindAllStringSubmatch(page.String(), -1)
	var texts []string
	for _, c := range cells {
		texts = append(texts, html.UnescapeString(htmlTag.ReplaceAllString(c[1], "")))
	}
	rest := texts[3*len(report.Groups):]
	for i, f := range slices.Collect(report.Findings()) {
		row := rest[4*i : 4*i+4]
		if row[0] != f.Token || strings.TrimSpace(row[1]) != strings.TrimSpace(f.Name) || !strings.HasPrefix(row[3], f.Message) {
			t.Errorf("row %d is %q\nwant %q, %q, …, %q", i, row, f.Token, f.Name, f.Message)
		}
	}
}
