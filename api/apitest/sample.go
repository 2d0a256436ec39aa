package apitest

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// userID is the id of the user who authorized [AccessToken].
const userID = "u4m9b2x7k1re"

// A sample makes up the tokens of an application, each from its number alone.
type sample struct {
	organization string
	midnight     time.Time
	salt         uint64 // differs between applications; 0 for the first
	leaked       []int  // the numbers of the tokens with secrets
}

// token makes up the token with the number.
func (s *sample) token(number int) gen.OAuthToken {
	h := hash(uint64(number) ^ s.salt)
	t := &special[(h>>8)%uint64(len(special))]
	switch {
	case number < len(special) && s.salt == 0:
		t = &special[number]
	case h%100 < 85:
		t = &ordinary[(h>>8)%uint64(len(ordinary))]
	}
	purpose := purposes[(h>>16)%uint64(len(purposes))]
	token := gen.OAuthToken{
		ID:                   s.id(number),
		DisplayName:          purpose + " " + strconv.Itoa(number),
		AvatarURL:            "https://app.planetscale.com/gravatar-fallback.png",
		ServiceTokenAccesses: s.grants(t.grants, h),
	}
	if !t.unnamed {
		token.Name = new(strings.ReplaceAll(strings.ToLower(purpose), " ", "-") + "-" + strconv.Itoa(number))
	}
	s.act(&token, t.actor, number, h)
	s.date(&token, t, h)
	if t.reach.scopes != nil {
		token.OAuthAccessesByResource = t.reach.in(s.organization, &token)
	}
	if slices.Contains(s.leaked, number) {
		// Made of the id, so that the secrets of two tokens differ.
		token.Token = new(openapi.NewSecret("pscale_oauth_leaked0" + token.ID + "0not0a0secret"))
		token.PlainTextRefreshToken = new(openapi.NewSecret("pscale_oauth_refresh_leaked0" + token.ID + "0not0a0secret"))
	}
	return token
}

var services = []string{"release-pipeline", "billing-export", "schema-review", "catalog-crawler"}

// act sets the actor. Members have a few tokens each however long the list is; one actor has a third of all.
func (s *sample) act(token *gen.OAuthToken, kind actorKind, number int, h uint64) {
	member := uint64(number / 4)
	id, name, as := encodeID(hash(^(member ^ s.salt))), "member-"+strconv.FormatUint(member, 10), "User"
	switch {
	case kind == noActor:
		return
	case kind == unnamedActor:
		token.ActorID = &id
		return
	case kind == serviceActor:
		name = services[(h>>40)%uint64(len(services))]
		id, as = namedID(name), "ServiceToken"
	case number%3 == 0:
		id, name = userID, "release-team"
	}
	token.ActorID, token.ActorDisplayName, token.ActorType = &id, &name, &as
}

// date sets the times: issued before used, both before midnight.
func (s *sample) date(token *gen.OAuthToken, t *template, h uint64) {
	age := t.age.pick(h >> 20)
	token.CreatedAt = s.daysAgo(age, h>>24)
	switch {
	case t.lives != days{}:
		token.ExpiresAt = new(token.CreatedAt.AddDate(0, 0, t.lives.pick(h>>28)))
	case t.left != days{}:
		token.ExpiresAt = new(s.daysAgo(-t.left.pick(h>>28), h>>24))
	}
	token.UpdatedAt = token.CreatedAt
	if t.used != (days{}) {
		token.UpdatedAt = s.daysAgo(min(t.used.pick(h>>32), age-1), h>>36)
		token.LastUsedAt = new(token.UpdatedAt)
	}
}

// daysAgo returns a time on the day that began so many days before midnight.
func (s *sample) daysAgo(n int, h uint64) time.Time {
	const day = 24 * time.Hour
	return s.midnight.Add(-time.Duration(n)*day + time.Duration(h%uint64(day/time.Millisecond))*time.Millisecond)
}

// grants returns the accesses on single resources of the token with the hash.
func (s *sample) grants(grants []grant, h uint64) []gen.ServiceTokenAccess {
	if grants == nil {
		return nil
	}
	all := []gen.ServiceTokenAccess{}
	at := func(daysAgo int) time.Time {
		return s.midnight.AddDate(0, 0, -daysAgo).Add(37163123 * time.Millisecond)
	}
	for i, g := range grants {
		id := namedID(g.kind + " " + g.name)
		access := gen.ServiceTokenAccess{
			ID: encodeID(hash(h + uint64(i))), Access: g.access, Description: g.description,
			ResourceID: id, ResourceName: g.name, ResourceType: g.kind,
			Resource: gen.AccessResource{ID: id, Name: g.name, CreatedAt: at(700), UpdatedAt: at(90 + g.deletedDaysAgo)},
		}
		if g.deletedDaysAgo > 0 {
			access.Resource.DeletedAt = new(at(g.deletedDaysAgo))
		}
		all = append(all, access)
	}
	return all
}

// id returns the id of the token with the number: twelve characters of [a-z0-9], like PlanetScale's. No two tokens of an
// application have the same, because each step maps different numbers of 62 bits to different ones.
func (s *sample) id(number int) string {
	const scramble = 0x1b873593cc9e2d51
	x := (uint64(number)*scramble ^ 0x2f0b4c47d1a5e693 ^ s.salt) & idMask
	return encodeID((x ^ x>>31) * scramble)
}

const idMask = 1<<62 - 1

// encodeID writes the lower 62 bits as an id.
func encodeID(x uint64) string {
	id := strconv.FormatUint(x&idMask, 36)
	return strings.Repeat("0", 12-len(id)) + id
}

// namedID returns the id of something that is not a token: the same for the same name.
func namedID(name string) string {
	h := fnv.New64a()
	h.Write([]byte(name))
	return encodeID(hash(h.Sum64()))
}

// hash is the output step of SplitMix64: a good mixture of all bits.
func hash(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
