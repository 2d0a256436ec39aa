# Everything here needs Go, make and git; other tools are fetched as Go modules of a fixed version. "make vuln" asks the
# network, and "make contract-lint" needs Node.js.

GORELEASER  := go run github.com/goreleaser/goreleaser/v2@v2.16.0
STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
# A count, because Go 1.26 may take the end of a duration for a failure (golang/go#75804).
FUZZTIME    ?= 10000x
FUZZ        ?= .
BENCHCOUNT  ?= 6
TESTFLAGS   ?=

.DEFAULT_GOAL := help
.PHONY: help generate generated test check lint api adopt adopted demo cover fuzz bench network edits vuln contract-lint nightly \
	hostile model package-files snapshot release

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: ## Run all tests; TESTFLAGS are for go test
	go test $(TESTFLAGS) ./...

check: lint generated test ## Run what must pass before a push

lint: ## Check format, go.mod, and the code by go vet and staticcheck
	@unformatted=$$(gofmt -l .) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted; exit 1; fi
	go mod tidy -diff
	go vet ./...
	$(STATICCHECK) ./...

generate: ## Turn openapi/openapi.yaml into gen/
	go generate ./...

generated: generate ## Check that gen/ is what openapi/openapi.yaml gives
	@git diff --exit-code -- gen || { echo "gen/ is now up to date; commit it together with openapi/openapi.yaml"; exit 1; }

api: ## Accept the public API as it is now
	go test ./internal/house -run TestPublicAPI -update
	git diff --stat -- internal/house/testdata/api.txt

adopt: generate api ## Accept members that openapi/openapi.yaml has taken in, with their golden files
	go test ./api -run TestTheDocumentationNames -update
	go test ./cmd/psoauth/internal/cli -run TestOutputs -update

demo: ## Run the command's demonstration, which needs no credentials
	go run ./cmd/psoauth demo

model: ## Read 20,000 random lists that change, fail and contradict themselves, and say how many tokens were lost
	PSOAUTH_MODEL=20000 go test ./api -run TestNoTokenIsLostButWhereDocumented -v -count 1

cover: ## Measure how much of api the tests run; lines in coverage.out
	@$(MAKE) --no-print-directory test TESTFLAGS='-coverpkg=./api -coverprofile=coverage.out'
	@go tool cover -func=coverage.out | tail -n 1

bench: ## Run all benchmarks BENCHCOUNT times (6), for benchstat
	go test -run '^$$' -bench . -count $(BENCHCOUNT) ./...

nightly: fuzz network model edits contract-lint vuln adopted hostile ## Run what takes too long, or needs too much, for each change

adopted: ## Take members in on a copy by the documented steps, and run all tests there
	go test ./openapi/drift -run TestTheDocumentedSteps -adopt -timeout 30m

fuzz: ## Run each fuzz target FUZZTIME (10000x); FUZZ (.) chooses targets by a regular expression
	@set -e; mkdir -p build/fuzz; \
	for dir in $$(grep -rl '^func Fuzz' --include='*_test.go' . | xargs -n 1 dirname | sort -u); do \
		targets=$$(cat $$dir/*_test.go | sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' | grep -E '$(FUZZ)') || continue; \
		binary=$(CURDIR)/build/fuzz/$$(echo $$dir | tr -d . | tr / -); \
		go test -c -fuzz . -o $$binary $$dir; \
		for target in $$targets; do echo "$$dir $$target"; \
			(cd $$dir && $$binary -test.run '^$$' -test.fuzz "^$$target\$$" -test.fuzztime $(FUZZTIME) \
				-test.fuzzminimizetime 100x -test.fuzzcachedir $$binary.corpus); \
		done; \
	done

network: ## List tokens through a network that fails in every way, and print how it went
	cd conformance_test/network && go mod tidy -diff && go vet . && go test -count 1 -parallel 16

edits: ## Look for every edit of the contract, and thousands of random ones, by contract diff
	go test ./openapi/drift -run 'Edits' -all-edits -seeds 20 -count 1 -timeout 60m

hostile: ## Run every command against every hostile server
	PSOAUTH_HOSTILE=1 go test ./conformance_test -run Hangs -count 1

vuln: ## Look for known vulnerabilities in what the module calls
	@GOBIN=$(CURDIR)/build go install golang.org/x/vuln/cmd/govulncheck@v1.9.0
	@build/govulncheck ./...; status=$$?; \
	[ $$status = 0 ] || [ $$status = 3 ] || \
		echo "make vuln: nothing was checked; govulncheck needs its database, https://vuln.go.dev" >&2; \
	exit $$status

contract-lint: ## Check the contract by linters of other languages
	npx --yes @stoplight/spectral-cli@6.16.3 lint --fail-severity warn openapi/openapi.yaml
	npx --yes @redocly/cli@2.77.0 lint openapi/openapi.yaml

package-files: ## Write what a release holds besides the binary to build/package: man pages, completions, licences
	rm -rf build/package && mkdir -p build/package
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) \
		go test ./cmd/psoauth/internal/cli -run TestManPages -count 1 -package $(CURDIR)/build/package
	@for system in linux darwin windows; do GOOS=$$system go list -deps \
		-f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/psoauth || exit 1; done | sort -u | \
	{ echo Go "$$(go env GOVERSION GOROOT | xargs)"; cat; } | while read -r module version dir; do \
		set -- "$$dir"/LICENSE*; [ -e "$$1" ] || { echo "$$module $$version has no licence file" >&2; exit 1; }; \
		printf '\n== %s %s\n\n' "$$module" "$$version"; cat "$$@"; \
	done >build/package/THIRD_PARTY_LICENSES

snapshot: ## Build a release of the tree as it is, in dist/, and run the demonstration of its binary
	$(GORELEASER) check
	$(GORELEASER) release --snapshot --clean --skip sbom
	mkdir -p build/snapshot
	tar -xzf dist/psoauth_*_$$(go env GOOS)_$$(go env GOARCH).tar.gz -C build/snapshot
	build/snapshot/psoauth version
	build/snapshot/psoauth demo >/dev/null

release: ## Build the release of the tag that is checked out and draft it on GitHub; for the release workflow
	@mkdir -p build
	@version=$$(git describe --tags --exact-match --match 'v*') && awk -v version="[$${version#v}]" \
		'/^## / { on = $$2 == version; found = found || on; next } on { print } END { exit !found }' CHANGELOG.md \
		>build/notes.md || { echo "want a tag vX.Y.Z here and a section [X.Y.Z] in CHANGELOG.md"; exit 1; }
	$(GORELEASER) release --clean --release-notes build/notes.md
