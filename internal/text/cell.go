package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsFormula reports whether a spreadsheet would run a cell of this text: it does if the text begins like a formula, even
// after spaces. With an apostrophe before it, it is text (https://owasp.org/www-community/attacks/CSV_Injection).
func IsFormula(cell string) bool {
	start := strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) && r != '\t' && r != '\r' })
	first, _ := utf8.DecodeRuneInString(start)
	return start != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", first)
}
