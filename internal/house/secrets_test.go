package house_test

import (
	"go/types"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/apitest"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/api/audit/page"
	"github.com/psoauth/psoauth/api/audit/policy"
	"github.com/psoauth/psoauth/openapi"
	"github.com/psoauth/psoauth/openapi/contract"
	"github.com/psoauth/psoauth/openapi/drift"
)

// A sample makes values of an exported type, or of what an exported option makes, with the canary in each place that is
// for secrets.
type sample func(t *testing.T) []any

// samples has one for each exported type that programs can import, by package and name, and for each option. A type whose
// exported fields are all there is to it is filled by reflection.
var samples = map[string]sample{
	"api.Application": filled[api.Application](),
	"api.Client":      clients,
	"api.Error":       apiErrors,
	"api.ListOptions": filled[api.ListOptions](),
	"api.Option":      options,
	"api.Scopes":      filled[api.Scopes](),
	"api.Secret":      filled[api.Secret](),
	"api.Token":       filled[api.Token](),
	"api.TokenInfo":   filled[api.TokenInfo](),
	"api.TokenPage":   filled[api.TokenPage](),
	"api.TokenState":  filled[api.TokenState](),

	"api.WithAccessToken":      option(api.WithAccessToken(canary)),
	"api.WithAuthURL":          option(api.WithAuthURL("https://u:"+canary+"@x.example"), api.WithAuthURL("https://x.example/?"+canary)),
	"api.WithBaseURL":          option(api.WithBaseURL("https://u:"+canary+"@x.example"), api.WithBaseURL("https://x\x00.example/"+canary)),
	"api.WithHTTPClient":       withHTTPClient,
	"api.WithLogger":           option(api.WithLogger(slog.New(slog.DiscardHandler))),
	"api.WithMaxResponseBytes": option(api.WithMaxResponseBytes(-1)),
	"api.WithMaxRetries":       option(api.WithMaxRetries(-1)),
	"api.WithRateLimit":        option(api.WithRateLimit(-1)),
	"api.WithRefresh": option(
		api.WithRefresh(refreshing("https://x.example/token"), &oauth2.Token{AccessToken: canary, RefreshToken: canary}),
		api.WithRefresh(refreshing("http://x.example/"+canary), &oauth2.Token{AccessToken: canary, RefreshToken: canary}),
		api.WithRefresh(refreshing("https://x.example/token"), &oauth2.Token{AccessToken: canary}),
	),
	"api.WithServiceToken": option(
		api.WithServiceToken("id", canary), api.WithServiceToken(canary+" ", canary), api.WithServiceToken("pscale_tkn_"+canary, canary),
		api.WithServiceToken("a:b", canary), api.WithServiceToken("", canary), api.WithServiceToken("id", "pscale_oauth_"+canary),
		api.WithServiceToken("id", canary+"\n"), api.WithServiceToken("id", strings.Repeat(canary, 1000)),
	),
	"api.WithTokenSource": option(api.WithTokenSource(heldSource{oauth2.Token{AccessToken: canary}})),
	"api.WithUserAgent":   option(api.WithUserAgent(canary + "\n")),

	"api/apitest.Fault":         zero[apitest.Fault](),
	"api/apitest.Option":        zero[apitest.Option](),
	"api/apitest.PlanetScale":   func(t *testing.T) []any { return []any{asked(t).PlanetScale, asked(t).Requests()} },
	"api/apitest.Request":       filled[apitest.Request](),
	"api/apitest.Revision":      zero[apitest.Revision](),
	"api/apitest.Server":        func(t *testing.T) []any { return []any{asked(t), *asked(t)} },
	"api/apitest.TokenInfoForm": zero[apitest.TokenInfoForm](),

	"api/apitest.WithAccesses":      value(apitest.WithAccesses()),
	"api/apitest.WithApplication":   value(apitest.WithApplication(api.Application{ID: "a"})),
	"api/apitest.WithApplicationID": value(apitest.WithApplicationID("a")),
	"api/apitest.WithClock":         value(apitest.WithClock(time.Now)),
	"api/apitest.WithEveryFault":    value(apitest.WithEveryFault(apitest.Header("Authorization", canary))),
	"api/apitest.WithFaults":        value(apitest.WithFaults(apitest.Header("Authorization", canary))),
	"api/apitest.WithLeakedSecret":  value(apitest.WithLeakedSecret(1)),
	"api/apitest.WithOrganization":  value(apitest.WithOrganization("o")),
	"api/apitest.WithRevision":      value(apitest.WithRevision(apitest.Revision202608)),
	"api/apitest.WithTokenInfoForm": value(apitest.WithTokenInfoForm(apitest.FormLegacy)),
	"api/apitest.WithTokenList":     value(apitest.WithTokenList([]api.Token{*leakyToken()})),
	"api/apitest.WithTokens":        value(apitest.WithTokens(1)),

	"api/audit.Acceptance": filled[audit.Acceptance](),
	"api/audit.Auditor":    func(t *testing.T) []any { return []any{audited(t)} },
	"api/audit.Finding":    func(t *testing.T) []any { return []any{slices.Collect(audited(t).Report().Findings())} },
	"api/audit.Grant":      filled[audit.Grant](),
	"api/audit.Group":      func(t *testing.T) []any { return []any{audited(t).Report().Groups} },
	"api/audit.Options":    filled[audit.Options](),
	"api/audit.Reach":      zero[audit.Reach](),
	"api/audit.Report":     func(t *testing.T) []any { return []any{audited(t).Report()} },
	"api/audit.Rule":       filled[audit.Rule](),
	"api/audit.Severity":   zero[audit.Severity](),
	"api/audit.Subject":    func(t *testing.T) []any { return []any{audited(t).Subject(leakyToken())} },

	"api/audit/page.Inventory": inventory,

	"api/audit/policy.Error":   filled[policy.Error](),
	"api/audit/policy.Problem": filled[policy.Problem](),

	"openapi.RawArray":   filled[openapi.RawArray](),
	"openapi.RawObject":  filled[openapi.RawObject](),
	"openapi.Scopes":     filled[openapi.Scopes](),
	"openapi.Secret":     filled[openapi.Secret](),
	"openapi.TokenInfo":  filled[openapi.TokenInfo](),
	"openapi.TokenState": filled[openapi.TokenState](),

	"openapi/contract.Baseline":          func(t *testing.T) []any { return []any{baseline(t)} },
	"openapi/contract.Coverage":          func(t *testing.T) []any { return []any{report(t).Coverage} },
	"openapi/contract.Finding":           func(t *testing.T) []any { return []any{report(t).Findings} },
	"openapi/contract.Format":            zero[contract.Format](),
	"openapi/contract.MemberCoverage":    filled[contract.MemberCoverage](),
	"openapi/contract.OperationCoverage": func(t *testing.T) []any { return []any{report(t).Coverage.Operations} },
	"openapi/contract.Option":            zero[contract.Option](),
	"openapi/contract.ProxyOptions":      filled[contract.ProxyOptions](),
	"openapi/contract.Report":            func(t *testing.T) []any { return append(reports(t), report(t)) },
	"openapi/contract.ReportOptions":     filled[contract.ReportOptions](),
	"openapi/contract.Rule":              filled[contract.Rule](),
	"openapi/contract.Run":               func(t *testing.T) []any { return []any{judged(t)} },
	"openapi/contract.Severity":          zero[contract.Severity](),
	"openapi/contract.Summary":           func(t *testing.T) []any { return []any{report(t).Summary} },
	"openapi/contract.TestingT":          func(t *testing.T) []any { return []any{failures(t)} },
	"openapi/contract.Validator":         func(t *testing.T) []any { return []any{validator(t)} },

	"openapi/drift.Class":    zero[drift.Class](),
	"openapi/drift.Document": zero[drift.Document](),
	"openapi/drift.Example":  filled[drift.Example](),
	"openapi/drift.Finding":  filled[drift.Finding](),
	"openapi/drift.Report":   filled[drift.Report](),
	"openapi/drift.Show":     filled[drift.Show](),

	"openapi/contract.WithBodyLimit": contractOption(contract.WithBodyLimit(-1)),
	"openapi/contract.WithClock":     contractOption(contract.WithClock(time.Now), contract.WithClock(nil)),
	"openapi/contract.WithServer": contractOption(contract.WithServer("https://u:"+canary+"@x.example", api.DefaultAuthURL),
		contract.WithServer("http://x.example", "https://u:"+canary+"@x.example")),
	"openapi/contract.WithSeverity": contractOption(contract.WithSeverity("x", contract.Off)),
	"openapi/contract.WithSpec":     contractOption(contract.WithSpec("x: 1")),
	"openapi/contract.WithSpecName": contractOption(contract.WithSpecName("x")),
}

