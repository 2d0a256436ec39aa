package auditpage_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// planted are faults in the recording of a sandbox, each with the rule that finds it.
var planted = []struct {
	entry    int
	old, new string
	rule     string
}{
	{0, `"scopes":"`, `"scopes":"user:read_horoscope `, "scope.unknown"},
	{0, `"tokens":26`, `"tokens":30`, "count.tokens"},
	{1, `"created_at":"2026-`, `"created_at":"26-`, "schema.format"},
	{2, `"actor_id":"`, `"owner_id":"`, "schema.required-nullable"},
	{2, `"next_page":3`, `"next_page":2`, "page.next-not-advancing"},
	{2, `"display_name":"`, `"display_name":7,"title":"`, "schema.type"},
	{3, `"token":null`, `"token":"pscale_oauth_made0up0for0the0picture"`, "token.secret-in-read"},
	{4, `"updated_at":"2026-`, `"updated_at":"2025-`, "token.updated-before-created"},
	{5, `"id":"ur6z0ku00a5i"`, `"id":"f41bs2zdmm70"`, "id.mismatch"},
	{6, `{"id":`, `{"last_ip":"192.0.2.7","id":`, "schema.undeclared-member"},
	{8, `{`, `<!doctype html>{`, "json.syntax"},
	{10, `"exp":1791158400`, `"exp":1788000000`, "info.exp-not-after-iat"},
}

// spoiledRecording returns a recording of the sandbox with the planted faults.
func spoiledRecording(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("../../conformance_test/testdata/2026-09.har")
	if err != nil {
		t.Fatal(err)
	}
	var recording struct {
		Log struct {
			Version string           `json:"version"`
			Entries []map[string]any `json:"entries"`
		} `json:"log"`
	}
	if err := json.Unmarshal(data, &recording); err != nil {
		t.Fatal(err)
	}
	for _, fault := range planted {
		content := recording.Log.Entries[fault.entry]["response"].(map[string]any)["content"].(map[string]any)
		text := content["text"].(string)
		spoiled := strings.Replace(text, fault.old, fault.new, 1)
		if spoiled == text {
			t.Fatalf("entry %d has no %s", fault.entry, fault.old)
		}
		content["text"] = spoiled
	}
	if data, err = json.Marshal(recording); err != nil {
		t.Fatal(err)
	}
	return data
}

// The pictures in the documentation are what a browser shows; PSOAUTH_UPDATE=1 takes them again.
func TestBrowserTakesPicturesOfACheck(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "traffic.har"), spoiledRecording(t), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(folder, "psoauth.exe") // a name that every system runs
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/psoauth").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	command := exec.Command(binary, "contract", "check", "traffic.har", "--format", "html")
	command.Dir = folder
	html, err := command.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); !ok || failed.ExitCode() != 1 {
		t.Fatalf("want exit status 1, got %v", err)
	}
	for _, fault := range planted {
		if !strings.Contains(string(html), fault.rule) {
			t.Errorf("the page has no %s", fault.rule)
		}
	}
	for _, theme := range []string{"light", "dark"} {
		b := open(t, string(html), shows(theme, ""), chromedp.EmulateViewport(1240, 1820))
		b.Run(`for (const d of document.querySelectorAll("details[open] ~ details")) d.open = false`)
		b.Picture("../../docs/check-"+theme+".png", 1240, 1820)
	}
}
