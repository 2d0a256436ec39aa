package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/psoauth/psoauth/internal/text"
)

// The parts of SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html) that a report uses.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string    `json:"id"`
		Short   sarifText `json:"shortDescription"`
		Full    sarifText `json:"fullDescription"`
		HelpURI string    `json:"helpUri"`
		Default struct {
			Level Severity `json:"level"`
		} `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        Severity          `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Related      []sarifLocation   `json:"relatedLocations,omitempty"`
		Occurrences  int               `json:"occurrenceCount"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		ID       int           `json:"id,omitempty"`
		Physical sarifPhysical `json:"physicalLocation"`
		Logical  []sarifPlace  `json:"logicalLocations,omitempty"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifPlace struct {
		Name string `json:"fullyQualifiedName"`
	}
)

// writeSARIF writes one result for each operation, rule and place. Its location is the line of the contract that is
// departed from; the recording it was seen in first is a related location.
func (r *Report) writeSARIF(w io.Writer) error {
	run := sarifRun{ColumnKind: "utf16CodeUnits", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "psoauth", InformationURI: "https://github.com/psoauth/psoauth"}
	index := map[string]int{}
	for i, rule := range rules {
		index[rule.ID] = i
		described := sarifRule{ID: rule.ID, Short: sarifText{sentence(rule.Finds)}, Full: sarifText{rule.Why}, HelpURI: docs(rule.ID)}
		described.Default.Level = rule.Severity
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, described)
	}
	for _, g := range r.groups() {
		run.Results = append(run.Results, g.sarif(index[g.Rule], r.specName))
	}
	return encodeJSON(w, sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func (g group) sarif(rule int, spec string) sarifResult {
	place := sarifLocation{Logical: []sarifPlace{{g.place()}}}
	place.Physical.Artifact.URI = uri(spec)
	if g.line > 0 {
		place.Physical.Region = &sarifRegion{g.line}
	}
	fingerprint := sha256.Sum256([]byte(g.Operation + "\x00" + g.pointer + "\x00" + g.Rule))
	result := sarifResult{
		RuleID: g.Rule, RuleIndex: rule, Level: g.Severity, Occurrences: g.count,
		Message:      sarifText{sarifEscapes.Replace(text.Printable(g.place() + ": " + g.Message))},
		Locations:    []sarifLocation{place},
		Fingerprints: map[string]string{"contract/v1": hex.EncodeToString(fingerprint[:])},
	}
	if file, entry := splitSource(g.Source); g.Source != Live && file != "" {
		related := sarifLocation{ID: 1, Message: &sarifText{"first seen in this recording"}}
		if entry >= 0 {
			related.Message.Text = fmt.Sprintf("first seen in entry %d of this recording", entry)
		}
		related.Physical.Artifact.URI = uri(file)
		result.Related = []sarifLocation{related}
	}
	return result
}

// sarifEscapes keeps names from being placeholders and links (sections 3.11.5 and 3.11.6).
var sarifEscapes = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "{", "{{", "}", "}}")

func uri(path string) string { return (&url.URL{Path: filepath.ToSlash(path)}).String() }

// sentence makes a sentence of a phrase.
func sentence(phrase string) string {
	return strings.ToUpper(phrase[:1]) + strings.TrimSuffix(phrase[1:], ".") + "."
}
