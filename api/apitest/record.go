package apitest

import (
	"encoding/json"
	"time"

	"github.com/psoauth/psoauth/gen"
	"github.com/psoauth/psoauth/openapi"
)

// A record is a token on its way to JSON. Strings hold JSON already; an empty string and a zero time stand for a member
// that has no value.
type record struct {
	id, name, displayName                       string
	token, refreshToken                         string
	avatarURL                                   string
	createdAt, updatedAt, expiresAt, lastUsedAt time.Time
	actorID, actorName, actorType               string
	serviceAccesses, oauthAccesses              string
}

// recordOf makes a record of a token that the test gave.
func recordOf(t *gen.OAuthToken) record {
	r := record{
		id:           mustJSON(t.ID),
		name:         stringOrNone(t.Name),
		displayName:  mustJSON(t.DisplayName),
		token:        secretOrNone(t.Token),
		refreshToken: secretOrNone(t.PlainTextRefreshToken),
		avatarURL:    mustJSON(t.AvatarURL),
		createdAt:    t.CreatedAt,
		updatedAt:    t.UpdatedAt,
		actorID:      stringOrNone(t.ActorID),
		actorName:    stringOrNone(t.ActorDisplayName),
		actorType:    stringOrNone(t.ActorType),
	}
	if t.ExpiresAt != nil {
		r.expiresAt = *t.ExpiresAt
	}
	if t.LastUsedAt != nil {
		r.lastUsedAt = *t.LastUsedAt
	}
	if t.ServiceTokenAccesses != nil {
		r.serviceAccesses = mustJSON(t.ServiceTokenAccesses)
	}
	if t.OAuthAccessesByResource != nil {
		r.oauthAccesses = mustJSON(t.OAuthAccessesByResource)
	}
	return r
}

func stringOrNone(s *string) string {
	if s == nil {
		return ""
	}
	return mustJSON(*s)
}

func secretOrNone(s *openapi.Secret) string {
	if s == nil {
		return ""
	}
	return mustJSON(s.Reveal())
}

// appendMember appends a member, comma and name included; with neither a value nor a substitute it appends nothing.
func appendMember(dst []byte, name, value, substitute string) []byte {
	if value == "" {
		value = substitute
	}
	if value == missing {
		return dst
	}
	return append(append(dst, name...), value...)
}

// appendTime appends a time as PlanetScale writes it, in UTC and with milliseconds, or with more digits if it has them.
func appendTime(dst []byte, name string, t time.Time, substitute string) []byte {
	if t.IsZero() {
		return appendMember(dst, name, "", substitute)
	}
	t = t.UTC()
	dst = append(append(dst, name...), '"')
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return append(t.AppendFormat(dst, time.RFC3339Nano), '"')
	}
	// Package time is several times as fast with this layout as with one of our own.
	dst = t.AppendFormat(dst, time.RFC3339)
	ms := t.Nanosecond() / int(time.Millisecond)
	return append(dst[:len(dst)-len("Z")], '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z', '"')
}

// decode reads a token's JSON, in the 2026-08 shape, back.
func decode(data []byte) gen.OAuthToken {
	var token gen.OAuthToken
	if err := json.Unmarshal(data, &token); err != nil {
		panic("apitest: " + err.Error())
	}
	return token
}
