// Package text makes text from elsewhere fit to be shown: without secrets, without control bytes, and short.
package text

import (
	"regexp"
	"strconv"
	"strings"
)

// Printable returns s with everything escaped that a terminal would act on or that would not be seen: control bytes,
// escape sequences, line breaks, marks that change the direction of writing, and bytes that are not UTF-8.
func Printable(s string) string {
	quoted := strconv.Quote(s)
	if len(quoted) == len(s)+2 {
		return s
	}
	return unquoted.Replace(quoted[1 : len(quoted)-1])
}

var unquoted = strings.NewReplacer(`\"`, `"`, `\\`, `\`)

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
	switch {
	case len(s) <= limit:
		return s
	case limit < len(ellipsis):
		return strings.ToValidUTF8(s[:limit], "")
	}
	return strings.ToValidUTF8(s[:limit-len(ellipsis)], "") + ellipsis
}

// Data is Excerpt for text that is data, such as a name, and no header or JSON: see RedactCredentials. Its cost
// grows with s up to 64 KiB.
func Data(s string, limit int, known ...string) string {
	return cut(Printable(RedactCredentials(s, known...)), max(limit, 0))
}

// formula is what a spreadsheet would run, in the beginning of a cell, even after spaces, or behind a semicolon, where
// spreadsheets of many countries begin another cell.
var formula = regexp.MustCompile(`(^|;)([\n\v\f\x{85}\p{Z}]*[=+\-@\t\r＝＋－＠])`)

// NoFormula returns s with an apostrophe before what a spreadsheet would take for a formula
// (https://owasp.org/www-community/attacks/CSV_Injection).
func NoFormula(s string) string {
	if s != "" && ('0' <= s[0] && s[0] <= '9' || 'A' <= s[0] && s[0] <= 'z') && !strings.Contains(s, ";") {
		return s // as most are; the expression takes a microsecond for each
	}
	return formula.ReplaceAllString(s, "$1'$2")
}
