package apitest

import (
	"strconv"
	"strings"
	"time"
)

// An actor is on whose behalf a token acts, its members in JSON.
type actor struct{ id, name, kind string }

// A told is a story with its accesses rendered.
type told struct {
	story
	accesses accesses
	grants   [][2]string
}

// A sample makes up tokens, each from its number alone.
type sample struct {
	midnight            time.Time
	ordinary, peculiar  []told
	names, displayNames []string // beginnings of JSON strings
	busy                actor
	services            []actor
}

func newSample(organization string, midnight time.Time) *sample {
	s := &sample{midnight: midnight}
	tell := func(stories []story) []told {
		all := make([]told, len(stories))
		for i, story := range stories {
			all[i] = told{story, story.reach.render(organization), nil}
			if story.grants != nil {
				all[i].grants = [][2]string{}
			}
			for _, g := range story.grants {
				all[i].grants = append(all[i].grants, g.render(midnight))
			}
		}
		return all
	}
	s.ordinary, s.peculiar = tell(ordinary), tell(peculiar)
	for _, purpose := range purposes {
		slug := strings.ReplaceAll(strings.ToLower(purpose), " ", "-")
		s.names = append(s.names, strings.TrimSuffix(mustJSON(slug), `"`)+"-")
		s.displayNames = append(s.displayNames, strings.TrimSuffix(mustJSON(purpose), `"`)+" ")
	}
	for _, name := range []string{"release-pipeline", "billing-export", "schema-review", "catalog-crawler"} {
		s.services = append(s.services, actor{mustJSON(namedID(name)), mustJSON(name), `"ServiceToken"`})
	}
	s.busy = actor{mustJSON(userID), `"release-team"`, `"User"`}
	return s
}

// number returns the number of the token with the id.
func (s *sample) number(id string) (int, bool) { return numberOf(id) }

// token makes up the token with the number.
func (s *sample) token(number int) record {
	h := hash(uint64(number))
	var t told
	switch {
	case number < len(s.peculiar):
		t = s.peculiar[number]
	case h%100 < 85:
		t = s.ordinary[(h>>8)%uint64(len(s.ordinary))]
	default:
		t = s.peculiar[(h>>8)%uint64(len(s.peculiar))]
	}
	who := s.actor(t.actor, number, h)
	suffix := strconv.Itoa(number) + `"`
	purpose := (h >> 16) % uint64(len(s.names))
	r := record{
		id:              `"` + idOf(number) + `"`,
		displayName:     s.displayNames[purpose] + suffix,
		avatarURL:       `"https://app.planetscale.com/gravatar-fallback.png"`,
		actorID:         who.id,
		actorName:       who.name,
		actorType:       who.kind,
		oauthAccesses:   t.accesses.of(who),
		serviceAccesses: grants(t.grants, h),
	}
	if !t.unnamed {
		r.name = s.names[purpose] + suffix
	}
	s.date(&r, t.story, h)
	return r
}

// date sets the times: issued before used, both before midnight.
func (s *sample) date(r *record, t story, h uint64) {
	age := t.age.pick(h >> 20)
	r.createdAt = s.daysAgo(age, h>>24)
	switch {
	case t.lives != days{}:
		r.expiresAt = r.createdAt.AddDate(0, 0, t.lives.pick(h>>28))
	case t.left != days{}:
		r.expiresAt = s.daysAgo(-t.left.pick(h>>28), h>>24)
	}
	r.updatedAt = r.createdAt
	if t.used != (days{}) {
		r.lastUsedAt = s.daysAgo(min(t.used.pick(h>>32), age-1), h>>36)
		r.updatedAt = r.lastUsedAt
	}
}

// daysAgo returns a time on the day that began so many days before midnight.
func (s *sample) daysAgo(n int, h uint64) time.Time {
	const day = 24 * time.Hour
	return s.midnight.Add(-time.Duration(n)*day + time.Duration(h%uint64(day/time.Millisecond))*time.Millisecond)
}

// actor returns an actor. Members have a few tokens each however long the list is; one actor has a third of all.
func (s *sample) actor(w whose, number int, h uint64) actor {
	switch {
	case w == nobodys:
		return actor{}
	case w == machines:
		return s.services[(h>>40)%uint64(len(s.services))]
	case w == anyones && number%3 == 0:
		return s.busy
	}
	member := strconv.Itoa(number / 4)
	a := actor{`"` + encodeID(hash(^uint64(number/4))&idMask) + `"`, `"member-` + member + `"`, `"User"`}
	if w == nameless {
		a.name, a.kind = "", ""
	}
	return a
}

// grants returns the JSON of the grants of the token with the hash.
func grants(parts [][2]string, h uint64) string {
	if parts == nil {
		return ""
	}
	var b strings.Builder
	b.WriteByte('[')
	for i, part := range parts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(part[0])
		b.WriteString(encodeID(hash(h+uint64(i)) & idMask))
		b.WriteString(part[1])
	}
	b.WriteByte(']')
	return b.String()
}

// leak gives the record secrets. They are made of the token's id, so that they can be told apart.
func (r *record) leak() {
	id := strings.Trim(r.id, `"`)
	r.token = `"pscale_oauth_leaked0` + id + `0not0a0secret"`
	r.refreshToken = `"pscale_oauth_refresh_leaked0` + id + `0not0a0secret"`
}
