package auditpage_test

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"image"
	"image/png"
	"os"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// shows makes the system's theme and the medium what they are called: light or dark, and screen, print or what it is.
func shows(theme, medium string) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: medium, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
		})
		return err
	})
}

// withoutScripts has the page run none.
func withoutScripts() step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

// Print returns the page as a PDF, and how many pages that has.
func (b *tab) Print() (pdf []byte, pages int) {
	b.t.Helper()
	pdf = get(b, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
	return pdf, bytes.Count(pdf, []byte("/Type /Page\n"))
}

// axe looks for faults of accessibility (https://github.com/dequelabs/axe-core).
//
//go:embed testdata/axe.min.js
var axe string

// Accessible checks that axe finds no fault in the page as it is now shown.
func (b *tab) Accessible() {
	b.t.Helper()
	b.Run(axe)
	var result struct {
		Violations []struct {
			ID, Impact, Help string
			Nodes            []struct{ HTML, FailureSummary string }
		}
		Passes []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(value[string](b, "axe.run(document).then(JSON.stringify)")), &result); err != nil {
		b.t.Fatal(err)
	}
	if len(result.Passes) < 15 {
		b.t.Errorf("only %d rules of axe apply", len(result.Passes))
	}
	for _, v := range result.Violations {
		b.t.Errorf("%s (%s): %s, %d times, as in %s: %s",
			v.ID, v.Impact, v.Help, len(v.Nodes), v.Nodes[0].HTML, v.Nodes[0].FailureSummary)
	}
}

// Picture takes a picture of the window and checks its size. If the environment has PSOAUTH_UPDATE=1, it writes the picture
// to the file.
func (b *tab) Picture(file string, width, height int) {
	b.t.Helper()
	shown := get(b, chromedp.CaptureScreenshot())
	config, err := png.DecodeConfig(bytes.NewReader(shown))
	if err != nil {
		b.t.Fatal(err)
	}
	if size := image.Pt(config.Width, config.Height); size != image.Pt(width, height) {
		b.t.Fatalf("the picture is %v, want %d by %d", size, width, height)
	}
	if os.Getenv("PSOAUTH_UPDATE") == "" {
		return
	}
	if err := os.WriteFile(file, shown, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
