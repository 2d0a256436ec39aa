package text

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// redacted stands where a secret stood; it is openapi.Redacted, repeated because this package imports nothing of ours.
const redacted = "[redacted]"

// prefixes are what PlanetScale's credentials begin with, the longest of two alike first.
const prefixes = `pscale_(?:oauth_refresh|oauth|app_secret|tkn|pw)_`

// These match, in text that is unescaped, what PlanetScale's credentials look like, and what only its
// place after a Bearer scheme tells to be a secret. Lengths are not promised, so a credential ends where its alphabet does.
// The public client id, pscale_app_ and hex digits, is no secret.
var (
	credentials = regexp.MustCompile(`(?i)` + prefixes + `[A-Z0-9_.~+/=%-]+`)
	bearers     = regexp.MustCompile(`(?i)\bBearer\s+([A-Z0-9_.~+/=%-]+)`)
)

// members matches JSON members for secrets. Unescaped, a value would end at the first quotation mark in it.
var members = regexp.MustCompile(`(?i)"(?:token|access_token|refresh_token|plain_text_refresh_token|client_secret)"\s*:\s*"((?:[^"\\]|\\.)+)`)

// Redact replaces every credential in s: whatever carries one of PlanetScale's prefixes, follows a Bearer scheme or is
// the value of a JSON member for secrets, and of each of known every part of eight characters or more, in capitals or
// not, plain, escaped, in hexadecimal or in base64.
func Redact(s string, known ...string) string {
	found, parts := unescaped(s).matches(members), partsOf(known)
	for _, plain := range readings(s) {
		found = slices.Concat(found, plain.matches(credentials), plain.matches(bearers), plain.fragments(parts))
	}
	return hide(s, found)
}

// mostData is how long a text of data may be of which only a credential is hidden, and not all: to go over one of
// megabytes, each letter of it escaped, takes half a minute.
const mostData = 64 << 10

// RedactCredentials is Redact for text that is data, such as a name, and no header or JSON: Bearer is a word in it like
// any other. Parts of known are looked for only where the whole may be. A text of more than 64 KiB that may hold a
// credential is hidden whole.
func RedactCredentials(s string, known ...string) string {
	repeats := slices.ContainsFunc(known, func(k string) bool { return mayRepeat(s, k) })
	if !repeats && !mayHoldCredential(s) {
		return s
	}
	if len(s) > mostData {
		return redacted
	}
	var found []span
	var parts parts
	if repeats {
		parts = partsOf(known)
	}
	for _, plain := range readings(s) {
		found = slices.Concat(found, plain.matches(credentials), plain.fragments(parts))
	}
	return hide(s, found)
}

// mayRepeat looks for the longest part of a secret that is seldom escaped, for the same reason as mayHoldCredential.
func mayRepeat(s, secret string) bool {
	longest, from := "", 0
	for i, r := range secret {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			from = i + utf8.RuneLen(r)
		} else if end := i + utf8.RuneLen(r); end-from > len(longest) {
			longest = secret[from:end]
		}
	}
	return secret != "" && strings.Contains(s, longest)
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

// A span is a piece of a text, from its first byte to before its end.
type span struct{ from, to int }

