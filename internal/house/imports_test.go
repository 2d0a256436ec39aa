package house_test

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// mayImport says which of the module's packages a package may import outside its tests. Imports run downwards: a package
// imports only what stands above it here. A package below one that is named, such as one in its internal folder, belongs to it.
var mayImport = map[string][]string{
	"":                    {},
	"internal/house":      {},
	"internal/auditpage":  {"api/audit", "internal/report"},
	"internal/report":     {"internal/text"}, // it knows findings, and none of the packages that find them
	"internal/strictjson": {},
	"internal/document":   {},
	"internal/text":       {},
	"openapi":             {},
	"gen":                 {"openapi", "internal/strictjson"},
	"gen/server":          {"gen"},
	"openapi/contract":    {"openapi", "internal/document", "internal/report", "internal/strictjson", "internal/text"}, // it judges any client's traffic, and so knows nothing of api
	"openapi/drift":       {"openapi/contract", "openapi", "internal/document", "internal/report", "internal/text"},
	"api":                 {"gen", "openapi", "internal/text"},
	"api/apitest":         {"gen", "gen/server", "openapi", "internal/text"}, // what a server shared with the client it could not test
	"api/audit":           {"api", "gen", "openapi", "internal/report", "internal/text"},
	"conformance_test":    {},
	"cmd/psoauth":         {"api/audit", "api/apitest", "openapi/drift", "openapi/contract", "api", "gen", "openapi", "internal/auditpage", "internal/report", "internal/text"},
}

func TestImportsRunDownwards(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t, "./...") {
		owner, known := ownerOf(p.name())
		if !known {
			t.Errorf("%s: a new package; say in this file what it may import", p.name())
		}
		for _, imported := range p.Imports {
			name, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			if above, _ := ownerOf(name); above != owner && !slices.Contains(mayImport[owner], above) {
				t.Errorf("%s imports %s, and may import %q of ours", p.name(), name, mayImport[owner])
			}
		}
	}
}

// ownerOf returns the package that name is, or belongs to, in mayImport.
func ownerOf(name string) (owner string, known bool) {
	for owner := name; owner != "."; owner = path.Dir(owner) {
		if _, known := mayImport[owner]; known {
			return owner, true
		}
	}
	return "", false
}

// A program that imports api pays for all of it in build time, size and supply chain. The standard library is not counted:
// it has more packages in one release of Go than in another.
func TestAPILinksLittle(t *testing.T) {
	t.Parallel()
	const maxPackages, maxModules = 20, 8
	modules, linked := map[string]bool{}, 0
	for _, p := range packages(t, "-deps", "./api") {
		if p.Module.Path != "" {
			linked++
		}
		if p.Module.Path != "" && p.Module.Path != module {
			modules[p.Module.Path] = true
		}
		if lower := strings.ToLower(p.ImportPath); strings.Contains(lower, "kin-openapi") || strings.Contains(lower, "yaml") {
			t.Errorf("api links %s", p.ImportPath)
		}
	}
	t.Logf("api links %d packages, of %d modules beyond ours: %s",
		linked, len(modules), strings.Join(slices.Sorted(maps.Keys(modules)), ", "))
	if linked > maxPackages || len(modules) > maxModules {
		t.Errorf("api links %d packages of %d modules, want at most %d of %d", linked, len(modules), maxPackages, maxModules)
	}
}
