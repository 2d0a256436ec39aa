package cli

import (
	"github.com/psoauth/psoauth/api"
)

// A place is what the arguments and flags point at.
type place struct{ organization, application, token string }

// connect makes the client for the API host, and says what to ask it for.
func (p *program) connect(ids []string) (*api.Client, place, error) {
	client, err := p.client(theOrganization, anyCredential)
	at := place{organization: p.settings.org}
	for i, id := range ids {
		*[]*string{&at.application, &at.token}[i] = id
	}
	return client, at, err
}

// connectAuth makes the client for the authorization host.
func (p *program) connectAuth() (*api.Client, error) {
	return p.client(theAccessToken)
}
