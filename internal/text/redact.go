package text

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// redacted takes the place of a secret; it is openapi.Redacted, repeated because this package imports nothing of ours.
const redacted = "[redacted]"

// prefixes are what PlanetScale's credentials begin with, the longest of two alike first. Lengths are not promised, so a
// credential ends where its alphabet does, escapes included. The public client id, pscale_app_ and hex digits, is no secret.
const (
	prefixes  = `pscale_(?:oauth_refresh|oauth|app_secret|tkn|pw)_`
	character = `(?:[A-Z0-9_.~+/=%-]|\\+(?:u00[0-7][0-9A-F]|x[0-7][0-9A-F]|/)|&(?:#x?[0-9A-F]+|amp|lt|gt);)`
)

// What the first group of a pattern matches is a secret, or all of the match.
var (
	credentials = regexp.MustCompile(`(?i)` + prefixes + character + `+`)
	bearers     = regexp.MustCompile(`(?i)\bBearer\s+(` + character + `+)`)
	members     = regexp.MustCompile(`(?i)"(?:(?:(?:access|(?:plain_text_)?refresh)_)?token|client_secret)"\s*:\s*"((?:[^"\\]|\\.)+)`)
	prefix      = regexp.MustCompile("^" + prefixes)
)

// Redact replaces every credential in s: whatever carries one of PlanetScale's prefixes, follows a Bearer scheme or is
// the value of a JSON member for secrets, and of each of known every part of eight characters or more behind its prefix,
// in capitals or not, plain, escaped, in hexadecimal or in base64. Where a secret was escaped, the result has s without
// its escapes.
func Redact(s string, known ...string) string { return redact(s, known, credentials, bearers, members) }

// maxField is how long a field may be of which only a credential is hidden, and not all: to go over one of megabytes, each
// letter of it escaped, takes half a minute.
const maxField = 64 << 10

// RedactCredentials is Redact for text that is data, such as a name, and no header or JSON: Bearer is a word in it like
// any other. Parts of known are looked for only where there is all of it, or an escape. A text of more than 64 KiB that
// may hold a credential is hidden whole.
func RedactCredentials(s string, known ...string) string {
	// All prefixes have these letters. An s has two other forms, so it is not among them.
	suspect := strings.Contains(LowerASCII(s), "cale_") || unescape(s) != s ||
		slices.ContainsFunc(known, func(k string) bool { return k != "" && strings.Contains(s, k) })
	switch {
	case !suspect:
		return s
	case len(s) > maxField:
		return redacted
	}
	return redact(s, known, credentials)
}

// redact looks at the text as it is, where a credential may hold what looks like an escape, and without its escapes. Of what
// is known it looks for all first: parts of a secret that is escaped would leave the parts between them.
func redact(s string, known []string, patterns ...*regexp.Regexp) string {
	s = hide(s, known, "", patterns)
	plain := unescape(s)
	if plain == s && len(known) == 0 {
		return s
	}
	if hidden := hide(plain, known, forms(known), patterns); hidden != plain {
		return hidden
	}
	return s
}

// hide puts redacted in the place of secrets, of the fragments of forms, and of what matches a pattern, except in what is
// redacted already.
func hide(s string, secrets []string, forms string, patterns []*regexp.Regexp) string {
	pieces := strings.Split(s, redacted)
	for i, piece := range pieces {
		hidden := make([]bool, len(piece))
		hide := func(from, to int) {
			for ; from < to; from++ {
				hidden[from] = true
			}
		}
		for _, pattern := range patterns {
			for _, match := range pattern.FindAllStringSubmatchIndex(piece, -1) {
				hide(match[len(match)-2], match[len(match)-1])
			}
		}
		folded := LowerASCII(piece)
		for _, secret := range secrets {
			secret = LowerASCII(secret)
			for from := 0; secret != "" && from < len(folded); from++ {
				if strings.HasPrefix(folded[from:], secret) {
					hide(from, from+len(secret))
				}
			}
		}
		for from := 0; forms != "" && from+fragment <= len(folded); from++ {
			if strings.Contains(forms, folded[from:from+fragment]) {
				hide(from, from+fragment)
			}
		}
		var b strings.Builder
		for at := range len(piece) {
			if !hidden[at] {
				b.WriteByte(piece[at])
			} else if at == 0 || !hidden[at-1] {
				b.WriteString(redacted)
			}
		}
		pieces[i] = b.String()
	}
	return strings.Join(pieces, redacted)
}

// escapes are those of JSON and of other languages' strings, of URLs and of HTML, for the characters of ASCII.
var escapes = regexp.MustCompile(`(?i)\\+(?:u00|x)([0-7][0-9A-F])|%([0-7][0-9A-F])` +
	`|&#x0*([0-7][0-9A-F]);|&#0*(1[01][0-9]|12[0-7]|[0-9]{2});|&(?:amp|lt|gt|quot|apos);|\\+/`)

var entities = map[string]string{"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": `"`, "&apos;": "'"}

// unescape resolves escapes, as of a JSON string in a JSON string in a URL.
func unescape(s string) string {
	for range 3 {
		if !strings.ContainsAny(s, `\%&`) {
			break // as in most texts
		}
		plain := escapes.ReplaceAllStringFunc(s, func(escape string) string {
			groups := escapes.FindStringSubmatch(escape)
			code, err := strconv.ParseUint(groups[1]+groups[2]+groups[3], 16, 7)
			if err != nil {
				code, err = strconv.ParseUint(groups[4], 10, 7)
			}
			if err != nil {
				return cmp.Or(entities[LowerASCII(escape)], "/")
			}
			return string(rune(code))
		})
		if plain == s {
			break
		}
		s = plain
	}
	return s
}

// fragment is how many characters in a row a known secret and a text must share. Fewer would be found by chance.
const fragment = 8

// forms returns what each secret may be written as, in lower case, with a zero byte between them: as it is, without what
// looks like escapes, in hexadecimal, and in base64, where a character depends on how many came before. The prefix, which
// everyone knows, is left out: _oauth_a of pscale_oauth_ab9 is in read_oauth_applications too.
func forms(known []string) string {
	var all []string
	for _, secret := range known {
		if len(secret) < len(prefix.FindString(secret))+fragment {
			continue // looked for as a whole only
		}
		all = append(all, secret, unescape(secret), hex.EncodeToString([]byte(secret)))
		for before := range 3 {
			s := append(make([]byte, before), secret...)
			all = append(all, base64.StdEncoding.EncodeToString(s), base64.URLEncoding.EncodeToString(s))
		}
	}
	for i, form := range all {
		all[i] = LowerASCII(form[len(prefix.FindString(form)):])
	}
	return strings.Join(all, "\x00")
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
