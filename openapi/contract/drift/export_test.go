package drift

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
