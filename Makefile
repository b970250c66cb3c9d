# Two commands are all that a newcomer needs: `make demo` and `make test`.
# A GPU build of PyTorch: make setup TORCH="torch==2.13.0" PIP_OPTIONS="--index-url ..."

PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
PIP_OPTIONS ?=
TASK ?=
WORKERS ?= 2
PYTEST_OPTIONS ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
SITE_STAMP := $(VENV)/.installed-site
RUN := runs/demo-$(or $(TASK),splice)
DEMO_DATA := --data examples/splice/splice.csv --split characters --max-vocabulary 5 \
  --learner search

.PHONY: setup setup-dev demo test lint types contracts check bench gallery reference site \
  clean

# The package alone, which is all that `make demo` needs.
setup: $(STAMP)

# And what the tests, the checks and the benchmarks need, which is as much again.
setup-dev: $(DEV_STAMP)

$(STAMP): pyproject.toml Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: Python 3.11 or newer is needed; name one: make PYTHON=python3.12"; \
	    exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet $(PIP_OPTIONS) "$(TORCH)"
	$(BIN)/pip install --quiet --editable .
	touch $(STAMP)

$(DEV_STAMP): $(STAMP)
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $(DEV_STAMP)

demo: setup
	$(BIN)/tprog train $(or $(TASK),$(DEMO_DATA)) --out $(RUN) --force
	@echo
	$(BIN)/tprog show $(RUN)
	@echo
	$(BIN)/tprog eval $(RUN)
	$(BIN)/tprog verify $(RUN)

test: setup-dev
	$(BIN)/pytest -n $(WORKERS) $(PYTEST_OPTIONS)

lint: setup-dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: setup-dev
	$(BIN)/mypy

contracts: setup-dev
	$(BIN)/lint-imports

check: lint types contracts test

bench: setup-dev
	for script in benchmarks/[a-z]*.py; do $(BIN)/python $$script || exit 1; done

# Every task at two sizes, learned again, and the table in docs/results.md.
gallery: setup-dev
	$(BIN)/python gallery/noisy.py
	$(BIN)/python gallery/build.py

# The pages of settings and commands, from their declarations.
reference: setup-dev
	$(BIN)/python docs/reference.py

# Documentation, notebooks, gallery and reports as static files in build/site.
site: $(SITE_STAMP)
	$(BIN)/python docs/website.py

$(SITE_STAMP): $(STAMP)
	$(BIN)/pip install --quiet --editable ".[site]"
	touch $(SITE_STAMP)

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
