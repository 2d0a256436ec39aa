package openapi_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/psoauth/psoauth/openapi"
)

// plain is long and odd enough that no other text holds a part of it.
const plain = "pscale_oauth_Qz7Xw9"

// hiding is what a secret may be found in.
type hiding struct {
	Exported   openapi.Secret
	unexported openapi.Secret
	Pointer    *openapi.Secret
	pointer    *openapi.Secret
	Slice      []openapi.Secret
	array      [1]openapi.Secret
	Map        map[string]openapi.Secret
	keys       map[openapi.Secret]int
	Any        any
	any        any
	inner      struct{ secret openapi.Secret }
	Inner      *struct{ Secret openapi.Secret }
}

func hide() hiding {
	secret := openapi.NewSecret(plain)
	h := hiding{
		Exported: secret, unexported: secret, Pointer: &secret, pointer: &secret,
		Slice: []openapi.Secret{secret}, array: [1]openapi.Secret{secret},
		Map: map[string]openapi.Secret{"a": secret}, keys: map[openapi.Secret]int{secret: 1},
		Any: secret, any: &secret, Inner: &struct{ Secret openapi.Secret }{secret},
	}
	h.inner.secret = secret
	return h
}

func TestNoVerbPrintsASecret(t *testing.T) {
	t.Parallel()
	h := hide()
	for _, verb := range "vTtbcdoOqxXUeEfFgGspwZ" {
		for _, flags := range []string{"", "+", "-", "#", " ", "0", "+#", "64", "-64.3", ".1"} {
			format := "%" + flags + string(verb)
			for _, value := range []any{
				h.Exported, h.Pointer, h.Slice, h.array, h.Map, h.keys, h.Any, h, &h, []any{h}, map[string]any{"h": &h},
				[]*openapi.Secret{h.Pointer},
			} {
				checkHidden(t, format, fmt.Sprintf(format, value))
			}
			if strings.ContainsRune("Tpw", verb) {
				continue // type, address and misuse, which package fmt prints without asking
			}
			if got := fmt.Sprintf(format, h.Exported); got != openapi.Redacted {
				t.Errorf("%s prints %q", format, got)
			}
		}
	}
	checkHidden(t, "Sprint", fmt.Sprint(h, &h, h.Exported))
	checkHidden(t, "Errorf", fmt.Errorf("%w: %v", errors.ErrUnsupported, h).Error())
	checkHidden(t, "GoString", h.Exported.GoString()+h.Exported.String())
}

func TestNoLoggerWritesASecret(t *testing.T) {
	t.Parallel()
	h := hide()
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var out bytes.Buffer
		slog.New(handler(&out)).With("secret", h.Exported).WithGroup("in").Info("message",
			"pointer", h.Pointer, "slice", h.Slice, "map", h.Map, "struct", h, "struct pointer", &h, "any", h.Any)
		checkHidden(t, name, out.String())
		if !strings.Contains(out.String(), openapi.Redacted) {
			t.Errorf("%s: got %s, want it to say that something is hidden", name, out.String())
		}
	}
}

func TestNoEncoderWritesASecret(t *testing.T) {
	t.Parallel()
	h := hide()
	exported := struct {
		Secret openapi.Secret            `json:"secret"`
		Null   *openapi.Secret           `json:"null"`
		Slice  []openapi.Secret          `json:"slice"`
		Keys   map[openapi.Secret]string `json:"keys"`
	}{h.Exported, nil, h.Slice, map[openapi.Secret]string{h.Exported: "a"}}
	const want = `{"secret":"[redacted]","null":null,"slice":["[redacted]"],"keys":{"[redacted]":"a"}}`
	if got := toJSON(t, exported); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, err := jsonv2.Marshal(exported); err != nil || string(got) != want {
		t.Errorf("json/v2: got %s, %v\nwant %s", got, err, want)
	}
	if got, err := xml.Marshal(h.Slice); err != nil || string(got) != "<Secret>[redacted]</Secret>" {
		t.Errorf("XML: got %s, %v", got, err)
	}
	if text, err := h.Exported.MarshalText(); err != nil || string(text) != openapi.Redacted {
		t.Errorf("text: got %s, %v", text, err)
	}
}

func TestPanicDoesNotPrintASecret(t *testing.T) {
	t.Parallel()
	const variable = "PSOAUTH_TEST_PANIC"
	values := []any{openapi.NewSecret(plain), hide(), fmt.Errorf("with %v", hide())}
	if which := os.Getenv(variable); which != "" {
		panic(values[which[0]-'0'])
	}
	for i := range values {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPanicDoesNotPrintASecret$")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", variable, i))
		out, err := cmd.CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("panic")) {
			t.Errorf("value %d: got %v and %s, want a panic", i, err, out)
		}
		checkHidden(t, "panic", string(out))
	}
}

func TestSecretIsReadFromAString(t *testing.T) {
	t.Parallel()
	for name, unmarshal := range map[string]func([]byte, any) error{
		"v1": json.Unmarshal,
		"v2": func(data []byte, into any) error { return jsonv2.Unmarshal(data, into) },
	} {
		var got struct{ Secret, Null, Missing *openapi.Secret }
		if err := unmarshal([]byte(`{"Secret":"`+plain+`","Null":null}`), &got); err != nil {
			t.Fatal(err)
		}
		if got.Secret.Reveal() != plain || got.Null != nil || got.Missing != nil {
			t.Errorf("%s: got %q, %v, %v", name, got.Secret.Reveal(), got.Null, got.Missing)
		}
		for _, wrong := range []string{`null`, `7`, `{"a":"` + plain + `"}`, `["` + plain + `"]`} {
			secret := openapi.NewSecret("before")
			err := unmarshal([]byte(wrong), &secret)
			if err == nil || secret.Reveal() != "before" {
				t.Errorf("%s: %s is read as %q", name, wrong, secret.Reveal())
				continue
			}
			checkHidden(t, name, fmt.Sprintf("%v %+v", err, err))
		}
	}
}

func TestSecretIsZeroAndEqual(t *testing.T) {
	t.Parallel()
	var zero openapi.Secret
	if !zero.IsZero() || !openapi.NewSecret("").IsZero() || openapi.NewSecret("x").IsZero() {
		t.Error("IsZero does not tell the empty secret")
	}
	if zero.Reveal() != "" || zero.String() != openapi.Redacted {
		t.Errorf("the zero secret is %q and prints %q", zero.Reveal(), zero)
	}
	secret := openapi.NewSecret(plain)
	if same := secret; same != secret {
		t.Error("a copy of a secret differs from it")
	}
}

// checkHidden fails if text holds the secret, or a piece of it, as it is or in another spelling.
func checkHidden(t *testing.T, how, text string) {
	t.Helper()
	for _, piece := range []string{"pscale_oauth", "Qz7Xw9"} {
		for _, spelling := range []string{
			piece, fmt.Sprintf("%x", piece), fmt.Sprintf("%X", piece), fmt.Sprintf("% x", piece), fmt.Sprint([]byte(piece)),
			strings.Trim(fmt.Sprint([]byte(piece)), "[]"), fmt.Sprintf("%#v", []byte(piece)),
		} {
			if strings.Contains(text, spelling) {
				t.Errorf("%s gives the secret away: %s", how, text)
			}
		}
	}
}
