package conformance_test

import (
	"context"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	speakeasy "github.com/speakeasy-api/openapi/openapi"

	"github.com/psoauth/psoauth/openapi"
)

// validators are two that have nothing in common.
var validators = map[string]func(context.Context, string) error{
	"kin-openapi": func(ctx context.Context, document string) error {
		doc, err := openapi3.NewLoader().LoadFromData([]byte(document))
		if err != nil {
			return err
		}
		return doc.Validate(ctx, openapi3.EnableExamplesValidation())
	},
	"speakeasy": func(ctx context.Context, document string) error {
		doc, faults, err := speakeasy.Unmarshal(ctx, strings.NewReader(document))
		if err != nil {
			return err
		}
		for _, fault := range append(faults, doc.Validate(ctx)...) {
			return fault
		}
		return nil
	},
}

func TestTwoValidatorsAcceptTheContract(t *testing.T) {
	t.Parallel()
	for name, validate := range validators {
		if err := validate(t.Context(), openapi.Contract()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, was := range []string{"string", "array"} { // they must see a fault
			wrong := strings.ReplaceAll(openapi.Contract(), "type: "+was+"\n", "type: strung\n")
			if err := validate(t.Context(), wrong); err == nil {
				t.Errorf("%s accepts a type that does not exist", name)
			}
		}
	}
}
