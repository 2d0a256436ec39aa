package cli

import (
	"strings"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/text"
)

// A renderer shows what the API answered, in one format.
type renderer interface {
	application(*api.Application) error
	token(*api.Token) error
	tokens() tokenList
	tokenInfo(*api.TokenInfo) error
}

// A tokenList shows a list of any length, one token after the other, and keeps a page of them at most.
type tokenList interface {
	add(*api.Token) error
	// end is called once, after the last token. Of a list that is not complete, nothing may look as if it were.
	end(complete bool) error
}

func (p *program) renderer() renderer {
	clean := cleaner(p.settings.secrets())
	switch p.settings.format {
	case "json":
		return jsonRenderer{p.out, clean}
	case "csv":
		return csvRenderer{p.out, clean}
	default:
		return p.human()
	}
}

func (p *program) human() *humanRenderer {
	return &humanRenderer{
		out:    p.out,
		clean:  cleaner(p.settings.secrets()),
		width:  columns(p.Stdout, p.Getenv),
		colour: !p.settings.noColor && coloured(p.Stdout, p.Getenv),
		now:    p.Now(),
	}
}

// A cleaner holds the user's own credentials, which a server could send back as data.
type cleaner []string

// redact returns s without credentials. All text from a server goes through it, in every format.
func (c cleaner) redact(s string) string { return text.RedactCredentials(s, c...) }

// printable returns s without credentials and without anything that a terminal would act on.
func (c cleaner) printable(s string) string { return text.Printable(c.redact(s)) }

// timestamp formats t as PlanetScale does: RFC 3339 with milliseconds, and with more digits only where there are more.
func timestamp(t time.Time) string {
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return t.Format(time.RFC3339Nano)
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}

// A tokenInfoDocument has each member that the contract declares of token info in either form, nil where the form does
// not have it.
type tokenInfoDocument struct {
	Active          *bool              `json:"active"`
	Scope           api.Scopes         `json:"scope"`
	ClientID        *string            `json:"client_id"`
	TokenType       *string            `json:"token_type"`
	Exp             *string            `json:"exp"`
	Iat             *string            `json:"iat"`
	Sub             *string            `json:"sub"`
	ResourceOwnerID *ownerID           `json:"resource_owner_id"`
	ExpiresIn       *int64             `json:"expires_in"`
	Application     *tokenInfoClientID `json:"application"`
	CreatedAt       *string            `json:"created_at"`
}

// An ownerID is the id of a user, which the older form has as a string or as an integer.
type ownerID string

type tokenInfoClientID struct {
	UID *string `json:"uid"`
}

func newTokenInfoDocument(info *api.TokenInfo) tokenInfoDocument {
	d := tokenInfoDocument{Scope: info.Scopes, TokenType: orNil(info.TokenType)}
	if info.State != api.StateUnknown {
		active := info.State == api.StateActive
		d.Active = &active
	}
	if info.Legacy {
		d.ResourceOwnerID = (*ownerID)(orNil(info.Subject))
		d.Application = &tokenInfoClientID{orNil(info.ClientID)}
		d.CreatedAt = seconds(info.IssuedAt)
		if info.ExpiresIn != nil {
			left := int64(*info.ExpiresIn / time.Second)
			d.ExpiresIn = &left
		}
		return d
	}
	d.ClientID, d.Sub = orNil(info.ClientID), orNil(info.Subject)
	d.Exp, d.Iat = seconds(info.ExpiresAt), seconds(info.IssuedAt)
	return d
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// seconds formats a time that was whole Unix seconds on the wire.
func seconds(t *time.Time) *string {
	if t == nil {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}

// list joins what is left of the items when the empty ones are out.
func list(separator string, items ...string) string {
	var kept []string
	for _, item := range items {
		if item != "" {
			kept = append(kept, item)
		}
	}
	return strings.Join(kept, separator)
}
