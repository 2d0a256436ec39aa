package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"path/filepath"
	"strings"
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
		ColumnKind  string            `json:"columnKind"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string     `json:"id"`
		Short   sarifText  `json:"shortDescription"`
		Full    sarifText  `json:"fullDescription"`
		Help    *sarifText `json:"help,omitempty"`
		HelpURI string     `json:"helpUri,omitempty"`
		Default sarifLevel `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Occurrences  int                `json:"occurrenceCount"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifPlace   `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		Line int `json:"startLine"`
	}
	sarifPlace struct {
		Name string `json:"fullyQualifiedName"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

// writeSARIF writes a SARIF 2.1.0 log with one result for each finding. It is located in the file that was examined, if
// there is one; accepted findings are suppressed.
func writeSARIF(w io.Writer, d *Document, _ Options) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "psoauth", InformationURI: "https://github.com/psoauth/psoauth", Rules: []sarifRule{}}
	index := map[string]int{}
	describe := func(rule Rule) {
		if _, known := index[rule.ID]; known {
			return
		}
		index[rule.ID] = len(run.Tool.Driver.Rules)
		described := sarifRule{
			ID: rule.ID, Short: sarifText{Sentence(rule.Title)}, Full: sarifText{Sentence(rule.Why)}, HelpURI: rule.URL,
			Default: sarifLevel{sarifLevelOf(rule.Severity)},
		}
		if rule.Remedy != "" {
			described.Help = &sarifText{rule.Remedy}
		}
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, described)
	}
	for _, rule := range d.Rules {
		describe(rule)
	}
	for _, g := range d.Groups {
		describe(g.Rule)
		for _, f := range g.Findings {
			run.Results = append(run.Results, f.sarif(d.Kind, g.Rule, index[g.ID]))
		}
	}
	invocation := sarifInvocation{Successful: true}
	for _, why := range d.failures() {
		invocation.Successful = false
		invocation.Notifications = append(invocation.Notifications, sarifNotification{Error.String(), sarifText{sarifEscapes.Replace(why)}})
	}
	run.Invocations = []sarifInvocation{invocation}
	return writeJSON(w, &Document{JSON: sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}}, Options{})
}

func (f Finding) sarif(kind string, rule Rule, index int) sarifResult {
	location := sarifLocation{Logical: []sarifPlace{{f.Where}}}
	if f.File != "" || f.URI != "" { // code scanning takes no result without an artifact
		location.Physical = &sarifPhysical{}
		location.Physical.Artifact.URI = f.URI
		if f.File != "" {
			location.Physical.Artifact.URI = (&url.URL{Path: filepath.ToSlash(f.File)}).String()
		}
		if f.Line > 0 {
			location.Physical.Region = &sarifRegion{f.Line}
		}
	}
	fingerprint := sha256.Sum256([]byte(rule.ID + "\x00" + f.Key))
	result := sarifResult{
		RuleID: rule.ID, RuleIndex: index, Level: sarifLevelOf(rule.Severity), Occurrences: max(f.Count, 1),
		Message:      sarifText{sarifEscapes.Replace(strings.TrimPrefix(f.Where+": ", ": ") + strings.TrimSuffix(f.all(rule), ".") + ".")},
		Locations:    []sarifLocation{location},
		Fingerprints: map[string]string{kind + "/v1": hex.EncodeToString(fingerprint[:])},
	}
	if f.Accepted != nil {
		result.Suppressions = []sarifSuppression{{"external", f.acceptance()}}
	}
	return result
}

// sarifLevelOf returns SARIF's word for a severity, which has none for off.
func sarifLevelOf(s Severity) string {
	if s == Off {
		return "none"
	}
	return s.String()
}

// sarifEscapes keeps names from being placeholders and links (sections 3.11.5 and 3.11.6).
var sarifEscapes = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "{", "{{", "}", "}}")

// Sentence makes a sentence of a phrase that begins with a letter of ASCII.
func Sentence(phrase string) string {
	if phrase == "" {
		return ""
	}
	return strings.ToUpper(phrase[:1]) + strings.TrimSuffix(phrase[1:], ".") + "."
}
