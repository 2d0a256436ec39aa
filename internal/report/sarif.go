package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path/filepath"
	"strings"
)

// writeSARIF writes a SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html) with one result
// for each finding. It is located in the file that was examined, if there is one; accepted findings are suppressed.
func writeSARIF(b *bytes.Buffer, d *Document, _ Options) error {
	rules, results, notifications := []any{}, []any{}, []any{}
	index := map[string]int{}
	describe := func(rule Rule) {
		if _, known := index[rule.ID]; known {
			return
		}
		index[rule.ID] = len(rules)
		described := Object{"id", rule.ID, "shortDescription", sarifText(Sentence(rule.Title)), "fullDescription", sarifText(Sentence(rule.Why))}
		if rule.Remedy != "" {
			described = append(described, "help", sarifText(rule.Remedy))
		}
		if rule.URL != "" {
			described = append(described, "helpUri", rule.URL)
		}
		rules = append(rules, append(described, "defaultConfiguration", Object{"level", rule.Severity}))
	}
	for _, rule := range d.Rules {
		describe(rule)
	}
	for _, g := range d.Groups {
		describe(g.Rule)
		for _, f := range g.Findings {
			results = append(results, f.sarif(d.Kind, g.Rule, index[g.ID]))
		}
	}
	for _, why := range d.unexamined() {
		notifications = append(notifications, Object{"level", Error, "message", sarifText(sarifEscapes.Replace(why))})
	}
	invocation := Object{"executionSuccessful", len(notifications) == 0}
	if len(notifications) > 0 {
		invocation = append(invocation, "toolExecutionNotifications", notifications)
	}
	driver := Object{"name", "psoauth", "informationUri", "https://github.com/psoauth/psoauth", "rules", rules}
	run := Object{
		"tool", Object{"driver", driver}, "columnKind", "unicodeCodePoints", "invocations", []any{invocation}, "results", results,
	}
	log := Object{"$schema", "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0", "runs", []any{run}}
	return writeJSON(b, &Document{JSON: log}, Options{})
}

func (f Finding) sarif(kind string, rule Rule, index int) Object {
	location := Object{"logicalLocations", []any{Object{"fullyQualifiedName", f.Where}}}
	if f.File != "" || f.URI != "" { // code scanning takes no result without an artifact
		uri := f.URI
		if f.File != "" {
			uri = (&url.URL{Path: filepath.ToSlash(f.File)}).String()
		}
		location = append(Object{"physicalLocation", Object{"artifactLocation", Object{"uri", uri}}}, location...)
	}
	fingerprint := sha256.Sum256([]byte(rule.ID + "\x00" + f.Key))
	said := strings.TrimPrefix(f.Where+": ", ": ") + strings.TrimSuffix(f.all(rule), ".") + "."
	result := Object{
		"ruleId", rule.ID, "ruleIndex", index, "level", rule.Severity, "message", sarifText(sarifEscapes.Replace(said)),
		"locations", []any{location}, "occurrenceCount", max(f.Count, 1),
		"partialFingerprints", Object{kind + "/v1", hex.EncodeToString(fingerprint[:])},
	}
	if f.Accepted != nil {
		result = append(result, "suppressions", []any{Object{"kind", "external", "justification", f.Accepted.String()}})
	}
	return result
}

func sarifText(s string) Object { return Object{"text", s} }

// sarifEscapes keeps names from being placeholders and links (sections 3.11.5 and 3.11.6).
var sarifEscapes = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "{", "{{", "}", "}}")
