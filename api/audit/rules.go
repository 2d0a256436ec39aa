package audit

import (
	"slices"

	"github.com/psoauth/psoauth/api"
)

// A Rule says what deserves attention, why, and what to do about it.
type Rule struct {
	ID       string   // stable, such as token.expired
	Severity Severity // of its findings, unless [Options] change it
	Title    string   // what is found, in a few words
	Why      string   // one sentence
	Remedy   string   // one sentence
}

// The ids of the rules.
const (
	LiveSecret        = "token.live-secret"
	UndeclaredScope   = "scope.undeclared"
	ActorUnknown      = "actor.unknown"
	AdminReach        = "reach.admin"
	DeleteReach       = "reach.delete"
	OrganizationReach = "reach.organization"
	ProductionReach   = "reach.production"
	DeletedResource   = "reach.deleted-resource"
	Expired           = "token.expired"
	NeverExpires      = "token.never-expires"
	LongLived         = "token.long-lived"
	NeverUsed         = "token.never-used"
	Unused            = "token.unused"
	WriteReach        = "reach.write"
	ExpiresSoon       = "token.expires-soon"
	ManyTokens        = "actor.many-tokens"
	UnusualAge        = "token.unusual-age"
)

// Rules returns the rules in the order in which their findings are reported: the worst first.
func Rules() []Rule {
	all := make([]Rule, len(rules))
	for i := range rules {
		all[i] = rules[i].Rule
	}
	return all
}

// RuleByID returns the rule with the id, and whether there is one.
func RuleByID(id string) (Rule, bool) {
	i := slices.IndexFunc(rules, func(r check) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i].Rule, true
}

// A check is a rule with the function that applies it to one token and returns what is to be said of the token, or "".
// A rule that needs to have seen all tokens has none and is applied by [Auditor.Report].
type check struct {
	Rule
	find func(*Auditor, *api.Token, Reach) string
}

var rules = []check{
	{Rule{LiveSecret, Error, "Secret shown in a read",
		"Whoever may list the application's tokens, and every log on the way, now has a credential that works.",
		"Revoke the token, have it issued anew, and report the exposure to PlanetScale."},
		(*Auditor).liveSecret},
	{Rule{UndeclaredScope, Error, "Scope the application does not declare",
		"The token allows more than the users of the application are asked to agree to today.",
		"Revoke the token and have it authorized again, or declare the scope if the application needs it."},
		reachRule(undeclared, "undeclared: ")},
	{Rule{ActorUnknown, Error, "Actor gone or unknown",
		"Nobody answers for what is done with the token, and it may outlive the account it was issued for.",
		"Find out whose token it is; if nobody knows, revoke it."},
		(*Auditor).actorUnknown},
	{Rule{AdminReach, Warning, "Administrative reach",
		"Managing credentials lets the holder make new ones that outlive this token.",
		"Authorize again with scopes that read or write only, unless managing is what the application is for."},
		reachRule(Administers, "may administer: ")},
	{Rule{DeleteReach, Warning, "Reach to delete",
		"A leaked or misused token could destroy data that cannot be brought back.",
		"Authorize again without the scopes that delete, unless deleting is what the application is for."},
		reachRule(Deletes, "may delete: ")},
	{Rule{OrganizationReach, Warning, "Reach over a whole organization",
		"The token reaches every database of the organization, also those that will be made later.",
		"Authorize again for the single databases or branches that are needed."},
		(*Auditor).organizationReach},
	{Rule{ProductionReach, Warning, "Reach to production",
		"What the token does, it does to the data that users depend on.",
		"Authorize again for a development branch, or confirm that production is needed and accept the token until a date."},
		(*Auditor).productionReach},
	{Rule{DeletedResource, Warning, "Access to a deleted resource",
		"The access has outlived what it was given for, a sign that nobody looks after the token.",
		"Revoke the token, and have it issued anew for what still exists if it is in use."},
		(*Auditor).deletedResource},
	{Rule{Expired, Warning, "Expired and still listed",
		"A token past its end should be gone, and whether each service still refuses it is better not left to chance.",
		"Delete the token."},
		(*Auditor).expired},
	{Rule{NeverExpires, Warning, "Never expires",
		"If the token leaks, it works until somebody notices.",
		"Have it issued anew with an expiry date."},
		(*Auditor).neverExpires},
	{Rule{LongLived, Warning, "Long-lived",
		"The longer a token lives, the longer a leaked one can be used.",
		"Have it issued anew for a shorter time and renewed as needed."},
		(*Auditor).longLived},
	{Rule{NeverUsed, Warning, "Never used",
		"A token that nobody has needed so far is a risk without a use.",
		"Revoke the token."},
		(*Auditor).neverUsed},
	{Rule{Unused, Warning, "Not used for a long time",
		"A token that nobody uses is not missed when somebody else does.",
		"Ask its actor, and revoke it if it is not needed."},
		(*Auditor).unused},
	{Rule{WriteReach, Note, "Reach to write",
		"The token can change things, not only read them.",
		"If the application only reads, authorize again with scopes that read."},
		reachRule(Writes, "may write: ")},
	{Rule{ExpiresSoon, Note, "Expires soon",
		"What depends on the token stops working when it expires.",
		"Have it renewed in time, or let it run out if it is not needed."},
		(*Auditor).expiresSoon},
	{Rule{ManyTokens, Note, "One actor with many tokens",
		"With many tokens for one actor, a stolen one is hard to tell from the others.",
		"Have the actor keep the tokens that are in use, and revoke the others."},
		nil},
	{Rule{UnusualAge, Note, "Much older than the rest",
		"A token that was passed over each time the others were renewed is often a forgotten one.",
		"Ask its actor, and have it issued anew or revoked."},
		nil},
}
