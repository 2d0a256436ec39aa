package auditpage

import (
	"math"
	"time"

	"github.com/psoauth/psoauth/api/audit"
)

// distances are where periods begin and end, in days from the audit. The periods are the longer the farther they are,
// because a reviewer wants to tell last week from last month, and does not care for one week of last year.
var distances = []struct {
	days  int64
	title string
}{
	{7, "1 wk"}, {30, "1 mo"}, {91, "3 mo"}, {182, "6 mo"}, {365, "1 yr"}, {730, "2 yr"}, {1826, "5 yr"},
}

const side = 8 // periods before the audit, and as many after it; never is one more

// A period counts the tokens that were created, were last used, and expire in it.
type period struct {
	When string
	Past bool
	Bars [3]bar
}

type bar struct {
	Count  int
	Length int // in percent of the longest
}

// timeline returns the periods from the farthest past to the farthest future, and last what is never, without those in which
// there is nothing.
func timeline(r *audit.Report) (all []period) {
	var counts [2*side + 1][3]int
	largest := 1
	for _, app := range r.Applications {
		for _, tok := range app.Tokens {
			for i, t := range []*time.Time{&tok.Created, tok.LastUsed, tok.Expires} {
				if t == nil || !t.IsZero() { // which is not known
					count := &counts[periodOf(r.At, t)][i]
					*count++
					largest = max(largest, *count)
				}
			}
		}
	}
	for at, count := range counts {
		if count == [3]int{} {
			continue
		}
		p := period{When: when(at), Past: at < side}
		for i, n := range count {
			// By the square root, so that few are seen beside many.
			p.Bars[i] = bar{n, int(math.Ceil(100 * math.Sqrt(float64(n)/float64(largest))))}
		}
		all = append(all, p)
	}
	return all
}

// periodOf returns the number of the period that a time is in.
func periodOf(now time.Time, t *time.Time) int {
	if t == nil {
		return 2 * side
	}
	distance, step, at := t.Unix()-now.Unix(), 1, side
	if distance <= 0 {
		distance, step, at = -distance, -1, side-1
	}
	for _, d := range distances {
		if distance <= d.days*24*60*60 {
			break
		}
		at += step
	}
	return at
}

// when says in words what a period is.
func when(at int) string {
	near, direction := at-side, " after the audit"
	if at < side {
		near, direction = side-1-at, " before the audit"
	}
	switch {
	case at == 2*side:
		return "never"
	case near == 0:
		return "up to " + distances[0].title + direction
	case near == len(distances):
		return "more than " + distances[near-1].title + direction
	}
	return distances[near-1].title + " to " + distances[near].title + direction
}
