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
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err == nil && len(data) > maxBytes {
		err = errTooLarge
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

// Limits on a document. PlanetScale's has 2.4 MB, 120,000 values and 25 levels.
const (
	maxBytes = 16 << 20
	maxNodes = 500_000
	maxDepth = 200
)

var errDepth = fmt.Errorf("it nests more than %d levels deep", maxDepth)

// decode reads one JSON or YAML value: objects as map[string]any, arrays as []any, and string, number, bool or nil.
func decode(data []byte) (value any, err error) {
	// The parsers are somebody's code and the text is anybody's: what they cannot stand is an error, not a crash.
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("neither JSON nor YAML can be read from it")
		}
	}()
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	switch {
	case len(data) == 0:
		return nil, errors.New("it is empty")
	case len(data) > maxBytes:
		return nil, errTooLarge
	case data[0] == '<':
		return nil, errors.New("it is HTML or XML, not an OpenAPI document")
	case marks(data) > 2*maxNodes:
		return nil, fmt.Errorf("it holds more than %d values", maxNodes)
	case data[0] == '{':
		err = json.Unmarshal(data, &value)
	default:
		value, err = decodeYAML(data)
	}
	if err != nil {
		return nil, errors.New(text.Excerpt(err.Error(), 300))
	}
	return value, nil
}

var errTooLarge = fmt.Errorf("it is larger than %d MiB", maxBytes>>20)

// marks counts what a value begins after, before any value is made. Marks in texts are counted too, of which PlanetScale's
// document has as many as values.
func marks(data []byte) (n int) {
	for i, c := range data {
		switch c {
		case ',', '[', '{':
			n++
		case ':', '-', '?':
			if i+1 == len(data) || strings.IndexByte(" \t\r\n", data[i+1]) >= 0 || i > 0 && strings.IndexByte("\"']}", data[i-1]) >= 0 {
				n++
			}
		}
	}
	return n
}

func decodeYAML(data []byte) (value any, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var node yaml.Node
	if err := decoder.Decode(&node); errors.Is(err, io.EOF) {
		return nil, errors.New("it holds comments only")
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("it holds more than one YAML document")
	}
	if _, err := expand(&node, map[*yaml.Node]int{}, 0); err != nil {
		return nil, err
	}
	err = node.Decode(&value)
	return value, err
}

// expand counts the values of a node with its aliases followed, which the text does not show, and has keys and dates read
// as the strings that they are in OpenAPI.
func expand(node *yaml.Node, known map[*yaml.Node]int, depth int) (n int, err error) {
	if n, ok := known[node]; ok {
		return n, nil
	}
	if depth > maxDepth {
		return 0, errDepth
	}
	content := node.Content
	if node.Kind == yaml.AliasNode {
		content = []*yaml.Node{node.Alias}
	}
	if node.ShortTag() == "!!timestamp" {
		node.Tag = "!!str"
	}
	n = 1
	for i, child := range content {
		if isKey := node.Kind == yaml.MappingNode && i%2 == 0; isKey && child.Kind != yaml.ScalarNode {
			return 0, fmt.Errorf("line %d: a key must be a plain value", child.Line)
		} else if isKey && child.ShortTag() != "!!merge" {
			child.Tag = "!!str"
		}
		m, err := expand(child, known, depth+1)
		if err != nil {
			return 0, err
		}
		if n += m; n > maxNodes {
			return 0, fmt.Errorf("its aliases make more than %d values of it", maxNodes)
		}
	}
	known[node] = n
	return n, nil
}
