package text_test

import (
	"testing"

	"github.com/psoauth/psoauth/internal/text"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": true, "CI deploys <1>": true, "pscale": true, "a beard": true,
		"x\n": false, "ü": false, "\x7f": false, "my Pscale_tkn_x": false, "by BEARER x": false,
	} {
		if got := text.Plain(s); got != want {
			t.Errorf("%q: got %v", s, got)
		}
	}
}

func FuzzPlain(f *testing.F) {
	for _, seed := range []string{"", "CI deploys", "Bearer x", "pscale_pw_x", "é\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := text.Excerpt(s, len(s)); text.Plain(s) && got != s {
			t.Errorf("%q is called plain and becomes %q", s, got)
		}
	})
}
