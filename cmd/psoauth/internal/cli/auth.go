package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
)

// An authStatus is what a credential was found to be able to do, in the form of --format json.
type authStatus struct {
	Organization     string       `json:"organization"`
	OrganizationFrom string       `json:"organization_from"`
	Credential       string       `json:"credential"` // its kind, and of a service token the id
	CredentialFrom   string       `json:"credential_from"`
	API              string       `json:"api"`
	Auth             string       `json:"auth"`
	Operations       []capability `json:"operations"`
}

// A capability is an operation, and whether the credential may do it.
type capability struct {
	Operation string `json:"operation"`
	Access    string `json:"access"`  // what a service token needs
	Allowed   *bool  `json:"allowed"` // null where it was not tried
	Remark    string `json:"remark"`
}

func (p *program) authCommand() *cobra.Command {
	status := &cobra.Command{
		Use:   "status [APP_ID]",
		Short: "Show your credential and what it can do",
		Long: `Show which credential is used, where it comes from, for which organization and hosts, and which operations it can do. Only operations that read are tried, on the application APP_ID or on the organization's first.

Exit status: 0 every operation that was tried is allowed; 1 one is not; 2 it could not run.`,
		Example: "  psoauth auth status --sandbox\n  psoauth auth status --format json",
		Args:    p.ids("APP_ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := applicationOf(args)
			client, at, err := p.connect(given)
			if err != nil {
				return err
			}
			at.application = given.application
			s := p.authStatus(at)
			if err := s.try(cmd.Context(), client, at, !p.settings.accessToken.IsZero()); err != nil {
				return err
			}
			if err := p.showAuth(s); err != nil {
				return err
			}
			for _, c := range s.Operations {
				if c.Allowed != nil && !*c.Allowed {
					return finding{"the credential lacks an access: grant it in the organization's settings, under Service tokens"}
				}
			}
			return nil
		},
	}
	return group("auth", "Show your credential and what it can do", status)
}

// authStatus says what is known before anything is sent.
func (p *program) authStatus(at place) *authStatus {
	s := &p.settings
	from := func(flag string) string { return cmp.Or(s.sources[flag], "the sandbox") }
	status := &authStatus{
		Organization: at.organization, OrganizationFrom: from(flagOrg),
		Credential: "access token", CredentialFrom: from(flagAccessToken),
		API: cmp.Or(s.apiURL, api.DefaultBaseURL), Auth: cmp.Or(s.authURL, api.DefaultAuthURL),
	}
	if s.serviceTokenID != "" {
		status.Credential, status.CredentialFrom = "service token "+s.serviceTokenID, from(flagServiceToken)
	}
	return status
}

// try asks for what each operation that reads would give. An error is one that says nothing of the credential.
func (s *authStatus) try(ctx context.Context, client *api.Client, at place, info bool) error {
	var token string
	var failed error
	note := func(operation, access, remark string, err error) {
		allowed := err == nil
		switch {
		case allowed:
		case errors.Is(err, api.ErrUnauthorized), errors.Is(err, api.ErrForbidden), errors.Is(err, api.ErrNotFound):
			remark = err.Error()
		default:
			failed = errors.Join(failed, err)
		}
		s.Operations = append(s.Operations, capability{operation, access, &allowed, remark})
	}
	skip := func(operation, access, remark string) {
		s.Operations = append(s.Operations, capability{operation, access, nil, remark})
	}
	one := api.ListOptions{Page: 1, PerPage: 1}
	apps, err := client.ListApplications(ctx, at.organization, one)
	if err == nil && at.application == "" && len(apps.Data) > 0 {
		at.application = apps.Data[0].ID
	}
	if note("listOAuthApplications", "read_oauth_applications", "", err); failed != nil {
		return failed
	}
	if at.application == "" {
		skip("listOAuthTokens", "read_oauth_tokens", "there is no application to try it on: give APP_ID")
	} else {
		_, err = client.GetApplication(ctx, at.organization, at.application)
		note("getOAuthApplication", "read_oauth_applications", "", err)
		tokens, err := client.ListTokens(ctx, at.organization, at.application, one)
		if err == nil && len(tokens.Data) > 0 {
			token = tokens.Data[0].ID
		}
		note("listOAuthTokens", "read_oauth_tokens", "", err)
	}
	if token != "" {
		_, err = client.GetToken(ctx, at.organization, at.application, token)
		note("getOAuthToken", "read_oauth_tokens", "", err)
	}
	skip("deleteOAuthToken", "delete_oauth_tokens", "it deletes a token")
	if info {
		known, err := client.TokenInfo(ctx)
		remark := ""
		if err == nil {
			remark = fmt.Sprintf("the access token is %v", known.State)
		}
		note("getTokenInfo", "", remark, err)
	}
	return failed
}

func (p *program) showAuth(s *authStatus) error {
	clean := cleaner(p.settings.secrets())
	switch p.settings.format.value {
	case "json":
		return clean.writeJSON(p.out, s)
	case "csv":
		table := csvTable[capability]{out: p.out, clean: clean, view: &view[capability]{}}
		for _, c := range s.Operations {
			if err := table.add(&c); err != nil {
				return err
			}
		}
		return table.end(true, "")
	}
	about := sheet{title: "Organization " + s.Organization + " (" + s.OrganizationFrom + ")", style: styleHeading}
	about.add("Credential", s.Credential+" ("+s.CredentialFrom+")")
	about.add("API", s.API)
	about.add("Authorization", s.Auth)
	for _, c := range s.Operations {
		may := "not tried"
		if c.Allowed != nil {
			may = yesNo(c.Allowed)
		}
		about.add(c.Operation, list(": ", list(", ", may, c.Access), c.Remark))
	}
	return p.human(p.out).sheet(about)
}
