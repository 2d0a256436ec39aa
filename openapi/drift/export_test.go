package drift

import (
	"regexp"
	"sync"

	"github.com/psoauth/psoauth/openapi"
)

// CompareAs compares an upstream document with another contract than the embedded one.
func CompareAs(contract, upstream *Document) (*Report, error) {
	return compare(contract, contract, upstream)
}

// ContractTakes reports whether the contract allows a response, as a reader.
func ContractTakes(operation string, e *Example) bool {
	held, err := contract()
	return err == nil && held.operations[operation].takes(e, true)
}

// Takes reports whether a document allows a response.
func (d *Document) Takes(operation string, e *Example) bool {
	return d.operations[operation].takes(e, false)
}

// SuggestAs is Suggest for another contract, whose text is given.
func SuggestAs(contract *Document, text string, upstream *Document) (string, error) {
	report, err := compare(contract, contract, upstream)
	if err != nil {
		return "", err
	}
	return suggest(text, report.Findings, upstream)
}

// Whole parses a document with all its operations, which all have ids.
func Whole(data []byte) (*Document, error) { return parse(data, "a document", nil) }

// beyondSeeds matches the operations that the four documentation pages do not have.
var beyondSeeds = regexp.MustCompile(`(?ms)^  /organizations/\{organization\}/oauth-applications:\n.*?\n\n|^    delete:\n.*?\n\n|^    OAuthApplicationPage:\n.*?\n\n`)

// Seeds returns the contract with the operations of the four pages only, in which a change to the application is one change.
func Seeds() string { return beyondSeeds.ReplaceAllString(openapi.Contract(), "") }

func init() {
	contract = sync.OnceValues(func() (*Document, error) { return parse([]byte(Seeds()), "the contract", nil) })
}
