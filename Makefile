# Chores. `make` alone lists them. Needs make and Python 3.11 or newer; everything else goes into
# .venv. What set-up says goes to standard error, so that `make demo ARGS="--json"` prints one JSON
# object and nothing else.

MAKEFLAGS += --no-print-directory
.SILENT:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
ARGS ?=
PINS := constraints.txt
# What the installed package is made from, besides src/ itself, which is used in place.
SOURCES := pyproject.toml $(PINS) $(wildcard hatch_build.py) \
	$(shell find frontend -name node_modules -prune -o -type f -print 2>/dev/null)

.PHONY: help
help: ## list the chores
	grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z-]+):.*## /\1\t/' \
		| while IFS="$$(printf '\t')" read -r name about; do printf '  make %-12s %s\n' "$$name" "$$about"; done

.PHONY: setup
setup: $(VENV)/.dev ## create .venv with the product and the tools to work on it

.PHONY: demo
demo: $(VENV)/.runtime ## plan, schedule and play the demo plant, then serve it; ARGS="--no-serve --json"
	$(BIN)/throughline demo $(ARGS)

.PHONY: test
test: $(VENV)/.dev ## run all tests, the layer contracts among them; ARGS="tests/plan -k pegging"
	scripts/chromium >&2
	scripts/postgresql >&2
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

.PHONY: faults
faults: $(VENV)/.dev ## break it to full counts and say what held; ROW=C1,C4 SEED=7 RECORD=yes
	$(BIN)/python scripts/faults.py $(if $(ROW),--row $(ROW)) $(if $(SEED),--seed $(SEED)) \
		$(if $(RECORD),--record)

.PHONY: check
check: $(VENV)/.dev ## format, lint, types, layers, and what the docs promise
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/docs

.PHONY: format
format: $(VENV)/.dev ## put the code into its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: $(VENV)/.dev ## measure what we publish against its peer or bound: benchmarks/*.py
	for file in benchmarks/[a-z]*.py; do $(BIN)/python $$file || exit 1; done

.PHONY: docs
docs: $(VENV)/.dev ## write docs/reference again from the code
	$(BIN)/python docs/generate.py

.PHONY: pins
pins: $(VENV)/.uv ## move constraints.txt to the newest versions that fit pyproject.toml
	scripts/pins > $(PINS).new && mv $(PINS).new $(PINS)

.PHONY: clean
clean: ## remove .venv, built assets and caches
	rm -rf $(VENV) build dist src/throughline/web/static/built .pytest_cache .mypy_cache \
		.ruff_cache .import_linter_cache .hypothesis

# Each stamp is newer than what it was made from, so nothing is done when nothing changed.

$(VENV)/.uv: $(PINS)
	test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or make PYTHON=/its/path" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) >&2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(PINS) uv >&2
	touch $@

$(VENV)/.runtime: $(VENV)/.uv $(SOURCES)
	echo "Setting up throughline in $(VENV) ..." >&2
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet -c $(PINS) -b $(PINS) -e . >&2
	$(BIN)/python scripts/precompile.py >&2
	touch $@

$(VENV)/.dev: $(VENV)/.runtime
	echo "Setting up the tools for tests and checks ..." >&2
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet -c $(PINS) --group dev >&2
	touch $@
