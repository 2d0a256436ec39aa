package drift

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An edited is a text with insertions between its lines; no line of its own changes.
type edited struct {
	lines   []string             // without their ends
	inserts map[int][]*insertion // by the number of lines before them
}

// An insertion is the lines that follow the block of one key.
type insertion struct {
	below *yaml.Node
	text  string
}

func newEdited(text string) *edited {
	return &edited{lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n"), inserts: map[int][]*insertion{}}
}

// insertBelow inserts text below the block that a key of a block mapping begins, unless it is there already. The first
// text below a key comes after the heading.
func (e *edited) insertBelow(key *yaml.Node, heading, text string) {
	at := key.Line // counted from 1, so this is the line after the key's
	for at < len(e.lines) && (strings.TrimSpace(e.lines[at]) == "" || indentOf(e.lines[at]) >= key.Column) {
		at++
	}
	for strings.TrimSpace(e.lines[at-1]) == "" { // blank lines belong to what follows
		at--
	}
	i := slices.IndexFunc(e.inserts[at], func(in *insertion) bool { return in.below == key })
	if i < 0 {
		i = len(e.inserts[at])
		e.inserts[at] = append(e.inserts[at], &insertion{key, heading})
	}
	if in := e.inserts[at][i]; !strings.Contains("\n"+in.text, "\n"+text) {
		in.text += text
	}
}

// inserted returns the lines that come after so many of the text, those of the innermost blocks first.
func (e *edited) inserted(at int) []string {
	slices.SortStableFunc(e.inserts[at], func(a, b *insertion) int { return b.below.Column - a.below.Column })
	var text strings.Builder
	for _, in := range e.inserts[at] {
		text.WriteString(in.text)
	}
	return strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// around is how many unchanged lines a diff shows before and after a change.
const around = 3

// diff returns the insertions as a unified diff, empty if there are none.
func (e *edited) diff(file string) string {
	if len(e.inserts) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- a/%s\n+++ b/%[1]s\n", file)
	var places []int
	for at := range e.inserts {
		places = append(places, at)
	}
	slices.Sort(places)
	added := 0 // in the hunks before
	for len(places) > 0 {
		n := 1 // places in this hunk: those whose context would touch
		for n < len(places) && places[n]-places[n-1] <= 2*around {
			n++
		}
		first, last := max(places[0]-around, 0), min(places[n-1]+around, len(e.lines))
		var body strings.Builder
		more := 0
		for at := first; at <= last; at++ {
			if slices.Contains(places[:n], at) {
				for _, line := range e.inserted(at) {
					fmt.Fprintf(&body, "+%s\n", line)
					more++
				}
			}
			if at < last {
				fmt.Fprintf(&body, " %s\n", e.lines[at])
			}
		}
		fmt.Fprintf(&b, "@@ -%d,%d +%d,%d @@\n%s", first+1, last-first, first+1+added, last-first+more, body.String())
		added += more
		places = places[n:]
	}
	return b.String()
}
