package house_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/template"

	jsonv2 "github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"
)

// canary is a secret that nothing can know by its looks.
const canary = "Qz7CanaryXw9"

// A channel is a way in which a program may print a value without meaning to show what is in it.
type channel func(v any) string

// channels are the ways, by name.
var channels = func() map[string]channel {
	all := map[string]channel{
		"Sprint":  func(v any) string { return fmt.Sprint(v, &v) },
		"Errorf":  func(v any) string { return fmt.Sprintf("%v %+v", fmt.Errorf("x: %v", v), fmt.Errorf("x: %+v", v)) },
		"panic":   recovered,
		"json":    func(v any) string { return fmt.Sprint(json.Marshal(v)) + encoded(json.Marshal(v)) },
		"json v2": func(v any) string { return encoded(jsonv2.Marshal(v)) },
		"xml":     func(v any) string { return encoded(xml.Marshal(v)) },
		"yaml":    yamlOf,
		"gob": func(v any) string {
			var b bytes.Buffer
			err := gob.NewEncoder(&b).Encode(v)
			return encoded(b.Bytes(), err)
		},
		"slog text": func(v any) string {
			return logged(v, func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) })
		},
		"slog JSON": func(v any) string {
			return logged(v, func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) })
		},
		"template": func(v any) string {
			var b strings.Builder
			err := template.Must(template.New("").Parse(`{{.}} {{printf "%v" .}}`)).Execute(&b, v)
			return b.String() + fmt.Sprint(err)
		},
		"HTML template": func(v any) string {
			var b strings.Builder
			err := htmltemplate.Must(htmltemplate.New("").Parse(`{{.}}<script>{{.}}</script><a href="{{.}}">`)).Execute(&b, v)
			return b.String() + fmt.Sprint(err)
		},
		"an error's chain": func(v any) string {
			err, ok := v.(error)
			if !ok {
				return ""
			}
			said := []string{fmt.Errorf("wrapped: %w", err).Error(), errors.Join(err, err).Error()}
			behind(err, func(err error) { said = append(said, fmt.Sprintf("%v %+v %#v %q", err, err, err, err)) })
			return strings.Join(said, " ")
		},
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s", "%x", "%X", "%d", "%t", "%T", "%p", "% x", "%+q", "%08v"} {
		all[verb] = func(v any) string { return fmt.Sprintf(verb, v) }
	}
	return all
}()

func encoded(data []byte, err error) string { return string(data) + fmt.Sprint(err) }

// yamlOf is apart because package yaml panics where others return an error.
func yamlOf(v any) (said string) {
	defer func() {
		if p := recover(); p != nil {
			said = fmt.Sprint(p)
		}
	}()
	return encoded(yaml.Marshal(v))
}

func recovered(v any) (said string) {
	defer func() {
		p := recover()
		said = fmt.Sprintf("%v %+v", p, p)
	}()
	panic(v)
}

func logged(v any, handler func(*bytes.Buffer) slog.Handler) string {
	var b bytes.Buffer
	logger := slog.New(handler(&b))
	logger.Info("x", "v", v, "p", &v, slog.Group("g", "v", v))
	logger.With("v", v).WithGroup("g").Info("x", "s", []any{v})
	return b.String()
}

func behind(err error, visit func(error)) {
	visit(err)
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if next := e.Unwrap(); next != nil {
			behind(next, visit)
		}
	case interface{ Unwrap() []error }:
		for _, next := range e.Unwrap() {
			behind(next, visit)
		}
	}
}

