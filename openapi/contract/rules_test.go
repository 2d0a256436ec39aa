package contract_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/openapi/contract"
)

func TestRulesPage(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := contract.WriteRules(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "../../docs/rules.md", b.String())
	for _, rule := range contract.Rules() {
		if !strings.Contains(b.String(), "\n### "+rule.ID+"\n") {
			t.Errorf("%s is in no group of the page", rule.ID)
		}
	}
}

func TestRulesAreWellFormed(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`^[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*)$`)
	seen := map[string]bool{}
	for _, rule := range contract.Rules() {
		if !id.MatchString(rule.ID) || seen[rule.ID] {
			t.Errorf("the id %q is malformed or occurs twice", rule.ID)
		}
		seen[rule.ID] = true
		if rule.Severity < contract.Note || rule.Finds == "" || strings.HasSuffix(rule.Finds, ".") || !strings.HasSuffix(rule.Why, ".") {
			t.Errorf("%s: %+v", rule.ID, rule)
		}
	}
}
