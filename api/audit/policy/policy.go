// Package policy reads the policy file of an audit: what to look for, how much it matters, and what is put up with until
// when. A file that sets everything:
//
//	thresholds:
//	  never_used_days: 30
//	  unused_days: 90
//	  lifetime_days: 90
//	  expires_days: 7
//	  tokens_per_actor: 10
//	  age_spread: 5
//	production_branches: [main, master, production, prod]
//	rules:
//	  reach.write: off
//	  token.never-expires: error
//	accept:
//	  - token: 8zt3c5n7w1qa
//	    rule: token.never-expires   # all rules if left out
//	    until: 2026-12-31           # this day included, in UTC
//	    reason: to be renewed with the new pipeline
//
// Everything may be left out; [audit.Options] says what the values mean and what they are by default. A severity is
// error, warning, note or off. Whatever else the file holds is an error: a policy that is not understood must not pass for
// one that is kept.
package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/text"
)

// MaxBytes is how long a policy may be.
const MaxBytes = 1 << 20

// A Problem is one mistake in a policy.
type Problem struct {
	Line    int    // counted from 1; 0 if the mistake has no place
	Message string // what is wrong, and what is wanted; fit to be shown
}

// String returns the line and the message.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.Message
	}
	return fmt.Sprintf("line %d: %s", p.Line, p.Message)
}

// An Error holds the mistakes in a policy, in the order of their lines: all of them, or the first hundred and how many
// more there are.
type Error struct {
	Problems []Problem // at least one
}

// Error returns the mistakes, one a line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Read reads a policy and returns the options it sets. Now is not among them. An error is that of r, or an [*Error].
func Read(r io.Reader) (audit.Options, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return audit.Options{}, err
	}
	return Parse(data)
}

// Parse returns the options that a policy sets. Now is not among them. An error is an [*Error].
func Parse(data []byte) (audit.Options, error) {
	if len(data) > MaxBytes {
		return audit.Options{}, mistake(0, "the policy is longer than %d bytes", MaxBytes)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return audit.Options{}, mistake(0, "the policy is empty; one that sets nothing is {}")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return audit.Options{}, nil // nothing but comments
	} else if err != nil {
		return audit.Options{}, syntaxError(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return audit.Options{}, mistake(second.Line, "a policy is one document")
	} else if !errors.Is(err, io.EOF) {
		return audit.Options{}, syntaxError(err)
	}
	p := &parser{}
	p.policy(document.Content[0])
	if len(p.problems) > 0 {
		slices.SortStableFunc(p.problems, func(a, b Problem) int { return a.Line - b.Line })
		if p.more > 0 {
			p.problems = append(p.problems, Problem{Message: fmt.Sprintf("and %d more mistakes", p.more)})
		}
		return audit.Options{}, &Error{p.problems}
	}
	return p.options, nil
}

func mistake(line int, format string, args ...any) *Error {
	return &Error{[]Problem{{line, fmt.Sprintf(format, args...)}}}
}

// syntaxError takes the line out of an error of the YAML parser, which ends at the first.
func syntaxError(err error) *Error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	var line int
	if n, _ := fmt.Sscanf(message, "line %d:", &line); n == 1 {
		_, message, _ = strings.Cut(message, ": ")
	}
	return mistake(line, "this is not YAML: %s", text.Excerpt(message, 120))
}
