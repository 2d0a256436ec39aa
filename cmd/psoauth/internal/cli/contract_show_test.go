package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	speakeasy "github.com/speakeasy-api/openapi/openapi"
	"go.yaml.in/yaml/v3"

	"github.com/psoauth/psoauth/openapi"
)

func TestTheContractIsShownAsItIs(t *testing.T) {
	t.Parallel()
	asYAML, asJSON := mustRun(t, nil, "contract", "show"), mustRun(t, nil, "contract", "show", "--format", "json")
	if asYAML != openapi.Contract() {
		t.Error("the YAML is not the contract's text")
	}
	var want, got any
	if err := errors.Join(yaml.Unmarshal([]byte(asYAML), &want), json.Unmarshal([]byte(asJSON), &got)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(asJSONValue(t, want), got) {
		t.Error("the JSON is another document than the YAML")
	}
}

// asJSONValue returns what encoding/json makes of a value that came from YAML.
func asJSONValue(t *testing.T, value any) (v any) {
	t.Helper()
	data, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

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

func TestTwoValidatorsTakeTheContractThatIsShown(t *testing.T) {
	t.Parallel()
	for name, validate := range validators {
		for _, format := range []string{"yaml", "json"} {
			document := mustRun(t, nil, "contract", "show", "--format", format)
			if err := validate(t.Context(), document); err != nil {
				t.Errorf("%s, %s: %v", name, format, err)
			}
			for _, was := range []string{"string", "array"} { // what is wrong, they must see
				wrong := strings.ReplaceAll(document, `"type": "`+was+`"`, `"type": "strung"`)
				wrong = strings.ReplaceAll(wrong, "type: "+was+"\n", "type: strung\n")
				if err := validate(t.Context(), wrong); err == nil {
					t.Errorf("%s, %s: a type that does not exist is no fault", name, format)
				}
			}
		}
	}
}
