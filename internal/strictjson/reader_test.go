package strictjson_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/psoauth/psoauth/internal/strictjson"
)

// A node has a member of each kind, and nodes in it.
type node struct {
	Name  string
	Count int64
	On    *bool
	At    time.Time
	Other any
	Nodes []node
}

type decoder struct {
	strictjson.Reader
	nodes strictjson.Slab[node]
	bools strictjson.Slab[bool]
}

var members = strictjson.Members{
	{Name: "name", Token: `,"name":`, Required: true}, {Name: "count", Token: `,"count":`}, {Name: "on", Token: `,"on":`},
	{Name: "at", Token: `,"at":`}, {Name: "other", Token: `,"other":`}, {Name: "nodes", Token: `,"nodes":`},
}

func (d *decoder) node(v *node) {
	o := d.Object(members)
	for member := o.Next(); member >= 0; member = o.Next() {
		switch member {
		case 0:
			d.String(&v.Name)
		case 1:
			d.Int64(&v.Count)
		case 2:
			if !d.Null() {
				v.On = d.bools.New()
				d.Bool(v.On)
			}
		case 3:
			d.Time(&v.At)
		case 4:
			d.Other(&v.Other)
		case 5:
			strictjson.Array(&d.Reader, &d.nodes, &v.Nodes, true, d.node)
		}
	}
}

// What a decoder knows of one body may make no difference to the next, so all tests use the same few.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

func decode(body []byte) (*node, error) {
	d := decoders.Get().(*decoder)
	defer decoders.Put(d)
	var v node
	d.Reset(body, true)
	d.node(&v)
	return &v, d.Done()
}

func TestValues(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	at := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	for body, want := range map[string]node{
		`{"name":"a"}`:                {Name: "a"},
		" {\t\"name\"\r\n:\n\"a\" } ": {Name: "a"},
		`{"name":""}`:                 {},
		`{"name":"an \"escape\", \u00e9 and \ud83d\ude00"}`: {Name: "an \"escape\", é and 😀"},
		`{"n\u0061me":"a"}`:                         {Name: "a"},
		`{"\u0061":1,"\u0062":2,"é":3,"name":"a"}`:  {Name: "a"},
		`{"name":"a","count":-9223372036854775808}`: {Name: "a", Count: -1 << 63},
		`{"name":"a","count":-0}`:                   {Name: "a"},
		`{"name":"a","on":true}`:                    {Name: "a", On: &yes},
		`{"on":false,"name":"a"}`:                   {Name: "a", On: &no},
		`{"on":null,"name":"a"}`:                    {Name: "a"},
		`{"name":"a","at":"2026-05-01T08:00:00Z"}`:  {Name: "a", At: at},
		`{"name":"a","nodes":[]}`:                   {Name: "a", Nodes: []node{}},
		`{"nodes":[{"name":"b"},{"name":"c","nodes":[{"name":"d"}]}],"name":"a"}`: {
			Name: "a", Nodes: []node{{Name: "b"}, {Name: "c", Nodes: []node{{Name: "d"}}}}},
		`{"other":{"a":[1.5,"x",null]},"name":"a"}`:                                  {Name: "a", Other: map[string]any{"a": []any{1.5, "x", nil}}},
		`{"new":{"name":7,"é":[{},[],-1.5e+3,true,false,null]},"Name":1,"name":"a"}`: {Name: "a"},
	} {
		got, err := decode([]byte(body))
		if err != nil || !reflect.DeepEqual(got, &want) {
			t.Errorf("%s: got %+v, %v", body, got, err)
		}
	}
}

