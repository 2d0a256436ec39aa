// Package text makes text from elsewhere fit to be shown: without secrets, without control bytes, and short.
package text

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// redacted stands where a secret stood; it is openapi.Redacted, repeated because this package imports nothing of ours.
const redacted = "[redacted]"

// letter matches a character that credentials are made of, as it stands or as JSON, HTML or a URL may escape it. Letters
// and digits are never escaped.
const letter = `(?:[A-Z0-9_.~+/=%-]|\\/|\\u00[0-9A-F]{2}|&#(?:x[0-9A-F]{2}|[0-9]{2,3});)`

// credentials matches what PlanetScale's credentials look like, longest prefix first. Lengths are not promised, so a
// credential ends where its alphabet does. The public client id, pscale_app_ and hex digits, is no secret.
var credentials = regexp.MustCompile(`(?i)pscale_(?:oauth_refresh|oauth|app_secret|tkn|pw)_` + letter + `+`)

// inContext matches what only its place tells to be a secret: after a Bearer scheme, or in a JSON member for secrets.
var inContext = regexp.MustCompile(`(?i)(\bBearer\s+)` + letter + `+` +
	`|("(?:token|access_token|refresh_token|plain_text_refresh_token|client_secret)"\s*:\s*")(?:[^"\\]|\\.)+`)

// Redact replaces every credential in s: whatever carries one of PlanetScale's prefixes, follows a Bearer scheme or is
// the value of a JSON member for secrets, and each of known, in capitals or not, plain or with some of its characters
// escaped.
func Redact(s string, known ...string) string {
	s = credentials.ReplaceAllString(redactKnown(s, known, "(?i)"), redacted)
	return inContext.ReplaceAllString(s, "${1}${2}"+redacted)
}

// RedactCredentials is Redact for text that is data, such as a name, and no header or JSON: Bearer is a word in it like
// any other.
func RedactCredentials(s string, known ...string) string {
	if slices.ContainsFunc(known, func(k string) bool { return mayRepeat(s, k) }) {
		s = redactKnown(s, known, "")
	}
	if !mayHoldCredential(s) {
		return s
	}
	return credentials.ReplaceAllString(s, redacted)
}

// redactKnown goes over s once, so that no secret is found in what hides another. Flags are those of a regular expression.
func redactKnown(s string, known []string, flags string) string {
	known = slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == "" })
	if len(known) == 0 {
		return s
	}
	// One of them may begin another; the longest must win, or its rest would be left.
	slices.SortFunc(known, func(a, b string) int { return len(b) - len(a) })
	var patterns []string
	for _, secret := range known {
		patterns = append(patterns, escaped(secret))
	}
	return regexp.MustCompile(flags+strings.Join(patterns, "|")).ReplaceAllLiteralString(s, redacted)
}

// mayRepeat looks for the longest part of a secret that is never escaped, for the same reason as mayHoldCredential.
func mayRepeat(s, secret string) bool {
	longest := ""
	for _, part := range strings.FieldsFunc(secret, func(r rune) bool { return !plain(r) }) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	return secret != "" && strings.Contains(s, longest)
}

// plain reports whether a character of a secret stands as it is in every escape.
func plain(r rune) bool { return r > '~' || unicode.IsLetter(r) || unicode.IsDigit(r) }

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

var entities = map[rune]string{'&': "amp", '<': "lt", '>': "gt", '"': "quot", '\'': "apos"}

// escaped returns a regular expression for s in which each character that is no letter or digit may be escaped for JSON,
// HTML or a URL.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		literal := regexp.QuoteMeta(string(r))
		if plain(r) {
			b.WriteString(literal)
			continue
		}
		fmt.Fprintf(&b, `(?:\\?%[1]s|(?i:\\u00%02[2]x|%%%02[2]x|&#x%02[2]x;)|&#%[2]d;`, literal, r)
		if name, ok := entities[r]; ok {
			b.WriteString("|&" + name + ";")
		}
		b.WriteByte(')')
	}
	return b.String()
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
// It redacts before it cuts, so that no part of a credential is left at the cut. Its cost does not grow with s.
func Excerpt[T string | []byte](s T, limit int, known ...string) string {
	// What is cut off here may be the end of a credential, whose beginning goes unrecognised: at most a whole prefix, or
	// a known secret, with six bytes to a character if escaped. That much of the end is not shown.
	unsure := len("pscale_oauth_refresh_")
	for _, secret := range known {
		unsure = max(unsure, 6*len(secret))
	}
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
