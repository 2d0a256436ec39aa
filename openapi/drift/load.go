package drift

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/internal/document"
	"github.com/psoauth/psoauth/internal/text"
)

const (
	fetchTimeout = 30 * time.Second
	maxRedirects = 5
)

// Published is where PlanetScale publishes its document.
const Published = "https://api.planetscale.com/v1/openapi-spec"

// Load reads a document from a file, from in if source is -, or from an https URL, and parses it as [Parse] does. A URL
// is fetched within 30 seconds, without credentials, and redirects are followed to https only. A nil client stands for
// [http.DefaultClient]; neither it nor its cookies are changed or sent. The error names the source.
func Load(ctx context.Context, source string, in io.Reader, client *http.Client) (*Document, error) {
	name := text.Excerpt(source, 200)
	data, err := read(ctx, source, in, client)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if source == "-" {
		name = "standard input"
	}
	return Parse(data, name)
}

func read(ctx context.Context, source string, in io.Reader, client *http.Client) ([]byte, error) {
	switch {
	case source == "-":
		return readAll(in)
	case strings.Contains(source, "://"):
		return fetch(ctx, source, client)
	}
	file, err := os.Open(source)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err // the path is in the message already
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readAll(file)
}

func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, document.MaxBytes+1))
	if err == nil && len(data) > document.MaxBytes {
		err = document.ErrBytes
	}
	return data, err
}

func fetch(ctx context.Context, source string, client *http.Client) ([]byte, error) {
	u, err := url.Parse(source)
	switch {
	case err != nil:
		return nil, errors.New("this is not a URL")
	case u.Scheme != "https" || u.Host == "":
		return nil, errors.New("want an https URL")
	case u.User != nil:
		return nil, errors.New("the URL holds credentials, and none are sent")
	}
	if client == nil {
		client = http.DefaultClient
	}
	bare := http.Client{Transport: client.Transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		next.Header.Del("Referer") // a signed URL is a credential
		switch {
		case next.URL.Scheme != "https":
			return errors.New("it redirects to a URL that is not https")
		case next.URL.User != nil:
			return errors.New("it redirects to a URL with credentials")
		case len(via) > maxRedirects:
			return fmt.Errorf("more than %d redirects", maxRedirects)
		}
		return nil
	}}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json, application/yaml;q=0.9, */*;q=0.5")
	resp, err := bare.Do(req)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // the URL is in the message already
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s", fetchTimeout)
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return readAll(resp.Body)
}

// decode reads a JSON or YAML object: objects as map[string]any, arrays as []any, and string, number, bool or nil.
func decode(data []byte) (root map[string]any, err error) {
	var value any
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	switch {
	case len(data) == 0:
		return nil, errors.New("it is empty")
	case data[0] == '<':
		return nil, errors.New("it is HTML or XML, not an OpenAPI document")
	case document.IsJSON(data):
		if err = document.Check(data); err == nil {
			err = json.Unmarshal(data, &value)
		}
	default:
		var node *yaml.Node
		if node, err = document.YAML(data); err == nil {
			err = node.Decode(&value)
		}
	}
	if err != nil {
		return nil, err
	}
	root, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("it is not an OpenAPI document")
	}
	return root, nil
}
