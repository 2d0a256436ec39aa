package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/psoauth/psoauth/api"
)

func (p *program) appCommand() *cobra.Command {
	return group("app", "List and show OAuth applications", p.appList(), p.appShow())
}

func (p *program) appList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List an organization's OAuth applications",
		Long:    `List an organization's OAuth applications with their ids. A service token needs read_oauth_applications.`,
		Example: "  psoauth app list --sandbox\n  psoauth app list --format csv",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.connect(false); err != nil {
				return err
			}
			p.partly = true
			apps := p.client.Applications(cmd.Context(), p.settings.org, api.ListOptions{})
			return p.writeTo(func(w io.Writer) error { return writeList(p, &applicationView, w, apps, nil) })
		},
	}
	p.canWriteTo(cmd, "write to this `file`, completely or not at all; its extension sets the format")
	return cmd
}

func (p *program) appShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show [APP_ID]",
		Short:   "Show an OAuth application",
		Long:    `Show an OAuth application: its redirect URI, the scopes it requests and how many tokens it has issued. You can omit APP_ID if the organization has one application. A service token needs read_oauth_applications.`,
		Example: "  psoauth app show --sandbox\n  psoauth app show 5kq1x0v2m8yd\n  psoauth app show --format json",
		Args:    p.ids("APP_ID"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.connectTo(cmd.Context()); err != nil {
				return err
			}
			err := show(p, &applicationView)(p.client.GetApplication(cmd.Context(), p.settings.org, p.application))
			return p.withApplications(cmd.Context(), err)
		},
	}
}

// connectTo is connect for a command about an application, whose id may be left out where there is only one.
func (p *program) connectTo(ctx context.Context) error {
	if err := p.connect(false); err != nil || p.application != "" {
		return err
	}
	apps, err := p.applications(ctx)
	return p.onlyApplication(apps, err)
}

func (p *program) applications(ctx context.Context) (apps []*api.Application, err error) {
	for app, err := range p.client.Applications(ctx, p.settings.org, api.ListOptions{}) {
		if err != nil {
			return nil, err
		}
		apps = append(apps, app)
	}
	return apps, nil
}

// onlyApplication goes to an organization's one application. Err is why they could not be listed.
func (p *program) onlyApplication(apps []*api.Application, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("give APP_ID: the organization's applications cannot be listed: %w", err)
	case len(apps) == 0:
		return fmt.Errorf("organization %s has no OAuth applications", p.settings.org)
	case len(apps) > 1:
		return fmt.Errorf("there are several applications: give APP_ID, one of %s", namesOf(apps))
	}
	p.application = apps[0].ID
	return nil
}

// withApplications adds to the error for an application that does not exist which ones do.
func (p *program) withApplications(ctx context.Context, err error) error {
	if !errors.Is(err, api.ErrNotFound) {
		return err
	}
	apps, failed := p.applications(ctx)
	isIt := func(app *api.Application) bool { return app.ID == p.application }
	if failed != nil || len(apps) == 0 || slices.ContainsFunc(apps, isIt) {
		return err // without a list, or with the application in it, there is nothing to add
	}
	return fmt.Errorf("%w; organization %s has %s", err, p.settings.org, namesOf(apps))
}

// namesOf lists applications, a few of them.
func namesOf(apps []*api.Application) string {
	const most = 10
	names := each(apps[:min(len(apps), most)], func(app *api.Application) string { return fmt.Sprintf("%s (%s)", app.ID, app.Name) })
	if more := len(apps) - most; more > 0 {
		names = append(names, fmt.Sprintf("and %d more: see psoauth app list", more))
	}
	return strings.Join(names, ", ")
}
