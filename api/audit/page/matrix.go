package page

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/psoauth/psoauth/api/audit"
)

// A column is a part of what a token may do, or of where.
type column struct {
	Bit   audit.Reach
	Title string
}

var (
	resourceColumns = []column{
		{audit.Reads, "Read"}, {audit.Writes, "Write"}, {audit.Deletes, "Delete"}, {audit.Administers, "Administer"},
	}
	actorColumns = append(slices.Clone(resourceColumns), []column{
		{audit.OnUser, "User"}, {audit.OnBranch, "Branches"}, {audit.OnDatabase, "Databases"},
		{audit.OnOrganization, "Organization"}, {audit.OnProduction, "Production"},
	}...)
)

const (
	shownLines = 15      // of a matrix, before the others are summed up
	mostLines  = 100_000 // that are told apart
)

// A matrix counts for each actor, or each resource, the tokens with each kind of reach.
type matrix struct {
	columns []column
	grave   audit.Reach // what brings a line to the top
	lines   map[string]*line
}

type line struct {
	Label, Kind string
	Tokens      int
	counts      []int
	grave       int // tokens with grave reach

	token int         // the token that was counted last
	reach audit.Reach // what was counted of it
}

func newMatrix(columns []column, grave audit.Reach) matrix {
	return matrix{columns, grave, map[string]*line{}}
}

// add counts a token, of which the same line may be told again.
func (m *matrix) add(token int, key, label, kind string, reach audit.Reach) {
	l := m.lines[key]
	if l == nil {
		if len(m.lines) >= mostLines {
			key, label, kind = "\x00", "all others", ""
			l = m.lines[key]
		}
		if l == nil {
			l = &line{Label: strings.Clone(label), Kind: kind, counts: make([]int, len(m.columns))}
			m.lines[key] = l
		}
	}
	if l.token != token {
		l.token, l.reach = token, 0
		l.Tokens++
	}
	more := reach &^ l.reach
	if more&m.grave != 0 && l.reach&m.grave == 0 {
		l.grave++
	}
	for i, c := range m.columns {
		if more&c.Bit != 0 {
			l.counts[i]++
		}
	}
	l.reach |= reach
}

// A heatLine is a line as it is shown.
type heatLine struct {
	*line
	Cells []cell
}

type cell struct {
	Count int
	Heat  int // 0 for none, and from 1 to 4 as the count comes closer to the largest
}

// top returns the first lines, the gravest and then the busiest, and how many others there are.
func (m *matrix) top() (lines []heatLine, others int) {
	all := slices.SortedFunc(maps.Values(m.lines), func(a, b *line) int {
		return cmp.Or(cmp.Compare(b.grave, a.grave), cmp.Compare(b.Tokens, a.Tokens), cmp.Compare(a.Label, b.Label),
			cmp.Compare(a.Kind, b.Kind))
	})
	most := 0
	for _, l := range all {
		most = max(most, slices.Max(l.counts))
	}
	for _, l := range all[:min(len(all), shownLines)] {
		shown := heatLine{line: l}
		for _, n := range l.counts {
			shown.Cells = append(shown.Cells, cell{n, heat(n, most)})
		}
		lines = append(lines, shown)
	}
	return lines, len(all) - len(lines)
}

func heat(n, most int) int {
	if n == 0 {
		return 0
	}
	return 1 + int(3*math.Log(float64(n))/math.Log(float64(max(most, 2))))
}
