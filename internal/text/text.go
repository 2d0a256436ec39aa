// Package text makes text from elsewhere fit to be shown: without secrets, without control bytes, and short.
package text

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s with everything escaped that a terminal would act on or that would not be seen: control bytes,
// escape sequences, line breaks, marks that change the direction of writing, and bytes that are not UTF-8.
func Printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || !strconv.IsPrint(r) }) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[i])+0x100, 16)[1:])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		i += size
	}
	return b.String()
}

// Excerpt returns the beginning of s in at most limit bytes, redacted and printable, with an ellipsis if there is more.
// It redacts before it cuts, so that no part of a credential is left at the cut. Its cost does not grow with s.
func Excerpt[T string | []byte](s T, limit int, known ...string) string {
	// What is cut off here may be the rest of a credential, whose beginning goes unrecognised: at most a prefix, or less
	// than a fragment of a known secret, either of them escaped. That much of the end is not shown.
	const unsure = 6 * len("pscale_oauth_refresh_")
	end := len(s)
	if limit = max(limit, 0); limit < end/8 {
		end = min(end, 8*limit+unsure)
	}
	shown := Redact(string(s[:end]), known...)
	if end == len(s) {
		return cut(Printable(shown), limit)
	}
	return cut(Printable(shown[:max(len(shown)-unsure, 0)])+ellipsis, limit)
}

const ellipsis = "…"

func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	if limit < len(ellipsis) {
		return s[:start(s, limit)]
	}
	return s[:start(s, limit-len(ellipsis))] + ellipsis
}

// start returns where the rune that holds the byte at i starts.
func start(s string, i int) int {
	for i = max(i, 0); i > 0 && !utf8.RuneStart(s[i]); {
		i--
	}
	return i
}

// Data is Excerpt for text that is data, such as a name, and no header or JSON: see RedactCredentials. Its cost
// grows with s up to 64 KiB.
func Data(s string, limit int, known ...string) string {
	return cut(Printable(RedactCredentials(s, known...)), limit)
}

// NoFormula returns s with an apostrophe before what a spreadsheet would run as a formula, in its beginning or behind a
// semicolon, where spreadsheets of many countries begin another cell (https://owasp.org/www-community/attacks/CSV_Injection).
func NoFormula(s string) string {
	parts := strings.Split(s, ";")
	for i, part := range parts {
		if isFormula(part) {
			parts[i] = "'" + part
		}
	}
	return strings.Join(parts, ";")
}

// isFormula reports whether a text begins like a formula, even after spaces.
func isFormula(cell string) bool {
	start := strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) && r != '\t' && r != '\r' })
	first, _ := utf8.DecodeRuneInString(start)
	return start != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", first)
}
