// Package document bounds OpenAPI documents before anything is made of them: they come from elsewhere, and what they become
// in memory, and the time it takes, grow with their values and levels rather than with their bytes.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// Limits on a document. PlanetScale's has 2.4 MB, about 160,000 values and 25 levels. Within them kin-openapi takes 350 MB and a
// few seconds at most: 1 to 2 kB a value, and go.yaml.in/yaml compares each name in an object with all others.
const (
	MaxBytes   = 16 << 20
	MaxValues  = 270_000 // a name is one too, an array is two, and an object three
	MaxMembers = 5_000   // of one object
	MaxDepth   = 200
	MaxLinks   = 500 // references that others refer to
)

// What a document is refused for.
var (
	ErrBytes   error = beyond(fmt.Sprintf("it is larger than %d MiB", MaxBytes>>20))
	ErrValues  error = beyond(fmt.Sprintf("it holds more than %d values", MaxValues))
	ErrMembers error = beyond(fmt.Sprintf("an object in it has more than %d members", MaxMembers))
	ErrDepth   error = beyond(fmt.Sprintf("it nests more than %d levels deep", MaxDepth))
	ErrAliases error = beyond(fmt.Sprintf("its aliases make more than %d values of it", MaxValues))
	ErrChain   error = beyond(fmt.Sprintf("more than %d of its references lead to other references", MaxLinks))
)

// beyond is an error about a limit.
type beyond string

func (b beyond) Error() string { return string(b) }

// IsJSON reports whether a document, which is JSON or YAML, begins as JSON objects do.
func IsJSON(data []byte) bool {
	start := bytes.TrimSpace(data)
	return len(start) > 0 && start[0] == '{'
}

// Check returns an error if a document, JSON or YAML, is beyond the limits. What is broken otherwise is left to its reader.
func Check(data []byte) error {
	if len(data) > MaxBytes {
		return ErrBytes
	}
	if IsJSON(data) {
		values, refs := 0, references{}
		d := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		for {
			token, err := d.ReadToken()
			if errors.Is(err, io.EOF) {
				return refs.check()
			} else if err != nil {
				break // broken, or YAML in flow style
			}
			within, n := d.StackIndex(d.StackDepth())
			if within == '{' && n%2 == 0 && token.Kind() == '"' {
				if at := d.StackPointer(); at.LastToken() == reference {
					refs[string(at.Parent())] = token.String()
				}
			}
			if values++; token.Kind() == '{' { // its end is a token, too
				values++
			}
			switch {
			case d.StackDepth() > MaxDepth:
				return ErrDepth
			case within == '{' && n > 2*MaxMembers:
				return ErrMembers
			case values > MaxValues:
				return ErrValues
			}
		}
	}
	if _, err := YAML(data); err != nil {
		if limit, ok := errors.AsType[beyond](err); ok {
			return limit
		}
	}
	return nil
}

// YAML reads one YAML document within the limits. Keys and dates are strings in it, as they are in OpenAPI.
func YAML(data []byte) (*yaml.Node, error) {
	if len(data) > MaxBytes {
		return nil, ErrBytes
	}
	if marks(data) > 2*MaxValues {
		return nil, ErrValues
	}
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
	refs := references{}
	if _, err := refs.expand(&node, map[*yaml.Node]int{}, "", 0); err != nil {
		return nil, err
	}
	return &node, refs.check()
}

// References are the targets of references, by the JSON pointers of the objects that have them. kin-openapi follows each of
// them to its end, which takes 13 seconds for a chain of 4,000.
type references map[string]string

const reference = "$ref"

// check returns an error if so many references refer to others that they may form a chain that is too long.
func (refs references) check() error {
	links := map[string]bool{}
	for _, target := range refs {
		if at, err := url.PathUnescape(strings.TrimPrefix(target, "#")); err == nil && refs[at] != "" {
			links[at] = true
		}
	}
	if len(links) > MaxLinks {
		return ErrChain
	}
	return nil
}

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

// expand counts the values of a node with its aliases followed, which the text does not show, notes its references, and makes
// keys and dates strings.
func (refs references) expand(node *yaml.Node, known map[*yaml.Node]int, at string, depth int) (n int, err error) {
	if n, ok := known[node]; ok {
		return n, nil
	}
	if depth > MaxDepth {
		return 0, ErrDepth
	}
	content := node.Content
	if node.Kind == yaml.AliasNode {
		content = []*yaml.Node{node.Alias}
	}
	if node.ShortTag() == "!!timestamp" {
		node.Tag = "!!str"
	}
	n = 1
	switch node.Kind {
	case yaml.SequenceNode:
		n = 2
	case yaml.MappingNode:
		n = 3
	}
	if node.Kind == yaml.MappingNode && len(content) > 2*MaxMembers {
		return 0, ErrMembers
	}
	for i, child := range content {
		if isKey := node.Kind == yaml.MappingNode && i%2 == 0; isKey && child.Kind != yaml.ScalarNode {
			return 0, fmt.Errorf("line %d: a key must be a plain value", child.Line)
		} else if isKey && child.ShortTag() != "!!merge" {
			child.Tag = "!!str"
		}
		below := at
		if node.Kind == yaml.MappingNode && i%2 == 1 {
			key := content[i-1].Value
			if below = string(jsontext.Pointer(at).AppendToken(key)); key == reference && child.Kind == yaml.ScalarNode {
				refs[at] = child.Value
			}
		}
		m, err := refs.expand(child, known, below, depth+1)
		if err != nil {
			return 0, err
		}
		if n += m; n > MaxValues {
			return 0, ErrAliases
		}
	}
	known[node] = n
	return n, nil
}
