package text_test

import (
	"testing"

	"github.com/psoauth/psoauth/internal/text"
)

func TestIsFormula(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"": false, " ": false, "CI deploys": false, "a=1": false, "'=cmd()": false,
		"=cmd()": true, "+1": true, "-1": true, "@SUM(A1)": true, "  =cmd()": true, "\t=cmd()": true, "\tx": true,
		"\n\r=cmd()": true, "＝cmd()": true, "\u3000＠SUM()": true,
	} {
		if got := text.IsFormula(in); got != want {
			t.Errorf("%q: got %v", in, got)
		}
	}
}
