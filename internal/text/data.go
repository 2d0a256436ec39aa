package text

import (
	"slices"
	"strings"
)

// Data is Excerpt for text that is data and no header, such as a name: see RedactCredentials. Most such text is short
// printable ASCII without anything that looks like a credential, which takes a glance.
func Data(s string, limit int, known ...string) string {
	if len(s) <= limit && isPlain(s) && !slices.ContainsFunc(known, func(k string) bool { return strings.Contains(s, k) }) {
		return s
	}
	return cut(Printable(RedactCredentials(s, known...)), limit)
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

func begins(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
