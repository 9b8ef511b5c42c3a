# Everything below needs Python 3.11 or later, git, make and a network; nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
# Images of Python often ask for no bytecode, and the tests start it hundreds of times.
unexport PYTHONDONTWRITEBYTECODE
LOCK := uv pip compile --quiet --universal --generate-hashes --no-header --all-extras pyproject.toml

# pip compiles bytecode by itself; uv is several times faster where it is there.
define install
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tessera needs Python 3.11 or later; name one by PYTHON=python3.x")'
	@set -e; if command -v uv >/dev/null 2>&1; then \
		test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) $(VENV); \
		uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r $(1); \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
		test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { echo 'no venv here; on Debian: apt-get install python3-venv' >&2; exit 1; }; \
		$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(1); \
		$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@$(BIN)/python -m compileall -q domain application adapters entrypoints
endef

$(VENV)/.runs: requirements.lock pyproject.toml
	$(call install,requirements.lock)
	@touch $@

$(VENV)/.develops: requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch $@ $(VENV)/.runs

$(VENV)/.fuzzes: requirements-hostile.lock $(VENV)/.develops
	$(call install,requirements-hostile.lock)
	@touch $@

# Their generator wants other versions than the service does.
$(VENV)/clients/.made: requirements-clients.lock $(VENV)/.develops
	@set -e; if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --clear --python $(BIN)/python $(VENV)/clients; \
		uv pip install --quiet --python $(VENV)/clients/bin/python --compile-bytecode --require-hashes -r $<; \
	else \
		$(BIN)/python -m venv --clear $(VENV)/clients; \
		$(VENV)/clients/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<; \
	fi
	@touch $@

$(VENV)/.browses: requirements-browser.lock $(VENV)/.develops
	$(call install,requirements-browser.lock)
	@touch $@

$(VENV)/.deploys: requirements-deployment.lock $(VENV)/.develops
	$(call install,requirements-deployment.lock)
	@touch $@

$(VENV)/.documents: requirements-docs.lock $(VENV)/.develops
	$(call install,requirements-docs.lock)
	@touch $@

.PHONY: help
help: ## Show what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: serve
serve: $(VENV)/.runs ## Run the service on its own PostgreSQL, at http://127.0.0.1:8000
	@exec $(BIN)/tessera serve

.PHONY: migrate
migrate: $(VENV)/.runs ## Bring the database up to date
	$(BIN)/tessera db upgrade

# The slow files come first, as tests/conftest.py puts them, so that both are done at one time.
IN_PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: test
test: $(VENV)/.develops ## Run every test but the slow suites, on a real PostgreSQL
	$(BIN)/pytest $(IN_PARALLEL)

.PHONY: test-system
test-system: $(VENV)/.develops ## Start, use, stop and kill servers and workers
	$(BIN)/pytest $(IN_PARALLEL) tests/system tests/worker

.PHONY: test-browser
test-browser: $(VENV)/.browses ## Use /docs in a headless Chromium
	$(BIN)/pytest tests/browser

.PHONY: test-clients
test-clients: $(VENV)/clients/.made ## Generate clients for Python and TypeScript, and use them
	$(BIN)/pytest tests/clients

.PHONY: test-hostile
test-hostile: $(VENV)/.fuzzes ## Try whatever the OpenAPI document allows, and what it does not
	$(BIN)/pytest -s tests/hostile

# Each batch is so many features at once, in a copy of the tree.
FEATURES ?= 4
BATCHES ?= 1

.PHONY: test-scaffold
test-scaffold: $(VENV)/.develops ## Make FEATURES=4 that are drawn, check them, and remove them again
	$(BIN)/pytest -s tests/drawn --features $(FEATURES) --batches $(BATCHES)

.PHONY: test-deployment
test-deployment: $(VENV)/.deploys ## Hold the deployment files against their schemas, and run nginx
	$(BIN)/pytest tests/deployment

.PHONY: docs
docs: $(VENV)/.documents ## Build the documentation as a site, .site/html/index.html
	$(BIN)/python -m entrypoints.documentation.site .site
	$(BIN)/zensical build --strict --clean --config-file .site/zensical.toml

.PHONY: test-docs
test-docs: docs ## Follow all links of that site, and do what its tutorial says
	$(BIN)/pytest -n 2 tests/documentation

# `whole` runs all of its checks, `narrow` is done within a minute.
PART ?= whole

.PHONY: test-project
test-project: $(VENV)/.develops ## Make a project, and run its `make check`
	$(BIN)/pytest -s tests/project/test_$(PART).py

.PHONY: test-load
test-load: $(VENV)/.develops ## Measure how a crowd is answered; wants the machine for itself
	$(BIN)/pytest tests/load

# 40 meet every fault with every mood of the mail server.
ROUNDS ?= 20

.PHONY: test-faults
test-faults: $(VENV)/.develops ## Kill servers, workers, PostgreSQL, Redis and mail, ROUNDS=20 times
	$(BIN)/pytest -s tests/faults --rounds $(ROUNDS)

.PHONY: lint
lint: $(VENV)/.develops ## Check style, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

.PHONY: check
check: lint ## What CI runs: lint, then every test with coverage
	$(BIN)/pytest $(IN_PARALLEL) --cov --cov-report=term:skip-covered
	$(BIN)/python -m tests.coverage_floor

.PHONY: format
format: $(VENV)/.develops ## Put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

MINUTES ?= 10

.PHONY: soak
soak: $(VENV)/.develops ## Use the service for MINUTES=10, and watch its memory
	$(BIN)/pytest -s tests/soak --minutes $(MINUTES)

.PHONY: bench
bench: $(VENV)/.develops ## Measure against a bare-metal floor, in the same run
	$(BIN)/python -m bench.run

.PHONY: lock
lock: ## Pin the dependencies anew (wants uv)
	$(LOCK) -o requirements.lock
	$(LOCK) --group dev -o requirements-dev.lock
	$(LOCK) --group dev --group browser -o requirements-browser.lock
	$(LOCK) --group dev --group hostile -o requirements-hostile.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --group clients -o requirements-clients.lock
	$(LOCK) --group dev --group deployment -o requirements-deployment.lock
	$(LOCK) --group dev --group docs -o requirements-docs.lock

.PHONY: clean
clean: ## Remove what was installed and measured; the data under .tessera stays
	rm -rf $(VENV) .site .mypy_cache .ruff_cache .pytest_cache .coverage* htmlcov bench/results
