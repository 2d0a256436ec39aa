package apitest_test

import (
	"slices"

	"github.com/psoauth/psoauth/gen"
)

var twins = []gen.OAuthToken{{ID: "same"}, {ID: "same"}}

var equal = slices.Equal[[]string]
