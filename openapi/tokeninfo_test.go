package openapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/psoauth/psoauth/openapi"
)

const (
	activeInfo = `{"active":true,"scope":"read_user database:read_database","client_id":"pscale_app_0f4c",` +
		`"token_type":"Bearer","exp":1787875200,"iat":1785283200,"sub":"u4m9b2x7k1re"}`
	legacyInfo = `{"resource_owner_id":"u4m9b2x7k1re","scope":["read_user","read_databases"],"expires_in":2591000,` +
		`"application":{"uid":"pscale_app_0f4c"},"created_at":1785283200}`
)

func TestTokenInfoTakesEitherForm(t *testing.T) {
	t.Parallel()
	issued, expires, left := time.Unix(1785283200, 0).UTC(), time.Unix(1787875200, 0).UTC(), 2591000*time.Second
	epoch, no := time.Unix(0, 0).UTC(), time.Duration(0)
	tests := map[string]struct {
		in   string
		want openapi.TokenInfo
	}{
		"active": {activeInfo, openapi.TokenInfo{
			State: openapi.StateActive, Scopes: openapi.Scopes{"read_user", "database:read_database"},
			ClientID: "pscale_app_0f4c", TokenType: "Bearer", ExpiresAt: &expires, IssuedAt: &issued, Subject: "u4m9b2x7k1re",
		}},
		"inactive": {`{"active":false}`, openapi.TokenInfo{State: openapi.StateInactive}},
		"inactive, with what it carried": {
			`{"active":false,"scope":["read_user"],"sub":"u4"}`,
			openapi.TokenInfo{State: openapi.StateInactive, Scopes: openapi.Scopes{"read_user"}, Subject: "u4"},
		},
		"null for what is missing": {
			`{"active":true,"scope":null,"client_id":null,"token_type":null,"exp":null,"iat":null,"sub":null,"application":null}`,
			openapi.TokenInfo{State: openapi.StateActive},
		},
		"older form, without what may be null": {
			`{"scope":[],"application":{},"created_at":0,"active":null}`,
			openapi.TokenInfo{Legacy: true, Scopes: openapi.Scopes{}, IssuedAt: &epoch},
		},
		"no scopes": {
			`{"active":true,"scope":""}`,
			openapi.TokenInfo{State: openapi.StateActive, Scopes: openapi.Scopes{}},
		},
		"older form": {legacyInfo, openapi.TokenInfo{
			Legacy: true, Scopes: openapi.Scopes{"read_user", "read_databases"}, ClientID: "pscale_app_0f4c",
			IssuedAt: &issued, ExpiresIn: &left, Subject: "u4m9b2x7k1re",
		}},
		"older form, all nulls": {
			`{"resource_owner_id":null,"scope":[],"expires_in":null,"application":{"uid":null},"created_at":0}`,
			openapi.TokenInfo{Legacy: true, Scopes: openapi.Scopes{}, IssuedAt: &epoch},
		},
		"older form, nothing of the application": {
			`{"resource_owner_id":null,"scope":[],"expires_in":null,"application":{},"created_at":0}`,
			openapi.TokenInfo{Legacy: true, Scopes: openapi.Scopes{}, IssuedAt: &epoch},
		},
		"older form, owner a number": {
			`{"resource_owner_id":-9223372036854775808,"scope":"a b","expires_in":0,"application":{"uid":""},"created_at":0}`,
			openapi.TokenInfo{
				Legacy: true, Scopes: openapi.Scopes{"a", "b"}, IssuedAt: &epoch, ExpiresIn: &no, Subject: "-9223372036854775808",
			},
		},
		"both forms at once are the published one": {
			`{"active":false,` + legacyInfo[1:],
			openapi.TokenInfo{State: openapi.StateInactive, Scopes: openapi.Scopes{"read_user", "read_databases"}},
		},
		"null among scopes": {
			`{"active":true,"scope":["a",null]}`,
			openapi.TokenInfo{State: openapi.StateActive, Scopes: openapi.Scopes{"a"}},
		},
		"members that differ in case are other members": {
			`{"ACTIVE":true,"active":false,"Scope":7,"SUB":null,"Exp":"soon"}`,
			openapi.TokenInfo{State: openapi.StateInactive},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var v1, v2 openapi.TokenInfo
			if err := json.Unmarshal([]byte(test.in), &v1); err != nil {
				t.Fatal(err)
			}
			if err := jsonv2.Unmarshal([]byte(test.in), &v2); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(v1, test.want) || !reflect.DeepEqual(v2, test.want) {
				t.Errorf("got %+v\nand %+v with json/v2\nwant %+v", v1, v2, test.want)
			}
			checkRoundTrip(t, v1)
		})
	}
}

