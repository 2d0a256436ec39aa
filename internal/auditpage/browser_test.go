package auditpage_test

import (
	"fmt"
	"testing"

	"github.com/psoauth/psoauth/internal/browsertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// A tab shows the page of an audit.
type tab struct {
	t *testing.T
	*browsertest.Tab
}

func open(t *testing.T, html string, first ...browsertest.Step) tab {
	t.Helper()
	return tab{t, browsertest.Open(t, html, first...)}
}

const lines = "#table tbody tr:not(.found)"

// column returns the texts of a column of the table, counted from 1.
func (b tab) column(n int) []string {
	b.t.Helper()
	return b.Texts(fmt.Sprintf("%s td:nth-child(%d)", lines, n))
}

// status checks what the page says of the table.
func (b tab) status(want string) {
	b.t.Helper()
	if got := b.Texts("#status")[0]; got != want {
		b.t.Errorf("the page says %q, want %q", got, want)
	}
}
