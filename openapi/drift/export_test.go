package drift

// CompareAs compares an upstream document with another contract than the embedded one.
func CompareAs(contract, upstream *Document) (*Report, error) {
	return compare(contract, contract, upstream)
}

// ContractTakes reports whether the contract allows a response, as a reader.
func ContractTakes(operation string, e *Example) bool {
	held, err := parsedContract()
	return err == nil && newSampler().allows(held.operations[operation], e, true)
}

// Takes reports whether a document allows a response.
func (d *Document) Takes(operation string, e *Example) bool {
	return newSampler().allows(d.operations[operation], e, false)
}

// SuggestAs is Suggest for another contract, whose text is given.
func SuggestAs(contract *Document, text string, upstream *Document) (string, error) {
	report, err := compare(contract, contract, upstream)
	if err != nil {
		return "", err
	}
	return suggest(text, report.Findings)
}

// Whole parses a document with all its operations, which all have ids.
func Whole(data []byte) (*Document, error) { return parse(data, "a document", nil) }

// ParseAs parses a document that is to be compared with another contract than the embedded one.
func ParseAs(contract *Document, data []byte) (*Document, error) {
	return parse(data, "upstream", contract.operations)
}
