package contract

import (
	"bufio"
	"fmt"
	"io"

	"github.com/psoauth/psoauth/internal/report"
)

// WriteRules writes the page about the rules, in Markdown. docs/rules.md is what it writes.
func WriteRules(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, `# Rules

<!-- Generated from openapi/contract/rules.go by: go test ./openapi/contract -run TestRulesPage -update -->

What a response is held to. Every finding names one of these rules by its id, which does not change. The severity says how
bad a finding is:

- **error**: a client built on the contract would misread the response or fail.
- **warning**: a promise is broken, and the client copes.
- **note**: something new, or something that could not be checked.

`+"`WithSeverity`"+` changes the severity of a rule or turns it off, and a baseline accepts a rule at one place of one operation.
`)
	for _, group := range ruleGroups {
		fmt.Fprintf(out, "\n## %s\n\n%s\n", group.name, group.about)
		for _, rule := range rules {
			if rule.group() == group.name {
				fmt.Fprintf(out, "\n### %s\n\n**%s**: %s\n\n%s\n", rule.ID, rule.Severity, report.Sentence(rule.Finds), rule.Why)
			}
		}
	}
	return out.Flush()
}
