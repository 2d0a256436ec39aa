package text_test

import (
	"bytes"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain text, ünï 漢字 🙂": "plain text, ünï 漢字 🙂",
		"\x1b[31mred\x1b[0m":   `\x1b[31mred\x1b[0m`,
		"a\nb\r\tc\x00\x7f":    `a\nb\r\tc\x00\x7f`,
		"bell\a, \b":           `bell\a, \b`,
		"\u009b31m":            `\u009b31m`,
		"abc\u202ecba\u2066":   `abc\u202ecba\u2066`,
		"\u2028\u00a0\u200b":   `\u2028\u00a0\u200b`,
		"\xff\xc0\x80":         `\xff\xc0\x80`,
		"\ufffd":               "\ufffd",
		`"quoted" \ 'so'`:      `"quoted" \ 'so'`,
		"\U000e0041":           `\U000e0041`,
	} {
		if got := text.Printable(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		limit int
		want  string
	}{
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "ab…"},
		{"abcdef", 3, "…"},
		{"abcdef", 2, "ab"},
		{"ééé", 5, "é…"},
		{"ééé", 4, "…"},
		{"é", 1, ""},
		{"abc", 0, ""},
		{"", 0, ""},
		{"abc", -1, ""},
		{"\n\n", 4, `\n\n`},
		{"<p>pscale_tkn_Ab9cdefghijkl</p>", 17, "<p>[redacted]</p>"},
		{"<p>pscale_tkn_Ab9cdefghijkl</p>", 16, "<p>[redacted]…"},
		{"key s3cret-s3cret", 12, "key [reda…"},
		{"Bearer\n eyJ9", 40, `Bearer\n [redacted]`},
	}
	for _, test := range tests {
		if got := text.Excerpt(test.in, test.limit, "s3cret-s3cret"); got != test.want {
			t.Errorf("Excerpt(%q, %d): got %q, want %q", test.in, test.limit, got, test.want)
		}
	}
}

// Wherever the text is cut, and however much shorter redaction makes it, no part of a credential is left.
func TestExcerptLeavesNoPartOfACredential(t *testing.T) {
	t.Parallel()
	const limit = 64
	for name, secret := range map[string]string{
		"with a prefix":  "pscale_oauth_refresh_QXZQXZQXZQXZ",
		"known":          "QXZ/QXZ/QXZ/QXZ/QXZ",
		"known, escaped": strings.ReplaceAll("QXZ/QXZ/QXZ/QXZ/QXZ", "/", `\u002f`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, filler := range []string{"-", "pscale_tkn_" + strings.Repeat("a", 300) + " "} {
				for before := range 1200 {
					text := strings.Repeat(filler, before/len(filler)+1)[:before] + " " + secret + strings.Repeat(" -", 1000)
					if got := excerpt(text, limit, "QXZ/QXZ/QXZ/QXZ/QXZ"); strings.Contains(got, "QX") || strings.Contains(got, "pscale_oauth") {
						t.Fatalf("after %d bytes of %.12q: %q", before, filler, got)
					}
				}
			}
		})
	}
}

func TestExcerptCostsNoMoreForMore(t *testing.T) {
	// Not parallel: it measures the whole program's memory.
	var before, after runtime.MemStats
	body := bytes.Repeat([]byte("pscale_tkn_a "), 1<<20)
	runtime.ReadMemStats(&before)
	got := text.Excerpt(body, 64)
	runtime.ReadMemStats(&after)
	if cost := after.TotalAlloc - before.TotalAlloc; cost > 1<<20 || !strings.HasPrefix(got, "[redacted] [redacted] ") {
		t.Errorf("%d bytes of memory for %q", cost, got)
	}
}

var excerpt = text.Excerpt[string]

var credential = regexp.MustCompile(`(?i)pscale_(oauth_refresh|oauth|app_secret|tkn|pw)_[a-z0-9]`)

// FuzzExcerpt wants one printable line within the limit, without any credential.
func FuzzExcerpt(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "\x1b[2J", "Bearer abc", "pscale_tkn_a pscale_oauth_refresh_b", "\xffpscale_pw_\u202e", "é漢🙂",
		"pscale_tkn_pscale_tkn_x", "Bearer Bearer x",
	} {
		f.Add(seed, "s3cret-s3cret", 20)
	}
	f.Fuzz(func(t *testing.T, s, known string, limit int) {
		if len(known) > 1000 {
			t.Skip("looking for a secret of thousands of bytes, each of them escaped, takes seconds")
		}
		got := text.Excerpt(s+known+s, limit, known)
		if len(got) > max(limit, 0) {
			t.Errorf("%q has %d bytes, want at most %d", got, len(got), limit)
		}
		if !utf8.ValidString(got) {
			t.Errorf("%q is not UTF-8", got)
		}
		for _, r := range got {
			if !strconv.IsPrint(r) {
				t.Errorf("%q holds %q", got, r)
			}
		}
		if credential.MatchString(got) {
			t.Errorf("%q holds a credential", got)
		}
		if len(known) <= len(openapi.Redacted) || strings.ContainsAny(known, "[]") || !utf8.ValidString(known) {
			return // it may be a part of the word that hides it, or of a letter
		}
		if whole := text.Redact(s+known+s, known); strings.Contains(whole, known) {
			t.Errorf("%q holds %q", whole, known)
		}
	})
}
