package page_test

import (
	"bytes"
	"image/png"
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/psoauth/psoauth/api/audit"
)

// The pictures in the documentation are what a browser shows; PSOAUTH_UPDATE=1 takes them anew.
func TestBrowserTakesPictures(t *testing.T) {
	t.Parallel()
	html := written(t, audit.Options{}, sandbox(120))
	for _, theme := range []string{"light", "dark"} {
		b := open(t, html, shows(theme, ""), chromedp.EmulateViewport(1240, 1500))
		b.run(`for (const d of document.querySelectorAll("details[open] ~ details")) d.open = false`)
		picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		shown, err := png.DecodeConfig(bytes.NewReader(picture))
		if err != nil || shown.Width != 1240 || shown.Height != 1500 {
			t.Fatalf("the picture is %d by %d, %v", shown.Width, shown.Height, err)
		}
		if os.Getenv("PSOAUTH_UPDATE") == "" {
			continue
		}
		if err := os.WriteFile("../../../docs/audit-"+theme+".png", picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
