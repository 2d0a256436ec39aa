package audit

import (
	"strconv"
	"testing"

	"github.com/psoauth/psoauth/api"
)

// With room for few actors the counts of many are still right to within one in the room of all tokens.
func TestActorCountsInLittleRoom(t *testing.T) {
	t.Parallel()
	const room, others, busy = 100, 5000, 200
	c := newActors(20, room)
	add := func(id string) { c.add(&api.Token{ActorID: &id}) }
	for i := range others {
		add("other-" + strconv.Itoa(i))
		if i%(others/busy) == 0 {
			add("busy")
		}
		if len(c.counts) > room {
			t.Fatalf("%d actors are counted where there is room for %d", len(c.counts), room)
		}
	}
	found := c.remarks()
	if len(found) != 1 || found[0].actor != "busy" {
		t.Fatalf("found %+v, want busy alone", found)
	}
	for _, actor := range c.many {
		if least := busy - (others+busy)/room; actor.tokens > busy || actor.tokens < least {
			t.Errorf("busy has %d tokens counted, want %d to %d", actor.tokens, least, busy)
		}
	}
}
