package audit_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/psoauth/psoauth/api/audit"
)

// The table of rules in the documentation is what the code says, row by row.
func TestDocumentedRules(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, r := range audit.Rules() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", r.ID, r.Severity, r.Title, r.Why, r.Remedy))
	}
	if want := strings.Join(rows, ""); !strings.Contains(string(doc), want) {
		t.Errorf("docs/audit.md has not this table:\n%s", want)
	}
}
