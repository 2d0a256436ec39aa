package contract_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/internal/report"
	"github.com/psoauth/psoauth/openapi/contract"
)

// ruleGroups are the groups of rules in the order of the documentation, with what each is about.
var ruleGroups = []struct{ name, about string }{
	{"route", "Which operation the request belongs to. Hosts are compared without regard to case, and a test server " +
		"is taken for a declared host only where WithServer names it."},
	{"request", "What was requested. Without the request's headers, as some recorders leave them out, no credential is missing."},
	{"http", "The status, the headers, and whether there is a body."},
	{"json", "The bytes of the body, before any schema. encoding/json lets most of these pass."},
	{"number", "Numbers that programs would not read as the number that was sent."},
	{"schema", "The schema the contract declares for the body, or for a header."},
	{"page", "One page of a list against itself, against the request, and against the other pages of a run."},
	{"id", "What was requested against what came back."},
	{"count", "Numbers that two responses of one run give for the same thing."},
	{"token", "Times and secrets of tokens and applications."},
	{"info", "What the authorization host says of a token."},
	{"scope", "OAuth scopes."},
	{"recording", "What a recording does not hold, so that a clean report says how much it saw."},
}

func TestRulesPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`# Rules

<!-- Generated from openapi/contract/rules.go by: go test ./openapi/contract -run TestRulesPage -update -->

What a response is held to. Every finding names one of these rules by its id, which does not change. The severity says how
bad a finding is:

- **error**: a client built on the contract would misread the response or fail.
- **warning**: a promise is broken, and the client copes.
- **note**: something new, or something that could not be checked.

` + "`WithSeverity`" + ` changes the severity of a rule or turns it off, and a baseline accepts a rule at one place of one operation.
`)
	for _, group := range ruleGroups {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", group.name, group.about)
		for _, rule := range contract.Rules() {
			if strings.HasPrefix(rule.ID, group.name+".") {
				fmt.Fprintf(&b, "\n### %s\n\n**%s**: %s\n\n%s\n", rule.ID, rule.Severity, report.Sentence(rule.Finds), rule.Why)
			}
		}
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

// A rule that is misspelled where it is found would have no severity, and so never be reported.
func TestEveryRuleOfTheSourceIsInTheTable(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`"((?:route|request|http|json|number|schema|page|id|count|token|info|scope|recording)\.[a-z0-9-]+)"`)
	used := map[string]bool{}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if name != "rules.go" && !strings.HasSuffix(name, "_test.go") {
			for _, found := range id.FindAllStringSubmatch(string(source), -1) {
				used[found[1]] = true
			}
		}
	}
	for _, rule := range contract.Rules() {
		if !used[rule.ID] {
			t.Errorf("%s is found nowhere", rule.ID)
		}
		delete(used, rule.ID)
	}
	for rule := range used {
		t.Errorf("%s is not in the table", rule)
	}
}
