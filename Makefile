# Versions of the tools that are not part of the module.
GOLANGCI_LINT := v2.5.0
GOVULNCHECK   := v1.1.4
NFPM          := v2.45.2
CYCLONEDX     := v1.10.0
CYCLONEDX_GO  := v0.9.3
SPECWEAVE_NPM_VERSION := 1.0.593
ADF_SCHEMA_VERSION := 57.7.22

TARGETS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

BUILD := $(CURDIR)/build
BIN   := $(BUILD)/specweave
LINT  := $(BUILD)/golangci-lint-$(GOLANGCI_LINT)
NPM   := $(BUILD)/npm/node_modules/specweave
ADF   := $(BUILD)/adf-schema-$(ADF_SCHEMA_VERSION).json
RIG   := units/unitstest/with-user-systemd
BOOTED := units/unitstest/booted-systemd
GITEA := workers/listertest/with-gitea
WINE  := units/unitstest/with-wine
UML   := units/unitstest/uml-systemd
RELEASE := cmd/specweave/release
PACKERS := NFPM=$(BUILD)/nfpm-$(NFPM) CYCLONEDX=$(BUILD)/cyclonedx-$(CYCLONEDX)
# The library of cyclonedx-gomod brings the schemas.
INSPECT = SBOM_SCHEMA=$$(go mod download -json github.com/CycloneDX/cyclonedx-go@$(CYCLONEDX_GO) | jq -r .Dir)/schema $(RELEASE)/inspect.sh
FUZZ  ?= 30s
N     ?= 20
HISTORIES ?= 10000
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help build demo test race cross lint hosts histories systemd launchd windows wine booted chaos compat fuzz bench cover vuln check packages release reproduce clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the program into build/specweave
	CGO_ENABLED=0 go build -trimpath -o $(BIN) ./cmd/specweave

demo: build ## Clone a dozen real repositories as a background job and watch it
	cmd/specweave/demo.sh $(BIN)

test: ## Run all tests that need nothing but Go and git
	go test ./...

race: ## Run the tests with the race detector, shuffled
	GORACE=atexit_sleep_ms=0 go test -race -shuffle=on -count=1 ./...

cross: export CGO_ENABLED = 0
cross: ## Build and vet for all systems and processors that are supported
	@for t in $(TARGETS); do echo "go build, go vet for $$t"; export GOOS=$${t%/*} GOARCH=$${t#*/}; \
		go build ./... && go vet ./... || exit 1; done

$(LINT):
	GOBIN=$(BUILD) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	mv $(BUILD)/golangci-lint $@

lint: $(LINT) ## Lint for all systems, the arrows between packages included
	@for os in linux darwin windows; do echo "lint for $$os"; GOOS=$$os $(LINT) run || exit 1; done

hosts: ## Clone an organisation of 300 repositories and import 10,000 issues from a real Gitea
	$(GITEA) -i 10000 go test -p 1 -count=1 -v -timeout 20m -run 'Server|Bulk' ./workers/gitea ./cmd/specweave

histories: ## Play HISTORIES random histories of sync, from SEED on, against a small model
	SPECWEAVE_SYNC_SEED=$(SEED) SPECWEAVE_SYNC_HISTORIES=$(HISTORIES) go test -count=1 -v -timeout 60m -run '^TestModel$$' ./workers/syncer

# The tests are compiled first: beside the rig's manager there is another home.
systemd: build ## Run units and commands against a real systemd --user, as root and as a user
	go test -c -o $(BUILD)/units.test ./units
	go test -c -o $(BUILD)/specweave.test ./cmd/specweave
	$(RIG) cmd/specweave/systemd.sh $(BUILD)
	$(RIG) -u specweave-test cmd/specweave/systemd.sh $(BUILD)
	$(GITEA) -n 10 -i 10000 $(RIG) env SPECWEAVE_TEST_SCHEDULER=systemd SPECWEAVE_CHAOS_ROUNDS=6 $(BUILD)/specweave.test -test.run ImportServer
	cmd/specweave/boot.sh $(BIN) $(RIG)
	cmd/specweave/boot.sh $(BIN) $(RIG) -u specweave-test

launchd: ## Run all commands under launchd, or the stand-in for it
	SPECWEAVE_TEST_SCHEDULER=launchd go test -count=1 -timeout 20m -run Scripts ./cmd/specweave

