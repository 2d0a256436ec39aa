package render

import (
	"encoding/csv"
	"io"

	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/text"
)

// CSV writes a header and a row for each finding (RFC 4180). A cell that a spreadsheet would run as a formula begins with
// an apostrophe.
func CSV(w io.Writer, r *audit.Report) error {
	rows := csv.NewWriter(w)
	_ = rows.Write([]string{ // the writer keeps its error until it is asked
		"severity", "rule", "token", "name", "actor", "actor_name", "message", "remedy", "accepted_until",
	})
	for _, group := range r.Groups {
		for _, f := range group.Findings {
			until := ""
			if f.Accepted != nil {
				until = f.Accepted.LastDay()
			}
			row := []string{f.Severity.String(), f.Rule, f.Token, f.Name, f.Actor, f.ActorName, f.Message, group.Remedy, until}
			for i, cell := range row {
				if text.IsFormula(cell) {
					row[i] = "'" + cell
				}
			}
			_ = rows.Write(row)
		}
	}
	rows.Flush()
	return rows.Error()
}
