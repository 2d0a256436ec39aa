package api

import "net/http"

// authorized puts the call's credential on each request, redirects included, if the request goes to the origin the
// credential is for; any other request it refuses. A 401 is tried once more if the credential can be renewed.
type authorized struct {
	origin origin
	next   http.RoundTripper
}

func (a authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	if to := originOf(r.URL); to != a.origin {
		return nil, foreignHost(a.origin, to)
	}
	call := callOf(r.Context())
	resp, err := a.send(call, r)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	renewed, err := call.credential.renew(r.Context(), call.sent)
	if err != nil {
		resp.Body.Close()
		return nil, &credentialError{err}
	}
	if !renewed {
		return resp, nil
	}
	resp.Body.Close()
	return a.send(call, r)
}

func (a authorized) send(call *call, r *http.Request) (_ *http.Response, err error) {
	if call.sent, err = call.credential.authorization(r.Context()); err != nil {
		return nil, &credentialError{err}
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", call.sent.Reveal())
	return a.next.RoundTrip(r)
}

// A credentialError says that a token source or a token endpoint failed.
type credentialError struct{ cause error }

func (e *credentialError) Error() string { return "no access token to be had: " + e.cause.Error() }

func (e *credentialError) Unwrap() error { return e.cause }
