# Everything a person does with a checkout. `make` alone lists it.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
FLOOR := 60 # per cent of lines and branches that the quick tests reach, all packages together

.DEFAULT_GOAL := help
.PHONY: help setup setup-bert lock nightly quick test coverage style lint types house check docs secrets ui notebooks bench evidence trials dictionary clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: ## virtual environment and Java archives; quick when nothing changed
	@$(PYTHON) infra/setup.py

setup-bert: ## the same and what fine-tuned BERT needs (torch: several GB)
	@$(PYTHON) infra/setup.py --with bert

lock: setup ## both lock files from pyproject.toml, keeping the versions that still fit
	@$(PYTHON) infra/lock.py

nightly: setup ## tonight, end to end, on synthetic data if there is none
	@$(BIN)/nightjar nightly

quick: lint ## lint, types and the tests that need neither Spark nor an extra: a minute
	@$(PYTEST) --quick $(ARGS)

test: setup-bert ## every test, benchmarks aside
	@$(PYTEST) $(ARGS)

coverage: setup ## the share of lines and branches that the quick tests reach, and its floor
	@$(PYTEST) --quick --cov --cov-report=term --cov-report=xml:build/coverage.xml --cov-fail-under=$(FLOOR) $(ARGS)

trials: setup-bert ## the thirty trials in full, and docs/reliability.md made of what they tell: hours
	@$(BIN)/python -m tests.trials $(ARGS)

style: setup ## lint, format, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

lint: style ## the same and types, from mypy's cache
	@$(BIN)/mypy

types: setup ## types without a cache, and the share of typed expressions against its floor: a minute
	@$(BIN)/python infra/typed_share.py

house: setup ## the tree as it was laid out: folders of 20 modules at most, rules that hold in one place
	@$(BIN)/python -m pytest -q tests/test_house.py

check: style types house docs secrets ## lint, types and their share, the tree, documentation, secrets

docs: setup ## the documentation as a site in build/docs; a dead link or a page outside the index fails
	@$(BIN)/python -m sphinx -q -W --keep-going -b html -d build/doctrees docs build/docs

secrets: setup ## no tracked file holds a key or a password
	@git ls-files -z | xargs -0 $(BIN)/python infra/secret_scan.py

ui: setup ## web pages of Dagster and MLflow on loopback
	@$(BIN)/nightjar ui

notebooks: setup ## every notebook, headless, to HTML
	@$(BIN)/nightjar notebooks

bench: setup ## benchmarks; results go to docs/benchmarks.md
	@$(BIN)/python -m tests.bench $(ARGS)

evidence: setup ## docs/evidence.md: our figures beside rules and rivals, on worlds of both makers: an hour
	@$(BIN)/python -m tests.bench.evidence $(ARGS)

dictionary: setup ## docs/data-dictionary.md from the contracts, docs/schemas/ and grammar of layouts from the models
	@$(BIN)/python -m schemas.dictionary
	@$(BIN)/python -m schemas.layouts.grammar
	@$(BIN)/python -m jobs.runtime.editor_schemas

clean: ## caches and build products; never NIGHTJAR_HOME, .venv or .jars
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist spark-warehouse metastore_db derby.log
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
