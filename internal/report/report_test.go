package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"html"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	markup "github.com/yuin/goldmark/renderer/html"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/internal/text"
)

var update = flag.Bool("update", false, "write the golden files")

// sample is a document with a bit of everything.
func sample() *report.Document {
	secret := report.Rule{
		ID: "token.live-secret", Severity: report.Error, Title: "Secret exposed by the API",
		Why: "Readers of the list have a credential that works.", Remedy: "Revoke the token.", URL: "https://docs.example/rules#secret",
	}
	unused := report.Rule{
		ID: "token.unused", Severity: report.Warning, Title: "Not used for a long time",
		Why: "Nobody misses the token when somebody else uses it, and so nobody notices: the longer it is idle the less it is needed.",
	}
	removed := report.Rule{ID: "type", Severity: report.Note, Label: "relaxed", Title: "Another type", Why: "Programs cope."}
	finding := func(id, name, message string) report.Finding {
		return report.Finding{
			Key: id, Part: "app1", Where: "app1 " + id, Cells: []string{id, name}, Fields: []string{"app1", id, name}, Message: message,
		}
	}
	first, second, third := finding("8zt3c5n7w1qa", "CI deploys", "the member token holds a secret"),
		finding("2hd6y8r4j0vs", "Tägliche Übersicht", "last used on 2026-01-02, 240 days ago"),
		finding("w3z8r1c5n7pd", "分析パイプライン", "last used on 2026-01-02, 240 days ago")
	first.Command = "psoauth token revoke app1 8zt3c5n7w1qa"
	second.Count, second.File, second.Link = 1234, "records/traffic one.har", "https://contract.example/openapi.yaml#L7"
	third.Accepted = &report.Acceptance{Token: "w3z8r1c5n7pd", Rule: "token.unused", Until: "2026-12-31", Reason: "renewed in May"}
	fourth := report.Finding{Key: "x", Part: "app2", Where: "app2 /data", Cells: []string{"", "body"}, Fields: []string{"app2", "", ""}, Message: "a string",
		Example: "{\n  \"a\": \"`\"\n}"}
	return &report.Document{
		Kind: "audit", Title: "Audit of Schema Sentinel", Verdict: "Failed: 1 finding at severity error or higher.", Summary: "3 tokens: 1 error", FailOn: report.Error,
		Rules:   []report.Rule{secret, unused},
		Parts:   []report.Part{{Name: "app1"}, {Name: "app2"}, {Name: "app3"}, {Name: "app4", Skipped: "there was nothing"}, {Name: "app5", Err: "not allowed to read [it]"}},
		Columns: []string{"Token", "Name"}, Fields: []string{"application", "token", "name"},
		Groups: []report.Group{
			{Rule: secret, Findings: []report.Finding{first}},
			{Rule: unused, Findings: []report.Finding{second, third}},
			{Rule: removed, Findings: []report.Finding{fourth}},
		},
		Figures: []report.Figure{{Name: "Tokens", Count: 12345}, {Name: "Errors", Count: 1, Severity: report.Error}, {Name: "Notes", Severity: report.Note}},
		First:   []report.Section{{Title: "Worst tokens", Columns: []string{"Token", "Findings"}, Rows: [][]string{{"8zt3c5n7w1qa", "1 error"}}}},
		Last:    []report.Section{{Title: "Not read", Columns: []string{"Application", "Why"}, Rows: [][]string{{"app5", "403"}}, Note: "These say nothing."}},
		About:   []string{"organization acme", "psoauth v0.1.0"},
		Footer:  "Written by psoauth.",
		JSON:    map[string]any{"name": "\u202e<\U000e0001>", "n": 1},
	}
}

func written(t testing.TB, format string, d *report.Document, o report.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, format, d, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFormats(t *testing.T) {
	t.Parallel()
	if report.Formats()[0] != "human" || len(report.Formats()) != 8 {
		t.Errorf("%q", report.Formats())
	}
	for _, format := range report.Formats() {
		file := "testdata/sample." + format
		got := written(t, format, sample(), report.Options{})
		if format == "html" { // the style and the script are in files of their own
			got = regexp.MustCompile(`(?s)<(style|script)>.*?</|content="default-src[^"]*"`).ReplaceAllString(got, "")
		}
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("not as in %s; to see how, write it with -update\n%s", file, got)
		}
	}
	if err := report.Write(new(bytes.Buffer), "yaml", sample(), report.Options{}); err == nil {
		t.Error("an unknown format is no error")
	}
}

