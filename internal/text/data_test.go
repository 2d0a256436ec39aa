package text_test

import (
	"testing"

	"github.com/psoauth/psoauth/internal/text"
)

func TestData(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                             "",
		"Bearer of news":               "Bearer of news",
		"pscale":                       "pscale",
		"my pscale_tkn_abc":            "my [redacted]",
		"a\x1b[2J":                     `a\x1b[2J`,
		"übermäßig":                    "übermäßig",
		"a very long name of a token":  "a very long name …",
		"ein sehr langer Name: müüüüh": "ein sehr langer N…",
	} {
		if got := text.Data(in, 20); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	for _, in := range []string{"it is s3/cret", `it is s3\/cret`, "it is s3%2fcret"} {
		if got := text.Data(in, 20, "s3/cret"); got != "it is [redacted]" {
			t.Errorf("%q: got %q", in, got)
		}
	}
}