func TestTheFirstFaultIsNamed(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		``:                                    "the JSON ends too early, at byte 0",
		`{"name":"a"`:                         "the JSON ends too early, at byte 11",
		`{"name":"a`:                          "the JSON ends too early, at byte 10",
		`{"name":"a"}]`:                       "invalid JSON at byte 12: invalid character ']' after top-level value",
		`{"name":"a","name":"b"}`:             "invalid JSON at byte 12, in /name: duplicate object member name",
		`{"x":1,"name":"a","x":1}`:            "invalid JSON at byte 18, in /x: duplicate object member name",
		`{"name":"a","x":{"y":1,"\u0079":2}}`: "invalid JSON at byte 23, in /x/y: duplicate object member name",
		`{"name":"a",}`:                       `invalid JSON at byte 12: invalid character '}' at start of string (expecting '"')`,
		"{\"name\":\"\xff\"}":                 "invalid JSON at byte 9, in /name: invalid UTF-8",
		`{"name":"\ud800"}`:                   "invalid JSON at byte 9, in /name: invalid surrogate pair",
		`[]`:                                  "unexpected array",
		`null`:                                "unexpected null",
		`{}`:                                  "at /name: the member is missing",
		`{"Name":"a"}`:                        "at /name: the member is missing",
		`{"name":null}`:                       "at /name: unexpected null",
		`{"name":1}`:                          "at /name: unexpected number",
		`{"name":"a","count":"1"}`:            "at /count: unexpected string",
		`{"name":"a","count":1.0}`:            "at /count: unexpected number",
		`{"name":"a","count":9223372036854775808}`:                    "at /count: unexpected number",
		`{"name":"a","on":0}`:                                         "at /on: unexpected number",
		`{"name":"a","at":""}`:                                        "at /at: a string that is not an RFC 3339 time",
		`{"name":"a","at":true}`:                                      "at /at: unexpected boolean",
		`{"name":"a","other":null}`:                                   "at /other: unexpected null",
		`{"name":"a","nodes":{}}`:                                     "at /nodes: unexpected object",
		`{"name":"a","nodes":[null]}`:                                 "at /nodes/0: unexpected null",
		`{"name":"a","nodes":[{"name":"b"},{}]}`:                      "at /nodes/1/name: the member is missing",
		`{"name":"a","nodes":[{"name":"b","a/b~c":1}, "x"]}`:          "at /nodes/1: unexpected string",
		`{"name":1,"count":"x","on":`:                                 "at /name: unexpected number",
		`{"name":"a","nodes":[{"nodes":[{"name":[]}]},{}]}`:           "at /nodes/0/nodes/0/name: unexpected array",
		`{"name":{"x":[1`:                                             "at /name: unexpected object",
		`[b]`:                                                         "unexpected array",
		`{"name":b}`:                                                  "invalid JSON at byte 8, in /name: invalid character 'b' at start of value",
		strings.Repeat("[", 10000) + "1" + strings.Repeat("]", 10000): "unexpected array",
	} {
		if _, err := decode([]byte(body)); err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%s: got %v, want %s", body, err, says)
		}
	}
}

func TestTheOrderOfMembersMakesNoDifference(t *testing.T) {
	t.Parallel()
	at, on := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC), true
	want := node{Name: "a", Count: 1, On: &on, At: at, Other: "x", Nodes: []node{}}
	members := []string{`"name":"a"`, `"count":1`, `"on":true`, `"at":"2026-05-01T08:00:00.000Z"`, `"other":"x"`, `"nodes":[]`, `"new":0`}
	d := new(decoder)
	read := func(members []string, comma string) (*node, error) {
		v := new(node)
		d.Reset([]byte("{"+strings.Join(members, comma)+"}"), true)
		d.node(v)
		return v, d.Done()
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		random.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		for _, comma := range []string{",", ", ", ","} {
			if v, err := read(members, comma); err != nil || !reflect.DeepEqual(v, &want) {
				t.Fatalf("%s: got %+v, %v", members, v, err)
			}
		}
		twice := members[random.IntN(len(members))]
		if v, err := read(append(members[:len(members):len(members)], twice), ","); err == nil {
			t.Fatalf("%s, and %s again: got %+v", members, twice, v)
		}
		name := slices.Index(members, `"name":"a"`)
		_, err := read(slices.Concat(members[:name], members[name+1:]), ",")
		if err == nil || err.Error() != "at /name: the member is missing" {
			t.Fatalf("%s without a name: got %v", members, err)
		}
	}
}

