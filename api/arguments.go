package api

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An argument is a value that becomes one segment of a path.
type argument struct{ name, value string }

// checkSegments refuses what cannot be one segment of a path: nothing, a dot segment, which every hop may resolve away
// (RFC 3986, section 5.2.4), control characters, and bytes that are not UTF-8. All else the generated client escapes.
func checkSegments(op operation, arguments ...argument) error {
	for _, a := range arguments {
		problem := ""
		switch {
		case strings.TrimSpace(a.value) == "":
			problem = "is empty"
		case a.value == "." || a.value == "..":
			problem = "is a dot segment, which a server would resolve to another path"
		case !utf8.ValidString(a.value):
			problem = "is not UTF-8"
		case strings.ContainsFunc(a.value, unicode.IsControl):
			problem = "holds control characters"
		}
		if problem != "" {
			return invalidArgument(op, "the %s %s", a.name, problem)
		}
	}
	return nil
}

func invalidArgument(op operation, format string, args ...any) *Error {
	return &Error{Operation: op.id, Message: fmt.Sprintf(format, args...), kind: ErrInvalidArgument}
}
