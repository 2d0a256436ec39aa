package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func readFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestABaselineAcceptsWhatIsKnown(t *testing.T) {
	t.Parallel()
	baseline := filepath.Join(t.TempDir(), "baseline.json")
	file := recorded(t, good, erring, noting)
	if got := checked(t, nil, 0, file, "--baseline", baseline, "--update-baseline"); got.Summary.Accepted != 2 || len(got.Findings) != 0 {
		t.Errorf("after the update, %+v and %v", got.Summary, got.rules())
	}
	written := readFile(t, baseline)
	for _, want := range []string{`"operation": "getTokenInfo"`, `"pointer": "/active"`, `"rule": "schema.type"`, `"rule": "schema.undeclared-member"`} {
		if !strings.Contains(written, want) {
			t.Errorf("want %s in %s", want, written)
		}
	}
	noSecret(t, written)
	checked(t, nil, 0, file, "--baseline", baseline, "--fail-on", "note")
	if got := checked(t, nil, 1, recorded(t, erring, warning), "--baseline", baseline, "--fail-on", "warning"); got.Summary.Warnings != 2 {
		t.Errorf("%+v", got.Summary)
	}
	// The order and the form stay as they are, so that a difference between versions is one of content.
	checked(t, nil, 0, file, "--baseline", baseline, "--update-baseline")
	if again := readFile(t, baseline); again != written {
		t.Errorf("%s\nwas\n%s", again, written)
	}
}

func TestABaselineExpires(t *testing.T) {
	t.Parallel()
	entry := func(expires string) string {
		return `{"findings":[{"operation":"getTokenInfo","pointer":"/active","rule":"schema.type","expires":"` + expires + `","reason":"told them"}]}`
	}
	folder := write(t, map[string]string{"today.json": entry("2026-09-15"), "over.json": entry("2026-09-14")})
	file := recorded(t, erring)
	checked(t, nil, 0, file, "--baseline", filepath.Join(folder, "today.json"))
	over := filepath.Join(folder, "over.json")
	checked(t, nil, 1, file, "--baseline", over)
	// A date that has passed is for a person to move.
	checked(t, nil, 1, file, "--baseline", over, "--update-baseline")
	if written := readFile(t, over); !strings.Contains(written, `"2026-09-14"`) || !strings.Contains(written, `"told them"`) {
		t.Error(written)
	}
	// What does not occur any more goes.
	checked(t, nil, 0, recorded(t, good), "--baseline", over, "--update-baseline")
	if written := readFile(t, over); strings.Contains(written, "getTokenInfo") {
		t.Error(written)
	}
}

func TestABaselineIsNotUpdatedByHalfTheTraffic(t *testing.T) {
	t.Parallel()
	folder := write(t, map[string]string{"cut.har": har(good)[:300], "empty.har": har(), "good.har": har(erring), "baseline.json": `{"findings":[]}`})
	baseline := filepath.Join(folder, "baseline.json")
	for _, recordings := range [][]string{{"cut.har", "good.har"}, {"missing.har", "good.har"}, {"empty.har"}} {
		args := []string{"contract", "check", "--baseline", baseline, "--update-baseline"}
		for _, name := range recordings {
			args = append(args, filepath.Join(folder, name))
		}
		failed(t, run(t, nil, args...))
		if written := readFile(t, baseline); written != `{"findings":[]}` {
			t.Errorf("%q: %s", recordings, written)
		}
	}
	line := failed(t, run(t, nil, "contract", "check", recorded(t, erring), "--baseline", filepath.Join(folder, "no", "folder"), "--update-baseline"))
	if !strings.Contains(line, "--baseline: ") {
		t.Error(line)
	}
}