func TestEveryByteIsSeenWhereverItIsInAString(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for at := range 20 {
			s := []byte(`"abcdefghijklmnopqrst"`)
			s[1+at] = byte(c)
			body := fmt.Appendf(nil, `{"name":%s}`, s)
			var want string
			good := jsonv2.Unmarshal(s, &want) == nil
			if v, err := decode(body); (err == nil) != good || good && v.Name != want {
				t.Errorf("%q: got %q, %v", body, v.Name, err)
			}
		}
	}
}

func TestTimesAreAsRFC3339HasThem(t *testing.T) {
	t.Parallel()
	for s, good := range map[string]bool{
		"2026-05-01T08:00:00Z":                true,
		"2026-05-01T08:00:00.5Z":              true,
		"2026-05-01T08:00:00.123456789+02:00": true,
		"2024-02-29T23:59:59-23:59":           true,
		"2026-05-01T8:00:00Z":                 false,
		"2026-05-01T08:00:00,5Z":              false,
		"2026-05-01T08:00:00+24:00":           false,
		"2026-05-01T08:00:00+02:60":           false,
		"2026-02-29T08:00:00Z":                false,
		"2026-05-01T24:00:00Z":                false,
		"2026-05-01 08:00:00Z":                false,
		"2026-05-01T08:00:00":                 false,
		"2026-05-01":                          false,
		"yesterday":                           false,
	} {
		if _, err := decode(fmt.Appendf(nil, `{"name":"a","at":%q}`, s)); (err == nil) != good {
			t.Errorf("%s: got %v", s, err)
		}
	}
}