func TestTokenInfoOfTheOlderFormMayLackMembers(t *testing.T) {
	t.Parallel()
	epoch := time.Unix(0, 0).UTC()
	for in, want := range map[string]openapi.TokenInfo{
		`{"resource_owner_id":"u4","scope":["a"],"created_at":0}`:     {Legacy: true, Scopes: openapi.Scopes{"a"}, IssuedAt: &epoch, Subject: "u4"},
		`{"application":{"uid":"x"},"created_at":0}`:                  {Legacy: true, ClientID: "x", IssuedAt: &epoch},
		`{"application":{"uid":"x"},"scope":["a"],"created_at":null}`: {Legacy: true, ClientID: "x", Scopes: openapi.Scopes{"a"}},
		`{"application":{"uid":"x"},"resource_owner_id":"u4"}`:        {Legacy: true, ClientID: "x", Subject: "u4"},
	} {
		var got openapi.TokenInfo
		if err := json.Unmarshal([]byte(in), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v, want %+v", in, got, err, want)
		}
	}
}

func TestTokenInfoRefusesWhatIsNeitherForm(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"null":                        {`null`, "want an object"},
		"array":                       {`[true]`, "want an object"},
		"string":                      {`"active"`, "want an object"},
		"empty object":                {`{}`, "want the member active, or the members of the older form"},
		"foreign object":              {`{"id":"x"}`, "want the member active"},
		"impostor":                    {`{"Active":true}`, "want the member active"},
		"an application only":         {`{"application":{"uid":"x"}}`, "want the member active"},
		"an owner only":               {`{"resource_owner_id":"u4","scope":null}`, "want the member active"},
		"a token endpoint's response": {`{"scope":"a","expires_in":60,"created_at":1}`, "want the member active"},
		"older form, impostor":        {`{"application":{"uid":"x"},"created_At":1}`, "want the member active"},
		"active null":                 {`{"active":null}`, "want the member active"},
		"active a string":             {`{"active":"true"}`, "at /active: want true or false"},
		"scope a number":              {`{"active":true,"scope":1}`, "at /scope: want a string or an array of strings"},
		"a number among scopes":       {`{"active":true,"scope":["a",1]}`, "at /scope"},
		"client a number":             {`{"active":true,"client_id":7}`, "at /client_id: want a string"},
		"time a string":               {`{"active":true,"exp":"1787875200"}`, "at /exp: want Unix seconds"},
		"time with a fraction":        {`{"active":true,"exp":1787875200.5}`, "at /exp: want Unix seconds"},
		"time in milliseconds":        {`{"active":true,"exp":1787875200000}`, "at /exp: want Unix seconds"},
		"time before 1970":            {`{"active":true,"iat":-1}`, "at /iat: want Unix seconds"},
		"time beyond int64":           {`{"active":true,"iat":9223372036854775808}`, "at /iat: want Unix seconds"},
		"time beyond float64":         {`{"active":true,"iat":1e999}`, "at /iat: want Unix seconds"},
		"owner true":                  {strings.Replace(legacyInfo, `"u4m9b2x7k1re"`, "true", 1), "at /resource_owner_id: want"},
		"owner beyond int64": {
			strings.Replace(legacyInfo, `"u4m9b2x7k1re"`, "9223372036854775808", 1), "at /resource_owner_id: want",
		},
		"more than a duration holds":                    {strings.Replace(legacyInfo, "2591000", "9223372037", 1), "at /expires_in: want seconds"},
		"application null":                              {`{"scope":["a"],"expires_in":60,"application":null,"created_at":1}`, "want the member active"},
		"uid a number":                                  {strings.Replace(legacyInfo, `"pscale_app_0f4c"`, "4", 1), "at /application/uid: want a string"},
		"published form, wrong member of the older one": {`{"active":true,"expires_in":"soon"}`, "at /expires_in: want"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			untouched := openapi.TokenInfo{Subject: "before"}
			got := untouched
			err := json.Unmarshal([]byte(test.in), &got)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			if !reflect.DeepEqual(got, untouched) {
				t.Errorf("the value was changed to %+v", got)
			}
			if accepted, _ := schemaAccepts(t, "TokenInfo", []byte(test.in)); accepted {
				t.Error("the contract's schema accepts it")
			}
		})
	}
}