windows: ## On Windows, run what is written for it, and a whole job
	bash units/unitstest/windows.sh

wine: ## The same on Linux, under Wine
	$(WINE) units/unitstest/windows.sh

booted chaos: export SPECWEAVE_BOOTED = $(CURDIR)/$(BOOTED)
booted chaos: export SPECWEAVE_BIN = $(BIN)
booted: export SPECWEAVE_UML = $(CURDIR)/$(UML)
booted: build ## Boot machines and meet their jobs with all that may happen, as root
	$(BOOTED) build
	go test -count=1 -v -timeout 20m -run 'Booted|OwnKernel' ./cmd/specweave

chaos: export SPECWEAVE_CHAOS_ROUNDS = $(N)
chaos: build ## Cut the power, and kill workers, N times at random moments
	$(BOOTED) build
	go test -count=1 -v -timeout 0 -run 'Booted/power|AtRandom' ./cmd/specweave

$(NPM)/package.json:
	npm install --ignore-scripts --no-audit --no-fund --prefix $(BUILD)/npm specweave@$(SPECWEAVE_NPM_VERSION)

$(ADF):
	mkdir -p $(BUILD)
	cd $(BUILD) && tar -xOf $$(npm pack --silent @atlaskit/adf-schema@$(ADF_SCHEMA_VERSION)) package/dist/json-schema/v1/full.json > $@.tmp
	mv $@.tmp $@

compat: $(NPM)/package.json ## Let npm's specweave read our state and write beside us
	SPECWEAVE_NPM=$(NPM) go test -count=1 -run Original ./cmd/specweave ./workers/stories

fuzz: ## Fuzz every target for FUZZ each
	@set -e; for p in $$(go list ./...); do for f in $$(go test -list '^Fuzz' $$p | grep ^Fuzz); do \
		echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZ) -fuzzminimizetime 2s $$p; done; done

bench: build ## Time everything: functions, then whole processes beside their peers
	go test -run '^$$' -bench . -benchmem ./...
	cmd/specweave/bench.sh $(BIN) list many clone memory listing import
	$(RIG) cmd/specweave/bench.sh $(BIN) launch
	$(GITEA) cmd/specweave/bench.sh $(BIN) bulk

cover: ## Show the share of statements that tests reach
	go test -coverprofile=$(BUILD)/cover.out ./... && go tool cover -func=$(BUILD)/cover.out | tail -n 1

vuln: ## Look for known vulnerabilities
	go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK) ./...

SYSTEM := $(shell go env GOOS)
# Where npm is, SpecWeave itself takes part in the tests, and Atlassian's schema.
# On Windows nothing asks for them.
ifneq ($(and $(filter-out windows,$(SYSTEM)),$(shell command -v npm)),)
check: export SPECWEAVE_NPM = $(NPM)
check: export SPECWEAVE_ADF_SCHEMA = $(ADF)
check: $(NPM)/package.json $(ADF)
endif
# Each system runs what only it can, and Linux the rest.
CHECK_linux   := cross lint test race histories packages launchd wine hosts systemd booted
CHECK_darwin  := test race launchd
CHECK_windows := windows
check: $(CHECK_$(SYSTEM)) ## All that a commit must pass

$(BUILD)/nfpm-$(NFPM):
	GOBIN=$(BUILD) go install github.com/goreleaser/nfpm/v2/cmd/nfpm@$(NFPM)
	mv $(BUILD)/nfpm $@

$(BUILD)/cyclonedx-$(CYCLONEDX):
	GOBIN=$(BUILD) go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX)
	mv $(BUILD)/cyclonedx-gomod $@

packages release reproduce: $(BUILD)/nfpm-$(NFPM) $(BUILD)/cyclonedx-$(CYCLONEDX)

release: ## Build what is released into build/release: archives, packages, lists of modules
	$(PACKERS) $(RELEASE)/release.sh $(BUILD)/release $(TARGETS)
	$(INSPECT) $(BUILD)/release

packages: ## Build of it what is for this machine's Linux, of what is committed, and look at that
	$(PACKERS) $(RELEASE)/release.sh -c $(BUILD)/packages linux/$(shell go env GOHOSTARCH)
	$(INSPECT) $(BUILD)/packages

reproduce: ## Build a release twice, the second time from nothing, and compare
	$(PACKERS) $(RELEASE)/reproduce.sh $(TARGETS)

clean: ## Remove what was built
	rm -rf $(BUILD)
