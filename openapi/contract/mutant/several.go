package mutant

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// severalMutants plants two to five faults of different kinds in one response: in places of the body that are apart from
// each other, and in status and media type.
func severalMutants(valid []*sound) []Mutant {
	random := rand.New(rand.NewPCG(1, 2))
	var all []Mutant
	for _, s := range valid {
		if s.schema == nil || s.status/100 != 2 {
			continue
		}
		for i := range 24 {
			body := clone(s.body)
			var faults []Fault
			var taken []string
			sites := s.sites()
			random.Shuffle(len(sites), func(i, j int) { sites[i], sites[j] = sites[j], sites[i] })
			for _, at := range sites {
				if len(faults) == 1+i%3 {
					break
				}
				if at.pointer == "" || !apart(at.pointer, taken) {
					continue
				}
				fault, value := at.anyFault(random)
				if fault.Rule == "" {
					continue
				}
				body = put(body, at.pointer, value)
				faults, taken = append(faults, fault), append(taken, at.pointer)
			}
			changed := *s
			changed.body = body
			m := changed.mutant(Several, fmt.Sprintf("%s: %d faults, %d", s.name, len(faults), i))
			m.Faults = faults
			if i%2 == 0 {
				m.Status = []int{203, 299, 302, 201}[i/2%4]
				m.Faults = append(m.Faults, Fault{"http.status", "status", ""})
			}
			if i%4 >= 2 && m.Status != 302 {
				m.Header.Set("Content-Type", "text/csv")
				m.Faults = append(m.Faults, Fault{"http.content-type", "header", "/Content-Type"})
			}
			if i%3 == 0 {
				m.Body = append(m.Body, " {}"...)
				m.Faults = append(m.Faults, Fault{"json.trailing-data", "body", ""})
			}
			all = append(all, m)
		}
	}
	return all
}

// apart reports whether a place has none of those taken within it, and is within none.
func apart(pointer string, taken []string) bool {
	for _, other := range taken {
		if strings.HasPrefix(pointer+"/", other+"/") || strings.HasPrefix(other+"/", pointer+"/") {
			return false
		}
	}
	return true
}

// anyFault returns one of the faults that can be planted at a place.
func (s site) anyFault(random *rand.Rand) (Fault, any) {
	if _, ok := s.value.(string); ok && random.IntN(3) == 0 {
		return body("json.lone-surrogate", s.pointer), raw(`"\ud83d"`)
	}
	if bad := badFormats[s.schema.Format]; len(bad) > 0 && s.value != nil && random.IntN(2) == 0 {
		return body("schema.format", s.pointer), bad[random.IntN(len(bad))]
	}
	if s.member && random.IntN(4) == 0 {
		return body("json.duplicate-member", s.pointer), twice{s.value, s.value}
	}
	if !s.allows("null") && random.IntN(3) == 0 {
		return body("schema.null", s.pointer), nil
	}
	if _, ok := s.value.(float64); ok && !s.schema.Type.Is("number") {
		return body("number.int64", s.pointer), raw("9223372036854775808")
	}
	for _, i := range random.Perm(len(otherTypes)) {
		if !s.allows(otherTypes[i].kind) {
			return body("schema.type", s.pointer), otherTypes[i].value
		}
	}
	return Fault{}, nil
}
