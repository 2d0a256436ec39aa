package openapi

import (
	"bytes"
	"errors"
)

// A RawObject is a JSON object as the server sent it, for members whose inner shape PlanetScale does not publish. Nil
// means that the member is missing.
type RawObject []byte

// MarshalJSON returns the object, or null for nil.
func (r RawObject) MarshalJSON() ([]byte, error) { return rawOrNull(r) }

// UnmarshalJSON takes a JSON object, and null for nil.
func (r *RawObject) UnmarshalJSON(data []byte) (err error) {
	*r, err = rawValue(data, '{', "want an object")
	return err
}

// A RawArray is a JSON array as the server sent it, for members whose items PlanetScale does not publish. Nil means that
// the member is null or missing.
type RawArray []byte

// MarshalJSON returns the array, or null for nil.
func (r RawArray) MarshalJSON() ([]byte, error) { return rawOrNull(r) }

// UnmarshalJSON takes a JSON array, and null for nil.
func (r *RawArray) UnmarshalJSON(data []byte) (err error) {
	*r, err = rawValue(data, '[', "want an array")
	return err
}

func rawOrNull(raw []byte) ([]byte, error) {
	if len(raw) == 0 {
		return []byte("null"), nil
	}
	return raw, nil
}

// rawValue copies data, because a decoder may reuse it.
func rawValue(data []byte, opening byte, otherwise string) ([]byte, error) {
	data = bytes.TrimSpace(data)
	switch {
	case string(data) == "null":
		return nil, nil
	case len(data) == 0 || data[0] != opening:
		return nil, errors.New(otherwise)
	}
	return bytes.Clone(data), nil
}
