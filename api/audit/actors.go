package audit

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/psoauth/psoauth/api"
)

func (a *Auditor) actorUnknown(tok *api.Token, _ Reach) string {
	var missing []string
	for _, m := range []struct {
		name  string
		value *string
	}{{"actor_id", tok.ActorID}, {"actor_display_name", tok.ActorDisplayName}, {"actor_type", tok.ActorType}} {
		if m.value == nil || strings.TrimSpace(*m.value) == "" {
			missing = append(missing, m.name)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "comes without " + strings.Join(missing, ", ")
}

// maxActors is for how many actors at a time tokens are counted.
const maxActors = 1 << 17

// actors counts the tokens of each actor in bounded memory, after Misra and Gries: when there is no room for another
// actor, every count goes down by one and those at zero make room. So a count is never too high, and too low by at most
// one in maxActors of all tokens. An actor with more tokens than are allowed keeps its count from there on.
type actors struct {
	seed    maphash.Seed
	room    int
	allowed uint32
	counts  map[uint64]uint32 // by the hash of the actor's id, which may be long
	many    map[uint64]*busyActor
}

type busyActor struct {
	reference
	tokens int
}

func newActors(allowed, room int) actors {
	return actors{maphash.MakeSeed(), room, uint32(allowed), map[uint64]uint32{}, map[uint64]*busyActor{}}
}

func (c *actors) add(tok *api.Token) {
	if tok.ActorID == nil || *tok.ActorID == "" {
		return
	}
	key := maphash.String(c.seed, *tok.ActorID)
	if len(c.many) > 0 {
		if actor, ok := c.many[key]; ok {
			actor.tokens++
			return
		}
	}
	n, known := c.counts[key]
	switch {
	case n == c.allowed && len(c.many) == MaxFindings:
	case n == c.allowed:
		delete(c.counts, key)
		c.many[key] = &busyActor{actorOf(tok).own(), int(n) + 1}
	case known || len(c.counts) < c.room:
		c.counts[key] = n + 1
	default:
		for other, n := range c.counts {
			if n == 1 {
				delete(c.counts, other)
			} else {
				c.counts[other] = n - 1
			}
		}
	}
}

// remarks returns one remark on each actor with too many tokens, the busiest first.
func (c *actors) remarks() []remark {
	busy := make([]*busyActor, 0, len(c.many))
	for _, actor := range c.many {
		busy = append(busy, actor)
	}
	slices.SortFunc(busy, func(a, b *busyActor) int {
		return cmp.Or(cmp.Compare(b.tokens, a.tokens), cmp.Compare(a.actor, b.actor))
	})
	found := make([]remark, len(busy))
	for i, actor := range busy {
		found[i] = remark{
			reference: actor.reference,
			message:   fmt.Sprintf("acts through %d tokens, more than %d", actor.tokens, c.allowed),
		}
	}
	return found
}
