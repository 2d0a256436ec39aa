package api_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
)

// A decoding is what an operation's answers are decoded to, by the generated decoder and by the reference.
type decoding struct {
	operation string
	reference reference
	zero      func() any
	bodies    [][]byte // good ones, to make bad ones of
}

func decodings(tb testing.TB) []decoding {
	tb.Helper()
	all := []decoding{
		{operation: "getOAuthApplication", zero: func() any { return new(api.Application) }},
		{operation: "listOAuthTokens", zero: func() any { return new(api.TokenPage) }},
		{operation: "getOAuthToken", zero: func() any { return new(api.Token) }},
		{operation: "getTokenInfo", zero: func() any { return new(api.TokenInfo) }},
	}
	for i := range all {
		d := &all[i]
		d.reference = reference{goodAnswer(tb, d.operation).Schema.Value}
		d.bodies = slices.SortedFunc(maps.Values(examples(tb, d.operation)), bytes.Compare)
		if len(d.bodies) == 0 {
			tb.Fatalf("the contract has no example for %s", d.operation)
		}
	}
	return all
}

// compare fails the test unless both decoders give the same value, or neither gives one.
func (d decoding) compare(t *testing.T, body []byte) (problem, want string) {
	t.Helper()
	got, expected := d.zero(), d.zero()
	err := gen.Decode(slices.Clip(body), got, true)
	want = d.reference.decode(body, expected)
	if err != nil {
		problem = err.Error()
	}
	switch {
	case (problem == "") != (want == ""):
		t.Errorf("%s: the decoder says %q, the reference %q, of %s", d.operation, problem, want, body)
	case problem == "" && !reflect.DeepEqual(got, expected):
		t.Errorf("%s: decoded to\n%+v, want\n%+v, from %s", d.operation, got, expected, body)
	}
	return problem, want
}

// Values to put in the place of others.
var replacements = []string{
	`null`, `true`, `false`, `0`, `-0`, `17`, `-1`, `007`, `+1`, `1.5`, `1.0`, `1e2`, `9223372036854775807`, `9223372036854775808`,
	`-9223372036854775808`, `-9223372036854775809`, `1e999`, `-`, `.5`, `1.`, `1e`, `tru`, `nul`, `nullx`, `NaN`,
	`""`, `"x"`, `"two words"`, `"é"`, `"\u00e9"`, `"\ud83d\ude00"`, `"\ud800"`, `"\ud800\u0041"`, `"\x"`, `"\"\\\/\b\f\n\r\t"`, `"\u12"`,
	"\"\xff\"", "\"\xed\xa0\x80\"", "\"a\x00b\"", "\"a\tb\"", `"unterminated`, `'x'`,
	`"` + strings.Repeat("long ", 400) + `"`,
	`"2026-05-01T08:00:00Z"`, `"2026-05-01T08:00:00.123456789+02:00"`, `"2026-05-01T08:00:00,5Z"`, `"2026-05-01t08:00:00z"`,
	`"2026-05-01T24:00:00Z"`, `"2026-05-01T8:00:00Z"`, `"2026-02-30T08:00:00Z"`, `"2026-05-01T08:00:60Z"`, `"2026-05-01T08:00:00+24:00"`,
	`"2026-05-01T08:00:00+02:60"`, `"2026\u002d05-01T08:00:00Z"`, `"-2026-05-01T08:00:00Z"`, `"0000-01-01T00:00:00Z"`, `"20260501T080000Z"`,
	`[]`, `{}`, `[null]`, `[1,]`, `[,1]`, `[1 2]`, `["a","b"]`, `[{}]`, `[[]]`, `{"a":null}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":1,}`,
	`{"a" : [ {"b":{"c":[1.5e-3,"\n",false,{}]}} ] }`, `{"é":1,"\u00e9":2}`, `{1:2}`, `{"a"}`, `{"a":}`, `{"":1}`, `{"":1,"":2}`,
	``, ` `, `,`, `:`, `]`, `}`, "\x00",
}

// A span is where a value is in a body, or a member with its name.
type span struct{ begin, end, name int }

