# Everything here needs Go and make; lint downloads staticcheck as a Go module.

STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
# A count, because Go 1.26 may take the end of a duration for a failure (golang/go#75804).
FUZZTIME    ?= 10000x
BENCHCOUNT  ?= 6

.DEFAULT_GOAL := help
.PHONY: help generate test network mutants contract-score lint demo cover fuzz bench api

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

generate: ## Turn openapi/openapi.yaml into gen/
	go generate ./...

test: network ## Run all tests
	go test ./...

network: ## List tokens through a network that fails in every way, and print how it went
	cd conformance_test/network && go mod tidy -diff && go vet . && go test -count 1 -parallel 16

mutants: ## Take out one protection after the other, and see the tests fail
	go run ./internal/mutants

contract-score: ## Measure the validator beside kin-openapi, on mutants of valid responses
	go test ./openapi/contract -run 'TestScore|TestUndeclaredMembers|TestCost' -score -v -count 1

lint: ## Check format, go.mod, and the code by go vet and staticcheck
	@unformatted=$$(gofmt -l .) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted; exit 1; fi
	go mod tidy -diff
	go vet ./...
	$(STATICCHECK) ./...

demo: ## Run the command's demonstration, which needs no credentials
	go run ./cmd/psoauth demo

cover: ## Measure how much of api the tests run; lines in coverage.out
	go test -coverpkg=./api -coverprofile=coverage.out ./...
	@go tool cover -func=coverage.out | tail -n 1

fuzz: ## Run each fuzz target FUZZTIME (10000x)
	@set -e; for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$package; \
		done; \
	done

bench: ## Run all benchmarks BENCHCOUNT times (6), for benchstat
	go test -run '^$$' -bench . -count $(BENCHCOUNT) ./...

api: ## Accept the public API as it is now
	go test ./internal/house -run TestPublicAPIIsTheOneAgreed -update
	git diff --stat -- internal/house/testdata/api.txt
