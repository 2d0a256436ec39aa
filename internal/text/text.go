// Package text makes text from elsewhere fit to be shown: without secrets, without control bytes, and short.
package text

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// redacted stands where a secret stood; it is openapi.Redacted, repeated because this package imports nothing of ours.
const redacted = "[redacted]"

// credentials matches what PlanetScale's credentials look like, longest prefix first. Lengths are not promised, so a
// credential ends where its alphabet does; a percent sign may stand for a part of it in a URL. The public client id,
// pscale_app_ and hex digits, is no secret.
var credentials = regexp.MustCompile(`(?i)pscale_(?:oauth_refresh|oauth|app_secret|tkn|pw)_[A-Z0-9_.~+/=%-]+`)

// bearers matches a Bearer scheme and whatever follows it.
var bearers = regexp.MustCompile(`(?i)(\bBearer\s+)[A-Z0-9_.~+/=%-]+`)

// Redact replaces every credential in s: whatever carries one of PlanetScale's prefixes, whatever follows a Bearer
// scheme, and each of known.
func Redact(s string, known ...string) string {
	return bearers.ReplaceAllString(RedactCredentials(s, known...), "${1}"+redacted)
}

// RedactCredentials is Redact for text that is data and no header, such as a name, in which Bearer is a word like any
// other.
func RedactCredentials(s string, known ...string) string {
	if slices.ContainsFunc(known, func(k string) bool { return k != "" && strings.Contains(s, k) }) {
		// One of them may begin another; the longest must win, or its rest would be left.
		known = slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == "" })
		slices.SortFunc(known, func(a, b string) int { return len(b) - len(a) })
		var pairs []string
		for _, secret := range known {
			pairs = append(pairs, secret, redacted)
		}
		s = strings.NewReplacer(pairs...).Replace(s)
	}
	if !mayHoldCredential(s) {
		return s
	}
	return credentials.ReplaceAllString(s, redacted)
}

// mayHoldCredential looks for letters without which credentials cannot match, because a list of tokens has a million
// strings and the regular expression takes a microsecond for each. An s, which has two other forms, is not among them.
func mayHoldCredential(s string) bool {
	const letters = "cale"
	for i := len(letters); i < len(s); i++ {
		if s[i] == '_' && strings.EqualFold(s[i-len(letters):i], letters) {
			return true
		}
	}
	return false
}

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
// It redacts before it cuts, so that no part of a credential is left at the cut.
func Excerpt(s string, limit int, known ...string) string {
	return cut(Printable(Redact(s, known...)), limit)
}

func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	ellipsis := "…"
	if limit < len(ellipsis) {
		ellipsis = ""
	}
	end := max(limit-len(ellipsis), 0)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}
