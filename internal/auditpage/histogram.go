package auditpage

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/psoauth/psoauth/api/audit"
)

// distances are where the bars of a histogram begin and end, in days from the audit.
var distances = []struct {
	days  int64
	title string // of the bar that ends here, or begins where the last one ends
}{
	{7, "1 wk"}, {30, "1 mo"}, {91, "3 mo"}, {182, "6 mo"}, {365, "1 yr"}, {730, "2 yr"}, {1826, "5 yr"},
}

const side = 8 // bars before the audit, and as many after it

// A histogram counts times by how far they are from the audit, from the farthest past to the farthest future, and last those
// that are never. The bars are the wider the farther they are, because a reviewer wants to tell last week from last month,
// and does not care for one week of last year.
type histogram [2*side + 1]int

func (h *histogram) add(now time.Time, t *time.Time) {
	switch {
	case t == nil:
		h[2*side]++
		return
	case t.IsZero(): // not known
		return
	}
	distance, step, bar := t.Unix()-now.Unix(), 1, side
	if distance <= 0 {
		distance, step, bar = -distance, -1, side-1
	}
	for _, d := range distances {
		if distance <= d.days*24*60*60 {
			break
		}
		bar += step
	}
	h[bar]++
}

// The measures of the chart, in its own units.
const (
	chartLeft   = 96
	barWidth    = 46
	barGap      = 4
	rowHeight   = 84
	barHeight   = 52
	chartTop    = 34
	neverGap    = 26
	chartWidth  = chartLeft + 2*side*barWidth + neverGap + barWidth + 10
	chartBottom = chartTop + 3*rowHeight
)

// A chart is three histograms, one above the other.
type chart struct {
	Width, Height, Left, Right int
	Middle                     int // where the audit is
	Top, Bottom                int
	Rows                       []chartRow
	Ticks                      []tick
	NeverAt                    int
}

type chartRow struct {
	Title string
	Base  int
	Bars  []bar
}

type bar struct {
	X, Y, Width, Height int
	Count               int
	Class, Title        string
}

type tick struct {
	X     int
	Title string
}

func newChart(report *audit.Report) chart {
	var created, used, expires histogram
	for _, app := range report.Applications {
		for i := range app.Tokens {
			created.add(report.At, &app.Tokens[i].Created)
			used.add(report.At, app.Tokens[i].LastUsed)
			expires.add(report.At, app.Tokens[i].Expires)
		}
	}
	c := chart{
		Width: chartWidth, Height: chartBottom + 30, Top: chartTop - 12, Bottom: chartBottom,
		Left: chartLeft, Middle: chartLeft + side*barWidth, Right: chartLeft + 2*side*barWidth,
		NeverAt: chartLeft + 2*side*barWidth + neverGap + barWidth/2,
	}
	c.Ticks = []tick{{c.Middle, "audit"}}
	for n, d := range distances {
		c.Ticks = append(c.Ticks, tick{c.Middle - (n+1)*barWidth, d.title}, tick{c.Middle + (n+1)*barWidth, d.title})
	}
	largest := max(1, slices.Max(created[:]), slices.Max(used[:]), slices.Max(expires[:]))
	for n, r := range []struct {
		title, class string
		histogram
	}{{"Created", "created", created}, {"Last used", "used", used}, {"Expires", "expires", expires}} {
		row := chartRow{Title: r.title, Base: chartTop + (n+1)*rowHeight - 20}
		for at, count := range r.histogram {
			if count == 0 {
				continue
			}
			// By the square root, so that few are seen beside many.
			height := max(2, int(barHeight*math.Sqrt(float64(count)/float64(largest))))
			b := bar{
				X: chartLeft + at*barWidth + barGap/2, Width: barWidth - barGap, Height: height, Y: row.Base - height,
				Count: count, Class: r.class, Title: fmt.Sprintf("%s: %d %s", r.title, count, when(at)),
			}
			switch {
			case at == 2*side:
				b.X = c.NeverAt - b.Width/2
				b.Class += " never"
			case r.class == "expires" && at < side:
				b.Class += " over"
			}
			row.Bars = append(row.Bars, b)
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// when says in words what a bar counts.
func when(bar int) string {
	near, direction := bar-side, " after the audit"
	if bar < side {
		near, direction = side-1-bar, " before the audit"
	}
	switch {
	case bar == 2*side:
		return "never"
	case near == 0:
		return "up to " + distances[0].title + direction
	case near == len(distances):
		return "more than " + distances[near-1].title + direction
	}
	return distances[near-1].title + " to " + distances[near].title + direction
}
