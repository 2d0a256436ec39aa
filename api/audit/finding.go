package audit

import (
	"strings"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/text"
)

// A Finding is one thing about one token, or one actor, that deserves attention. Its text is fit to be shown anywhere:
// printable, without credentials, and short.
type Finding struct {
	Rule     string   // the rule's id
	Severity Severity // never Off
	Subject           // without a token if the finding is on an actor, without either if it sums up further tokens
	Message  string   // what was found, in one sentence without a full stop

	// Accepted is what takes the finding out of the count, or nil.
	Accepted *Acceptance
}

// A Subject is whom or what a finding is on. Its text is fit to be shown; what is not known is empty.
type Subject struct {
	Token     string // the token's id
	Name      string // the name PlanetScale shows for the token
	Actor     string // the id of the token's actor
	ActorName string // the actor's name
}

func (f Finding) isOpen() bool { return f.Accepted == nil }

const (
	nameBytes   = 120 // of a name or an id in a finding
	itemBytes   = 80  // of a scope or a resource in a message
	reasonBytes = 300
	maxItems    = 4 // in a message before it only counts them
)

// A reference is what is kept of a token, or of an actor alone, to make a finding on it later.
type reference struct{ token, name, actor, actorName string }

func referTo(tok *api.Token) reference {
	name := tok.DisplayName
	if name == "" {
		name = orEmpty(tok.Name)
	}
	r := actorOf(tok)
	r.token, r.name = clip(tok.ID), clip(name)
	return r
}

func actorOf(tok *api.Token) reference {
	return reference{actor: clip(orEmpty(tok.ActorID)), actorName: clip(orEmpty(tok.ActorDisplayName))}
}

// own returns r in memory of its own: the strings of a page share it, and one that is kept keeps them all.
func (r reference) own() reference {
	all := r.token + r.name + r.actor + r.actorName
	next := func(s string) (own string) {
		own, all = all[:len(s)], all[len(s):]
		return own
	}
	return reference{next(r.token), next(r.name), next(r.actor), next(r.actorName)}
}

// A remark is something found, before it is judged.
type remark struct {
	reference
	message string
	flagged bool // something else was found on the token, and is not accepted
}

// Subject returns what findings on the token call it. It keeps nothing else of the token alive.
func (a *Auditor) Subject(tok *api.Token) Subject { return a.shown(referTo(tok)) }

func (a *Auditor) shown(r reference) Subject {
	r = r.own()
	return Subject{
		Token:     text.Data(r.token, nameBytes, a.secrets()...),
		Name:      text.Data(r.name, nameBytes, a.secrets()...),
		Actor:     text.Data(r.actor, nameBytes, a.secrets()...),
		ActorName: text.Data(r.actorName, nameBytes, a.secrets()...),
	}
}

// clip bounds what is kept of a string that somebody else chose, with room for an excerpt of it.
func clip(s string) string {
	const room = 4 * nameBytes
	if len(s) <= room {
		return s
	}
	return strings.Clone(s[:room])
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
