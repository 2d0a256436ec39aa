package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Cell returns s so that a spreadsheet does not take it for a formula: a spreadsheet runs a cell that begins like one, even
// after spaces, and takes one that begins with an apostrophe for text
// (https://owasp.org/www-community/attacks/CSV_Injection).
func Cell(s string) string {
	start := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) && r != '\t' && r != '\r' })
	if first, _ := utf8.DecodeRuneInString(start); start != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", first) {
		return "'" + s
	}
	return s
}
