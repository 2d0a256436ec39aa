package text

import (
	"strings"
	"unicode/utf8"
)

// Data is Excerpt for text that is data and no header, such as a name: see RedactCredentials. Most such text is short
// printable ASCII without the beginning of a credential, which Data sees at a glance.
func Data(s string, limit int, known ...string) string {
	if s = redactKnown(s, known); !isPlain(s) {
		s = Printable(RedactCredentials(s))
	}
	const ellipsis = "…"
	if len(s) <= limit {
		return s
	}
	cut := max(limit-len(ellipsis), 0)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}

func isPlain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			return false
		case (c == 'p' || c == 'P') && begins(s[i:], "pscale_"):
			return false
		}
	}
	return true
}

func begins(s, prefix string) bool { return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) }
