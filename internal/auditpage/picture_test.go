package auditpage_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// The pictures in the documentation are what a browser shows; PSOAUTH_UPDATE=1 takes them again.
func TestBrowserTakesPictures(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "psoauth.exe") // a name that every system runs
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/psoauth").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	html, err := exec.Command(binary, "audit", "--sandbox", "--format", "html").Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); !ok || failed.ExitCode() != 1 {
		t.Fatalf("want exit status 1, got %v", err)
	}
	for _, theme := range []string{"light", "dark"} {
		b := open(t, string(html), shows(theme, ""), chromedp.EmulateViewport(1240, 1500))
		b.Run(`for (const d of document.querySelectorAll("details[open] ~ details")) d.open = false`)
		b.Picture("../../docs/audit-"+theme+".png", 1240, 1500)
	}
}
