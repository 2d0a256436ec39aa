package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// legacyMembers are the members that tell the older form, in which resource_owner_id and expires_in may be null.
var legacyMembers = []string{"resource_owner_id", "scope", "expires_in", "application", "created_at"}

// UnmarshalJSON takes either form of the answer, as the contract describes them: the published one, which has the member
// active, or the older one, which has resource_owner_id, scope, expires_in, application and created_at. A member
// of the published form other than active that is null is like one that is missing. It takes at most 1 MiB. An error names
// the member and what the contract wants there, and does not repeat the input.
func (t *TokenInfo) UnmarshalJSON(data []byte) error {
	if len(data) > mostBytes {
		return errors.New("want at most 1 MiB")
	}
	const aTime = "Unix seconds, from 0 to the year 9999"
	var (
		active            bool
		scopes            Scopes
		client, kind, sub string
		exp, iat, created *unixTime
		owner             ownerID
		left              *lifetime
		app               application
	)
	members, err := decodeMembers(data, []member{
		{"active", "true or false", false, &active},
		{"scope", "a string or an array of strings", true, &scopes},
		{"client_id", "a string", true, &client},
		{"token_type", "a string", true, &kind},
		{"exp", aTime, true, &exp},
		{"iat", aTime, true, &iat},
		{"sub", "a string", true, &sub},
		{"resource_owner_id", "a string or an integer", true, &owner},
		{"expires_in", "seconds, from 0 to 292 years", true, &left},
		{"application", "an object whose member uid is a string or null", false, &app},
		{"created_at", aTime, false, &created},
	})
	if err != nil {
		return err
	}
	if _, published := members["active"]; published {
		*t = TokenInfo{
			State: StateInactive, Scopes: scopes, ClientID: client, TokenType: kind,
			ExpiresAt: (*time.Time)(exp), IssuedAt: (*time.Time)(iat), Subject: sub,
		}
		if active {
			t.State = StateActive
		}
		return nil
	}
	for _, name := range legacyMembers {
		if _, ok := members[name]; !ok {
			return errors.New("want the member active, or all members of the older form")
		}
	}
	if string(members["scope"]) == "null" {
		return errors.New("at /scope: want a string or an array of strings")
	}
	*t = TokenInfo{
		Scopes: scopes, ClientID: app.uid, IssuedAt: (*time.Time)(created), Subject: string(owner),
		ExpiresIn: (*time.Duration)(left), Legacy: true,
	}
	return nil
}

// MarshalJSON returns the form the information came in, with times in Unix seconds. Members without a value are left out
// of the published form; in the older form they are null. It fails for a value that neither form can say: a state that
// does not go with Legacy, the older form without IssuedAt, a time or duration that the contract does not allow.
func (t TokenInfo) MarshalJSON() ([]byte, error) {
	switch {
	case t.Legacy != (t.State == StateUnknown):
		return nil, errors.New("the state of a token is unknown in the older form and in no other")
	case t.Legacy && t.IssuedAt == nil:
		return nil, errors.New("the older form needs IssuedAt")
	case t.Legacy:
		return json.Marshal(struct {
			ResourceOwnerID stringOrNull            `json:"resource_owner_id"`
			Scope           Scopes                  `json:"scope"`
			ExpiresIn       *lifetime               `json:"expires_in"`
			Application     map[string]stringOrNull `json:"application"`
			CreatedAt       *unixTime               `json:"created_at"`
		}{
			stringOrNull(t.Subject), t.Scopes, (*lifetime)(t.ExpiresIn),
			map[string]stringOrNull{"uid": stringOrNull(t.ClientID)}, (*unixTime)(t.IssuedAt),
		})
	}
	var scope *string
	if t.Scopes != nil {
		joined := t.Scopes.String()
		scope = &joined
	}
	return json.Marshal(struct {
		Active    bool      `json:"active"`
		Scope     *string   `json:"scope,omitempty"`
		ClientID  string    `json:"client_id,omitempty"`
		TokenType string    `json:"token_type,omitempty"`
		Exp       *unixTime `json:"exp,omitempty"`
		Iat       *unixTime `json:"iat,omitempty"`
		Sub       string    `json:"sub,omitempty"`
	}{
		t.State == StateActive, scope, t.ClientID, t.TokenType,
		(*unixTime)(t.ExpiresAt), (*unixTime)(t.IssuedAt), t.Subject,
	})
}

// unixTime is a time on the wire: Unix seconds, from 0 to the last second that RFC 3339 can write.
type unixTime time.Time

const lastSecond = 253402300799 // 9999-12-31T23:59:59Z

func (u unixTime) MarshalJSON() ([]byte, error) {
	return marshalSeconds(time.Time(u).Unix(), lastSecond)
}

func (u *unixTime) UnmarshalJSON(data []byte) error {
	seconds, err := unmarshalSeconds(data, lastSecond)
	*u = unixTime(time.Unix(seconds, 0).UTC())
	return err
}

// lifetime is a duration on the wire: seconds, from 0 to the most that a [time.Duration] holds.
type lifetime time.Duration

const longestLifetime = int64(1<<63-1) / int64(time.Second)

func (l lifetime) MarshalJSON() ([]byte, error) {
	return marshalSeconds(int64(time.Duration(l)/time.Second), longestLifetime)
}

func (l *lifetime) UnmarshalJSON(data []byte) error {
	seconds, err := unmarshalSeconds(data, longestLifetime)
	*l = lifetime(seconds * int64(time.Second))
	return err
}

func marshalSeconds(seconds, most int64) ([]byte, error) {
	if seconds < 0 || seconds > most {
		return nil, fmt.Errorf("%d seconds are not between 0 and %d", seconds, most)
	}
	return strconv.AppendInt(nil, seconds, 10), nil
}

func unmarshalSeconds(data []byte, most int64) (int64, error) {
	seconds, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil || seconds < 0 || seconds > most {
		return 0, fmt.Errorf("want an integer between 0 and %d", most)
	}
	return seconds, nil
}

// ownerID is a string, or an integer kept as its digits.
type ownerID string

func (o *ownerID) UnmarshalJSON(data []byte) error {
	if _, err := strconv.ParseInt(string(data), 10, 64); err == nil {
		*o = ownerID(data)
		return nil
	}
	return json.Unmarshal(data, (*string)(o))
}

// application is the object that holds the client id in the older form.
type application struct{ uid string }

func (a *application) UnmarshalJSON(data []byte) error {
	_, err := decodeMembers(data, []member{{"uid", "a string", true, &a.uid}})
	return err
}

// stringOrNull is written as null if it is empty.
type stringOrNull string

func (s stringOrNull) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(s))
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
