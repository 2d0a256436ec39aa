package api

import (
	"errors"
	"os"
)

// NewClientFromEnv is [NewClient] with the environment variables that the command reads:
//
//   - PLANETSCALE_SERVICE_TOKEN_ID and PLANETSCALE_SERVICE_TOKEN, see [WithServiceToken]
//   - PLANETSCALE_ACCESS_TOKEN, see [WithAccessToken]
//   - PLANETSCALE_ORG, which [Client.Organization] returns
//   - PLANETSCALE_API_URL, see [WithBaseURL]; a URL without a path gets /v1, because the official command has none there
//   - PLANETSCALE_AUTH_URL, see [WithAuthURL]
//
// A variable that is empty counts as not set. The options are applied after the environment; a credential may come from one
// of both only. An [OptionError] names the variable. Without any credential the error says which variables to set.
func NewClientFromEnv(options ...Option) (*Client, error) {
	var all []Option
	from := func(variable string, option func(value string) Option) {
		if value := os.Getenv(variable); value != "" {
			all = append(all, func(s *settings) error { return renamed(option(value)(s), variable) })
		}
	}
	id, secret := os.Getenv("PLANETSCALE_SERVICE_TOKEN_ID"), os.Getenv("PLANETSCALE_SERVICE_TOKEN")
	switch {
	case id != "" && secret == "":
		all = append(all, option("PLANETSCALE_SERVICE_TOKEN", func(*settings) error {
			return errors.New("it is not set, and PLANETSCALE_SERVICE_TOKEN_ID is")
		}))
	case id == "" && secret != "":
		all = append(all, option("PLANETSCALE_SERVICE_TOKEN_ID", func(*settings) error {
			return errors.New("it is not set, and PLANETSCALE_SERVICE_TOKEN is")
		}))
	case id != "":
		from("PLANETSCALE_SERVICE_TOKEN", func(value string) Option { return WithServiceToken(id, value) })
	}
	from("PLANETSCALE_ACCESS_TOKEN", WithAccessToken)
	from("PLANETSCALE_AUTH_URL", WithAuthURL)
	from("PLANETSCALE_API_URL", func(value string) Option {
		return func(s *settings) error {
			err := WithBaseURL(value)(s)
			if err == nil && s.client.baseURL.Path == "" {
				s.client.baseURL.Path = "/v1"
			}
			return err
		}
	})
	all = append(all, options...)
	all = append(all, option("NewClientFromEnv", func(s *settings) error {
		if s.client.organization = os.Getenv("PLANETSCALE_ORG"); s.service == nil && s.oauth == nil && id == "" && secret == "" {
			return errors.New("no credential: set PLANETSCALE_SERVICE_TOKEN_ID and PLANETSCALE_SERVICE_TOKEN, or PLANETSCALE_ACCESS_TOKEN")
		}
		return nil
	}))
	return NewClient(all...)
}

// renamed puts the name of a variable in the place of an option's.
func renamed(err error, variable string) error {
	if failed, ok := errors.AsType[*OptionError](err); ok {
		return &OptionError{variable, failed.Err}
	}
	return err
}
