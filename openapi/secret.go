package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what every printer, logger and encoder gets in place of a secret.
const Redacted = "[redacted]"

// A Secret is a string that cannot be printed by accident: every verb of package fmt, every slog handler and every
// encoder gets [Redacted]. [Secret.Reveal] is the one way to the string, besides reading memory on purpose. The zero value
// is the empty secret; == says whether two variables hold copies of one secret, not whether their strings are equal. A
// Secret is immutable and safe for concurrent use.
type Secret struct {
	// A pointer, because package fmt prints unexported fields of a surrounding struct without asking for methods;
	// of a pointer it prints the address.
	secret *string
}

// NewSecret makes a secret of s.
func NewSecret(s string) Secret { return Secret{&s} }

// Reveal returns the secret string.
func (s Secret) Reveal() string {
	if s.secret == nil {
		return ""
	}
	return *s.secret
}

// IsZero reports whether s is the empty secret.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String returns [Redacted].
func (s Secret) String() string { return Redacted }

// GoString returns [Redacted].
func (s Secret) GoString() string { return Redacted }

// Format writes [Redacted], whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// LogValue returns [Redacted].
func (s Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText returns [Redacted]; it never fails.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON returns [Redacted] as a JSON string; it never fails.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// UnmarshalJSON takes a JSON string. Its error does not repeat the input.
func (s *Secret) UnmarshalJSON(data []byte) error {
	var value *string
	if err := json.Unmarshal(data, &value); err != nil || value == nil {
		return errors.New("want a string")
	}
	*s = NewSecret(*value)
	return nil
}
