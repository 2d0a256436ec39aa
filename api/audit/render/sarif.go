package render

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/psoauth/psoauth/api/audit"
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
		Invocations []sarifInvocation `json:"invocations"`
		Results     sarifResults      `json:"results"`
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
		Help    sarifText `json:"help"`
		Default struct {
			Level audit.Severity `json:"level"`
		} `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful bool   `json:"executionSuccessful"`
		End        string `json:"endTimeUtc"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        audit.Severity     `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
		} `json:"physicalLocation"`
		Logical []sarifPlace `json:"logicalLocations"`
	}
	sarifPlace struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

// SARIF writes a SARIF 2.1.0 log with one result for each finding. A result is located at the token's address in the API,
// without host and organization; accepted findings are suppressed.
func SARIF(w io.Writer, r *audit.Report) error {
	run := sarifRun{
		Invocations: []sarifInvocation{{true, r.At.UTC().Format(time.RFC3339)}},
		Results:     sarifResults{r},
	}
	run.Tool.Driver = sarifDriver{Name: "psoauth", InformationURI: "https://github.com/psoauth/psoauth"}
	for _, rule := range audit.Rules() {
		described := sarifRule{
			ID: rule.ID, Short: sarifText{rule.Title + "."}, Full: sarifText{rule.Why}, Help: sarifText{rule.Remedy},
		}
		described.Default.Level = rule.Severity
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, described)
	}
	return writeJSON(w, sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// sarifResults is the array of the results, made one by one like [jsonFindings].
type sarifResults struct{ report *audit.Report }

// MarshalJSONTo writes the array.
func (s sarifResults) MarshalJSONTo(out *jsontext.Encoder) error {
	index := map[string]int{}
	for i, rule := range audit.Rules() {
		index[rule.ID] = i
	}
	return writeArray(out, func(yield func(any) bool) {
		for f := range s.report.Findings() {
			if !yield(sarifOf(f, index[f.Rule], s.report.Application)) {
				return
			}
		}
	})
}

func sarifOf(f audit.Finding, rule int, application string) sarifResult {
	place := sarifPlace{Name: application + "/" + f.Token, Kind: "token"}
	uri := url.URL{Path: "oauth-applications/" + application + "/tokens"}
	switch {
	case f.Token != "":
		uri.Path += "/" + f.Token
	case f.Actor != "":
		place = sarifPlace{Name: application + "/" + f.Actor, Kind: "actor"}
	default:
		place = sarifPlace{Name: application, Kind: "application"}
	}
	fingerprint := sha256.Sum256([]byte(f.Rule + "\x00" + place.Kind + "\x00" + place.Name))
	result := sarifResult{
		RuleID: f.Rule, RuleIndex: rule, Level: f.Severity,
		Message:      sarifText{sarifEscapes.Replace(subject(f) + ": " + f.Message + ".")},
		Fingerprints: map[string]string{"audit/v1": hex.EncodeToString(fingerprint[:])},
	}
	location := sarifLocation{Logical: []sarifPlace{place}}
	location.Physical.Artifact.URI = uri.String()
	result.Locations = []sarifLocation{location}
	if f.Accepted != nil {
		result.Suppressions = []sarifSuppression{{"external", "accepted until " + f.Accepted.LastDay() + reason(f.Accepted)}}
	}
	return result
}

// sarifEscapes keeps names from being placeholders and links (sections 3.11.5 and 3.11.6).
var sarifEscapes = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "{", "{{", "}", "}}")

func reason(a *audit.Acceptance) string {
	if a.Reason == "" {
		return ""
	}
	return ": " + a.Reason
}
