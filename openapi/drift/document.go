package drift

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/internal/document"
	"github.com/psoauth/psoauth/internal/text"
	"github.com/psoauth/psoauth/openapi"
)

// A Document is what a published document says of the contract's operations; of others nothing is kept. It is immutable
// and safe for concurrent use.
type Document struct {
	name       string
	operations map[string]*operation // by the id of the contract's operation
	hosts      map[string]bool       // that any of its servers names, in lower case
	others     map[string]string     // other operations of the family, by method and path
	urls       map[string][]string   // of the schemes for access tokens, by keyword
	page       bool                  // it describes one operation only, as each page of PlanetScale's documentation does
}

// Parse reads a Swagger 2.0, OpenAPI 3.0 or OpenAPI 3.1 document, in JSON or YAML, of at most 16 MiB. Nothing it refers
// to elsewhere is read. The name is for messages. It is an error if the document is broken, describes none of the
// contract's operations, or has a schema in them that refers to itself.
func Parse(data []byte, name string) (*Document, error) {
	held, err := parsedContract()
	if err != nil {
		return nil, err
	}
	return parse(data, name, held.operations)
}

// parsedContract is the contract as a document, parsed once.
var parsedContract = sync.OnceValues(func() (*Document, error) { return parse([]byte(openapi.Contract()), "the contract", nil) })

// parse keeps the operations that fit the wanted ones, or all if there are none.
func parse(data []byte, name string, wanted map[string]*operation) (*Document, error) {
	doc := &Document{name: text.Excerpt(name, 200), operations: map[string]*operation{}, hosts: map[string]bool{},
		others: map[string]string{}, urls: map[string][]string{}}
	if err := doc.build(data, wanted); err != nil {
		return nil, fmt.Errorf("%s: %s", doc.name, text.Excerpt(err.Error(), 400))
	}
	return doc, nil
}

var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

func (d *Document) build(data []byte, wanted map[string]*operation) (err error) {
	// The parsers are somebody's code and the text is anybody's: what they cannot read is an error, not a crash.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it cannot be read: %v", p)
		}
	}()
	root, err := decode(data)
	if err != nil {
		return err
	}
	r := &resolver{root: root, lends: wanted == nil, left: maxExpanded}
	if err := r.setFormat(); err != nil {
		return err
	}
	head, err := r.head(d.urls)
	if err != nil {
		return err
	}
	items, ok := root["paths"].(map[string]any)
	if !ok || len(items) == 0 {
		return errors.New("it describes no operations")
	}
	found, fits, count := map[string]*operation{}, map[string]int{}, 0
	for _, template := range slices.Sorted(maps.Keys(items)) {
		item, ok := items[template].(map[string]any)
		if ref, isRef := item["$ref"].(string); isRef {
			target, err := r.lookup(ref)
			if err != nil {
				return fmt.Errorf("the path %.100q: %w", template, err)
			}
			item, ok = target.(map[string]any)
		}
		if !ok && items[template] != nil {
			return fmt.Errorf("the path %.100q is not an object", template)
		}
		for _, method := range methods {
			tree, ok := item[method].(map[string]any)
			if !ok || !strings.HasPrefix(template, "/") { // an extension
				continue
			}
			count++
			op := &operation{item: item, tree: tree}
			op.method, op.path, op.template = strings.ToUpper(method), template, templateOf(template)
			if op.addresses, err = addressesOf(op.template, tree["servers"], item["servers"], head.Servers); err != nil {
				return fmt.Errorf("%s %.200s: %w", op.method, template, err)
			}
			for _, address := range op.addresses {
				origin, _ := split(address)
				_, host, _ := strings.Cut(origin, "://")
				d.hosts[host] = true
			}
			if wanted == nil {
				found[fmt.Sprint(tree["operationId"])] = op
			} else if op.isFamily() {
				d.others[op.name()] = op.method + " " + op.path
			}
			for id, w := range wanted {
				if fit := op.fit(w.route); fit > fits[id] {
					found[id], fits[id] = op, fit
				}
			}
		}
	}
	if d.page = count == 1; len(found) == 0 {
		return errors.New("it describes none of the contract's operations")
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		op := found[id]
		delete(d.others, op.name())
		if err := op.read(r, head); err != nil {
			return fmt.Errorf("%s %.200s: %w", op.method, op.path, err)
		}
		d.operations[id] = op
	}
	return nil
}

