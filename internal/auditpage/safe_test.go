package auditpage_test

import (
	"slices"
	"testing"

	"github.com/psoauth/psoauth/api"
	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/text"
)

func TestBrowserShowsHostileNamesAsText(t *testing.T) {
	t.Parallel()
	var tokens []*api.Token
	for _, name := range hostileNames {
		tok := sandbox(1)[0]
		tok.ID, tok.DisplayName, tok.ActorID, tok.ActorDisplayName = "id"+name, name, ptr("actor"+name), ptr(name)
		database := &tok.OAuthAccessesByResource.Database
		database.Accesses[0].Name = "delete_" + name
		database.Databases[0].ID, database.Databases[0].Name = name, name
		tokens = append(tokens, tok)
	}
	app := *application
	app.Name = hostileNames[1]
	b := open(t, writtenFor(t, &app, audit.Options{Accept: []audit.Acceptance{
		{Token: "gone" + hostileNames[0], Until: "2026-12-31", Reason: hostileNames[0]},
	}}, tokens))
	b.Is("window.hacked ?? 0", "0")
	b.Count("img, iframe, b, i, base, meta[http-equiv=refresh], style:not(head style), svg:not(figure svg), a:not([data-rule], .figures a)", 0)
	b.Count("script", 2)
	if got := value[string](b, "document.querySelector('h1').textContent"); got != hostileNames[1] {
		t.Errorf("the application is called %q", got)
	}
	names, actors := b.Texts(lines+" .name"), b.Texts(lines+" td:nth-child(3)")
	for _, name := range hostileNames {
		if shown := text.Printable(text.RedactCredentials(name)); !slices.Contains(names, shown) || !slices.Contains(actors, shown) {
			t.Errorf("%q is not shown as %q in %q and %q", name, shown, names, actors)
		}
	}
	b.Count(".matrix tbody th bdi", 56)
	b.Enter("search", hostileNames[0])
	b.Count(lines, 1)
	b.Click("#table .unfold")
	b.Is("window.hacked ?? 0", "0")
}

func TestBrowserRunsNothingElse(t *testing.T) {
	t.Parallel()
	open(t, written(t, audit.Options{}, sandbox(10))).RunsNothingElse()
}

func TestBrowserFindsThePageAccessible(t *testing.T) {
	t.Parallel()
	html := written(t, audit.Options{Accept: []audit.Acceptance{
		{Token: sandbox(3)[2].ID, Until: "2027-12-31"}, {Token: "gone", Until: "2026-12-31"},
	}}, sandbox(120))
	for _, theme := range []string{"light", "dark"} {
		b := open(t, html, shows(theme, ""))
		b.Run(`for (const d of document.querySelectorAll("details")) d.open = true;
			for (const u of document.querySelectorAll("#table .unfold")) u.click()`)
		b.Accessible()
	}
}
