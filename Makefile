# ownvoice. Two commands are enough on a fresh machine: make smoke-test, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
# The environment is made anew when what it depends on changes: first what the main job needs, for the rest can wait.
READY := $(VENV)/.ready
READY_TO_TEST := $(VENV)/.ready-to-test
INSTALL := $(BIN)/python environment/install.py

.PHONY: help setup smoke-test test test-spread unit check format lock serve wheel bench known-answers bench-gpu clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: $(READY_TO_TEST) ## the environment, once, with what the tests need

$(READY): pyproject.toml $(wildcard environment/*)
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"ownvoice needs Python 3.11 to 3.13, found {v[0]}.{v[1]}: make PYTHON=python3.11 ...")'
	@test -x $(BIN)/python || { echo "making the environment in $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing the libraries (a minute or two, the first time)"
	@$(INSTALL) main
	@touch $@

$(READY_TO_TEST): $(READY)
	@echo "installing what the tests need besides"
	@$(INSTALL) tests
	@touch $@

smoke-test: $(READY) ## the main job: fine-tune the embedded model on the sample essays, write Run 1
	@$(BIN)/ownvoice run smoke-test

# Two files at a time, each in one process with its fixtures: most tests wait for a process or keep one core busy. The
# long files begin, the many short ones of the unit tests fill up the end.
test: $(READY_TO_TEST) ## all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests/end_to_end tests/flow tests/browser tests/known tests/fuzz tests/unit --durations=10

test-spread: $(READY_TO_TEST) ## two Prefect workers on PostgreSQL (from the package manager), a depot on S3; once before: .venv/bin/python environment/install.py spread
	@$(BIN)/python -m pytest tests/spread tests/flow/test_spread.py --durations=5

unit: $(READY_TO_TEST) ## the tests without torch and without Prefect
	@$(BIN)/python -m pytest -n 2 --dist worksteal tests/unit

check: $(READY_TO_TEST) ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo

format: $(READY_TO_TEST) ## put the code in order
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lock: $(READY_TO_TEST) ## the versions and hashes in environment/ anew, after a change in pyproject.toml
	@$(BIN)/python -m environment.lock

serve: $(READY) ## a local Prefect server and the deployments
	@$(BIN)/ownvoice serve

wheel: $(READY_TO_TEST) ## dist/ownvoice-...whl, which pip installs anywhere
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/ownvoice-*.whl

bench: $(READY_TO_TEST) ## the smoke test against the same work as a plain notebook
	@$(BIN)/python tests/bench/compare.py

known-answers: $(READY_TO_TEST) ## are the verdicts right where the right one is known? in a minute or two
	@$(BIN)/python -m tests.known.answers

bench-gpu: $(READY_TO_TEST) ## the memory settings on a GPU, beside plain Trainer
	@$(BIN)/python tests/bench/gpu.py

clean: ## the environment and the caches of tools, never artifacts/
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
