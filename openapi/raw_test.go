package openapi_test

import (
	"encoding/json"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/psoauth/psoauth/openapi"
)

func TestRawObjectAndRawArrayKeepWhatWasSent(t *testing.T) {
	t.Parallel()
	type resources struct {
		Object openapi.RawObject `json:"object"`
		Array  openapi.RawArray  `json:"array"`
	}
	for in, want := range map[string]string{
		`{"object":{"b":1.50,"a":[1e3]},"array":[{"x":null},2]}`: `{"object":{"b":1.50,"a":[1e3]},"array":[{"x":null},2]}`,
		`{"object":{},"array":[]}`:                               `{"object":{},"array":[]}`,
		`{"object":null,"array":null}`:                           `{"object":null,"array":null}`,
		`{}`:                                                     `{"object":null,"array":null}`,
	} {
		var v1, v2 resources
		if err := json.Unmarshal([]byte(in), &v1); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if err := jsonv2.Unmarshal([]byte(in), &v2); err != nil {
			t.Errorf("%s with json/v2: %v", in, err)
		}
		if got := toJSON(t, v1); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got, err := jsonv2.Marshal(v2); err != nil || string(got) != want {
			t.Errorf("with json/v2: got %s, %v\nwant %s", got, err, want)
		}
	}
}

func TestRawObjectAndRawArrayRefuseOtherKinds(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`true`, `"{}"`, `7`, `[]`} {
		if err := json.Unmarshal([]byte(in), new(openapi.RawObject)); err == nil {
			t.Errorf("an object is read from %s", in)
		}
	}
	for _, in := range []string{`true`, `"[]"`, `7`, `{}`} {
		if err := json.Unmarshal([]byte(in), new(openapi.RawArray)); err == nil {
			t.Errorf("an array is read from %s", in)
		}
	}
	if err := new(openapi.RawObject).UnmarshalJSON(nil); err == nil {
		t.Error("an object is read from nothing")
	}
}

// A decoder may use its buffer again.
func TestRawValuesAreCopies(t *testing.T) {
	t.Parallel()
	data := []byte(` {"a":1}`)
	var object openapi.RawObject
	if err := object.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	clear(data)
	if string(object) != `{"a":1}` {
		t.Errorf("got %q", object)
	}
}

func TestEmptyRawValuesAreWrittenAsNull(t *testing.T) {
	t.Parallel()
	if got := toJSON(t, []any{openapi.RawObject{}, openapi.RawArray{}}); got != `[null,null]` {
		t.Errorf("got %s", got)
	}
}
