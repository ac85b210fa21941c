# `make help` lists the targets. Everything runs from .venv, which `make setup` makes.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.buildmark-setup
RESULTS ?= results
ROUNDS ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup chromium demo test test-fast lint format docs reference bench bench-accuracy bench-overhead bench-verdicts bench-history bench-report bench-publish dist clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Make .venv with Buildmark and everything that its tests need

$(STAMP): pyproject.toml bench/__init__.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Buildmark needs Python 3.11 or newer; say which with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@# Debian keeps the venv module in a package of its own; it is the one thing that may have to be installed.
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  { apt-get install -y -q python3-venv || { apt-get update -q && apt-get install -y -q python3-venv; }; }; } || \
	  { echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

chromium:  ## Make sure that there is a Chromium for the tests of pages (as root on Debian it is installed)
	@[ -x /usr/bin/chromium ] || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  { apt-get install -y -q --no-install-recommends chromium || \
	  { apt-get update -q && apt-get install -y -q --no-install-recommends chromium; }; }; } || \
	  { echo "the tests of pages need /usr/bin/chromium; on Debian: apt-get install chromium" >&2; exit 2; }

demo: setup  ## Build quick on two bases for real, cold and warm, and print the tables
	$(BIN)/buildmark run quick --base debian-12,alpine-3.23 --rounds $(ROUNDS) --results $(RESULTS)

test: setup chromium  ## Run all tests, those on a real engine and in a real browser included
	@# One process runs the tests of the engine, which wait for it half of the time, and another one the rest.
	$(BIN)/python -m pytest --numprocesses 2

test-fast: setup  ## Run the tests that need neither an engine nor a browser
	$(BIN)/python -m pytest -m 'not engine and not browser'

lint: setup  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup  ## Build the documentation site into build/docs/; a warning is an error
	$(BIN)/zensical build --clean --strict

reference: setup  ## Write docs/SCENARIO-REFERENCE.md from the schema of scenario.toml
	$(BIN)/buildmark schema --format markdown > docs/SCENARIO-REFERENCE.md.new
	mv docs/SCENARIO-REFERENCE.md.new docs/SCENARIO-REFERENCE.md

bench: setup  ## Measure Buildmark itself: planning, --help, parsing
	$(BIN)/python -m pytest tests/perf --benchmark-enable --benchmark-only --benchmark-columns=min,median,max,rounds --benchmark-sort=name

bench-accuracy: setup  ## Hold every meter against known loads on a private engine (about 3 minutes)
	$(BIN)/python -m benchmarks.accuracy

bench-overhead: setup  ## Hold measured builds against bare ones, in pairs on a private engine (about 8 minutes)
	$(BIN)/python -m benchmarks.overhead

bench-verdicts: setup  ## Hold verdicts and trends against noise, beside other tools, and find a real regression (about 40 minutes)
	@# What wants a quiet machine comes first; the rest counts, and its few timings are ratios between tools.
	$(BIN)/python -m benchmarks.verdicts.regression
	$(BIN)/python -m benchmarks.history_scale
	$(BIN)/python -m benchmarks.verdicts.change_points
	$(BIN)/python -m benchmarks.verdicts

bench-history: setup  ## Put 1,000,000 trials into the index and ask it what people ask (about 1 minute)
	$(BIN)/python -m benchmarks.history_scale

bench-report: setup chromium  ## Write three large pages and open them in Chromium (about 2 minutes)
	$(BIN)/python -m benchmarks.report_size

bench-publish: setup  ## Publish 500 runs as a site, then one more (about 2 minutes)
	$(BIN)/python -m benchmarks.publish

dist: setup  ## Build the wheel and the source distribution into dist/
	$(BIN)/python -m build

clean:  ## Remove .venv and what the tools left (not results/, not the user's cache)
	rm -rf $(VENV) build dist .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
