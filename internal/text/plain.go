package text

import "strings"

// Plain reports at a glance that Redact and Printable would leave s as it is: most text is printable ASCII without the
// beginning of a credential, and need not pay for them. When in doubt it says no.
func Plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			return false
		case (c == 'p' || c == 'P') && begins(s[i:], "pscale_"), (c == 'b' || c == 'B') && begins(s[i:], "bearer"):
			return false
		}
	}
	return true
}

func begins(s, prefix string) bool { return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) }
