package openapi

import (
	"strconv"
	"time"
)

// A TokenState is what the authorization host says of a token. The zero value is [StateUnknown].
type TokenState int

const (
	StateUnknown  TokenState = iota // the response does not say; the token may be active or not
	StateActive                     // neither expired nor revoked
	StateInactive                   // expired, revoked, or never issued
)

var tokenStates = [...]string{"unknown", "active", "inactive"}

// String returns unknown, active or inactive.
func (s TokenState) String() string {
	if s < 0 || int(s) >= len(tokenStates) {
		return "TokenState(" + strconv.Itoa(int(s)) + ")"
	}
	return tokenStates[s]
}

// MarshalText returns what String returns.
func (s TokenState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// TokenInfo is what the authorization host knows about an access token
// (https://planetscale.com/docs/api/reference/oauth/token-info). The host answers in one of two forms; fields that a form does
// not have are zero.
type TokenInfo struct {
	// State is unknown in the older form, which does not say whether the token is active.
	State TokenState
	// Scopes are the scopes the token carries.
	Scopes Scopes
	// ClientID is the client id of the application the token was issued to.
	ClientID string
	// TokenType is Bearer; empty in the older form.
	TokenType string
	// ExpiresAt is when the token expires, or nil if the host did not say.
	ExpiresAt *time.Time
	// IssuedAt is when the token was issued, or nil if the host did not say.
	IssuedAt *time.Time
	// Subject is the id of the user who authorized the token.
	Subject string
	// ExpiresIn is how long the token had left when the host responded, to the second; only the older form has it. The
	// client computes ExpiresAt from it.
	ExpiresIn *time.Duration
	// Legacy reports that the host responded in the older form.
	Legacy bool
}