// known are the types that have to hold a secret as it is, where only reflection finds it: the tokens that a test server
// serves, and the names that an audit has not looked at yet.
var known = []string{"api/apitest.PlanetScale", "api/apitest.Server", "api/audit.Auditor", "api/audit/page.Inventory"}

func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	if name := os.Getenv("PANIC_WITH"); name != "" {
		panic(samples[name](t)[0])
	}
	exported := exportedTypesAndOptions(t)
	for name := range samples {
		if !slices.Contains(exported, name) {
			t.Errorf("%s: no such type or option is exported any more", name)
		}
	}
	for _, name := range exported {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			make, ok := samples[name]
			if !ok {
				t.Fatal("a new exported type or option: give it a sample in this file, with the canary in each place for a secret")
			}
			for i, v := range make(t) {
				if where := shows(v); len(where) > 0 {
					t.Errorf("sample %d shows it in %d ways, such as %s", i, len(where), where[0])
				}
				if slices.Contains(known, name) {
					continue
				}
				if where := find(dump(v)); where != "" {
					t.Errorf("sample %d: reflection finds it %s", i, where)
				}
			}
		})
	}
}

// A panic that nobody recovers is printed by the runtime, in its own way.
func TestAPanicPrintsNoSecret(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"api.Secret", "api.Token", "api.Client", "api.Error", "api.Option", "api/apitest.Request"} {
		cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestNothingPrintsASecret$")
		cmd.Env = append(os.Environ(), "PANIC_WITH="+name, "GOTRACEBACK=all")
		said, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(said), "panic: ") {
			t.Errorf("%s: no panic: %v, %s", name, err, said)
		}
		if where := find(string(said)); where != "" {
			t.Errorf("%s: the panic prints it %s", name, where)
		}
	}
}

func TestTheDebugLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	for _, serve := range []http.HandlerFunc{echo(200), echo(401), echo(500), redirectWithCanary} {
		callAll(t, serve, api.WithLogger(logger))
	}
	if strings.Count(log.String(), "level=DEBUG") < 16 {
		t.Errorf("the log is %s", log.String())
	}
	if where := find(log.String()); where != "" {
		t.Errorf("the log holds it %s", where)
	}
}

// exportedTypesAndOptions names what programs can import: the exported types of each package, and its functions that
// return an option.
func exportedTypesAndOptions(t *testing.T) (names []string) {
	t.Helper()
	var importable []string
	for _, p := range packages(t, "./...") {
		name := p.name()
		switch {
		case p.Name == "main" || len(p.GoFiles) == 0 || slices.Contains(strings.Split(name, "/"), "internal"):
		case name == "" || name == "gen": // gen is HTTP as it comes; its models are in api, under their names there
		case name == "openapi/contract/mutant": // bad answers for tests
		default:
			importable = append(importable, name)
		}
	}
	for _, p := range compiled(t, importable) {
		from := strings.TrimPrefix(p.Path(), module+"/")
		for _, name := range p.Scope().Names() {
			switch object := p.Scope().Lookup(name).(type) {
			case *types.TypeName:
				if object.Exported() {
					names = append(names, from+"."+name)
				}
			case *types.Func:
				results := object.Signature().Results()
				if object.Exported() && results.Len() == 1 && types.TypeString(results.At(0).Type(), nil) == p.Path()+".Option" {
					names = append(names, from+"."+name)
				}
			}
		}
	}
	return names
}

// filled makes a T with the canary in each secret that it leads to.
func filled[T any]() sample {
	return func(*testing.T) []any {
		v := new(T)
		fill(reflect.ValueOf(v).Elem())
		return []any{*v}
	}
}

func value(v any) sample { return func(*testing.T) []any { return []any{v} } }

func zero[T any]() sample { return value(*new(T)) }

func fill(v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[openapi.Secret]():
		v.Set(reflect.ValueOf(openapi.NewSecret(canary)))
	case v.Type() == reflect.TypeFor[url.URL]():
		v.Set(reflect.ValueOf(url.URL{Scheme: "https", Host: "x.example"}))
	case v.Type().PkgPath() == "time" || !v.CanSet():
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case v.Kind() == reflect.Struct:
		for _, field := range v.Fields() {
			fill(field)
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		v.SetBytes([]byte(`{}`))
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case v.Kind() == reflect.String:
		v.SetString("text")
	}
}

func inventory(t *testing.T) []any {
	i := page.NewInventory(audited(t), time.Now())
	i.Add(leakyToken(), nil)
	return []any{i}
}
