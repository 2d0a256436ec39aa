package text_test

import (
	"testing"

	"github.com/psoauth/psoauth/internal/text"
)

func TestCell(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":            "",
		"CI deploys":  "CI deploys",
		"a=1":         "a=1",
		"=cmd()":      "'=cmd()",
		"+1":          "'+1",
		"-1":          "'-1",
		"@SUM(A1)":    "'@SUM(A1)",
		"  =cmd()":    "'  =cmd()",
		"\t=cmd()":    "'\t=cmd()",
		"\n\r=cmd()":  "'\n\r=cmd()",
		"＝cmd()":      "'＝cmd()",
		"\u3000＠SUM()": "'\u3000＠SUM()",
		"'=cmd()":     "'=cmd()",
	} {
		if got := text.Cell(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
