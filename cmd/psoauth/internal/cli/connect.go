package cli

import "github.com/psoauth/psoauth/api"

// A place is what a command asks about.
type place struct{ organization, application, token string }

// connect makes the client for a command, which needs the needs and was given the id of an application and the id of one
// of its tokens, or the former, or none.
func (p *program) connect(ids []string, needs ...need) (*api.Client, place, error) {
	if p.settings.sandbox {
		var err error
		if ids, err = p.enterSandbox(ids); err != nil {
			return nil, place{}, err
		}
	}
	at := place{organization: p.settings.org}
	for i, id := range ids {
		*[]*string{&at.application, &at.token}[i] = id
	}
	client, err := p.client(needs...)
	return client, at, err
}
