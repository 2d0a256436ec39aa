package audit

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"

	"github.com/psoauth/psoauth/api"
)

const (
	fewestAges  = 20   // there is no usual age among fewer tokens
	leastSpread = 30   // days that the middle half of the ages spans at least: what is a month older than a batch is not unusual
	maxOldest   = 1000 // tokens of unusual age that are named; further ones are counted
)

// ages holds how many tokens there are of each age in days, and the oldest tokens.
type ages struct {
	days   [MaxDays + 1]uint32 // older tokens count into the last
	total  int
	oldest oldest
}

// An aged is a token among the oldest.
type aged struct {
	created int64 // in Unix seconds
	days    int
	reference
	flagged bool
}

func (g *ages) add(tok *api.Token, seconds int64, flagged bool) {
	days := int(min(seconds/day, MaxDays))
	g.days[days]++
	g.total++
	created := tok.CreatedAt.Unix()
	switch {
	case len(g.oldest) < maxOldest:
		heap.Push(&g.oldest, &aged{created, days, referTo(tok).own(), flagged})
	case created < g.oldest[0].created:
		*g.oldest[0] = aged{created, days, referTo(tok).own(), flagged}
		heap.Fix(&g.oldest, 0)
	}
}

// quartile returns the youngest age in days that a quarter, a half or three quarters of the tokens do not exceed.
func (g *ages) quartile(q int) int {
	below, want := 0, (g.total*q+3)/4
	for days, n := range g.days {
		if below += int(n); below >= want {
			return days
		}
	}
	return MaxDays
}

// remarks returns one remark on each token beyond the fence, the oldest first.
func (g *ages) remarks(spread float64) []remark {
	if g.total < fewestAges {
		return nil
	}
	q1, q3 := g.quartile(1), g.quartile(3)
	fence := float64(q3) + spread*float64(max(q3-q1, leastSpread))
	beyond := 0
	for days, n := range g.days {
		if float64(days) > fence {
			beyond += int(n)
		}
	}
	var found []remark
	byAge := slices.SortedStableFunc(slices.Values(g.oldest), func(a, b *aged) int {
		return cmp.Or(cmp.Compare(a.created, b.created), cmp.Compare(a.token, b.token))
	})
	for _, token := range byAge {
		if float64(token.days) <= fence {
			break
		}
		message := fmt.Sprintf("%d days old, while three quarters of the tokens are at most %d", token.days, q3)
		found = append(found, remark{token.reference, message, token.flagged})
	}
	if more := beyond - len(found); more > 0 {
		found = append(found, remark{message: fmt.Sprintf("%d more tokens are older than %.0f days", more, fence)})
	}
	return found
}

// oldest is a heap with the youngest of the oldest tokens on top.
type oldest []*aged

func (o oldest) Len() int           { return len(o) }
func (o oldest) Less(i, j int) bool { return o[i].created > o[j].created }
func (o oldest) Swap(i, j int)      { o[i], o[j] = o[j], o[i] }
func (o *oldest) Push(x any)        { *o = append(*o, x.(*aged)) }
func (o *oldest) Pop() any {
	last := (*o)[len(*o)-1]
	*o = (*o)[:len(*o)-1]
	return last
}
