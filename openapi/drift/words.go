package drift

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/psoauth/psoauth/internal/text"
)

// maxWords is how many bytes either side of a finding has at most.
const maxWords = 160

var kindWords = [...]string{boolean: "a boolean", number: "a number", str: "a string", array: "an array", object: "an object"}

// String says in words what a schema allows, without going into objects.
func (s *schema) String() string {
	if len(s.alternatives) >= int(kinds) && s.null {
		if open := anything(); slices.Equal(s.kindWords(), open.kindWords()) {
			return "anything"
		}
	}
	all := s.kindWords()
	if s.null {
		all = append(all, "null")
	}
	if len(all) == 0 {
		return "nothing"
	}
	return text.Excerpt(strings.Join(all, " or "), maxWords)
}

func (s *schema) kindWords() []string {
	var all []string
	several := len(s.ofKind(object)) > 1
	for _, a := range s.alternatives {
		words := a.String()
		if several && a.kind == object {
			words += a.requiredWords()
		}
		if !slices.Contains(all, words) {
			all = append(all, words)
		}
	}
	return all
}

// requiredWords tells one of several objects from the others.
func (a *alternative) requiredWords() string {
	var names []string
	for name, m := range a.members {
		if m.required {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return " with " + strings.Join(names, ", ")
}

// String says in words what an alternative allows.
func (a *alternative) String() string {
	switch {
	case a.enum != nil && a.kind != object && a.kind != array:
		return enumWords(a.enum)
	case a.kind == array && a.items != nil && a.items.String() != "anything":
		return "an array of " + plural(a.items)
	case a.kind == number && a.integer:
		return "an integer" + a.formatWords()
	}
	return kindWords[a.kind] + a.formatWords()
}

func (a *alternative) formatWords() string {
	if a.format == "" || a.implied {
		return ""
	}
	return " (" + a.format + ")"
}

// published says in words what format a document gives.
func (a *alternative) published() string {
	if a.implied {
		return orNone("format", "")
	}
	return orNone("format", a.format)
}

func plural(s *schema) string {
	if len(s.alternatives) != 1 || s.null || s.alternatives[0].enum != nil {
		return "(" + s.String() + ")"
	}
	a := s.alternatives[0]
	if a.kind == array {
		return "arrays"
	}
	noun := strings.TrimPrefix(strings.TrimPrefix(kindWords[a.kind], "an "), "a ")
	if a.integer {
		noun = "integer"
	}
	return noun + "s" + a.formatWords()
}

func enumWords(enum []any) string {
	var all []string
	for _, v := range enum {
		all = append(all, jsonText(v))
	}
	if len(all) == 1 {
		return "always " + all[0]
	}
	return "one of " + strings.Join(all, ", ")
}

// presence says in words whether a member is always there.
func presence(required bool) string {
	if required {
		return "required"
	}
	return "optional"
}

// String says in words what a member is.
func (m *member) String() string { return m.schema.String() + ", " + presence(m.required) }

func (b bound) words(name string) string {
	switch {
	case b.value == nil:
		return "no " + name
	case b.exclusive:
		return name + " " + float(*b.value) + ", which is not included"
	}
	return name + " " + float(*b.value)
}

func float(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func (l limits) words(things string) string {
	switch {
	case l.min == 0 && l.max == nil:
		return "any number of " + things
	case l.max == nil:
		return fmt.Sprintf("at least %d %s", l.min, things)
	case l.min == 0:
		return fmt.Sprintf("at most %d %s", *l.max, things)
	}
	return fmt.Sprintf("%d to %d %s", l.min, *l.max, things)
}

func orNone(what, s string) string {
	if s == "" {
		return "no " + what
	}
	return what + " " + s
}

// excerpt returns a text of the document's as one side of a finding.
func excerpt(s string) string {
	if s == "" {
		return "nothing"
	}
	return text.Excerpt(s, maxWords)
}