func TestTimesAreThoseOfPackageJSON(t *testing.T) {
	t.Parallel()
	check := func(s string) {
		var want time.Time
		wrong := jsonv2.Unmarshal(fmt.Appendf(nil, "%q", s), &want)
		got, err := decode(fmt.Appendf(nil, `{"name":"a","at":%q}`, s))
		if (err == nil) != (wrong == nil) || err == nil && !reflect.DeepEqual(got.At, want) {
			t.Errorf("%s: got %v, %v; want %v, %v", s, got.At, err, want, wrong)
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05.000Z", "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.000000Z", "2006-01-02T15:04:05.000+02:00"} {
		for day := time.Date(1996, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2001; day = day.Add(23*time.Hour + 59*time.Minute + 58*time.Second + 987*time.Millisecond) {
			check(day.Format(layout))
		}
	}
	for _, s := range []string{"2026-05-01T08:00:00.123Z", "2000-02-29T19:59:59.999Z", "2026-12-28T23:59:59.000Z"} {
		for at := range s {
			for c := byte(' '); c < 0x7f; c++ {
				check(s[:at] + string(c) + s[at+1:])
			}
		}
	}
}

func TestWhatWasReadKeepsNothingOfTheBody(t *testing.T) {
	t.Parallel()
	body := []byte(`{"name":"plain","new":1,"other":{"a":"b"},"nodes":[{"name":"with \"escapes\""},{"name":"` +
		strings.Repeat("long", 1000) + `"}]}`)
	v, err := decode(body)
	if err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprintf("%+v", v)
	for i := range body {
		body[i] = 'x'
	}
	if after := fmt.Sprintf("%+v", v); after != before || strings.Contains(after, "x") {
		t.Errorf("it was %s and is %s", before, after)
	}
}

func TestSlicesHaveNoRoomInCommon(t *testing.T) {
	t.Parallel()
	d := new(decoder)
	var values []*node
	for range 100 {
		v := new(node)
		d.Reset([]byte(`{"name":"a","nodes":[{"name":"b","nodes":[{"name":"c"}]},{"name":"d","nodes":[{"name":"e"},{"name":"f"}]}]}`), true)
		d.node(v)
		if err := d.Done(); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	for _, v := range values {
		for _, nodes := range [][]node{v.Nodes, v.Nodes[0].Nodes, v.Nodes[1].Nodes} {
			_ = append(nodes, node{Name: "?"})
		}
	}
	if got, err := json.Marshal(values); err != nil || bytes.Contains(got, []byte("?")) {
		t.Errorf("an append reached another slice: %s, %v", got, err)
	}
}

func TestAReaderIsUsedAgain(t *testing.T) {
	t.Parallel()
	d := new(decoder)
	var kept []*node
	for i := range 1000 {
		v := new(node)
		d.Reset(fmt.Appendf(nil, `{"name":"node %d","on":true,"nodes":[{"name":"below %d","nodes":[{"name":"leaf"}]}]}`, i, i), true)
		d.node(v)
		if err := d.Done(); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, v)
		d.Reset([]byte(`{"name":"a","nodes":[{"name":"b"},{"nodes":[{"name":"c"},7`), true) // stops in the middle
		d.node(new(node))
		if d.Done() == nil {
			t.Fatal("no error")
		}
	}
	for i, v := range kept {
		if v.Name != fmt.Sprint("node ", i) || !*v.On || len(v.Nodes) != 1 || v.Nodes[0].Name != fmt.Sprint("below ", i) ||
			len(v.Nodes[0].Nodes) != 1 || v.Nodes[0].Nodes[0].Name != "leaf" {
			t.Fatalf("node %d became %+v", i, v)
		}
	}
}

// Of what was read before, only what shares an allocation with what was read last may be left.
func TestAReaderKeepsNothingAlive(t *testing.T) {
	d := new(decoder)
	read := func(body []byte) {
		d.Reset(body, true)
		d.node(new(node))
		if err := d.Done(); err != nil {
			t.Fatal(err)
		}
		d.Reset(nil, true)
	}
	large := []byte(`{"name":"a","nodes":[` + strings.Repeat(`{"name":"`+strings.Repeat("long", 1<<18)+`"},`, 9) + `{"name":"b"}]}`)
	before := inUse()
	read(large)
	for range 50 {
		read([]byte(`{"name":"a","on":true,"nodes":[{"name":"b"}]}`))
	}
	if kept := int64(inUse()) - int64(before); kept > 1<<20 {
		t.Errorf("%d bytes are kept", kept)
	}
	runtime.KeepAlive(&d)
	runtime.KeepAlive(large)
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestLimits(t *testing.T) {
	t.Parallel()
	deep := func(n int) string {
		return `{"name":"a","x":` + strings.Repeat(`[`, n-1) + strings.Repeat(`]`, n-1) + `}`
	}
	crowd := func(n int, last string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"%d":0,`, i)
		}
		return `{"name":"a",` + b.String() + last + `}`
	}
	for name, test := range map[string]struct {
		body string
		good bool
	}{
		"as deep as can be":           {deep(10000), true},
		"a number at the deepest":     {strings.Replace(deep(10000), "[]", "[1]", 1), true},
		"deeper":                      {deep(10001), false},
		"much deeper":                 {deep(1e6), false},
		"many side by side":           {`{"name":"a","x":[{}` + strings.Repeat(`,{},[]`, 10000) + `]}`, true},
		"many members nobody knows":   {crowd(5000, `"x":0`), true},
		"the first of them twice":     {crowd(5000, `"0":0`), false},
		"one far behind twice":        {crowd(5000, `"4000":0`), false},
		"as many as there may be":     {crowd(9999, `"x":0`), true},
		"more":                        {crowd(10000, `"x":0`), false},
		"one twice in another object": {crowd(5000, `"x":{"4000":0,"4001":0}`), true},
	} {
		if _, err := decode([]byte(test.body)); (err == nil) != test.good {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzStrictJSONIsWhatJSONTextTakes(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-0.5e+7,"x",{"b":null,"c":true}],"d":false}`, `"\u00e9é\ud83d\ude00"`, `{"a":1,"a":2}`, "\"\xff\"", `[1,]`, ` 0 `, strings.Repeat("3", 400)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var r strictjson.Reader
		r.Reset(fmt.Appendf(nil, `[%s]`, body), true)
		var v json.RawMessage // any would refuse a number that no float64 holds
		r.Other(&v)
		if err, good := r.Done(), jsontext.Value(fmt.Appendf(nil, `[%s]`, body)).IsValid(); (err == nil) != good {
			t.Errorf("%q: got %s, %v", body, v, err)
		}
	})
}