// head reads what the document says for all operations, as OpenAPI 3 has it, and collects the URLs of security schemes by
// keyword: those of flows, or of an extension where the contract describes a scheme by its header only.
func (r *resolver) head(urls map[string][]string) (*openapi3.T, error) {
	components, _ := r.root["components"].(map[string]any)
	head := map[string]any{"components": map[string]any{"securitySchemes": components["securitySchemes"]}}
	for _, name := range []string{"host", "basePath", "schemes", "servers", "security", "securityDefinitions"} {
		head[name] = r.root[name]
	}
	resolved, err := r.value(head, 0, "")
	if err != nil {
		return nil, err
	}
	schemeURLs(resolved, urls)
	if !r.swagger {
		spec := &openapi3.T{}
		return spec, into(resolved, spec)
	}
	var old openapi2.T
	if err := into(resolved, &old); err != nil {
		return nil, err
	}
	return openapi2conv.ToV3(&old)
}

func schemeURLs(value any, urls map[string][]string) {
	within, _ := value.(map[string]any)
	for keyword, value := range within {
		if address, ok := value.(string); ok && strings.HasSuffix(keyword, "Url") {
			urls[keyword] = sorted(append(urls[keyword], address))
		}
		schemeURLs(value, urls)
	}
}

var formats = regexp.MustCompile(`^(swagger (2\.0)|openapi (3\.[01]))(\.|$)`)

// setFormat finds out what the document is written in.
func (r *resolver) setFormat() error {
	for _, key := range []string{"swagger", "openapi"} {
		if r.root[key] == nil {
			continue
		}
		version := fmt.Sprint(r.root[key])
		match := formats.FindStringSubmatch(key + " " + version)
		if match == nil {
			return fmt.Errorf("it is %s %s; want Swagger 2.0, OpenAPI 3.0 or 3.1", key, text.Excerpt(version, 20))
		}
		r.swagger, r.modern = match[2] != "", match[3] == "3.1"
		return nil
	}
	return errors.New("it is not an OpenAPI document: it has neither of the members swagger and openapi")
}

// convert has kin-openapi say in OpenAPI 3 what Swagger 2.0 says. Its converter drops from responses what Swagger does not
// have, such as oneOf and nullable, though generators write it and mean it, so their schemas pass by it.
func convert(resolved, produces any) (*openapi3.PathItem, error) {
	op, ok := resolved.(map[string]any)["get"].(map[string]any)
	if !ok {
		return nil, errors.New("it is no object")
	}
	if op["produces"] == nil {
		op["produces"] = produces
	}
	schemas := map[string]any{}
	responses, _ := op["responses"].(map[string]any)
	for status, value := range responses {
		response, _ := value.(map[string]any)
		if schema, ok := response["schema"]; ok {
			response["schema"], schemas[status] = map[string]any{}, schema
		}
	}
	var old openapi2.PathItem
	if err := into(resolved, &old); err != nil {
		return nil, err
	}
	item, err := openapi2conv.ToV3PathItem(&openapi2.T{}, &openapi3.Components{}, &old, nil)
	if err != nil {
		return nil, err
	}
	for status, schema := range schemas {
		for _, media := range item.Get.Responses.Value(status).Value.Content {
			media.Schema = &openapi3.SchemaRef{}
			err = errors.Join(err, into(schema, media.Schema))
		}
	}
	return item, err
}

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
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, source, nil)
	switch {
	case err != nil:
		return nil, errors.New("this is not a URL")
	case req.URL.Scheme != "https" || req.URL.Host == "":
		return nil, errors.New("want an https URL")
	case req.URL.User != nil:
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
