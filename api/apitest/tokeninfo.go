package apitest

import (
	"net/http"
	"strconv"
	"time"

	"github.com/psoauth/psoauth/openapi"
)

// A TokenInfoForm is a form in which the authorization host answers what it knows about an access token.
type TokenInfoForm int

const (
	// FormPublished is the documented form: what is known of an active token, or that it is not active.
	FormPublished TokenInfoForm = iota + 1
	// FormLegacy is the older form, which does not say whether a token is active, and refuses one that is not.
	FormLegacy
	// FormRefused answers for an active token as FormPublished does, and refuses one that is not.
	FormRefused
)

// String returns published, legacy or refused.
func (f TokenInfoForm) String() string {
	switch f {
	case FormPublished:
		return "published"
	case FormLegacy:
		return "legacy"
	case FormRefused:
		return "refused"
	}
	return "TokenInfoForm(" + strconv.Itoa(int(f)) + ")"
}

// The active access token was issued some days ago and lives as long as PlanetScale documents.
const (
	tokenAge      = 10 * 24 * time.Hour
	tokenLifetime = 2_592_000 * time.Second
)

type publishedInfo struct {
	Active    bool   `json:"active"`
	Scope     string `json:"scope"`
	ClientID  string `json:"client_id"`
	TokenType string `json:"token_type"`
	Exp       int64  `json:"exp"`
	Iat       int64  `json:"iat"`
	Sub       string `json:"sub"`
}

type inactiveInfo struct {
	Active bool `json:"active"`
}

type legacyInfo struct {
	ResourceOwnerID string         `json:"resource_owner_id"`
	Scope           openapi.Scopes `json:"scope"`
	ExpiresIn       int64          `json:"expires_in"`
	Application     legacyClient   `json:"application"`
	CreatedAt       int64          `json:"created_at"`
}

type legacyClient struct {
	UID string `json:"uid"`
}

// tokenInfo answers for an access token. The server knows none but [AccessToken] to be active.
func (p *PlanetScale) tokenInfo(token string) (*answer, error) {
	form := p.config.form
	if token != AccessToken {
		if form == FormPublished {
			return render(http.StatusOK, inactiveInfo{})
		}
		return invalidToken(""), nil
	}
	now := p.config.clock()
	issued := now.UTC().Truncate(24 * time.Hour).Add(-tokenAge)
	expires := issued.Add(tokenLifetime)
	if form == FormLegacy {
		return render(http.StatusOK, legacyInfo{
			ResourceOwnerID: userID,
			Scope:           p.application.Scopes,
			ExpiresIn:       int64(expires.Sub(now) / time.Second),
			Application:     legacyClient{p.application.ClientID},
			CreatedAt:       issued.Unix(),
		})
	}
	return render(http.StatusOK, publishedInfo{
		Active:    true,
		Scope:     p.application.Scopes.String(),
		ClientID:  p.application.ClientID,
		TokenType: "Bearer",
		Exp:       expires.Unix(),
		Iat:       issued.Unix(),
		Sub:       userID,
	})
}