func TestHumanFitsTheTerminalAndColors(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 80, 120} {
		for line := range strings.Lines(written(t, "human", sample(), report.Options{Width: width})) {
			// What is there to be copied stays in one piece.
			if copied := strings.Contains(line, "psoauth token") || strings.Contains(line, "https://"); report.Width(line)-1 > width && !copied {
				t.Errorf("%d columns at %d: %s", report.Width(line), width, line)
			}
		}
	}
	if plain := written(t, "human", sample(), report.Options{}); strings.Contains(plain, "\x1b") {
		t.Error("colors where none are wanted")
	}
	if colored := written(t, "human", sample(), report.Options{Color: true}); !strings.Contains(colored, "\x1b[31merror\x1b[0m") {
		t.Errorf("no colors: %q", colored)
	}
}

func TestAFailureToWriteIsReturned(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	for _, format := range report.Formats() {
		if err := report.Write(disk{full}, format, sample(), report.Options{}); !errors.Is(err, full) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

type disk struct{ full error }

func (d disk) Write(b []byte) (int, error) { return len(b) / 2, d.full }

// hostile are names that somebody could give to a token, a member or a file; text makes them printable before.
var hostile = []string{
	"<script>alert(1)</script>", "</td></tr></table><img src=x onerror=alert(1)>", `"><svg/onload=alert(1)>`, "<!--",
	"=cmd()", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1:A9)", "  =1+1", "/=1+1;=2+2", "a|b", "`code`", "``` fence", "**bold** _em_ ~~del~~",
	"[link](https://evil.example)", "![img](x)", "https://evil.example", "www.evil.example", "@everyone", "#1", "&lt;b&gt;", "&#60;b&#62;",
	"line\nbreak", "\\", "\\|", "`|\\`", "a\\`b", " ", ":smile:", "{0} {{1}}", "\\[x](1)", "---", "# heading", "1. one",
	"::error file=x::y", "a,b:c%0Ad", "$(reboot)", "%s%n", "</script><script>alert(1)</script>", "]]>", "javascript:alert(1)",
	"\x1b[2J\x1b[31mred", "\u202egnp.exe", "\xff\xfe",
}

func hostileDocument() *report.Document {
	d := sample()
	d.JSON = hostile
	d.Groups = nil
	for _, name := range hostile {
		shown := text.Printable(name)
		d.Groups = append(d.Groups, report.Group{Rule: d.Rules[1], Findings: []report.Finding{{
			Key: name, Part: shown, Where: shown, Cells: []string{shown, shown}, Fields: []string{shown, shown, shown}, Message: shown, Command: shown,
			File: name, Example: shown, Accepted: nil,
		}, {
			Where: shown, Cells: []string{shown, shown}, Fields: []string{shown, shown, shown}, Message: shown,
			Accepted: &report.Acceptance{Until: "2026-12-31", Reason: shown},
		}}})
	}
	d.First = []report.Section{{Title: "Names", Columns: []string{"Name"}}}
	for _, name := range hostile {
		d.First[0].Rows = append(d.First[0].Rows, []string{text.Printable(name)})
	}
	return d
}

func TestHostileTextIsNoFormula(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(strings.NewReader(written(t, "csv", hostileDocument(), report.Options{}))).ReadAll()
	if err != nil || len(rows) != 2*len(hostile)+2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for cell := range strings.SplitSeq(strings.Join(row, ";"), ";") { // where spreadsheets of many countries begin another
			if start := strings.TrimSpace(cell); start != "" && strings.Contains("=+-@\t\r", start[:1]) {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
}

func TestHostileTextIsVisibleInJSON(t *testing.T) {
	t.Parallel()
	out := written(t, "json", hostileDocument(), report.Options{})
	if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && !strconv.IsPrint(r) }); i >= 0 {
		t.Errorf("%q", out[i:])
	}
	var got []string
	if err := json.Unmarshal([]byte(out), &got); err != nil || !slices.Equal(got[:len(got)-1], hostile[:len(hostile)-1]) {
		t.Errorf("%v: %q", err, got)
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
	if err := json.Unmarshal([]byte(written(t, "sarif", hostileDocument(), report.Options{})), &got); err != nil {
		t.Fatal(err)
	}
	for _, result := range got.Runs[0].Results {
		if said := result.Message.Text; sarifPlaceholder.MatchString(said) || sarifLink.MatchString(said) {
			t.Errorf("%s has a placeholder or a link", said)
		}
	}
}

func TestHostileTextIsNoWorkflowCommand(t *testing.T) {
	t.Parallel()
	d := hostileDocument()
	lines := strings.Split(strings.TrimSpace(written(t, "github", d, report.Options{})), "\n")
	if len(lines) != len(hostile)+2 {
		t.Errorf("%d lines", len(lines))
	}
	command := regexp.MustCompile(`^::(error|warning|notice) (file=[^,:\r\n]*,)?title=[^,:]*::`)
	for _, line := range lines {
		if !command.MatchString(line) {
			t.Errorf("%q", line)
		}
	}
}

func TestHostileTextIsTextInJUnit(t *testing.T) {
	t.Parallel()
	var got struct {
		Suites []struct {
			Cases []struct {
				Name string `xml:"name,attr"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(written(t, "junit", hostileDocument(), report.Options{})), &got); err != nil {
		t.Fatal(err)
	}
	if n := len(got.Suites); n < len(hostile) {
		t.Errorf("%d suites", n)
	}
}

var htmlTag = regexp.MustCompile(`<[^>]*>`)

func TestHostileTextIsNoMarkdown(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	// Unsafe lets raw HTML through, as a renderer might that trusts its source.
	engine := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(markup.WithUnsafe()))
	if err := engine.Convert([]byte(written(t, "markdown", hostileDocument(), report.Options{})), &page); err != nil {
		t.Fatal(err)
	}
	allowed := strings.Fields("h1 h2 p table thead tbody tr th td code pre strong br details summary")
	for _, tag := range htmlTag.FindAllString(page.String(), -1) {
		name, _, _ := strings.Cut(strings.Trim(tag, "</>"), " ")
		if !slices.Contains(allowed, name) || strings.Contains(tag, " ") && !strings.HasPrefix(tag, "<t") {
			t.Errorf("the page has %s", tag)
		}
	}
	var rows [][]string
	for _, row := range regexp.MustCompile(`(?s)<tr>.*?</tr>`).FindAllString(page.String(), -1) {
		var cells []string
		for _, c := range regexp.MustCompile(`(?s)<td[^>]*>(.*?)</td>`).FindAllStringSubmatch(row, -1) {
			cells = append(cells, strings.ReplaceAll(html.UnescapeString(htmlTag.ReplaceAllString(c[1], "")), "\u200b", ""))
		}
		if len(cells) == 3 && cells[0] == cells[1] {
			rows = append(rows, cells)
		}
	}
	for i, name := range hostile {
		if shown := strings.TrimSpace(text.Printable(name)); len(rows) <= 2*i || strings.TrimSpace(rows[2*i][0]) != shown || !strings.HasPrefix(strings.TrimSpace(rows[2*i][2]), shown) {
			t.Fatalf("row %d is %q, want %q", i, rows[min(2*i, len(rows)-1)], shown)
		}
	}
}

func TestPeopleCanCopyWhatDoesNotFitTheTerminal(t *testing.T) {
	t.Parallel()
	place := "listOAuthTokens 200 /data/*/oauth_accesses_by_resource/organization/accesses"
	source := "recordings/of/a/browser/with/a/long/name.har"
	cells := [][]string{{place, source + " entry 7"}, {"a", "b"}}
	for _, width := range []int{1, 12, 40, 80, 200} {
		d := &report.Document{Groups: []report.Group{{}}, Last: []report.Section{{Rows: cells}}}
		for _, row := range cells {
			d.Groups[0].Findings = append(d.Groups[0].Findings, report.Finding{Cells: row, Message: "a message of some words"})
		}
		var b strings.Builder
		if err := report.Write(&b, "human", d, report.Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, word := range append(strings.Fields(place), source) {
			if strings.Count(b.String(), word) < 2 {
				t.Errorf("%d columns: no %s: %s", width, word, b.String())
			}
		}
		for line := range strings.Lines(b.String()) {
			if word := strings.TrimSpace(line); report.Width(strings.TrimRight(line, "\n")) > max(width, 12) && strings.Contains(word, " ") && width > 12 {
				t.Errorf("%d columns: %q is longer", width, line)
			}
		}
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
	page := written(t, "html", d, report.Options{})
	if n := strings.Count(page, "<code>psoauth token revoke"); n != 100 || !strings.Contains(page, "And 901 more, which the JSON form of the report lists.") {
		t.Errorf("%d findings are listed", n)
	}
}

func TestASheetWrapsATextInItsColumn(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	rows := [][]string{{"ID", "8zt3c5n7w1qa"}, {"Databases", "acme/orders (4gj4299hsbae)"}, {"", "may read what it holds"}}
	if err := report.WriteSheet(&b, "CI deploys", "", rows, report.Options{Width: 30}); err != nil {
		t.Fatal(err)
	}
	const want = "CI deploys\n\n  ID         8zt3c5n7w1qa\n  Databases  acme/orders\n             (4gj4299hsbae)\n             may read what it\n             holds\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