func TestTokenInfoIsWrittenInTheFormItCameIn(t *testing.T) {
	t.Parallel()
	issued := time.Unix(1785283200, 999).UTC()
	for name, test := range map[string]struct {
		in   openapi.TokenInfo
		want string
	}{
		"inactive": {openapi.TokenInfo{State: openapi.StateInactive}, `{"active":false}`},
		"older form without an owner": {
			openapi.TokenInfo{Legacy: true, IssuedAt: &issued},
			`{"resource_owner_id":null,"scope":[],"expires_in":null,"application":{"uid":null},"created_at":1785283200}`,
		},
	} {
		if got := toJSON(t, test.in); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
	for _, form := range []string{activeInfo, legacyInfo} {
		var info openapi.TokenInfo
		if err := json.Unmarshal([]byte(form), &info); err != nil {
			t.Fatal(err)
		}
		if got := toJSON(t, info); got != form {
			t.Errorf("got  %s\nwant %s", got, form)
		}
	}
}

func TestTokenInfoThatNoFormCanSayIsAnError(t *testing.T) {
	t.Parallel()
	issued, late, negative := time.Unix(0, 0), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), -time.Second
	for name, info := range map[string]openapi.TokenInfo{
		"zero":                      {},
		"older form without time":   {Legacy: true},
		"unknown would be inactive": {Subject: "u4", IssuedAt: &issued},
		"state in the older form":   {Legacy: true, State: openapi.StateActive, IssuedAt: &issued},
		"year 10000":                {State: openapi.StateActive, ExpiresAt: &late},
		"negative time left":        {Legacy: true, IssuedAt: &issued, ExpiresIn: &negative},
	} {
		if data, err := json.Marshal(info); err == nil {
			t.Errorf("%s: got %s, want an error", name, data)
		}
	}
}

func TestTokenState(t *testing.T) {
	t.Parallel()
	for state, want := range map[openapi.TokenState]string{
		openapi.StateUnknown:  "unknown",
		openapi.StateActive:   "active",
		openapi.StateInactive: "inactive",
		-1:                    "TokenState(-1)",
		3:                     "TokenState(3)",
	} {
		text, err := state.MarshalText()
		if got := state.String(); got != want || string(text) != want || err != nil {
			t.Errorf("got %q, %q, %v, want %q", got, text, err, want)
		}
	}
	var zero openapi.TokenState
	if zero != openapi.StateUnknown {
		t.Error("the zero state is not unknown")
	}
}

// Every member of either form in turn is taken away, and is given each of many values.
func TestTokenInfoAgreesWithTheContractOnEachMember(t *testing.T) {
	t.Parallel()
	values := []string{
		`null`, `true`, `false`, `""`, `"a"`, `"a  b"`, `"1"`, `0`, `-0`, `1`, `-1`, `0.5`, `1.0`, `1e3`, `1e999`, `253402300799`,
		`253402300800`, `9223372036`, `9223372037`, `9223372036854775807`, `9223372036854775808`, `-9223372036854775809`, `[]`,
		`["a"]`, `["a b",""]`, `[null]`, `[1]`, `[[]]`, `{}`, `{"uid":null}`, `{"uid":"a"}`, `{"uid":1}`, `{"Uid":"a"}`,
	}
	accepted := 0
	for _, form := range []string{activeInfo, legacyInfo, `{"active":true,` + legacyInfo[1:]} {
		for name := range document(t).Components.Schemas["TokenInfo"].Value.Properties {
			for _, value := range append(values, "") {
				var members map[string]json.RawMessage
				if err := json.Unmarshal([]byte(form), &members); err != nil {
					t.Fatal(err)
				}
				members[name] = json.RawMessage(value)
				if value == "" {
					delete(members, name)
				}
				if checkAgreement(t, []byte(toJSON(t, members))) {
					accepted++
				}
			}
		}
	}
	if accepted < 100 {
		t.Errorf("only %d accepted, so little was compared", accepted)
	}
}

