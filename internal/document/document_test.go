package document_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/internal/document"
)

func TestCheckKnowsLimitsOnly(t *testing.T) {
	t.Parallel()
	bomb := "a0: &a0 [" + strings.Repeat("x,", 99) + "x]\n"
	for i := range 9 {
		n, m := string(rune('0'+i)), string(rune('1'+i))
		bomb += "a" + m + ": &a" + m + " [" + strings.Repeat("*a"+n+",", 9) + "*a" + n + "]\n"
	}
	chain := func(n int, last string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"D%d":{"$ref":"#/definitions/D%d"},`, i, i+1)
		}
		return fmt.Sprintf(`{"definitions":{%s"D%d":%s}}`, b.String(), n, last)
	}
	members := strings.Repeat(`"a":1,`, document.MaxMembers)
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"empty":             {"", nil},
		"JSON":              {`{"openapi":"3.0.3"}`, nil},
		"YAML":              {"openapi: 3.0.3\ndate: 2026-01-01", nil},
		"broken JSON":       {`{"openapi":`, nil},
		"broken YAML":       {"a: [1", nil},
		"many bytes":        {strings.Repeat(" ", document.MaxBytes+1), document.ErrBytes},
		"many JSON values":  {`{"a":[` + strings.Repeat("1,", 2*document.MaxValues) + `1]}`, document.ErrValues},
		"many YAML values":  {"a: [" + strings.Repeat("1,", 2*document.MaxValues) + "1]", document.ErrValues},
		"members":           {"{" + members[:len(members)-1] + "}", nil},
		"many members":      {"{" + members + `"b":1}`, document.ErrMembers},
		"many in YAML":      {"# YAML\n{" + members + `"b":1}`, document.ErrMembers},
		"deep JSON":         {`{"a":` + strings.Repeat("[", 4900) + strings.Repeat("]", 4900) + "}", document.ErrDepth},
		"deep YAML":         {"a: " + strings.Repeat("[", 4900) + strings.Repeat("]", 4900), document.ErrDepth},
		"deep, broken JSON": {`{'a':` + strings.Repeat("[", 4900) + strings.Repeat("]", 4900) + "}", document.ErrDepth},
		"aliases":           {bomb, document.ErrAliases},
		"references":        {chain(document.MaxLinks+1, "{}"), nil},
		"many references":   {chain(document.MaxLinks+2, "{}"), document.ErrChain},
		"the same, escaped": {strings.ReplaceAll(chain(document.MaxLinks+2, "{}"), "/D", "/%44"), document.ErrChain},
		"the same in YAML":  {"# YAML\n" + chain(document.MaxLinks+2, "{}"), document.ErrChain},
		"a circle":          {chain(9, `{"$ref":"#/definitions/D0"}`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := document.Check([]byte(test.text)); !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
}
