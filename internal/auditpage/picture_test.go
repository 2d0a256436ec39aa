package auditpage_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/psoauth/psoauth/api/audit"
	"github.com/psoauth/psoauth/internal/browsertest"
)

// The pictures in the documentation are what a browser shows; PSOAUTH_UPDATE=1 takes them anew.
func TestBrowserTakesPictures(t *testing.T) {
	t.Parallel()
	html := written(t, audit.Options{}, sandbox(120))
	for _, theme := range []string{"light", "dark"} {
		b := open(t, html, browsertest.Shows(theme, ""), chromedp.EmulateViewport(1240, 1500))
		b.Run(`for (const d of document.querySelectorAll("details[open] ~ details")) d.open = false`)
		b.Picture("../../docs/audit-"+theme+".png", 1240, 1500)
	}
}
