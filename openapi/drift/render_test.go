package drift_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/openapi/drift"
)

var update = flag.Bool("update", false, "write the golden files anew")

// rendered is a report with something of every class.
func rendered(t *testing.T) *drift.Report {
	t.Helper()
	doc := upstreamTree(t)
	token := doc["definitions"].(tree)["Token"].(tree)
	propertiesOf(token)["id"] = tree{"type": "integer"}
	propertiesOf(token)["brand_kind"] = tree{"type": "string", "enum": []any{"user", "service"}}
	get := doc["paths"].(tree)["/organizations/{organization}/oauth-applications/{id}"].(tree)["get"].(tree)
	get["description"] = "**Service Token Accesses**\n `read_applications`\n"
	report, err := drift.Compare(parse(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestReportsAreWrittenAsTheGoldenFilesHaveThem(t *testing.T) {
	t.Parallel()
	report := rendered(t)
	for name, c := range map[string]struct {
		format string
		show   drift.Show
	}{
		"report.txt":          {"human", drift.Show{}},
		"report-examples.txt": {"human", drift.Show{Examples: true}},
		"report.json":         {"json", drift.Show{Examples: true}},
		"report.md":           {"markdown", drift.Show{Examples: true}},
		"report.github":       {"github", drift.Show{}},
	} {
		var b bytes.Buffer
		if err := report.Write(&b, c.format, c.show); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("%s is now\n%s\nrun go test -update if that is meant", golden, &b)
		}
	}
}

func TestReportIsAsMuchAsIsAskedFor(t *testing.T) {
	t.Parallel()
	report := rendered(t)
	sizes := map[drift.Show]int{}
	for _, show := range []drift.Show{{}, {Wording: true}, {Examples: true}} {
		var b bytes.Buffer
		if err := report.Write(&b, "json", show); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Findings []struct {
				Class   string
				Example json.RawMessage
			}
			Summary map[string]int
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		counted := map[string]int{}
		for _, f := range got.Findings {
			counted[f.Class]++
			if (f.Example != nil) != (show.Examples && f.Class == "breaking") {
				t.Errorf("with %+v, a %s finding has the example %s", show, f.Class, f.Example)
			}
		}
		for class, n := range got.Summary {
			if want := n; (class != "wording" || show.Wording) && counted[class] != want {
				t.Errorf("with %+v, %d findings are %s, the summary has %d", show, counted[class], class, want)
			}
		}
		sizes[show] = len(got.Findings)
	}
	if sizes[drift.Show{}] >= sizes[drift.Show{Wording: true}] {
		t.Errorf("%v", sizes)
	}
	if report.Clean() || !report.Breaking() {
		t.Error("the report says it is clean, or that nothing breaks")
	}
}

// What a document says is data to whoever reads a report: it is no markup, no mention, no command and no secret.
func TestReportsShowTextOfTheDocumentAsText(t *testing.T) {
	t.Parallel()
	doc := upstreamTree(t)
	application := doc["definitions"].(tree)["Application"].(tree)
	for _, name := range []string{
		"a|b`c", "\x1b[31mred", "line\nbreak", "@somebody", "<img src=x>", "::error::x", "pscale_tkn_abcdef", "~/x", "%0A", "\u202eright",
	} {
		propertiesOf(application)[name] = tree{"type": "string", "enum": []any{name}}
	}
	application["required"] = []any{"a|b`c", "````", "\x1b[31mred", "\u202eright", "pscale_tkn_abcdef"}
	propertiesOf(application)["tokens"] = tree{"type": "string"}
	report, err := drift.Compare(parse(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"human", "json", "markdown", "github"} {
		var b bytes.Buffer
		if err := report.Write(&b, format, drift.Show{Examples: true}); err != nil {
			t.Fatal(err)
		}
		for _, never := range []string{"\x1b", "\u202e", "pscale_tkn_abcdef", "line\nbreak"} {
			if strings.Contains(b.String(), never) {
				t.Errorf("%s: %q is shown as it is", format, never)
			}
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if format == "github" && strings.HasPrefix(line, "::") && !regexp.MustCompile(`^::(error|warning|notice) title=\w+%3A [\w ]+::[^:]`).MatchString(line) {
				t.Errorf("a command of the document's own: %s", line)
			}
			plain := strings.ReplaceAll(line, "`", "")
			if format == "markdown" && (strings.Contains(plain, "<img") && !strings.Contains(line, "`/<img") || strings.Contains(line, " @somebody")) {
				t.Errorf("markup of the document's own: %s", line)
			}
			if format == "markdown" && strings.Contains(line, "````") && line != "````" {
				t.Errorf("an end of the block of the document's own: %s", line)
			}
			if format == "markdown" && strings.HasPrefix(line, "|") && strings.Count(line, "|") != 6 {
				t.Errorf("a row with other cells: %s", line)
			}
		}
	}
}

func TestReportWriteFails(t *testing.T) {
	t.Parallel()
	report := rendered(t)
	if err := report.Write(failing{}, "human", drift.Show{}); !errors.Is(err, errFull) {
		t.Errorf("got %v, want %v", err, errFull)
	}
	var b bytes.Buffer
	if err := report.Write(&b, "xml", drift.Show{}); err == nil || !strings.Contains(err.Error(), "want human") || b.Len() > 0 {
		t.Errorf("got %v and %q", err, &b)
	}
}

var errFull = errors.New("no space left")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }
