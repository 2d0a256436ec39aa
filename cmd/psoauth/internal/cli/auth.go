package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/internal/report"
)

// An authStatus is what a credential was found to be able to do, in the form of --format json.
type authStatus struct {
	Organization     string        `json:"organization"`
	OrganizationFrom string        `json:"organization_from"`
	Credential       string        `json:"credential"` // its kind, and of a service token the id
	CredentialFrom   string        `json:"credential_from"`
	API              string        `json:"api"`
	Auth             string        `json:"auth"`
	Operations       []*capability `json:"operations"`
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
			s, err := p.authStatus(cmd.Context())
			if err != nil {
				return err
			}
			if p.format == "csv" {
				err = writeList(p, &view[capability]{}, p.out, ready(s.Operations), nil)
			} else {
				err = show(p, &authView)(s, nil)
			}
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(s.Operations, func(c *capability) bool { return c.Allowed != nil && !*c.Allowed }) {
				return nil
			}
			unless := ""
			if len(args) > 0 {
				unless = ", unless APP_ID is wrong"
			}
			return finding{"the credential lacks an access" + unless + ": grant it in the organization's settings, under Service tokens"}
		},
	}
	return group("auth", "Show your credential and what it can do", status)
}

// authStatus asks for what each operation that reads would give. An error is one that says nothing of the credential.
func (p *program) authStatus(ctx context.Context) (*authStatus, error) {
	if err := p.connect(false); err != nil {
		return nil, err
	}
	client, organization, set := p.client, p.settings.org, &p.settings
	from := func(flag string) string { return cmp.Or(set.sources[flag], "the sandbox") }
	s := &authStatus{
		Organization: organization, OrganizationFrom: from("org"),
		Credential: "access token", CredentialFrom: from("access-token"),
		API: cmp.Or(set.apiURL, api.DefaultBaseURL), Auth: cmp.Or(set.authURL, api.DefaultAuthURL),
	}
	if set.serviceTokenID != "" {
		s.Credential, s.CredentialFrom = "service token "+set.serviceTokenID, from("service-token")
	}
	var failed error
	add := func(operation, access string, allowed *bool, remark string) {
		s.Operations = append(s.Operations, &capability{operation, access, allowed, remark})
	}
	note := func(operation, access string, err error) bool {
		remark := ""
		if errors.Is(err, api.ErrUnauthorized) || errors.Is(err, api.ErrForbidden) || errors.Is(err, api.ErrNotFound) {
			remark = err.Error()
		} else {
			failed = errors.Join(failed, err)
		}
		add(operation, access, new(err == nil), remark)
		return err == nil
	}
	const readApplications, readTokens = "read_oauth_applications", "read_oauth_tokens"
	first, application := api.ListOptions{Page: 1, PerPage: 1}, p.application
	apps, err := client.ListApplications(ctx, organization, first)
	if note("listOAuthApplications", readApplications, err) && application == "" && len(apps.Data) > 0 {
		application = apps.Data[0].ID
	}
	switch {
	case failed != nil:
		return nil, failed
	case application == "":
		add("listOAuthTokens", readTokens, nil, "there is no application to try it on: give APP_ID")
	default:
		_, err = client.GetApplication(ctx, organization, application)
		note("getOAuthApplication", readApplications, err)
		tokens, err := client.ListTokens(ctx, organization, application, first)
		if note("listOAuthTokens", readTokens, err) && len(tokens.Data) > 0 {
			_, err = client.GetToken(ctx, organization, application, tokens.Data[0].ID)
			note("getOAuthToken", readTokens, err)
		}
	}
	add("deleteOAuthToken", "delete_oauth_tokens", nil, "it deletes a token")
	if !set.accessToken.IsZero() {
		info, err := client.TokenInfo(ctx)
		if note("getTokenInfo", "", err) {
			s.Operations[len(s.Operations)-1].Remark = fmt.Sprintf("the access token is %v", info.State)
		}
	}
	return s, failed
}

var authView = view[authStatus]{sheet: func(_ *program, s *authStatus) sheet {
	about := sheet{title: "Organization " + s.Organization + " (" + s.OrganizationFrom + ")", style: report.Bold}
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
	return about
}}
