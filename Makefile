# Everything that people who work on weir run. `make help` lists it.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c

# Tools run from their pinned source: nothing has to be installed.
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

# Knobs: make fuzz FUZZTIME=10s, make soak CHECKS=100000 SEED=7, make dataset DATASETS=folder.
FUZZTIME ?= 30s
CHECKS   ?= 20000
DATASETS ?=
ifndef SEED
SEED := $(shell date +%s)
endif

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/weir
	@go build -o bin/weir ./cmd/weir

.PHONY: demo
demo: build ## Walk through weir on a made-up company, narrated; no account, no network
	@examples/demo.sh bin/weir

.PHONY: test
test: ## Vet and test everything
	go vet ./...
	go test -timeout 20m ./...

.PHONY: test-clients
test-clients: build ## Test the embedded site with other people's clients (needs npm)
	@cd testdata/clients; \
	npm ci --ignore-scripts --no-audit --no-fund --loglevel error; \
	node --test --test-timeout 120000 --test-reporter spec

.PHONY: test-browser
test-browser: build ## Look at the HTML pages with a browser (needs npm and Chromium; screenshots in bin/screenshots)
	@cd testdata/browser; \
	npm ci --ignore-scripts --no-audit --no-fund --loglevel error; \
	node --test --test-timeout 900000 --test-reporter spec

.PHONY: race
race: ## Test the pure packages under the race detector (needs a C compiler)
	go test -race ./access/... ./reconcile/...

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME (30s) each
	@targets=$$(grep -rE --include='*_test.go' '^func Fuzz\w+\(' . | sed -E 's|^(.*)/[^/]+:func (Fuzz\w+)\(.*|\1 \2|' | sort); \
	test -n "$$targets"; \
	while read -r package target; do \
		echo "fuzzing $$package $$target for $(FUZZTIME)"; \
		go test "$$package" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) </dev/null; \
	done <<<"$$targets"

.PHONY: soak soak-access soak-reconcile soak-schema soak-emulator soak-read soak-agree soak-seats soak-guests soak-personal soak-leavers soak-sinks soak-offline soak-absence
soak: soak-access soak-reconcile soak-schema soak-emulator soak-read soak-agree soak-seats soak-guests soak-personal soak-leavers soak-sinks soak-offline soak-absence ## Try every property with CHECKS (20000) cases; prints seeds and counts
soak-access soak-reconcile soak-schema: soak-%:
	@echo "soak $*: seed $(SEED), $(CHECKS) cases a property"
	@go test ./$* -count 1 -v -timeout 0 -rapid.checks $(CHECKS) -rapid.seed $(SEED) | grep -vE '^\s*(=== |--- PASS|PASS)'

soak-emulator: # a case is a site's whole life, in each of three role modes
	@echo "soak emulator: seed $(SEED), $$((($(CHECKS) + 5) / 6)) cases in each role mode"
	@go test ./site/emulator -run '^TestWorld$$' -count 1 -v -timeout 0 -rapid.checks $$((($(CHECKS) + 5) / 6)) -rapid.seed $(SEED) | grep -vE '^\s*(=== |--- PASS|PASS)'

soak-read: # how many requests and how long large sites take to read, in every role mode; and more lives of one that is refreshed
	@go test ./site/cloud -run '^Test(Speed|Refresh)' -count 1 -v -timeout 0 -large -rapid.checks $$((($(CHECKS) + 19) / 20)) -rapid.seed $(SEED) | grep -vE '^\s*(=== |--- PASS|PASS)'

soak-agree: # everybody asks 500 random sites what they may do, and the view says the same
	@echo "soak agree: seed $(SEED)"
	@go test ./internal/cli -run '^TestEmulatorAgrees$$' -count 1 -v -timeout 0 -agree-sites 500 -agree-seed $(SEED) | grep -vE '^\s*(=== |--- PASS|PASS)'

soak-leavers: # 2000 people leave random sites: nobody's spaces and pages are left alone, and nothing is left to them; about a minute
	@echo "soak leavers: seed $(SEED)"
	@go test ./internal/cli -run '^TestLeaversLeaveNothing$$' -count 1 -v -timeout 0 -leavers 2000 -leavers-seed $(SEED) | grep -vE '^\s*(=== |--- PASS|PASS)'

soak-seats: # what 1000 random plans say of seats and their cost is what the site counts once they are applied
	@echo "soak seats: seed $(SEED)"
	@go test ./internal/cli -run '^TestSeatsAreTheSites$$' -count 1 -v -timeout 0 -seats-plans 1000 -seats-seed $(SEED) | grep -vE '^\s*(=== |--- PASS|PASS)'

