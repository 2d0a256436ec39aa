package report

import (
	"unicode"

	"golang.org/x/text/width"
)

// Width returns how many columns of a terminal s takes, which is printable: 2 for the wide characters of East Asia and
// for most pictures, and none for marks on another character (https://www.unicode.org/reports/tr11/).
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Clip returns the beginning of s, which is printable, in at most so many columns of a terminal, with an "…" if there
// is more.
func Clip(s string, columns int) string {
	if Width(s) <= columns {
		return s
	}
	used := 0
	for i, r := range s {
		if used += runeWidth(r); used > columns-1 {
			return s[:i] + "…"
		}
	}
	return s
}
