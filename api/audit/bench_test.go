package audit_test

import (
	"fmt"
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
)

// many returns tokens of many actors, of which one in so many has a finding; 0 for none.
func many(flagged int) []*api.Token {
	all := make([]*api.Token, 10_000)
	for i := range all {
		all[i] = clean(func(tok *api.Token) {
			tok.ID, tok.ActorID = fmt.Sprintf("%012d", i), ptr(fmt.Sprintf("%012d", i/4))
			if flagged > 0 && i%flagged == 0 {
				tok.ExpiresAt = nil
			}
		})
	}
	return all
}

func BenchmarkToken(b *testing.B) {
	for name, tokens := range map[string][]*api.Token{"clean": many(0), "flagged": many(1)} {
		b.Run(name, func(b *testing.B) {
			a := newAuditor(b, audit.Options{})
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				a.Token(tokens[i%len(tokens)])
			}
		})
	}
}

func TestCleanTokensCostNoAllocations(t *testing.T) {
	a, tokens := newAuditor(t, audit.Options{}), many(0)
	for _, tok := range tokens { // the oldest tokens and the actors are known then
		a.Token(tok)
	}
	i := 0
	if allocs := testing.AllocsPerRun(1000, func() { a.Token(tokens[i%len(tokens)]); i++ }); allocs > 0 {
		t.Errorf("%v allocations a token, want none", allocs)
	}
}
