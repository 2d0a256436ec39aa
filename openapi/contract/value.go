package contract

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// A value is a JSON value as it was sent: members in order, duplicates included, numbers as written.
type value struct {
	kind jsontext.Kind // n, t, f, ", 0, { or [, as package jsontext has them
	cut  bool          // the body ended, or was no JSON any more, inside this object or array
	name string        // of a member
	text string        // a string's content, or a number as written; otherwise empty
	list []value       // an object's members or an array's items
}

const (
	null   = jsontext.KindNull
	yes    = jsontext.KindTrue
	no     = jsontext.KindFalse
	str    = jsontext.KindString
	number = jsontext.KindNumber
	object = jsontext.KindBeginObject
	array  = jsontext.KindBeginArray
)

// kindNames say what a value is, with the article.
var kindNames = map[jsontext.Kind]string{
	null: "null", yes: "a boolean", no: "a boolean", str: "a string", number: "a number", object: "an object", array: "an array",
}

// member returns the member of that name or nil. Of duplicates it is the last, which is the one encoding/json keeps.
func (v *value) member(name string) *value {
	if v == nil || v.kind != object {
		return nil
	}
	for i := len(v.list) - 1; i >= 0; i-- {
		if v.list[i].name == name {
			return &v.list[i]
		}
	}
	return nil
}

// items returns the items of an array, and nothing of anything else.
func (v *value) items() []value {
	if v == nil || v.kind != array {
		return nil
	}
	return v.list
}

// string returns the content of a string.
func (v *value) string() (string, bool) {
	if v == nil || v.kind != str {
		return "", false
	}
	return v.text, true
}

// int returns an integer that 64 bits hold.
func (v *value) int() (int64, bool) {
	if v == nil || v.kind != number {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	return n, err == nil
}

// any returns the value as encoding/json decodes it into an any.
func (v *value) any() any {
	switch v.kind {
	case yes, no:
		return v.kind == yes
	case str:
		return strings.ToValidUTF8(v.text, "\ufffd")
	case number:
		f, _ := strconv.ParseFloat(v.text, 64) // infinite where float64 does not hold it: rule number.float64
		return f
	case array:
		items := make([]any, len(v.list))
		for i := range v.list {
			items[i] = v.list[i].any()
		}
		return items
	case object:
		members := make(map[string]any, len(v.list))
		for i := range v.list {
			members[v.list[i].name] = v.list[i].any()
		}
		return members
	}
	return nil
}

// unquote returns the content of a JSON string whose syntax is known to be good, and whether it has the escape of a lone
// surrogate. Unlike decoders it changes nothing: bytes that are not UTF-8 stay, and a lone surrogate becomes the three
// bytes that would stand for it, which are not UTF-8 either.
func unquote(quoted string) (content string, lone bool) {
	raw := quoted[1 : len(quoted)-1]
	first := strings.IndexByte(raw, '\\')
	if first < 0 {
		return raw, false
	}
	plain := append(make([]byte, 0, len(raw)), raw[:first]...)
	for i := first; i < len(raw); i++ {
		if raw[i] != '\\' {
			plain = append(plain, raw[i])
			continue
		}
		i++
		switch c := raw[i]; c {
		case 'u':
			r := hex4(raw[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				pair := rune(utf8.RuneError)
				if i+6 < len(raw) && raw[i+1] == '\\' && raw[i+2] == 'u' {
					pair = utf16.DecodeRune(r, hex4(raw[i+3:]))
				}
				if pair == utf8.RuneError {
					lone = true
					plain = append(plain, 0xe0|byte(r>>12), 0x80|byte(r>>6&0x3f), 0x80|byte(r&0x3f))
					continue
				}
				r = pair
				i += 6
			}
			plain = utf8.AppendRune(plain, r)
		default:
			plain = append(plain, unescape(c))
		}
	}
	return string(plain), lone
}

func unescape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

func hex4(digits string) rune {
	n, _ := strconv.ParseUint(digits[:4], 16, 16) // four hexadecimal digits: the caller checked the syntax
	return rune(n)
}
