# Attest: `make run` goes from an empty machine to a served, cited answer. `make help` lists the rest.

CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/attest

# Outside the clone, so that llama.cpp is compiled once for all clones.
export CARGO_TARGET_DIR ?= $(CACHE)/target
# Models are large: one folder serves all homes.
export ATTEST_MODELS ?= $(CACHE)/models

BIND ?= 127.0.0.1:8321
BIN := $(CARGO_TARGET_DIR)/release/attest
STEP := ./scripts/step.sh

.DEFAULT_GOAL := help
.PHONY: help run setup build test fuzz fmt lint clean-data

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Install what is missing, build, get models, ingest the bundled corpora, serve on BIND.
	@# So that ./attest finds them without this environment too.
	@mkdir -p data && { [ -e data/models ] || ln -s "$(ATTEST_MODELS)" data/models; }
	@./attest models pull auto
	@./attest ingest --corpora corpora
	@exec ./attest serve --bind $(BIND)

setup: ## Install the build tools that are missing.
	@./scripts/setup.sh

build: setup ## Build the release binary and link it as ./attest.
	@cargo build --release --locked --bin attest
	@ln -sfn "$(BIN)" attest

test: ## Set up, check format and lints, run all tests.
	@$(STEP) "set-up" ./scripts/setup.sh --test
	@$(STEP) "format" cargo fmt --check
	@$(STEP) "gold cases" python3 scripts/build-corpora.py --check
	@$(STEP) "clippy" cargo clippy --release --locked --all-targets -- -D warnings
	@$(STEP) "build" $(MAKE) --no-print-directory build
	@$(STEP) "tests" cargo test --release --locked

FUZZ := $(CACHE)/fuzz
MINUTES ?= 10
TARGETS ?= $(notdir $(basename $(wildcard tests/fuzz/src/bin/*.rs)))

fuzz: ## Fuzz the readers and parsers, each for MINUTES (10); TARGETS="quantities read-pdf" picks some.
	@python3 tests/fuzz/seeds.py $(FUZZ)/corpus
	@cd tests/fuzz && CARGO_TARGET_DIR=$(FUZZ)/target cargo build --release --locked
	@for target in $(TARGETS); do mkdir -p $(FUZZ)/found/$$target && echo "$$target" && \
		nice -n 10 $(FUZZ)/target/*/release/$$target $(FUZZ)/corpus/$$target -timeout=20 -rss_limit_mb=2048 -max_len=16384 \
		-max_total_time=$$(( $(MINUTES) * 60 )) -print_final_stats=1 -artifact_prefix=$(FUZZ)/found/$$target/ || exit 1; done

fmt: ## Format the code.
	@cargo fmt

lint: setup ## Check format and lints.
	@cargo fmt --check
	@cargo clippy --release --locked --all-targets -- -D warnings

clean-data: ## Delete ./data: the store, the indexes and all answers.
	@rm -rf data
