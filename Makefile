# Two commands do all set-up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
# Another torch build, e.g. make demo TORCH_INDEX=https://download.pytorch.org/whl/cu126
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TORCH := torch>=2.6,<2.14
DEV_STAMP := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format serve eval bench clean

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Citebound needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25'

$(STAMP): pyproject.toml $(BIN)/python
	@echo "Installing Citebound and what it needs into $(VENV): about 600 MB to download (torch is the largest), once."
	$(if $(TORCH_INDEX),$(BIN)/python -m pip install --progress-bar on '$(TORCH)' --index-url $(TORCH_INDEX))
	$(BIN)/python -m pip install --progress-bar on --editable .
	@touch $@

$(DEV_STAMP): $(STAMP)
	@echo "Installing the tools for tests and checks."
	$(BIN)/python -m pip install --progress-bar on --quiet --editable '.[dev,train]'
	@touch $@

setup: $(STAMP) ## make .venv and install the product
	$(BIN)/citebound models pull

demo: setup ## ingest the samples and answer questions about them
	$(BIN)/citebound demo

test: $(DEV_STAMP) ## run the tests (fetches the models once)
	$(BIN)/citebound models pull
	$(BIN)/python -m pytest

check: $(DEV_STAMP) ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(DEV_STAMP) ## apply the formatter and the safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: setup ## start the service and its page on http://127.0.0.1:8642
	$(BIN)/citebound serve

eval: $(DEV_STAMP) ## run the regression subset of the evaluation (a few minutes)
	$(BIN)/citebound models pull
	$(BIN)/python -m citebound.eval.demo
	$(BIN)/python -m citebound.eval.gate

bench: $(DEV_STAMP) ## run the benchmarks behind eval/results (needs CITEBOUND_DATA)
	$(BIN)/python -m citebound.eval.bench

clean: ## remove the environment, caches and built collections
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build indexes/demo
