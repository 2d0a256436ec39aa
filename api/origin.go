package api

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/psoauth/psoauth/internal/text"
)

// originOf returns where a credential may go: scheme, host and port (RFC 6454, section 4).
func originOf(u *url.URL) string {
	// Beyond ASCII one lower-case letter can stand for two host names: strings.ToLower makes an i of İ, and the network
	// sends apİ.example to xn--api-bec.example.
	scheme := text.LowerASCII(u.Scheme)
	port := cmp.Or(u.Port(), map[string]string{"https": "443", "http": "80"}[scheme])
	return scheme + "://" + net.JoinHostPort(text.LowerASCII(u.Hostname()), port)
}

// parseBaseURL returns raw in the one form the generated client gets: without a trailing slash, its path kept. It never
// repeats raw in an error, because a URL can hold a password.
func parseBaseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("is not a URL: %w", withoutURL(err))
	case u.User != nil:
		return nil, errors.New("holds a user name or password; credentials have options of their own")
	case u.RawQuery != "" || u.ForceQuery:
		return nil, errors.New("holds a query")
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return nil, errors.New("holds a fragment")
	case u.Opaque != "" || u.Hostname() == "":
		return nil, errors.New("has no host; want for instance https://api.planetscale.com/v1")
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r > '~' }):
		return nil, errors.New("has letters beyond ASCII in its host; write the host as the network does, with xn--")
	}
	switch u.Scheme = text.LowerASCII(u.Scheme); {
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, errors.New("is plain http; a credential is sent over https only, or to a loopback address")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("is not an https URL")
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return nil, errors.New("holds a dot segment")
		}
	}
	u.Host = text.LowerASCII(u.Host)
	return u, nil
}

func isLoopback(host string) bool {
	if text.LowerASCII(host) == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Zone() == "" && addr.Unmap().IsLoopback() // package net takes no zone for a loopback address
}
