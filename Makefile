# The few commands that a person types. CI runs .ci/run, which is these in a row.
GOBIN := $(CURDIR)/bin
FUZZTIME ?= 30s

.PHONY: test hard race cover lint fuzz bench docs tools ci

test: ## all tests
	go test ./...

hard: ## all tests in full: 100 kills, every cut, every table; some minutes
	PRONET_HARD=1 go test -count=1 -timeout 60m ./...
	PRONET_HARD=1 go -C tests test -count=1 -timeout 60m ./money
	PRONET_HARD=1 go -C tests/fleet test -count=1 -timeout 60m ./...
	PRONET_HARD=1 go -C adapters/postgres test -count=1 -timeout 60m ./...
	PRONET_HARD=1 go -C adapters/redis test -count=1 -timeout 60m ./...
	PRONET_HARD=1 go -C adapters/nats test -count=1 -timeout 60m ./...
	PRONET_HARD=1 go -C adapters/river test -count=1 -timeout 60m ./...

race: ## all tests with the race detector, in random order
	go test -race -shuffle=on ./...

cover: ## statement coverage by package, with its least
	./.ci/coverage

lint: tools ## vet, the linters and the format
	go vet ./...
	$(GOBIN)/golangci-lint run ./...

fuzz: ## every fuzz target for FUZZTIME
	./.ci/fuzz $(FUZZTIME)

bench: ## the benchmarks, each beside its baseline
	go test -run '^$$' -bench . -benchmem ./...

docs: ## docs/endpoints.md from the operations
	go test -run TestEndpointsDocument . -update

tools: ## the linters, into bin/
	cd tools && GOBIN=$(GOBIN) go install tool

ci: ## what CI runs
	./.ci/run