// hide puts redacted in the place of the spans of s.
func hide(s string, spans []span) string {
	if len(spans) == 0 {
		return s
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	var b strings.Builder
	shown := 0
	for _, hidden := range spans {
		if hidden.from >= shown {
			b.WriteString(s[shown:hidden.from] + redacted)
		}
		shown = max(shown, hidden.to)
	}
	b.WriteString(s[shown:])
	return b.String()
}

// A plainText is a text without its escapes, and knows where each of its bytes was.
type plainText struct {
	text string
	from []int // where the byte at i began, and at the end where the text ended; nil if there was no escape
}

func unescaped(s string) plainText { return plainText{text: s} }

// readings returns s as it is, where a credential may hold what looks like an escape, and without its escapes if it has any.
func readings(s string) []plainText {
	plain := unescape(s)
	if plain.from == nil {
		return []plainText{plain}
	}
	return []plainText{unescaped(s), plain}
}

// escapes are those of JSON and of other languages' strings, of URLs and of HTML, for the characters of ASCII.
var escapes = regexp.MustCompile(`(?i)\\+(?:u00|x)([0-7][0-9A-F])|%([0-7][0-9A-F])|&#x0*([0-7][0-9A-F]);|&#0*([0-9]{2,3});|&(amp|lt|gt|quot|apos);|\\+(/)`)

// mostEscapes is how often a text may be escaped over and over: as a JSON string in a JSON string in a URL.
const mostEscapes = 3

func unescape(s string) plainText {
	p := unescaped(s)
	for range mostEscapes {
		found := escapes.FindAllStringSubmatchIndex(p.text, -1)
		if found == nil {
			break
		}
		var b strings.Builder
		var from []int
		at := 0
		upTo := func(end int) {
			for ; at < end; at++ {
				b.WriteByte(p.text[at])
				from = append(from, p.began(at))
			}
		}
		for _, match := range found {
			upTo(match[0])
			b.WriteByte(character(p.text, match[2:]))
			from = append(from, p.began(at))
			at = match[1]
		}
		upTo(len(p.text))
		p = plainText{b.String(), append(from, len(s))}
	}
	return p
}

// character returns what an escape stands for, by the place of the one of its groups that matched.
func character(s string, groups []int) byte {
	for group := range len(groups) / 2 {
		from, to := groups[2*group], groups[2*group+1]
		if from < 0 {
			continue
		}
		base := 16
		switch what := s[from:to]; group {
		case 5:
			return what[0]
		case 4:
			return entities[strings.ToLower(what)]
		case 3:
			base = 10
			fallthrough
		default:
			code, _ := strconv.ParseUint(what, base, 8) // of a number too large the largest, which is in no credential
			return byte(code)
		}
	}
	return 0
}

var entities = map[string]byte{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}

// began returns where in the text before unescaping the byte at i began.
func (p plainText) began(i int) int {
	if p.from == nil {
		return i
	}
	return p.from[i]
}

// matches returns what a regular expression matches, or its group if it has one.
func (p plainText) matches(pattern *regexp.Regexp) (found []span) {
	for _, match := range pattern.FindAllStringSubmatchIndex(p.text, -1) {
		group := match[len(match)-2:]
		found = append(found, span{p.began(group[0]), p.began(group[1])})
	}
	return found
}

// fragment is how many characters in a row a known secret and a text must share. Fewer would be found by chance.
const fragment = 8

// parts are what to look for, by its length.
type parts [fragment + 1]map[string]bool

// fragments returns what of the text is one of the parts.
func (p plainText) fragments(parts parts) (found []span) {
	text := LowerASCII(p.text)
	for size := range fragment + 1 {
		for i := 0; len(parts[size]) > 0 && i+size <= len(text); i++ {
			if parts[size][text[i:i+size]] {
				found = append(found, span{p.began(i), p.began(i + size)})
			}
		}
	}
	return found
}

// partsOf returns the parts of the secrets as they may be written, or all of one that is shorter than a part. A prefix
// that everyone knows is no part.
func partsOf(known []string) (parts parts) {
	add := func(part string) {
		if parts[len(part)] == nil {
			parts[len(part)] = map[string]bool{}
		}
		parts[len(part)][LowerASCII(part)] = true
	}
	for _, secret := range known {
		if secret != "" && len(secret) < fragment {
			add(secret)
			continue
		}
		all := writings(secret)
		if plain := unescape(secret); plain.from != nil {
			all = append(all, plain.text)
		}
		for _, written := range all {
			public := len(prefix.FindString(written))
			for from := max(public-fragment+1, 0); from+fragment <= len(written); from++ {
				add(written[from : from+fragment])
			}
		}
	}
	return parts
}

var prefix = regexp.MustCompile("^" + prefixes)

// writings returns a secret as it is, in hexadecimal, and in base64, where a character depends on how many came before.
func writings(secret string) []string {
	all := []string{secret, hex.EncodeToString([]byte(secret))}
	for before := range 3 {
		s := append(make([]byte, before), secret...)
		all = append(all, base64.StdEncoding.EncodeToString(s), base64.URLEncoding.EncodeToString(s))
	}
	return all
}

// LowerASCII folds the letters of ASCII and no others, and leaves each byte where it is.
func LowerASCII(s string) string {
	folded := []byte(s)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + ('a' - 'A')
		}
	}
	return string(folded)
}
