package render

import (
	"fmt"
	"time"

	"github.com/psoauth/psoauth/api/audit"
)

// Summary says in a sentence how many tokens were audited and what was found.
func Summary(r *audit.Report) string {
	sentence := fmt.Sprintf("%s audited on %s: %d with findings; %s, %s, %s",
		count(r.Tokens, "token"), r.At.UTC().Format(time.DateOnly), r.Flagged,
		count(r.Count(audit.Error), "error"), count(r.Count(audit.Warning), "warning"), count(r.Count(audit.Note), "note"))
	if n := r.Accepted(); n > 0 {
		sentence += fmt.Sprintf("; %d accepted", n)
	}
	return sentence + "."
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func application(r *audit.Report) string { return withID(r.ApplicationName, r.Application) }

// subject says what a finding is on.
func subject(f audit.Finding) string {
	switch {
	case f.Token != "":
		return "Token " + withID(f.Name, f.Token)
	case f.Actor != "":
		return "Actor " + actor(f)
	}
	return "All tokens"
}

func actor(f audit.Finding) string { return withID(f.ActorName, f.Actor) }

func withID(name, id string) string {
	switch {
	case name == "":
		return id
	case id == "":
		return name
	}
	return name + " (" + id + ")"
}
