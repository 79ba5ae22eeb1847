# Versions of the tools that are not part of the module.
GOLANGCI_LINT := v2.5.0
GOVULNCHECK   := v1.1.4
SPECWEAVE_NPM_VERSION := 1.0.593

BUILD := $(CURDIR)/build
BIN   := $(BUILD)/specweave
LINT  := $(BUILD)/golangci-lint-$(GOLANGCI_LINT)
NPM   := $(BUILD)/npm/node_modules/specweave
RIG   := units/unitstest/with-user-systemd
BOOTED := units/unitstest/booted-systemd
GITEA := workers/listertest/with-gitea
WINE  := units/unitstest/with-wine
UML   := units/unitstest/uml-systemd
FUZZ  ?= 30s
N     ?= 20

.DEFAULT_GOAL := help
.PHONY: help build demo test race cross lint hosts systemd launchd wine booted chaos compat fuzz bench cover vuln check clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the program into build/specweave
	CGO_ENABLED=0 go build -trimpath -o $(BIN) ./cmd/specweave

demo: build ## Clone a dozen real repositories as a background job and watch it
	cmd/specweave/demo.sh $(BIN)

test: ## Run all tests that need nothing but Go and git
	go test ./...

race: ## Run the tests with the race detector, shuffled
	GORACE=atexit_sleep_ms=0 go test -race -shuffle=on -count=1 ./...

cross: ## Vet for all systems that are supported
	@for os in linux darwin windows; do echo "go vet for $$os"; GOOS=$$os go vet ./... || exit 1; done

$(LINT):
	GOBIN=$(BUILD) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	mv $(BUILD)/golangci-lint $@

lint: $(LINT) ## Lint for all systems, the arrows between packages included
	@for os in linux darwin windows; do echo "lint for $$os"; GOOS=$$os $(LINT) run || exit 1; done

hosts: ## Clone an organisation of 300 repositories and import 10,000 issues from a real Gitea
	$(GITEA) -i 10000 go test -p 1 -count=1 -v -run 'Server|Bulk' ./workers/gitea ./cmd/specweave

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

wine: ## Run platform, units, jobs and whole jobs for Windows, under Wine
	$(WINE) units/unitstest/wine.sh

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

# Where npm is, SpecWeave itself takes part in the tests.
ifneq ($(shell command -v npm),)
check: export SPECWEAVE_NPM = $(NPM)
check: $(NPM)/package.json
endif
check: cross lint test race hosts systemd booted ## All that a commit must pass

clean: ## Remove what was built
	rm -rf $(BUILD)
