package apitest

import (
	"context"
	"net/http"

	"github.com/psoauth/psoauth/gen"
)

// operations is the generated server interface over a PlanetScale. The credential has been checked.
type operations struct{ *PlanetScale }

var _ gen.StrictServerInterface = operations{}

// exists reports whether the organization has the application.
func (o operations) exists(organization, application string) bool {
	return organization == o.config.organization && application == o.application.ID
}

// GetTokenInfo answers for the access token that asks.
func (o operations) GetTokenInfo(ctx context.Context, _ gen.GetTokenInfoRequestObject) (
	gen.GetTokenInfoResponseObject, error,
) {
	token, _ := bearer(callOf(ctx).request)
	return o.tokenInfo(token)
}

// GetOAuthApplication answers with the one application there is.
func (o operations) GetOAuthApplication(_ context.Context, request gen.GetOAuthApplicationRequestObject) (
	gen.GetOAuthApplicationResponseObject, error,
) {
	if !o.exists(request.Organization, request.ApplicationID) {
		return problem(http.StatusNotFound), nil
	}
	return render(http.StatusOK, o.config.revision.application(o.counted()))
}

// counted returns the application with the number of its tokens.
func (o operations) counted() gen.OAuthApplication {
	app := o.application
	if o.config.application == nil {
		app.Tokens = int64(o.TokenCount())
	}
	return app
}

// ListOAuthApplications answers with one page of the one application there is.
func (o operations) ListOAuthApplications(ctx context.Context, request gen.ListOAuthApplicationsRequestObject) (
	gen.ListOAuthApplicationsResponseObject, error,
) {
	if request.Organization != o.config.organization {
		return problem(http.StatusNotFound), nil
	}
	application := mustJSON(o.config.revision.application(o.counted()))
	c := callOf(ctx)
	page := newPage(request.Params.Page, request.Params.PerPage, 1)
	if c.nextPage != nil {
		page.next = c.nextPage
	}
	body := o.config.revision.appendPage(nil, page, c.request, func(dst []byte, _ int) []byte {
		return append(dst, application...)
	})
	return &answer{status: http.StatusOK, body: body}, nil
}

// DeleteOAuthToken takes a token off the list.
func (o operations) DeleteOAuthToken(_ context.Context, request gen.DeleteOAuthTokenRequestObject) (
	gen.DeleteOAuthTokenResponseObject, error,
) {
	if !o.exists(request.Organization, request.ApplicationID) || !o.tokens.delete(request.TokenID) {
		return problem(http.StatusNotFound), nil
	}
	return &answer{status: http.StatusNoContent}, nil
}

// ListOAuthTokens answers with one page.
func (o operations) ListOAuthTokens(ctx context.Context, request gen.ListOAuthTokensRequestObject) (
	gen.ListOAuthTokensResponseObject, error,
) {
	if !o.exists(request.Organization, request.ApplicationID) {
		return problem(http.StatusNotFound), nil
	}
	c := callOf(ctx)
	tokens := o.tokens.snapshot()
	page := newPage(request.Params.Page, request.Params.PerPage, int64(tokens.len()))
	if c.nextPage != nil {
		page.next = c.nextPage
	}
	buffer := bodies.Get().(*[]byte)
	body := o.config.revision.appendPage((*buffer)[:0], page, c.request, func(dst []byte, position int) []byte {
		return tokens.append(dst, tokens.at(position), o.config.revision)
	})
	return &answer{status: http.StatusOK, body: body, pooled: buffer}, nil
}

// GetOAuthToken answers with one token.
func (o operations) GetOAuthToken(_ context.Context, request gen.GetOAuthTokenRequestObject) (
	gen.GetOAuthTokenResponseObject, error,
) {
	if !o.exists(request.Organization, request.ApplicationID) {
		return problem(http.StatusNotFound), nil
	}
	tokens := o.tokens.snapshot()
	i, ok := tokens.find(request.TokenID)
	if !ok {
		return problem(http.StatusNotFound), nil
	}
	return &answer{status: http.StatusOK, body: tokens.append(nil, i, o.config.revision)}, nil
}
