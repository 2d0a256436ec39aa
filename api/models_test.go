package api_test

import (
	"flag"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/gen"
)

var update = flag.Bool("update", false, "write the fields of the models into doc.go")

// An alias shows no fields in the documentation, so its comment names them.
func TestTheDocumentationNamesTheFieldsOfTheModels(t *testing.T) {
	t.Parallel()
	const file = "doc.go"
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	for name, model := range map[string]reflect.Type{"Application": reflect.TypeFor[api.Application](), "Token": reflect.TypeFor[api.Token](),
		"TokenPage": reflect.TypeFor[api.TokenPage](), "TokenInfo": reflect.TypeFor[api.TokenInfo]()} {
		var fields []string
		for i := range model.NumField() {
			fields = append(fields, model.Field(i).Name)
		}
		slices.Sort(fields)
		last := len(fields) - 1
		want := "Its fields are " + strings.Join(fields[:last], ", ") + " and " + fields[last] + "."
		comment := regexp.MustCompile(`((?:\t// [^\n]*\n)+)\t` + name + " = ").FindStringSubmatch(text)
		if comment == nil {
			t.Fatalf("%s has no comment", name)
		}
		said := strings.Join(strings.Fields(strings.ReplaceAll(comment[1], "//", "")), " ")
		switch {
		case strings.Contains(said, want):
		case !*update:
			t.Errorf("%s: want %q; run make adopt if that is meant", name, want)
		default:
			lines := "\t//"
			for _, word := range strings.Fields(regexp.MustCompile(`Its fields are [^.]*\.`).ReplaceAllString(said, want)) {
				if len(lines)-strings.LastIndexByte(lines, '\n')+len(word) > 117 {
					lines += "\n\t//"
				}
				lines += " " + word
			}
			text = strings.Replace(text, comment[1], lines+"\n", 1)
		}
	}
	if text != string(source) {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMethodsOfAToken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) *time.Time { return new(now.Add(d)) }
	for _, test := range []struct {
		expires         *time.Time
		expired, within bool
	}{
		{nil, false, false},
		{at(-time.Hour), true, false},
		{at(0), true, false},
		{at(time.Second), false, true},
		{at(24 * time.Hour), false, true},
		{at(24*time.Hour + 1), false, false},
	} {
		token := api.Token{ExpiresAt: test.expires}
		if token.Expired(now) != test.expired || token.ExpiresWithin(now, 24*time.Hour) != test.within {
			t.Errorf("%v: expired %v, within a day %v", test.expires, token.Expired(now), token.ExpiresWithin(now, 24*time.Hour))
		}
	}
	for want, token := range map[string]api.Token{
		"":        {},
		"Ada":     {ActorDisplayName: new("Ada"), ActorID: new("u1"), ActorType: new("User")},
		"User u1": {ActorDisplayName: new(""), ActorID: new("u1"), ActorType: new("User")},
		"u1":      {ActorID: new("u1")},
	} {
		if got := token.Actor(); got != want {
			t.Errorf("the actor is %q, want %q", got, want)
		}
	}
	full := fullToken(1)
	full.OAuthAccessesByResource.User.Accesses = append(full.OAuthAccessesByResource.User.Accesses, gen.AccessScope{Name: "branch:read_branch"})
	want := api.Scopes{"branch:read_branch", "branch:write_branch", "database:delete_database", "database:read_database",
		"database:write_database", "organization:read_organization", "read_branch", "user:read_user"}
	if got := full.Scopes(); !slices.Equal(got, want) {
		t.Errorf("the scopes are %q", got)
	}
	if got := new(api.Token).Scopes(); got == nil || len(got) != 0 {
		t.Errorf("no scopes are %v", got)
	}
}
