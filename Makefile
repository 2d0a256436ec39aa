# Everything here needs Go, make and git; other tools are fetched as Go modules of a fixed version. "make vuln" asks the
# network, and "make contract-lint" needs Node.js.

STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := go run golang.org/x/vuln/cmd/govulncheck@v1.9.0
# A count, because Go 1.26 may take the end of a duration for a failure (golang/go#75804).
FUZZTIME    ?= 10000x
BENCHCOUNT  ?= 6
TESTFLAGS   ?=

.DEFAULT_GOAL := help
.PHONY: help generate generated test check lint api demo cover fuzz bench network vuln contract-lint nightly

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

demo: ## Run the command's demonstration, which needs no credentials
	go run ./cmd/psoauth demo

cover: ## Measure how much of api the tests run; lines in coverage.out
	@$(MAKE) --no-print-directory test TESTFLAGS='-coverpkg=./api -coverprofile=coverage.out'
	@go tool cover -func=coverage.out | tail -n 1

bench: ## Run all benchmarks BENCHCOUNT times (6), for benchstat
	go test -run '^$$' -bench . -count $(BENCHCOUNT) ./...

nightly: fuzz network contract-lint vuln ## Run what takes too long, or needs too much, for each change

fuzz: ## Run each fuzz target FUZZTIME (10000x)
	@set -e; for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$package; \
		done; \
	done

network: ## List tokens through a network that fails in every way, and print how it went
	cd conformance_test/network && go mod tidy -diff && go vet . && go test -count 1 -parallel 16

vuln: ## Look for known vulnerabilities in what the module calls
	@curl --silent --fail --output /dev/null --max-time 20 https://vuln.go.dev/index/db.json || \
		{ echo "make vuln: https://vuln.go.dev cannot be reached, so nothing was checked; run it again where it can"; exit 1; }
	$(GOVULNCHECK) ./...

contract-lint: ## Check the contract by linters of other languages
	npx --yes @stoplight/spectral-cli@6.16.3 lint --ruleset .github/spectral.yaml openapi/openapi.yaml
	npx --yes @redocly/cli@2.77.0 lint --extends recommended openapi/openapi.yaml