// FuzzTokenInfo holds the decoder to the contract: it takes what the schema accepts and nothing else, but null or nothing
// for a member that has no value, and gives back what it took.
func FuzzTokenInfo(f *testing.F) {
	for _, seed := range []string{
		activeInfo, legacyInfo, `{"active":false}`, `{"active":null}`, `{}`, `null`, `[]`, `{"Active":true}`,
		`{"active":true,"exp":1e3}`, `{"active":true,"exp":253402300799,"iat":0}`, `{"active":true,"exp":253402300800}`,
		`{"active":true,"scope":["a b","","\u00a0"],"sub":"\ud800"}`, `{"active":true,"active":false}`,
		`{"resource_owner_id":-0,"scope":"","expires_in":9223372036,"application":{"uid":null,"uid":"x"},"created_at":0}`,
		`{"resource_owner_id":1.0,"scope":[[]],"expires_in":-1,"application":{},"created_at":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkAgreement(t, data)
	})
}

// checkAgreement reports whether the decoder takes data. It must if the schema accepts it, and may only if the schema
// accepts it without the members that are null, and with those of the older form that are missing.
func checkAgreement(t *testing.T, data []byte) bool {
	t.Helper()
	var info openapi.TokenInfo
	err := json.Unmarshal(data, &info)
	accepted, reason := schemaAccepts(t, "TokenInfo", data)
	if accepted && err != nil {
		t.Errorf("%s: the schema accepts it, the decoder says %v", data, err)
	}
	if err != nil {
		return false
	}
	if !accepted {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(data, &members); err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(members, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
		if scope, ok := members["scope"]; ok {
			members["scope"] = withoutNulls(t, scope)
		}
		for name, missing := range map[string]string{
			"resource_owner_id": "null", "expires_in": "null", "application": `{"uid":null}`, "scope": "[]", "created_at": "0",
		} {
			if members[name] == nil && members["active"] == nil {
				members[name] = json.RawMessage(missing)
			}
		}
		if accepted, _ := schemaAccepts(t, "TokenInfo", []byte(toJSON(t, members))); !accepted {
			t.Errorf("%s: the decoder takes it, the schema says %v", data, reason)
		}
	}
	if !info.Legacy || info.Scopes != nil && info.IssuedAt != nil { // else the contract has no words for it
		checkRoundTrip(t, info)
	}
	return true
}

func checkRoundTrip(t *testing.T, info openapi.TokenInfo) {
	t.Helper()
	data, err := json.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	var again openapi.TokenInfo
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	if !reflect.DeepEqual(info, again) {
		t.Errorf("%+v is written as %s and read as %+v", info, data, again)
	}
	if accepted, reason := schemaAccepts(t, "TokenInfo", data); !accepted {
		t.Errorf("%s is written, which the contract refuses: %v", data, reason)
	}
}

// schemaAccepts reports what the contract's schema makes of data.
func schemaAccepts(t *testing.T, schema string, data []byte) (bool, error) {
	t.Helper()
	if !json.Valid(data) {
		return false, errors.New("not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	err := visit(document(t).Components.Schemas[schema].Value, numbers(value))
	return err == nil, err
}

// numbers makes plain numbers of the json.Numbers in value. In OpenAPI 3.0 an integer has neither fraction nor exponent
// and int64 ends at 2^63-1; kin-openapi, which sees float64, cannot tell, and is shown a fraction in their place.
func numbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		if n, err := value.Int64(); err == nil {
			return float64(n)
		}
		return 0.5
	case []any:
		for i := range value {
			value[i] = numbers(value[i])
		}
	case map[string]any:
		for name := range value {
			value[name] = numbers(value[name])
		}
	}
	return value
}
