package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// UnmarshalJSON takes either form: the published one, which has the member active, or the older one, which has
// application or resource_owner_id, and another of its members. What else the contract requires may be missing, and a
// member that is null counts as missing. It takes at most 1 MiB. An error names the member and what the contract wants
// there, and does not repeat the input.
func (t *TokenInfo) UnmarshalJSON(data []byte) error {
	const aTime = "Unix seconds, from 0 to the year 9999"
	const longest = seconds(1<<63-1) / seconds(time.Second)
	var (
		active                 *bool
		scope                  *Scopes
		client, kind, sub, uid string
		exp, iat, created      *seconds
		ownerID                owner
		left                   *seconds
		application            map[string]json.RawMessage
		members                map[string]json.RawMessage // encoding/json matches names of fields without regard to case
	)
	if len(data) > maxBytes {
		return errors.New("want at most 1 MiB")
	}
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return errors.New("want an object")
	}
	for _, m := range []struct {
		name, want string
		into       any
	}{
		{"active", "true or false", &active},
		{"scope", "a string or an array of strings", &scope},
		{"client_id", "a string", &client},
		{"token_type", "a string", &kind},
		{"exp", aTime, &exp},
		{"iat", aTime, &iat},
		{"sub", "a string", &sub},
		{"resource_owner_id", "a string or an integer", &ownerID},
		{"expires_in", "seconds, from 0 to 292 years", &left},
		{"application", "an object", &application},
		{"created_at", aTime, &created},
	} {
		raw, ok := members[m.name]
		if ok && json.Unmarshal(raw, m.into) != nil || m.into == &left && left != nil && *left > longest {
			return fmt.Errorf("at /%s: want %s", m.name, m.want)
		}
	}
	if raw, ok := application["uid"]; ok && json.Unmarshal(raw, &uid) != nil {
		return errors.New("at /application/uid: want a string")
	}
	switch {
	case active != nil:
		*t = TokenInfo{
			State: StateInactive, ClientID: client, TokenType: kind, ExpiresAt: exp.time(), IssuedAt: iat.time(), Subject: sub,
		}
		if *active {
			t.State = StateActive
		}
	case application != nil && (scope != nil || created != nil || left != nil || ownerID != ""),
		ownerID != "" && (scope != nil || created != nil || left != nil):
		*t = TokenInfo{ClientID: uid, IssuedAt: created.time(), Subject: string(ownerID), Legacy: true}
		if left != nil {
			t.ExpiresIn = new(time.Duration(*left) * time.Second)
		}
	default:
		return errors.New("want the member active, or the members of the older form")
	}
	if scope != nil {
		t.Scopes = *scope
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
			ResourceOwnerID *string            `json:"resource_owner_id"`
			Scope           Scopes             `json:"scope"`
			ExpiresIn       *seconds           `json:"expires_in"`
			Application     map[string]*string `json:"application"`
			CreatedAt       *seconds           `json:"created_at"`
		}{
			orNull(t.Subject), t.Scopes, secondsOf(t.ExpiresIn, func(d time.Duration) int64 { return int64(d / time.Second) }),
			map[string]*string{"uid": orNull(t.ClientID)}, secondsOf(t.IssuedAt, time.Time.Unix),
		})
	}
	var scope *string
	if t.Scopes != nil {
		scope = new(t.Scopes.String())
	}
	return json.Marshal(struct {
		Active    bool     `json:"active"`
		Scope     *string  `json:"scope,omitempty"`
		ClientID  string   `json:"client_id,omitempty"`
		TokenType string   `json:"token_type,omitempty"`
		Exp       *seconds `json:"exp,omitempty"`
		Iat       *seconds `json:"iat,omitempty"`
		Sub       string   `json:"sub,omitempty"`
	}{
		t.State == StateActive, scope, t.ClientID, t.TokenType, secondsOf(t.ExpiresAt, time.Time.Unix),
		secondsOf(t.IssuedAt, time.Time.Unix), t.Subject,
	})
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// seconds are an integer on the wire, from 0 to the last Unix second that RFC 3339 can write, in the year 9999.
type seconds int64

func secondsOf[T any](value *T, in func(T) int64) *seconds {
	if value == nil {
		return nil
	}
	return new(seconds(in(*value)))
}

func (s *seconds) time() *time.Time {
	if s == nil {
		return nil
	}
	return new(time.Unix(int64(*s), 0).UTC())
}

// MarshalJSON fails for what is out of range.
func (s seconds) MarshalJSON() ([]byte, error) {
	data := strconv.AppendInt(nil, int64(s), 10)
	return data, s.UnmarshalJSON(data)
}

// UnmarshalJSON takes an integer without fraction and exponent.
func (s *seconds) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseInt(string(data), 10, 64)
	if err != nil || n < 0 || n > 253402300799 {
		return errors.New("want an integer from 0 to 253402300799")
	}
	*s = seconds(n)
	return nil
}

// An owner is a string, or an integer kept as its digits.
type owner string

// UnmarshalJSON takes a string, an integer of 64 bits, or null for none.
func (o *owner) UnmarshalJSON(data []byte) error {
	if _, err := strconv.ParseInt(string(data), 10, 64); err == nil {
		*o = owner(data)
		return nil
	}
	return json.Unmarshal(data, (*string)(o))
}
