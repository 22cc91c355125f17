# The desk and CI use the same targets. `make help` lists them.

GO      ?= go
TARGETS ?=
OUT     ?= reports/out

.PHONY: help conformance publish-conformance defects bench publish-bench bench-smoke benchcmp speed test race cover lint fuzz bin image bench-image clean tools

# What has goroutines. The rest of the reference is pure: TestWalls finds a goroutine there.
CONCURRENT = . ./reference ./reference/server ./reference/cli ./steps/... ./compose/... ./bench/... ./reports/...

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

conformance: ## run the features on the reference and on every real server found here; writes reports/out/index.html
	$(GO) run . run --out $(OUT) $(TARGETS)

publish-conformance: ## run the features for reports/published/conformance, on a machine that has nothing else to do (docs/report.md)
	.ci/publish-conformance $(ARGS)

defects: ## test the suite: every deliberate error of the reference must be noticed by a scenario that real Redis passes (docs/defects.md)
	$(GO) run . defects --out $(OUT) $(ARGS)

bench: ## measure the reference and redis-server side by side; writes reports/out/bench/
	$(GO) run . bench --out $(OUT)/bench $(or $(TARGETS),--gates bench/gates.yaml)

publish-bench: ## measure for reports/published and the README's picture: longer, on a machine that has nothing else to do
	.ci/publish-bench $(ARGS)

speed: ## the reference against redis-server, one line a figure with the goal it reaches (docs/speed.md)
	$(GO) run ./bench/speed $(ARGS)
	$(GO) test -run '^$$' -bench AgainstGoRedis ./reference/slot | grep x-faster
	$(GO) test -run 'DoesNotAllocate|MemoryPerKey' -v ./reference/command ./reference/keyspace | grep -E '^(ok|---|FAIL)|bytes a key'

bench-smoke: ## the gates of bench/gates.yaml in a minute: fails on a confirmed regression; what cannot be told on this machine is only reported
	@$(MAKE) --no-print-directory bin
	bin/clusterspec bench gate --budget 9s --out $(OUT)/smoke $(TARGETS) || test $$? -eq 2

benchcmp: ## micro-benchmarks of the reference before and now, through benchstat: make benchcmp BASE=main
	.ci/benchcmp "$(BASE)"

test: tools ## every test of the project (installs redis-server if it is missing)
	$(GO) test ./...

race: tools ## the tests of everything with goroutines under the race detector
	$(GO) test -race $(CONCURRENT)

cover: tools ## coverage of the reference's packages; the protocol's must have 95 %
	.ci/cover coverage.out

lint: ## gofmt, go vet, staticcheck, go mod tidy
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	$(GO) mod tidy -diff

fuzz: ## every fuzz target for FUZZTIME (default 20s)
	.ci/fuzz $(or $(FUZZTIME),20s)

bin: ## build the clusterspec binary into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/clusterspec .

image: ## build the container image clusterspec/reference
	rm -rf bin/image && mkdir -p bin/image/data
	CGO_ENABLED=0 GOOS=linux $(GO) build -trimpath -ldflags='-s -w' -o bin/image/clusterspec ./reference/cmd/clusterspec-reference
	docker build --tag clusterspec/reference --file compose/reference.Dockerfile bin/image

bench-image: ## build the container image clusterspec/bench, for compose/bench.compose.yaml
	rm -rf bin/bench-image && mkdir -p bin/bench-image
	CGO_ENABLED=0 GOOS=linux $(GO) build -trimpath -ldflags='-s -w' -o bin/bench-image/clusterspec .
	docker build --tag clusterspec/bench --file compose/bench.Dockerfile bin/bench-image

tools:
	@.ci/install

clean: ## remove what was built and written
	rm -rf bin $(OUT) coverage.out