soak-guests: # 1000 descriptions of guests who cannot be: each is refused, and every way out that is offered is feasible
	@echo "soak guests: seed $(SEED)"
	@go test ./internal/cli -run '^TestInfeasibleGuests$$' -count 1 -v -timeout 0 -guest-cases 1000 -guest-seed $(SEED) | grep -vE '^\s*(=== |--- PASS|PASS)'

soak-personal: # of 6,000 licences with 4,000 personal spaces the 554 that leavers left behind are found, and archived in batches; a few minutes
	@echo "soak personal: seed $(SEED)"
	@go test ./internal/cli -run '^TestOrphans$$' -count 1 -v -timeout 0 -personal-part 1 -personal-seed $(SEED) | grep -vE '^\s*(=== |--- PASS|PASS)'

soak-sinks: # names that mean something to terminals, build servers, browsers, XML and JSON, through every format; some minutes
	@echo "soak sinks: seed $(SEED), 50000 names"
	@go test ./internal/render -run '^Test(Sinks|HTMLNames|Markdown.*)$$' -count 1 -v -timeout 0 -names 50000 -names-seed $(SEED) | grep -vE '^\s*(=== |--- PASS|PASS)'

soak-absence: # whatever a site hides, and whenever: every way and moment on every kind of site; about an hour
	@go test ./internal/cli -run '^Test(PagingIs|HidingIs|LosingTheToken)' -count 1 -v -timeout 0 -soak-absence | grep -vE '^\s*(=== |--- PASS|PASS)'

soak-offline: # plans of snapshots are those of the site, on 1,000 random sites of every kind
	@echo "soak offline: seed $(SEED)"
	@go test ./internal/cli -run '^TestOffline' -count 1 -v -timeout 0 -offline-sites 1000 -offline-seed $(SEED) | grep -vE '^\s*(=== |--- PASS|PASS)'

.PHONY: bench
bench: ## Measure plan, apply, generate and serve with the built program, and who can do what
	@go run ./internal/bench -large
	@go test ./site/cloud -run '^$$' -bench Observe -benchtime 1x
	@go test ./access -run '^$$' -bench . -benchtime 1x
	@go test ./internal/edits -run '^$$' -bench . -benchtime 1x

.PHONY: lint
lint: ## Check formatting and run golangci-lint
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; }
	@go run $(GOLANGCI) run ./...

.PHONY: lint-workflows
lint-workflows: ## Check the shipped GitHub workflows with actionlint
	@go run $(ACTIONLINT) -shellcheck= -pyflakes= examples/ci/github/*.yml

# The files themselves are compared, before and after, so that it works in a
# checkout with changes as well.
.PHONY: golden-check
golden-check: ## Rewrite every golden file and all recorded traffic, and fail if that changes one
	@packages=$$(grep -rlE --include='*_test.go' 'flag\.Bool\("update"' . | xargs -n 1 dirname | sort -u); \
	test -n "$$packages"; \
	state() { git ls-files -z --cached --others --exclude-standard | xargs -0 sha1sum 2>/dev/null || true; }; \
	before=$$(state); \
	output=$$(go test $$packages -count 1 -update 2>&1) || { echo "$$output"; exit 1; }; \
	output=$$(go test ./site/cloud ./site/datacenter -run '^TestRecorded$$' -count 1 -record 2>&1) || { echo "$$output"; exit 1; }; \
	changed=$$(diff <(echo "$$before") <(state) | sed -n 's/^> [0-9a-f]* */  /p' || true); \
	test -z "$$changed" || { echo "out of date (review the difference and commit it):"; echo "$$changed"; exit 1; }; \
	echo "golden files are up to date"

.PHONY: dataset
dataset: ## Make testdata/access again from the datasets in the folder DATASETS
	@test -n "$(DATASETS)" || { echo "name the folder: make dataset DATASETS=..."; exit 1; }
	@for month in 2024-01 2024-03 2024-06; do \
		go run ./cmd/weir-dataset -in "$(DATASETS)/access-$$month.json" -out testdata/access/$$month; \
	done

.PHONY: cover
cover: ## Measure how much the tests run of each function (coverage.out)
	@go test -coverpkg ./... -coverprofile coverage.out ./... >/dev/null
	@go tool cover -func coverage.out | tail -n 1

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin coverage.out
