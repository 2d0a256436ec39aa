package drift_test

import (
	"testing"

	"github.com/psoauth/psoauth/openapi/drift"
)

func BenchmarkCompare(b *testing.B) {
	data := encode(b, contractTree(b))
	for b.Loop() {
		doc, err := drift.Parse(data, "upstream")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := drift.Compare(doc); err != nil {
			b.Fatal(err)
		}
	}
}
