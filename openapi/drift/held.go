package drift

// What the contract allows for on purpose, so that a document without it is no news.

// implyFormats gives the formats of the contract to a document's schemas that have none. PlanetScale publishes no
// formats: its times are plain strings, its counts plain integers, so to say none is to say nothing of the value. A
// format that the document does give stays.
func implyFormats(contract, published *schema) {
	if contract == published {
		return
	}
	for _, b := range published.alternatives {
		for _, a := range contract.ofKind(b.kind) {
			if b.format == "" && a.format != "" && b.enum == nil && a.integer == b.integer {
				b.format, b.implied = a.format, true
			}
			if a.items != nil && b.items != nil {
				implyFormats(a.items, b.items)
			}
			for name, m := range b.members {
				if held := a.members[name]; held != nil {
					implyFormats(held.schema, m.schema)
				}
			}
		}
	}
}

// deliberate reports whether a relaxed finding is one of the contract's own making: its objects are open, whatever a
// document says, and errors, which PlanetScale does not describe, may be anything that has been seen.
func deliberate(f Finding) bool {
	failure := f.Status != "" && f.Status[0] != '2'
	return f.Rule == "additionalProperties" || failure && (f.Rule != "status" || f.Status == "default")
}
