package openapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// wanted says what the contract wants where it is not a string.
var wanted = map[string]string{
	"":                  "an object",
	"active":            "true or false",
	"scope":             "a string or an array of strings",
	"exp":               "Unix seconds, from 0 to the year 9999",
	"iat":               "Unix seconds, from 0 to the year 9999",
	"created_at":        "Unix seconds, from 0 to the year 9999",
	"expires_in":        "seconds, from 0 to 292 years",
	"resource_owner_id": "a string or an integer",
	"application":       "an object whose member uid is a string or null",
}

// UnmarshalJSON takes either form, as the contract describes them: the published one, which has the member active, or the
// older one, which has scope, application and created_at. Any other member that is null counts as missing. It takes at
// most 1 MiB. An error names the member and what the contract wants there, and does not repeat the input.
func (t *TokenInfo) UnmarshalJSON(data []byte) error {
	if len(data) > mostBytes {
		return errors.New("want at most 1 MiB")
	}
	var w *struct {
		Active          *bool    `json:"active"`
		Scope           *Scopes  `json:"scope"`
		ClientID        string   `json:"client_id"`
		TokenType       string   `json:"token_type"`
		Exp             *seconds `json:"exp"`
		Iat             *seconds `json:"iat"`
		Sub             string   `json:"sub"`
		ResourceOwnerID owner    `json:"resource_owner_id"`
		ExpiresIn       *seconds `json:"expires_in"`
		CreatedAt       *seconds `json:"created_at"`
		Application     *struct {
			UID string `json:"uid"`
		} `json:"application"`
	}
	// Unlike encoding/json, this one matches the names of members exactly.
	err := jsonv2.Unmarshal(data, &w, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	const longest = int64(1<<63-1) / int64(time.Second)
	if err == nil && w != nil && w.ExpiresIn != nil && int64(*w.ExpiresIn) > longest {
		err = &jsonv2.SemanticError{JSONPointer: "/expires_in"}
	}
	if err != nil || w == nil {
		semantic := &jsonv2.SemanticError{}
		errors.As(err, &semantic)
		member, _, _ := strings.Cut(strings.TrimPrefix(string(semantic.JSONPointer), "/"), "/")
		want := cmp.Or(wanted[member], "a string")
		if member == "" {
			return errors.New("want " + want)
		}
		return fmt.Errorf("at /%s: want %s", member, want)
	}
	switch {
	case w.Active != nil:
		*t = TokenInfo{
			State: StateInactive, ClientID: w.ClientID, TokenType: w.TokenType, ExpiresAt: w.Exp.time(), IssuedAt: w.Iat.time(),
			Subject: w.Sub,
		}
		if *w.Active {
			t.State = StateActive
		}
		if w.Scope != nil {
			t.Scopes = *w.Scope
		}
	case w.Scope != nil && w.Application != nil && w.CreatedAt != nil:
		*t = TokenInfo{
			Scopes: *w.Scope, ClientID: w.Application.UID, IssuedAt: w.CreatedAt.time(), Subject: string(w.ResourceOwnerID),
			Legacy: true,
		}
		if w.ExpiresIn != nil {
			t.ExpiresIn = new(time.Duration(*w.ExpiresIn) * time.Second)
		}
	default:
		return errors.New("want the member active, or all members of the older form")
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
