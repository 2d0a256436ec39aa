package audit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/text"
)

// A Rule says what a risk is, why it matters, and what to do about it.
type Rule struct {
	ID       string   // stable, such as token.expired
	Severity Severity // of its findings, unless [Options] change it
	Title    string   // what is found, in a few words
	Why      string   // a sentence
	Remedy   string   // a sentence
}

// Rules returns the rules in the order in which their findings are reported: the worst first.
func Rules() []Rule {
	all := make([]Rule, len(rules))
	for i := range rules {
		all[i] = rules[i].Rule
	}
	return all
}

func isRule(id string) bool {
	return slices.ContainsFunc(rules, func(r check) bool { return r.ID == id })
}

// A judged is a token while it is judged.
type judged struct {
	*api.Token
	held  *held
	wider string // what is new since the baseline; empty for nothing
}

// A check is a rule with the function that applies it to one token and returns what is to be said of the token, or "".
// A rule that needs to have seen all tokens of the application has none.
type check struct {
	Rule
	find func(*Auditor, judged) string
}

const (
	manyTokens = "actor.many-tokens"
	unusualAge = "token.unusual-age"
	widened    = "token.widened"
)

var rules = []check{
	{Rule{"token.live-secret", Error, "Secret exposed by the API",
		"Everyone who can list the application's tokens, and every log on the way, now has a working credential.",
		"Revoke the token, issue a new token, and report the exposure to PlanetScale."},
		(*Auditor).liveSecret},
	{Rule{"scope.undeclared", Error, "Scope the application does not declare",
		"The token allows more than the application asks users to authorize today.",
		"Revoke the token and authorize again, or declare the scope if the application needs it."},
		reachRule(undeclared, "undeclared: ")},
	{Rule{"actor.unknown", Error, "Actor gone or unknown",
		"No known person or service is responsible for the token, and it may outlive the account it was issued for.",
		"Find out whose token it is; if nobody knows, revoke it."},
		(*Auditor).actorUnknown},
	{Rule{"reach.admin", Warning, "Can administer",
		"The token can manage credentials, so its holder can create new ones that outlive it.",
		"Revoke the token and authorize again with scopes that only read or write, unless managing credentials is the application's purpose."},
		reachRule(administers, "may administer: ")},
	{Rule{"reach.delete", Warning, "Can delete",
		"A leaked or misused token can destroy data that cannot be restored.",
		"Revoke the token and authorize again without scopes that delete, unless deleting is the application's purpose."},
		reachRule(deletes, "may delete: ")},
	{Rule{"reach.organization", Warning, "Reaches a whole organization",
		"The token reaches every database of the organization, including those created later.",
		"Revoke the token and authorize again for only the databases or branches that are needed."},
		(*Auditor).organizationReach},
	{Rule{"reach.production", Warning, "Reaches production",
		"The token reaches data that users depend on.",
		"Revoke the token and authorize again for a development branch, or confirm that it needs production and accept the finding until a date."},
		reachRule(onProduction, "reaches production: ")},
	{Rule{"reach.deleted-resource", Warning, "Access to a deleted resource",
		"The access has outlived its purpose, a sign that nobody maintains the token.",
		"Revoke the token; if it is in use, issue a new one for the resources that still exist."},
		reachRule(onDeleted, "holds an access on ")},
	{Rule{widened, Warning, "Wider than in the baseline",
		"The token can do more than when it was last reviewed.",
		"Find out who issued or widened the token, and revoke it if that was not intended."},
		func(_ *Auditor, tok judged) string { return tok.wider }},
	{Rule{"token.expired", Warning, "Expired and still listed",
		"The access token has expired but is not gone: its refresh token may still renew it.",
		"Revoke the token; PlanetScale does not document whether that also ends its refresh token."},
		(*Auditor).expired},
	{Rule{"token.never-expires", Warning, "Never expires",
		"If the token leaks, it works until somebody notices.",
		"Issue a new token with an expiry date, and revoke this one."},
		(*Auditor).neverExpires},
	{Rule{"token.long-lived", Warning, "Long-lived",
		"The longer a token lives, the longer it can be misused if it leaks.",
		"Issue a new token with a shorter lifetime, renew it as needed, and revoke this one."},
		(*Auditor).longLived},
	{Rule{"token.never-used", Warning, "Never used",
		"A token that nobody has used is a risk without a benefit.",
		"Revoke the token."},
		(*Auditor).neverUsed},
	{Rule{"token.unused", Warning, "Not used for a long time",
		"If somebody else uses an idle token, nobody notices.",
		"Ask its actor whether the token is still needed; if not, revoke it."},
		(*Auditor).unused},
	{Rule{"reach.write", Note, "Can write",
		"The token can change data, not only read it.",
		"If the application only reads, revoke the token and authorize again with scopes that read."},
		reachRule(writes, "may write: ")},
	{Rule{"token.expires-soon", Note, "Expires soon",
		"What depends on the token stops working when it expires.",
		"Renew the token in time, or revoke it if it is not needed."},
		(*Auditor).expiresSoon},
	{Rule{manyTokens, Note, "One actor with many tokens",
		"With many tokens for one actor, a stolen one is hard to spot.",
		"Keep the tokens that are in use, and revoke the others."},
		nil},
	{Rule{unusualAge, Note, "Much older than the rest",
		"A token that was not renewed with the others is often forgotten.",
		"Ask its actor, then issue a new token or revoke this one."},
		nil},
}

// reachRule makes the check of a rule on what a token may do, or where.
func reachRule(bit Reach, message string) func(*Auditor, judged) string {
	return func(a *Auditor, tok judged) string { return a.list(message, tok.held.found[bit]) }
}

func (a *Auditor) organizationReach(tok judged) string {
	return a.list("reaches all of ", tok.held.found[onOrganization]) + a.list(" with ", tok.held.through)
}

func (a *Auditor) actorUnknown(tok judged) string {
	var missing []string
	for _, m := range []struct {
		name  string
		value *string
	}{{"actor_id", tok.ActorID}, {"actor_display_name", tok.ActorDisplayName}, {"actor_type", tok.ActorType}} {
		if m.value == nil || strings.TrimSpace(*m.value) == "" {
			missing = append(missing, m.name)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "comes without " + strings.Join(missing, ", ")
}

func (a *Auditor) liveSecret(tok judged) string {
	var live []string
	if tok.Token.Token != nil && !tok.Token.Token.IsZero() {
		live = append(live, "token")
	}
	if tok.PlainTextRefreshToken != nil && !tok.PlainTextRefreshToken.IsZero() {
		live = append(live, "plain_text_refresh_token")
	}
	switch len(live) {
	case 0:
		return ""
	case 1:
		return "the member " + live[0] + " holds a secret"
	}
	return "the members " + strings.Join(live, " and ") + " hold secrets"
}

// An items is what a message names: each item once, in order.
type items []string

func (l items) with(item string) items {
	if slices.Contains(l, item) {
		return l
	}
	return append(l, item)
}

// list returns the message with the first few items, and how many more there are, fit to be shown; and nothing for none.
func (a *Auditor) list(message string, l items) string {
	if len(l) == 0 {
		return ""
	}
	named := make([]string, 0, maxItems+1)
	for _, item := range l[:min(len(l), maxItems)] {
		named = append(named, text.Data(item, itemBytes, a.secrets()...))
	}
	if more := len(l) - maxItems; more > 0 {
		named = append(named, strconv.Itoa(more)+" more")
	}
	return message + strings.Join(named, ", ")
}
