package cli_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

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
