package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/psoauth/psoauth/api/audit"
)

// Markdown writes a page in GitHub's flavour, for an issue, a pull request or a job's summary: the counts, then for each
// rule why it matters, what to do, and a table of what was found.
func Markdown(w io.Writer, r *audit.Report) error {
	out := bufio.NewWriter(w) // it keeps its error until Flush
	printf := func(format string, args ...any) { fmt.Fprintf(out, format, args...) }

	printf("# Token audit: %s\n\n%s\n\n", code(application(r)), Summary(r))
	if len(r.Groups) > 0 {
		printf("| Severity | Rule | Findings |\n| --- | --- | ---: |\n")
		for _, g := range r.Groups {
			printf("| %s | %s | %d |\n", g.Severity, g.Title, g.Count())
		}
	}
	for _, g := range r.Groups {
		printf("\n## %s\n\n`%s`, %s. %s\n\n**What to do:** %s\n\n", g.Title, g.ID, g.Severity, g.Why, g.Remedy)
		printf("| Token | Name | Actor | Found |\n| --- | --- | --- | --- |\n")
		for _, f := range g.Findings {
			found := words(f.Message)
			if f.Accepted != nil {
				found += ", accepted until " + f.Accepted.LastDay()
				if f.Accepted.Reason != "" {
					found += ": " + code(f.Accepted.Reason)
				}
			}
			printf("| %s | %s | %s | %s |\n", code(f.Token), code(f.Name), code(actor(f)), found)
		}
		if g.More > 0 {
			printf("\n%s more.\n", count(g.More, "finding"))
		}
	}
	if len(r.Unneeded) > 0 {
		printf("\n## Acceptances that accept nothing\n\n| Token | Rule | Until |\n| --- | --- | --- |\n")
		for _, a := range r.Unneeded {
			printf("| %s | %s | %s |\n", code(a.Token), code(a.Rule), a.LastDay())
		}
	}
	return out.Flush()
}

// words returns a message as it is if it is made of words and dates.
func words(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !isWord(r) && !strings.ContainsRune(" ,-", r) }) {
		return code(s)
	}
	return s
}

func isWord(r rune) bool { return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// code returns text so that nothing in it is Markdown, HTML, a link or a mention: in a code span, or where it has a
// character that means something even there, in HTML's words for one.
func code(s string) string {
	switch {
	case s == "":
		return ""
	case !strings.ContainsAny(s, "`|\\") && s == strings.Trim(s, " "):
		return "`" + s + "`"
	}
	var b strings.Builder
	b.WriteString("<code>")
	for _, r := range s {
		if r < 0x80 && !isWord(r) && r != ' ' {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteString("</code>")
	return b.String()
}
