package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// wireTokenInfo has a field for each member the contract declares in either form; nil where the member is missing or
// null.
type wireTokenInfo struct {
	Active          *bool            `json:"active,omitempty"`
	Scope           *Scopes          `json:"scope,omitempty"`
	ClientID        *string          `json:"client_id,omitempty"`
	TokenType       *string          `json:"token_type,omitempty"`
	Exp             *int64           `json:"exp,omitempty"`
	Iat             *int64           `json:"iat,omitempty"`
	Sub             *string          `json:"sub,omitempty"`
	ResourceOwnerID *ownerID         `json:"resource_owner_id,omitempty"`
	ExpiresIn       *int64           `json:"expires_in,omitempty"`
	Application     *wireApplication `json:"application,omitempty"`
	CreatedAt       *int64           `json:"created_at,omitempty"`
}

// legacyMembers are the members that tell the older form, in which resource_owner_id and expires_in may be null.
var legacyMembers = []string{"resource_owner_id", "scope", "expires_in", "application", "created_at"}

// UnmarshalJSON takes either form of the answer, as the contract describes them: the published one, which has the member
// active, or the older one, which has resource_owner_id, scope, expires_in, application and created_at. An error names
// the member and what the contract wants there, and does not repeat the input.
func (t *TokenInfo) UnmarshalJSON(data []byte) error {
	var wire wireTokenInfo
	members, err := decodeMembers(data, []member{
		{"active", "true or false", false, &wire.Active},
		{"scope", "a string or an array of strings", false, &wire.Scope},
		{"client_id", "a string", false, &wire.ClientID},
		{"token_type", "a string", false, &wire.TokenType},
		{"exp", "an integer", false, &wire.Exp},
		{"iat", "an integer", false, &wire.Iat},
		{"sub", "a string", false, &wire.Sub},
		{"resource_owner_id", "a string or an integer", true, &wire.ResourceOwnerID},
		{"expires_in", "an integer", true, &wire.ExpiresIn},
		{"application", "an object with the member uid, a string or null", false, &wire.Application},
		{"created_at", "an integer", false, &wire.CreatedAt},
	})
	if err != nil {
		return err
	}
	info := TokenInfo{
		ClientID:  orZero(wire.ClientID),
		TokenType: orZero(wire.TokenType),
		ExpiresAt: unixTime(wire.Exp),
		IssuedAt:  unixTime(wire.Iat),
		Subject:   orZero(wire.Sub),
		Scopes:    orZero(wire.Scope),
	}
	if wire.Active != nil {
		info.State = StateInactive
		if *wire.Active {
			info.State = StateActive
		}
		*t = info
		return nil
	}
	for _, name := range legacyMembers {
		if _, ok := members[name]; !ok {
			return errors.New("want the member active, or all members of the older form")
		}
	}
	info.Legacy = true
	info.Subject = string(orZero(wire.ResourceOwnerID))
	info.ClientID = orZero(wire.Application.UID)
	info.IssuedAt = unixTime(wire.CreatedAt)
	if wire.ExpiresIn != nil {
		left, err := time.ParseDuration(strconv.FormatInt(*wire.ExpiresIn, 10) + "s")
		if err != nil {
			return errors.New("at /expires_in: more seconds than a duration can hold")
		}
		info.ExpiresIn = &left
	}
	*t = info
	return nil
}

// MarshalJSON returns the form the information came in, with times in Unix seconds; the older form's times are those
// that UnmarshalJSON read.
func (t TokenInfo) MarshalJSON() ([]byte, error) {
	if t.Legacy {
		owner, created := ownerID(t.Subject), unixSeconds(t.IssuedAt)
		wire := struct {
			ResourceOwnerID *ownerID         `json:"resource_owner_id"`
			Scope           Scopes           `json:"scope"`
			ExpiresIn       *int64           `json:"expires_in"`
			Application     *wireApplication `json:"application"`
			CreatedAt       *int64           `json:"created_at"`
		}{&owner, t.Scopes, nil, &wireApplication{&t.ClientID}, created}
		if t.ExpiresIn != nil {
			seconds := int64(*t.ExpiresIn / time.Second)
			wire.ExpiresIn = &seconds
		}
		return json.Marshal(wire)
	}
	active := t.State == StateActive
	if !active {
		return json.Marshal(wireTokenInfo{Active: &active})
	}
	scope := t.Scopes.String()
	return json.Marshal(struct {
		Scope string `json:"scope"`
		wireTokenInfo
	}{scope, wireTokenInfo{
		Active: &active, ClientID: &t.ClientID, TokenType: &t.TokenType,
		Exp: unixSeconds(t.ExpiresAt), Iat: unixSeconds(t.IssuedAt), Sub: &t.Subject,
	}})
}

// An ownerID is a string, or an integer kept as its digits.
type ownerID string

func (o *ownerID) UnmarshalJSON(data []byte) error {
	if _, err := strconv.ParseInt(string(data), 10, 64); err == nil {
		*o = ownerID(data)
		return nil
	}
	return json.Unmarshal(data, (*string)(o))
}

type wireApplication struct {
	UID *string `json:"uid"`
}

func (a *wireApplication) UnmarshalJSON(data []byte) error {
	members, err := decodeMembers(data, []member{{"uid", "a string", true, &a.UID}})
	if _, ok := members["uid"]; err == nil && !ok {
		return errors.New("the member uid is missing")
	}
	return err
}

// A member says where one member of an object is decoded to, and what to say if it cannot be.
type member struct {
	name, want string
	nullable   bool
	into       any
}

// decodeMembers decodes the object in data and returns its members by name. It is there because package encoding/json
// matches names without regard to case and takes null for anything.
func decodeMembers(data []byte, want []member) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return nil, errors.New("want an object")
	}
	for _, m := range want {
		raw, ok := members[m.name]
		if !ok || m.nullable && string(raw) == "null" {
			continue
		}
		if err := json.Unmarshal(raw, m.into); err != nil || string(raw) == "null" {
			return nil, fmt.Errorf("at /%s: want %s", m.name, m.want)
		}
	}
	return members, nil
}

func orZero[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}

func unixTime(seconds *int64) *time.Time {
	if seconds == nil {
		return nil
	}
	t := time.Unix(*seconds, 0).UTC()
	return &t
}

func unixSeconds(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	seconds := t.Unix()
	return &seconds
}
