package drift_test

import (
	"os"
	"strings"
	"testing"
)

// Whoever takes a member in writes down when it came.
func TestHistoryHasEveryMemberThatCameLater(t *testing.T) {
	t.Parallel()
	history, err := os.ReadFile("../HISTORY.md")
	if err != nil {
		t.Fatal(err)
	}
	members := 0
	for _, n := range nodes(contractTree(t)) {
		published, _ := n.schema["x-published"].(tree)
		if n.member == "" || published["absent"] != true || strings.Contains(n.pointer, "TokenInfo") {
			continue
		}
		members++
		if !strings.Contains(string(history), "`"+n.member+"`") {
			t.Errorf("openapi/HISTORY.md does not say when %s came", n.pointer)
		}
	}
	if members == 0 {
		t.Error("the contract marks no member as later than the pages it began with")
	}
}
