package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/cmd/psoauth/internal/cli"
	writers "github.com/psoauth/psoauth/internal/report"
)

// publishedDocument is a document as PlanetScale publishes them, which the contract holds for.
func publishedDocument(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../../../openapi/drift/testdata/upstream.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// breakingDocument returns the document with a count that became a string.
func breakingDocument(t *testing.T) string {
	t.Helper()
	return strings.Replace(publishedDocument(t), "tokens: {type: integer}", "tokens: {type: string}", 1)
}

func TestContractDiffSaysWhatADocumentMeans(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{
		"same.yaml":     publishedDocument(t),
		"breaking.yaml": breakingDocument(t),
		"unclear.yaml":  strings.Replace(publishedDocument(t), "tokens: {type: integer}", "tokens: {type: integer, enum: [a]}", 1),
		"more.yaml":     strings.Replace(publishedDocument(t), "dcr: {", "brand_logo: {type: string}\n      dcr: {", 1),
	})
	in := func(name string) string { return filepath.Join(folder, name) }
	for name, test := range map[string]struct {
		args   []string
		status int
		want   string // in the output
		never  string
	}{
		"nothing breaks": {[]string{in("same.yaml")}, 0, "0 breaking, 0 new, ", "\nwording  "},
		"something to look at": {[]string{in("unclear.yaml")}, 0,
			"Passed: nothing is known to break; look at 1 difference by hand.", "nothing breaks"},
		"with wording": {[]string{in("same.yaml"), "--wording"}, 0, "\nwording  ", ""},
		"something breaks": {[]string{in("breaking.yaml")}, 1,
			"\nbreaking  type: an integer (int64) → a string  type ×1\n  a program fails on such a response\n    getOAuthApplication\n      /tokens\n", "example"},
		"with examples":               {[]string{in("breaking.yaml"), "--examples"}, 1, `"tokens": "`, ""},
		"markdown":                    {[]string{in("more.yaml"), "--format", "markdown"}, 0, "\n## member: not declared → a string, optional\n", ""},
		"github":                      {[]string{in("breaking.yaml"), "--format", "github"}, 1, "::error title=breaking%3A type::getOAuthApplication: an integer (int64) → a string: /tokens: a program fails on such a response\n", ""},
		"json":                        {[]string{in("breaking.yaml"), "--format", "json"}, 1, `"class": "breaking"`, `"example"`},
		"two documents":               {[]string{"--from", in("same.yaml"), in("more.yaml")}, 0, "0 breaking, 1 new, 0 relaxed", ""},
		"two documents, one breaking": {[]string{"--from", in("same.yaml"), in("breaking.yaml")}, 1, "1 breaking", ""},
		"the edit":                    {[]string{in("more.yaml"), "--suggest"}, 0, "+        brand_logo:\n+          type: string\n", "relaxed"},
		"no edit":                     {[]string{in("same.yaml"), "--suggest"}, 0, "", "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, nil, append([]string{"contract", "diff"}, test.args...)...)
			if r.status != test.status {
				t.Errorf("status %d, want %d; %s", r.status, test.status, r.stderr)
			}
			if !strings.Contains(r.stdout, test.want) || test.never != "" && strings.Contains(r.stdout, test.never) {
				t.Errorf("want %q and never %q in\n%s", test.want, test.never, r.stdout)
			}
			if test.status == 1 && r.stderr != "psoauth: 1 breaking finding\n" || test.status == 0 && r.stderr != "" {
				t.Errorf("stderr %q", r.stderr)
			}
		})
	}
}

// What a document says is data to the reader of a report: it is no markup, no mention, no command and no secret.
func TestContractDiffShowsTextOfTheDocumentAsText(t *testing.T) {
	t.Parallel()
	var members strings.Builder
	for _, name := range []string{
		"a|b`c", "\x1b[31mred", "line\nbreak", "@somebody", "<img src=x>", "::error::x", "pscale_tkn_abcdef", "~/x", "%0A", "\u202eright", "````",
	} {
		key, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&members, "%s: {type: string, enum: [%s]}\n      ", key, key)
	}
	document := strings.Replace(breakingDocument(t), "dcr: {", members.String()+"dcr: {", 1)
	file := filepath.Join(write(t, map[string]string{"hostile.yaml": document}), "hostile.yaml")
	for _, format := range writers.Formats() {
		r := run(t, nil, "contract", "diff", file, "--examples", "--wording", "--format", format)
		if r.status != 1 {
			t.Fatalf("%s: status %d, %s", format, r.status, r.stderr)
		}
		for _, never := range []string{"\x1b", "\u202e", "pscale_tkn_abcdef", "line\nbreak", "<img"} {
			if strings.Contains(r.stdout, never) && !(never == "<img" && slices.Contains([]string{"human", "json", "csv", "github", "sarif"}, format)) {
				t.Errorf("%s: %q is shown as it is", format, never)
			}
		}
		for line := range strings.Lines(r.stdout) {
			if format == "github" && strings.HasPrefix(line, "::") && !regexp.MustCompile(`^::(error|warning|notice) title=[\w%. -]+::[^:]`).MatchString(line) {
				t.Errorf("a command of the document's own: %s", line)
			}
			if format == "markdown" && (strings.Contains(line, " @somebody") || strings.Contains(line, "````") && strings.TrimSpace(line) != "````") {
				t.Errorf("markup of the document's own: %s", line)
			}
		}
	}
}