// shows returns the channels that show the canary in v, in a pointer to it, or in what holds it.
func shows(v any) (guilty []string) {
	pointer := reflect.New(reflect.TypeOf(v))
	pointer.Elem().Set(reflect.ValueOf(v))
	slice := reflect.MakeSlice(reflect.SliceOf(pointer.Type().Elem()), 0, 1)
	for holder, held := range map[string]any{
		"it":             v,
		"a pointer":      pointer.Interface(),
		"a slice":        reflect.Append(slice, pointer.Elem()).Interface(),
		"a slice of any": []any{v, pointer.Interface()},
		"a map":          map[string]any{"k": v},
		"a field":        struct{ V any }{v},
		"a hidden field": struct{ v, p any }{v, pointer.Interface()},
	} {
		for name, say := range channels {
			if where := find(say(held)); where != "" {
				guilty = append(guilty, fmt.Sprintf("%s of %s: %s", name, holder, where))
			}
		}
	}
	slices.Sort(guilty)
	return guilty
}

// forms are what the canary looks like after an encoding.
var forms = func() map[string]string {
	numbers := strings.Trim(fmt.Sprint([]byte(canary)), "[]")
	all := map[string]string{
		"as it is": canary, "in hex": hex.EncodeToString([]byte(canary)), "in spaced hex": fmt.Sprintf("% x", canary),
		"as numbers": numbers, "as numbers with commas": strings.ReplaceAll(numbers, " ", ","),
		"as Go's bytes": strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(canary)), "[]byte{"), "}"),
	}
	for shift := range 3 { // base64 looks otherwise where it begins at another byte of three
		long := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), canary...))
		all[fmt.Sprint("in base64, shifted by ", shift)] = long[shift*2 : len(long)-2]
	}
	return all
}()

// find says in which form text holds the canary, and what is before it.
func find(text string) string {
	unescaped, err := url.QueryUnescape(text)
	if err != nil {
		unescaped = ""
	}
	for _, form := range slices.Sorted(maps.Keys(forms)) {
		for _, where := range []string{text, unescaped} {
			if before, _, ok := strings.Cut(strings.ToLower(where), strings.ToLower(forms[form])); ok {
				return form + " after " + before[max(0, len(before)-60):]
			}
		}
	}
	return ""
}

// dump says all that reflection finds in v, hidden fields and what pointers lead to included, as the diffs of test
// libraries do. It leaves out the connections of net/http, whose buffers hold the last requests.
func dump(v any) string {
	var b strings.Builder
	seen := map[uintptr]bool{}
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			b.WriteString(v.String() + "\n")
		case reflect.Pointer:
			if !v.IsNil() && !seen[v.Pointer()] {
				seen[v.Pointer()] = true
				walk(v.Elem())
			}
		case reflect.Interface:
			walk(v.Elem())
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[http.Transport]() {
				return
			}
			for _, field := range v.Fields() {
				walk(field)
			}
		case reflect.Slice, reflect.Array:
			if v.Type().Elem().Kind() == reflect.Uint8 {
				for i := range v.Len() {
					b.WriteByte(byte(v.Index(i).Uint()))
				}
				b.WriteByte('\n')
				return
			}
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Map:
			for key, value := range v.Seq2() {
				walk(key)
				walk(value)
			}
		}
	}
	walk(reflect.ValueOf(v))
	return b.String()
}

type open struct{ V string }

// Every channel shows what is no secret; a channel that showed nothing would prove nothing.
func TestEveryChannelWorks(t *testing.T) {
	t.Parallel()
	for name, say := range channels {
		var open any = open{canary}
		switch name {
		case "%T", "%p":
			continue // type and address
		case "an error's chain":
			open = fmt.Errorf("x: %w", errors.New(canary))
		}
		if find(say(open)) == "" {
			t.Errorf("%s does not show the canary in %q", name, say(open))
		}
	}
	for _, v := range []any{&struct{ p *string }{new(canary)}, map[any]any{1: []byte(canary)}, []error{errors.New(canary)}} {
		if find(dump(v)) == "" {
			t.Errorf("dump does not show the canary in %#v", v)
		}
	}
	for shift := range 3 {
		if text := base64.StdEncoding.EncodeToString([]byte("abc"[:shift] + canary + "xyz")); find(text) == "" {
			t.Errorf("the canary is not found in %s", text)
		}
	}
}
