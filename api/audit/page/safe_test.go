package page_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/browsertest"
	"github.com/psoauth/psoauth/internal/text"
)

// hostile are names that somebody could give to a token, a scope or themselves.
var hostile = []string{
	"<script>window.hacked=1</script>", "</td></tr></table><img src=x onerror=window.hacked=2>",
	`"><svg/onload=window.hacked=3>`, "</script><script>window.hacked=4</script>", "<!--", "--><b>bold</b>",
	"<!--<script>", "' onmouseover='window.hacked=5", "javascript:window.hacked=6", "\u202egnp.exe", "\u2066rtl\u2069",
	"שלום <b>", "\x1b[31mred\x00", "{{.}}", "${window.hacked=7}", "`+(window.hacked=8)+`", "&lt;i&gt;", "&#60;i&#62;",
	"]]>", "\u2028\u2029", "<a href=//evil.example>x</a>", "\\u003cscript\\u003e", "<style>*{display:none}</style>",
	"<meta http-equiv=refresh content='0;url=//evil.example'>", "<iframe src=//evil.example>", "\xff\xfe<",
	"<base href=//evil.example>", "pscale_tkn_canary0canary",
}

func TestBrowserShowsHostileNamesAsText(t *testing.T) {
	t.Parallel()
	var tokens []*api.Token
	for _, name := range hostile {
		tok := sandbox(1)[0]
		tok.ID, tok.DisplayName, tok.ActorID, tok.ActorDisplayName = "id"+name, name, ptr("actor"+name), ptr(name)
		database := &tok.OAuthAccessesByResource.Database
		database.Accesses[0].Name = "delete_" + name
		database.Databases[0].ID, database.Databases[0].Name = name, name
		tokens = append(tokens, tok)
	}
	app := *application
	app.Name = hostile[1]
	b := open(t, writtenFor(t, &app, audit.Options{Accept: []audit.Acceptance{
		{Token: "gone" + hostile[0], Until: now, Reason: hostile[0]},
	}}, tokens))
	b.Is("window.hacked ?? 0", "0")
	b.Count("img, iframe, b, i, base, meta[http-equiv=refresh], style:not(head style), svg:not(figure svg), a:not([data-rule])", 0)
	b.Count("script", 2)
	if got := browsertest.Value[string](b.Tab, "document.querySelector('h1').textContent"); got != hostile[1] {
		t.Errorf("the application is called %q", got)
	}
	names, actors := b.Texts(lines+" .name"), b.Texts(lines+" td:nth-child(3)")
	for _, name := range hostile {
		if shown := text.Printable(text.RedactCredentials(name)); !slices.Contains(names, shown) || !slices.Contains(actors, shown) {
			t.Errorf("%q is not shown as %q in %q and %q", name, shown, names, actors)
		}
	}
	b.Count(".matrix tbody th bdi", 30)
	b.Enter("search", hostile[0])
	b.Count(lines, 1)
	b.Click("#table .unfold")
	b.Is("window.hacked ?? 0", "0")
}

// What got into the page in spite of everything could neither run nor tell anybody.
func TestBrowserRunsNothingElse(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	b := open(t, written(t, audit.Options{}, sandbox(10)))
	b.Run(`
		const script = document.createElement("script");
		script.textContent = "window.hacked = 1";
		document.body.append(script);
		document.body.insertAdjacentHTML("beforeend",
			"<img src=` + server.URL + `/x onerror='window.hacked = 2'><style>body { display: none }</style>")`)
	if got := browsertest.Value[string](b.Tab, "fetch('"+server.URL+"').then(() => 'answered', () => 'refused')"); got != "refused" {
		t.Errorf("a request was %s", got)
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	b.Is("[window.hacked ?? 0, document.body.checkVisibility()]", "[0,true]")
	if len(b.Problems()) == 0 {
		t.Error("the browser does not say that it refused anything")
	}
}

func TestBrowserFindsThePageAccessible(t *testing.T) {
	t.Parallel()
	html := written(t, audit.Options{Accept: []audit.Acceptance{
		{Token: sandbox(3)[2].ID, Until: now.AddDate(1, 0, 0)}, {Token: "gone", Until: now},
	}}, sandbox(120))
	for _, theme := range []string{"light", "dark"} {
		b := open(t, html, browsertest.Shows(theme, ""))
		b.Run(`for (const d of document.querySelectorAll("details")) d.open = true;
			for (const u of document.querySelectorAll("#table .unfold")) u.click()`)
		b.Accessible()
	}
}
