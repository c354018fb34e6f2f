# The commands anyone needs. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PORT ?= 8000
# The first Python on this machine that is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
PY := .venv/bin/python
COMPILE := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header
PIP := $(PY) -m pip --disable-pip-version-check install --quiet --require-hashes --requirement

.PHONY: help
help: ## list these commands
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: setup ## start everything here: web, worker, broker (PORT=8001 for another port)
	@exec $(PY) manage.py serve --demo --port $(PORT)

.PHONY: setup
setup: .venv/installed ## make the environment from the lock file, no more

.PHONY: test
test: .venv/installed-dev ## the whole test suite
	@$(PY) -m pytest --numprocesses 2 --dist loadgroup

.PHONY: cov
cov: .venv/installed-dev ## make test, and whether it runs as much of the code as before (takes longer)
	@$(PY) -m pytest --numprocesses 2 --dist loadgroup --cov

.PHONY: test-postgres
test-postgres: .venv/installed-dev ## the tests that touch the database, on PostgreSQL
	@$(PY) -m tests.on_postgres --numprocesses 2 --dist loadgroup

.PHONY: lint
lint: .venv/installed-dev lint-static ## style, types, layers, migrations, templates, scripts, spelling
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .
	@$(PY) -m mypy .
	@.venv/bin/lint-imports
	@.venv/bin/djlint templates --lint --quiet
	@.venv/bin/codespell
	@TOUCHSTONE_DATA=$$(mktemp -d) $(PY) manage.py makemigrations --check --dry-run

# Scripts and style sheets are linted by Biome, which comes from npm. CI has npm; a machine without
# it does all the rest.
.PHONY: lint-static
ifneq ($(shell command -v npm),)
lint-static: node_modules/installed
	@node_modules/.bin/biome check --error-on-warnings
else ifeq ($(CI),true)
lint-static:
	@echo "npm is missing, which the lint of static/ needs (Debian: apt install npm)"; exit 1
else
lint-static:
	@echo "Scripts and style sheets were not checked: npm is missing (Debian: apt install npm)"
endif

.PHONY: format
format: .venv/installed-dev ## write the format that `make lint` asks for
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node_modules/installed && \
		node_modules/.bin/biome check --write; fi

.PHONY: lint-bank
lint-bank: .venv/installed ## the engine's lint over the shipped question bank
	@$(PY) manage.py lint_bank

.PHONY: bench
bench: .venv/installed ## the benchmarks of docs/benchmarks.md
	@$(PY) benchmarks/bench.py

.PHONY: fit
fit: .venv/installed-fit ## learn the engine's numbers anew from marked answers (CASES=folder)
	@$(PY) benchmarks/engine_fit.py "$(CASES)" --write

.PHONY: lock
lock: ## resolve the lock files anew (needs uv)
	@$(COMPILE) pyproject.toml --output-file requirements.lock
	@$(COMPILE) --constraint requirements.lock --group embedded --output-file requirements-embedded.lock
	@$(COMPILE) --constraint requirements.lock --constraint requirements-embedded.lock \
		pyproject.toml --group embedded --group dev --output-file requirements-dev.lock
	@$(COMPILE) --group fit --output-file requirements-fit.lock

.PHONY: clean
clean: ## remove the environment and the tools' caches; the data folder stays
	@rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage

.venv/installed: requirements.lock requirements-embedded.lock | .venv
	@echo "Environment: installing the locked packages (about half a minute the first time)"
	@$(PIP) requirements.lock --requirement requirements-embedded.lock || { echo "The packages could not be installed; the message above says why." \
		"Without a network, point pip at a mirror or a folder of wheels (pip help install)."; exit 1; }
	@touch $@

.venv/installed-dev: requirements-dev.lock requirements.lock requirements-embedded.lock | .venv
	@echo "Environment: installing the locked packages and the test tools"
	@$(PIP) requirements-dev.lock
	@touch .venv/installed $@

.venv/installed-fit: requirements-fit.lock .venv/installed
	@$(PIP) requirements-fit.lock
	@touch $@

node_modules/installed: package.json package-lock.json
	@npm ci --silent
	@touch $@

.venv:
	@test -n "$(PYTHON)" || { echo "Touchstone needs Python 3.11, 3.12 or 3.13, and none is on the PATH" \
		"(python3 is: $$(python3 --version 2>&1)). Install one, or name it: make run PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "Touchstone needs Python 3.11, 3.12 or 3.13;" \
		"$(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make run PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Environment: making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "This Python can't make environments." \
		"On Debian and Ubuntu: apt install python3-venv"; exit 1; }
