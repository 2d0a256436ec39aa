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
	"github.com/go-json-experiment/json/jsontext"
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

// decode reads one JSON or YAML value: objects as map[string]any, arrays as []any, and string, float64, bool or nil.
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
	case data[0] == '{':
		if err = measureJSON(data); err == nil {
			err = json.Unmarshal(data, &value)
		}
	default:
		if err = measureYAML(data); err == nil {
			value, err = decodeYAML(data)
		}
	}
	if err != nil {
		return nil, errors.New(text.Excerpt(err.Error(), 300))
	}
	return value, nil
}

var errTooLarge = fmt.Errorf("it is larger than %d MiB", maxBytes>>20)

var errNodes = fmt.Errorf("it holds more than %d values", maxNodes)

// measureJSON looks for too many values and too many levels before any is made. What is no JSON is found later.
func measureJSON(data []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewReader(data))
	for left := 2 * maxNodes; ; left-- { // a member is two tokens
		_, err := decoder.ReadToken()
		switch {
		case err != nil:
			return nil
		case left == 0:
			return errNodes
		case decoder.StackDepth() > maxDepth:
			return errDepth
		}
	}
}

// measureYAML looks for what may be too many values before any is made: each begins after one of the marks that are
// counted here. Marks in texts are counted too, of which PlanetScale's document has as many as values.
func measureYAML(data []byte) error {
	marks := 0
	for i, c := range data {
		last := i+1 == len(data) || strings.IndexByte(" \t\r\n", data[i+1]) >= 0
		switch c {
		case ',', '[', '{':
			marks++
		case ':', '-', '?':
			if last || i > 0 && strings.IndexByte("\"']}", data[i-1]) >= 0 {
				marks++
			}
		}
	}
	if marks > 2*maxNodes {
		return errNodes
	}
	return nil
}

func decodeYAML(data []byte) (any, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var node yaml.Node
	if err := decoder.Decode(&node); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it holds comments only")
		}
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("it holds more than one YAML document")
	}
	r := yamlReader{left: maxNodes}
	return r.value(&node, 0)
}

// A yamlReader turns nodes into values. It counts what aliases expand to, which the text does not show.
type yamlReader struct{ left int }

func (r *yamlReader) value(node *yaml.Node, depth int) (any, error) {
	if r.left--; r.left < 0 {
		return nil, fmt.Errorf("its aliases make more than %d values of it", maxNodes)
	}
	if depth > maxDepth {
		return nil, errDepth
	}
	switch node.Kind {
	case yaml.DocumentNode:
		return r.value(node.Content[0], depth)
	case yaml.AliasNode:
		return r.value(node.Alias, depth+1)
	case yaml.SequenceNode:
		items := make([]any, 0, len(node.Content))
		for _, child := range node.Content {
			item, err := r.value(child, depth+1)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		return items, nil
	case yaml.MappingNode:
		return r.members(node, depth)
	}
	return scalar(node)
}

func (r *yamlReader) members(node *yaml.Node, depth int) (any, error) {
	members := make(map[string]any, len(node.Content)/2)
	var merged []map[string]any
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		value, err := r.value(node.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if key.ShortTag() == "!!merge" {
			list, ok := value.([]any)
			if !ok {
				list = []any{value}
			}
			for _, item := range list {
				more, ok := item.(map[string]any)
				if !ok {
					return nil, fmt.Errorf("line %d: a merge key takes mappings", key.Line)
				}
				merged = append(merged, more)
			}
			continue
		}
		if key.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: a key must be a plain value", key.Line)
		}
		if _, ok := members[key.Value]; ok {
			return nil, fmt.Errorf("line %d: the key %.60q is there twice", key.Line, key.Value)
		}
		members[key.Value] = value
	}
	for _, more := range merged {
		for name, value := range more {
			if _, ok := members[name]; !ok {
				members[name] = value
			}
		}
	}
	return members, nil
}

func scalar(node *yaml.Node) (any, error) {
	switch node.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		var value bool
		err := node.Decode(&value)
		return value, err
	case "!!int", "!!float":
		var value float64
		err := node.Decode(&value)
		return value, err
	}
	return node.Value, nil // dates too: OpenAPI has them as strings
}
