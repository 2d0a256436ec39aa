package openapi

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// Scopes are OAuth scopes in the order the server sent them, such as read_user or database:read_database. On the wire
// they are an array of strings or one string with spaces between the scopes (RFC 6749, section 3.3); to a program they
// are always a slice.
type Scopes []string

// Has reports whether scope is among s.
func (s Scopes) Has(scope string) bool { return slices.Contains(s, scope) }

// String returns the scopes with a space between them.
func (s Scopes) String() string { return strings.Join(s, " ") }

// MarshalJSON returns an array of strings, [] for no scopes.
func (s Scopes) MarshalJSON() ([]byte, error) {
	if s == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]string(s))
}

// maxBytes bounds what is decoded here from one member, as a few bytes of JSON can be many in memory.
const maxBytes = 1 << 20

// UnmarshalJSON takes an array of strings or one string, in at most 1 MiB. No scope holds a space, so an item of the
// array that does is more than one scope. A null in the array is left out: the other scopes can be read without it.
func (s *Scopes) UnmarshalJSON(data []byte) error {
	if len(data) > maxBytes {
		return errors.New("want at most 1 MiB")
	}
	var joined *string
	if err := json.Unmarshal(data, &joined); err == nil && joined != nil {
		*s = append(Scopes{}, strings.Fields(*joined)...)
		return nil
	}
	var items []*string
	if err := json.Unmarshal(data, &items); err != nil || items == nil {
		return errors.New("want an array of strings, or one string with spaces between the scopes")
	}
	scopes := make(Scopes, 0, len(items))
	for _, item := range items {
		if item != nil {
			scopes = append(scopes, strings.Fields(*item)...)
		}
	}
	*s = scopes
	return nil
}