func TestContractDiffAcknowledgesABaseline(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"breaking.yaml": breakingDocument(t)})
	document, baseline := filepath.Join(folder, "breaking.yaml"), filepath.Join(folder, "baseline.json")
	for _, test := range []struct {
		args   []string
		status int
	}{
		{nil, 1}, {[]string{"--baseline", baseline}, 2}, {[]string{"--update-baseline"}, 2},
		{[]string{"--baseline", baseline, "--update-baseline"}, 0}, {[]string{"--baseline", baseline}, 0},
	} {
		r := run(t, nil, append([]string{"contract", "diff", document}, test.args...)...)
		if r.status != test.status || test.status == 0 && !strings.Contains(r.stdout, "1 accepted") {
			t.Errorf("%v: status %d, want %d; %s%s", test.args, r.status, test.status, r.stdout, r.stderr)
		}
	}
	text, err := os.ReadFile(baseline)
	if err != nil {
		t.Fatal(err)
	}
	past := strings.Replace(string(text), `"rule": "type"`, `"rule": "type", "expires": "2020-01-01"`, 1)
	if err := os.WriteFile(baseline, []byte(past), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := run(t, nil, "contract", "diff", document, "--baseline", baseline); r.status != 1 {
		t.Errorf("past its day: status %d; %s", r.status, past)
	}
}

func TestContractDiffReadsStandardInput(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	status := cli.Run(t.Context(), cli.Process{
		Args: []string{"contract", "diff", "-", "--format", "json"}, Getenv: func(string) string { return "" },
		Stdin: strings.NewReader(breakingDocument(t)), Stdout: &out, Stderr: &errs, Now: clock,
	})
	var report struct {
		Before, After string
		Findings      []struct{ Class, Rule, Operation, In, Pointer string }
		Summary       map[string]int
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	if status != 1 || report.Before != "the contract" || report.After != "standard input" || report.Summary["breaking"] != 1 ||
		report.Findings[0].Pointer != "/tokens" {
		t.Errorf("status %d, %+v, %s", status, report, errs.String())
	}
}

func TestContractDiffSaysWhatItCannotDo(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"same.yaml": publishedDocument(t), "empty.json": "", "other.json": `{"openapi":"3.0.0","paths":{"/pets":{"get":{}}}}`})
	in := func(name string) string { return filepath.Join(folder, name) }
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no document":              {nil, "want a file, a URL or -, got 0 arguments"},
		"two documents":            {[]string{"a", "b"}, "got 2 arguments"},
		"a file that is not there": {[]string{in("none.yaml")}, "none.yaml: no such file"},
		"an empty file":            {[]string{in("empty.json")}, "empty.json: it is empty"},
		"another service":          {[]string{in("other.json")}, "it describes none of the contract's operations"},
		"an older one, empty":      {[]string{"--from", in("empty.json"), in("same.yaml")}, "empty.json: it is empty"},
		"a URL that is not https":  {[]string{"http://example.com/spec"}, "want an https URL"},
		"standard input twice":     {[]string{"--from", "-", "-"}, "once only"},
		"an edit of two documents": {[]string{"--from", in("same.yaml"), in("same.yaml"), "--suggest"}, "--suggest is about the contract"},
		"an unknown format":        {[]string{in("same.yaml"), "--format", "yaml"}, "want human, csv, github, html, json, junit, markdown or sarif"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, nil, append([]string{"contract", "diff"}, test.args...)...)
			if line := failed(t, r); !strings.Contains(line, test.want) || r.stdout != "" {
				t.Errorf("got %q, want %q; stdout %q", line, test.want, r.stdout)
			}
		})
	}
}
