# Everything that is done to ferrous by hand or by CI. `make test` is what a
# contributor runs before a change is proposed and what CI runs after it.

GO      ?= go
BIN     := bin
LINT    := $(CURDIR)/$(BIN)/lint
FUZZ    ?= 30s
LINEAR  ?= 5m

.PHONY: all build test linter lint unit examples race poison fuzz conformance crash linear delivery topology record clients programs miniredis sizes bench config console tidy deps dist packages clean

all: build

build: ## the servers
	$(GO) build -o $(BIN)/ferrous ./cmd/ferrous
	$(GO) build -o $(BIN)/ferrous-cache ./cmd/ferrous-cache
	$(GO) build -o $(BIN)/ferrous-build ./cmd/ferrous-build

deps: ## what the tests need of Debian's packages, if it may be installed
	@scripts/deps.sh

# Tests build servers, packages, and modules of third parties: all with the same flags and without C, as what is released,
# so that nothing is compiled twice; without what only debuggers want, which takes a third of a link's time; and not vetted
# again after lint.
test: export CGO_ENABLED := 0
test: export GOFLAGS := $(shell $(GO) env GOFLAGS) -trimpath -ldflags=-w -vet=off
test: deps build lint unit examples packages ## everything a change must pass
	@echo "all tests passed"

linter:
	@cd tools && $(GO) build -o $(LINT) ./lint

lint: linter ## gofmt, and all that go vet, staticcheck and a few more look for, in one pass (tools/lint)
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet -vettool=$(LINT) ./...
	@cd tools && $(GO) vet -vettool=$(LINT) ./... && $(GO) test ./...

unit:
	$(GO) test ./...
	FERROUS_POISON=1 $(GO) test ./core/arena ./core/dict ./core/keyspace

examples: linter ## third-party modules, each in its own Go module
	@for dir in examples/*/; do (cd $$dir && $(GO) vet -vettool=$(LINT) ./... && $(GO) test ./...) || exit 1; done

packages: linter ## image, unit, chart, .deb and .rpm, as far as they can be looked at here
	@cd packaging && $(GO) vet -vettool=$(LINT) ./... && $(GO) test ./...

dist: ## archives, .deb, .rpm and their checksums, in bin/dist
	@scripts/dist.sh

race: ## everything under the race detector
	$(GO) test -race ./...
	@for dir in examples/*/; do (cd $$dir && $(GO) test -race ./...) || exit 1; done

poison: ## everything with freed memory filled and checked
	FERROUS_POISON=1 $(GO) test ./...

fuzz: ## every fuzz target for FUZZ each (make fuzz FUZZ=10m)
	@scripts/fuzz.sh $(FUZZ)

conformance: build ## the official Tcl suite, full; counts may only grow
	$(GO) run ./conformance/tcl -server $(BIN)/ferrous -check

crash: build ## kill -9 under load, 200 times for each way of keeping data; nothing acknowledged may be lost
	$(GO) run ./conformance/crash -server $(BIN)/ferrous

linear: ## concurrent clients' histories, LINEAR long with 1, 2 and 4 loops each (make linear LINEAR=20m)
	$(GO) run ./conformance/linear -duration $(LINEAR)

delivery: build ## 10,000 consumers of a stream that are killed, 100,000 messages, a server that is killed; several minutes
	$(GO) run ./conformance/delivery -server $(BIN)/ferrous

topology: build ## 200 rounds of servers that replicate from each other, whose links and processes are cut and killed
	$(GO) run ./conformance/topology -ferrous $(BIN)/ferrous

record: ## record the oracle's replies anew, with redis-server 7.0.15
	$(GO) test ./conformance -record

clients: build ## real client libraries: go-redis, ioredis
	@scripts/clients.sh

programs: build ## job queues, locks, limiters, proxies ... that live on Redis, beside redis-server
	@scripts/programs.sh

miniredis: build ## the integration tests of miniredis, from the module proxy, against ferrous
	$(GO) run ./conformance/miniredis -server $(BIN)/ferrous

sizes: ## how large the servers are and how fast they start, into README.md
	$(GO) run ./bench/sizes -write

bench: build ## side by side with the installed redis-server
	$(GO) build -o $(BIN)/bench ./bench
	$(BIN)/bench -json bench/out/latest.json

console: build ## the console in headless Chromium; pictures in console-pictures/
	scripts/console.sh $(BIN)/ferrous console-pictures

config: ## ferrous.hcl, docs/reference.md, docs/modules and tables of other pages, from schema and source
	$(GO) test ./cmd/ferrous -update

tidy: ## the examples' go.mod, after the root has gained a dependency
	@for dir in examples/*/; do (cd $$dir && $(GO) mod tidy) || exit 1; done

clean:
	rm -rf $(BIN)
