package drift

// A Report is what a comparison found, in the order class, operation, status, place.
type Report struct {
	Before   string    // the name of what was compared with: the contract, or the older document
	After    string    // the name of the document
	Findings []Finding // of every class
}

// Count returns how many findings of a class there are.
func (r *Report) Count(class Class) int {
	n := 0
	for _, f := range r.Findings {
		if f.Class == class {
			n++
		}
	}
	return n
}

// Breaking reports whether any finding breaks programs.
func (r *Report) Breaking() bool { return r.Count(Breaking) > 0 }

// Clean reports whether there is nothing to act on: nothing breaks, nothing is new, and
// nothing is left to be looked at by hand.
func (r *Report) Clean() bool { return !r.Breaking() && r.Count(New)+r.Count(Differs) == 0 }
