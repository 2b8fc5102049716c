# Everything starts here. `make run` needs Python 3.11 (or 3.12, 3.13), git and make, nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV ?= .venv
BIN := $(VENV)/bin
PURE_ROOMS := schemas values engine standardise matching golden profiling quality stewardship
# What the program called by a target is given: make run ARGS="--residents 50000"
ARGS ?=

# The first interpreter that is of a version the locks were resolved for.
FIND_PYTHON = for name in $(PYTHON) python3.11 python3.12 python3.13 python3 python; do \
	if "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; \
	then echo "$$name"; exit 0; fi; done; \
	echo "需要 Python 3.11–3.13 | Python 3.11, 3.12 or 3.13 is needed: make run PYTHON=/path/to/python3.11" >&2; exit 1

LOCK_OPTIONS = --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --quiet $(ARGS)

# Stamps say which lock is installed; they are older than the lock when it has changed since.
BASE := $(VENV)/.installed-base
EVERYTHING := $(VENV)/.installed-everything
PROJECT := setup.cfg pyproject.toml

# pip's resolver refuses a hashed lock in old versions; the lock is complete, so nothing is resolved and `pip check` proves it.
define install_lock
@echo "安装 $(1) | installing $(1) ($$(grep -c '==' $(1)) packages)"
@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --requirement $(1)
@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --editable .
@$(BIN)/python -m pip check
endef

# Two files of tests at a time; a file stays in one process, for what its tests share. In the order of the tree, because
# else the longest file, a single test, would begin last.
TWO_AT_ONCE := --numprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## list the targets
	@echo "cityhub — make TARGET [ARGS=\"…\"]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: $(BASE) ## demo city, all DAGs in this process, summary: the whole way with one command
	@$(BIN)/python -m dags.run_all $(ARGS)

.PHONY: test
test: $(EVERYTHING) ## the tests, real servers and a real scheduler among them
	@$(BIN)/python -m pytest $(TWO_AT_ONCE) $(ARGS)

.PHONY: test-long
test-long: $(EVERYTHING) ## the long series: faults, sizes, many seeds
	@$(BIN)/python -m pytest -m long $(TWO_AT_ONCE) $(ARGS)

.PHONY: airflow
airflow: $(BASE) ## the real scheduler, API server and pages on 127.0.0.1:8080 (Ctrl-C ends them)
	@exec $(BIN)/python -m dags.serve $(ARGS)

.PHONY: lint
lint: $(EVERYTHING) ## ruff everywhere, mypy strict on the pure rooms
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(addprefix -p ,$(PURE_ROOMS))

.PHONY: bench
bench: $(EVERYTHING) ## measurements, against peers where there are some
	@$(BIN)/python -m bench $(ARGS)

.PHONY: install
install: $(BASE) ## only install

# Upgrade all: make lock ARGS=--upgrade; one: make lock ARGS="--upgrade-package duckdb". The same by hand with pip-tools, once for
# each Python: pip-compile setup.cfg [--extra all] --generate-hashes --no-annotate --no-header --output-file requirements/….lock
.PHONY: lock
lock: $(VENV)/pyvenv.cfg ## resolve both locks again from setup.cfg (needs a package index)
	@$(BIN)/python -m venv build/lock && build/lock/bin/python -m pip install --quiet uv==0.13.9
	@build/lock/bin/uv pip compile setup.cfg $(LOCK_OPTIONS) --output-file requirements/base.lock
	@build/lock/bin/uv pip compile setup.cfg --extra all $(LOCK_OPTIONS) --constraint requirements/base.lock \
		--output-file requirements/everything.lock

.PHONY: clean
clean: ## caches and build products
	@rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: reset
reset: ## clean, and the demo city with all that was made from it (var/)
	@$(MAKE) clean
	@rm -rf var demo/truth

$(VENV)/pyvenv.cfg:
	@python=$$($(FIND_PYTHON)); echo "虚拟环境 | virtual environment: $(VENV) ($$("$$python" --version))"; "$$python" -m venv $(VENV)

$(BASE): requirements/base.lock $(PROJECT) | $(VENV)/pyvenv.cfg
	$(call install_lock,requirements/base.lock)
	@touch $@

# The everything lock holds the base lock, so it satisfies both stamps.
$(EVERYTHING): requirements/everything.lock requirements/base.lock $(PROJECT) | $(VENV)/pyvenv.cfg
	$(call install_lock,requirements/everything.lock)
	@touch $(BASE) $@