// spans returns where the values in a body are, itself first; name is where the member begins whose value it is, or -1.
func spans(body []byte, begin, name int) []span {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	found := []span{{begin, begin + len(body), name}}
	read := func() (value []byte, at int) {
		value, _ = d.ReadValue()
		return value, begin + int(d.InputOffset()) - len(value)
	}
	switch kind := d.PeekKind(); kind {
	case '{', '[':
		_, _ = d.ReadToken()
		for name := -1; d.PeekKind() != kind+2; { // } comes two after {, and ] two after [
			if kind == '{' {
				_, name = read()
			}
			value, at := read()
			found = append(found, spans(slices.Clone(value), at, name)...)
		}
	}
	return found
}

func spliced(body []byte, begin, end int, with string) []byte {
	return slices.Concat(body[:begin], []byte(with), body[end:])
}

// Where a body is no JSON, the library words the same fault in different ways itself.
func TestTheDecoderSaysOfOneFaultWhatTheReferenceSays(t *testing.T) {
	t.Parallel()
	for _, d := range decodings(t) {
		t.Run(d.operation, func(t *testing.T) {
			t.Parallel()
			bodies, faults := 0, 0
			try := func(body []byte) {
				bodies++
				problem, want := d.compare(t, body)
				if problem != "" {
					faults++
				}
				if problem != want && jsontext.Value(body).IsValid() {
					t.Errorf("the decoder says\n%s, the reference\n%s, of %s", problem, want, body)
				}
			}
			for _, body := range d.bodies {
				try(body)
				for _, s := range spans(body, 0, -1) {
					for _, with := range replacements {
						try(spliced(body, s.begin, s.end, with))
					}
					if s.name < 0 {
						continue
					}
					member := string(body[s.name:s.end])
					try(spliced(body, s.name, s.name, member+","))
					try(spliced(body, s.name, s.name+1, `"not_`))
					try(spliced(body, s.name, s.name+2, fmt.Sprintf(`"\u%04x`, body[s.name+1])))
					try(spliced(body, s.name, s.name+2, `"`+strings.ToUpper(string(body[s.name+1]))))
					try(spliced(body, s.name, s.end, ` "new" : `+string(body[s.begin:s.end])))
					if next := body[s.end]; next == ',' {
						try(spliced(body, s.name, s.end+1, ``))
					}
				}
				for end := range body {
					try(body[:end])
				}
				for _, more := range replacements {
					try(spliced(body, len(body), len(body), more))
				}
			}
			if t.Logf("%d bodies, %d faults", bodies, faults); faults < bodies/4 || faults == bodies {
				t.Error("that proves little")
			}
		})
	}
}

func FuzzDecoderAgreesWithReference(f *testing.F) {
	all := decodings(f)
	for _, d := range all {
		for _, body := range d.bodies {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, d := range all {
			d.compare(t, body)
		}
	})
}

// FuzzDecoderAgreesOnMutations changes good bodies in ways that leave most of them JSON.
func FuzzDecoderAgreesOnMutations(f *testing.F) {
	all := decodings(f)
	for seed := range uint64(1000) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		d := all[random.IntN(len(all))]
		body := d.bodies[random.IntN(len(d.bodies))]
		for range 4 {
			body = mutated(random, body)
			d.compare(t, body)
			if !jsontext.Value(body).IsValid() {
				break // it has no values to change
			}
		}
	})
}

func mutated(random *rand.Rand, body []byte) []byte {
	all := spans(body, 0, -1)
	s, other := all[random.IntN(len(all))], all[random.IntN(len(all))]
	with := string(body[other.begin:other.end])
	if random.IntN(2) == 0 {
		with = replacements[random.IntN(len(replacements))]
	}
	switch random.IntN(8) {
	case 0: // white space
		return spliced(body, s.begin, s.begin, []string{" ", "\n\t", "\r", "\f", "\u00a0"}[random.IntN(5)])
	case 1: // a byte
		at := random.IntN(len(body) + 1)
		return spliced(body, at, min(at+random.IntN(2), len(body)), string([]byte{byte(random.IntN(256))}))
	case 2: // a member more
		if s.name >= 0 {
			name := []string{`"new"`, `"n\u0065w"`, `"né"`, string(body[s.name:s.begin])}[random.IntN(4)]
			return spliced(body, s.name, s.name, strings.TrimSuffix(name, ":")+":"+with+",")
		}
	case 3: // a member or an item less
		if s.name >= 0 {
			return spliced(body, s.name, min(s.end+1, len(body)), "")
		}
	case 4: // an item more
		return spliced(body, s.begin, s.begin, with+",")
	}
	return spliced(body, s.begin, s.end, with)
}
