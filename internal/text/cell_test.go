package text_test

import (
	"testing"

	"github.com/psoauth/psoauth/internal/text"
)

func TestNoFormula(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", " ", "CI deploys", "a=1", "'=cmd()", "a;b", "a;'=b"} {
		if got := text.NoFormula(s); got != s {
			t.Errorf("%q: got %q", s, got)
		}
	}
	for _, s := range []string{
		"=cmd()", "+1", "-1", "@SUM(A1)", "  =cmd()", "\t=cmd()", "\tx", "\n\r=cmd()", "＝cmd()", "\u3000＠SUM()",
	} {
		for _, before := range []string{"", "/;", "a;;", ";"} {
			if got := text.NoFormula(before + s); got != before+"'"+s {
				t.Errorf("%q: got %q", before+s, got)
			}
		}
	}
}
