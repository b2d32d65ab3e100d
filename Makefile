# The one task runner. `make help` lists what there is; CI runs `make check`.
# Everything it makes lies in .venv/ and .local/ (as root also in one folder under /var/tmp).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PORT ?= 8000
ARGS ?=
export PORT
# Nothing here may read another checkout's packages or leave files beside the sources.
unexport PYTHONPATH PYTHONHOME

PY := .venv/bin/python
ENV := $(PY) -m dev.services env --
RUN := $(PY) -m dev.services run --
# --universal: the lock holds for every Python from 3.11.0 on (Debian 12 has 3.11.2, which needs
# a package that 3.11.3 doesn't), whatever Python makes it.
LOCK := .venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11

.PHONY: help setup demo up test check lint types imports migrations fix faults bench bench-data schema lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv and install the locked packages
	@command -v '$(PYTHON)' >/dev/null || { echo "error: there is no '$(PYTHON)'. On Debian: apt-get install python3 python3-venv" >&2; exit 1; }
	@'$(PYTHON)' dev/bootstrap.py

demo: setup ## Start everything with demo data (PORT=8000); Ctrl-C stops it
	@exec $(PY) -m dev.demo

up: setup ## Start everything on the same data, adding no demo data
	@exec $(PY) -m dev.demo --no-data

test: setup ## Run every test on servers of its own (ARGS="-k word" goes to pytest)
	@exec $(PY) -m dev.services run --test -- $(PY) -m pytest -n 2 --dist loadfile $(ARGS)

check: ## What CI runs: lint, types, imports, migrations, test
	@$(MAKE) lint
	@$(MAKE) types
	@$(MAKE) imports
	@$(MAKE) migrations
	@$(MAKE) test

lint: setup ## Check style and formatting
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: setup ## Check types
	@$(ENV) $(PY) -m mypy .

imports: setup ## Check that apps import downwards only
	@$(ENV) .venv/bin/lint-imports

migrations: setup ## Check that migrations are complete and safe to apply
	@$(RUN) $(PY) manage.py makemigrations --check --dry-run

fix: setup ## Repair style and formatting
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

faults: setup ## Everything fails, seeded, at full size; figures in docs/evidence (ARGS="--seed 7 --due 500")
	@exec $(PY) -m tests.faults $(ARGS)

bench: setup ## Measure against references (ARGS="F1 F6 --quick"); the results are kept
	@exec $(PY) -m benchmarks $(ARGS)

bench-data: setup ## Fill the empty database of DATABASE_URL by COPY (ARGS="--size S1M"), or a passing one
	@exec $(RUN) $(SHELL) -c '$(PY) manage.py migrate --no-input --verbosity 0 && CASEWORK_DATABASE_ROLE=owner exec $(PY) -m benchmarks.data $(ARGS)'

schema: setup ## Write docs/openapi.yaml anew (a test fails while it is not what the code says)
	@$(ENV) $(PY) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

lock: setup ## Make the locks again (UPGRADE=--upgrade takes newer versions)
	@$(LOCK) $(UPGRADE) requirements/bootstrap.in --output-file requirements/bootstrap.txt
	@$(LOCK) $(UPGRADE) requirements/base.in --output-file requirements/base.txt
	@$(LOCK) $(UPGRADE) requirements/dev.in --output-file requirements/dev.txt

clean: ## Stop leftovers; remove .venv, .local (with the demo's data) and caches
	@if [ -x $(PY) ]; then $(PY) -m dev.clean; fi
	@rm -rf .venv .venv.lock .local .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
