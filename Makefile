# Everything a person does with a checkout. `make` alone lists it.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup setup-bert lock nightly test check ui notebooks bench trials dictionary clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: ## virtual environment and Java archives; quick when nothing changed
	@$(PYTHON) infra/setup.py

setup-bert: ## the same and what fine-tuned BERT needs (torch: several GB)
	@$(PYTHON) infra/setup.py --with bert

lock: setup ## both lock files anew from pyproject.toml, keeping the versions that still fit
	@$(PYTHON) infra/lock.py

nightly: setup ## tonight, end to end, on synthetic data if there is none
	@$(BIN)/nightjar nightly

test: setup-bert ## every test, benchmarks aside
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

trials: setup-bert ## the trials of faults in full: a night killed at every named point takes about an hour
	@NIGHTJAR_TRIALS=all $(BIN)/python -m pytest tests/faults $(ARGS)

check: setup ## lint, format, types, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python infra/typed_share.py
	@$(BIN)/lint-imports

ui: setup ## web pages of Dagster and MLflow on loopback
	@$(BIN)/nightjar ui

notebooks: setup ## every notebook, headless, to HTML
	@$(BIN)/nightjar notebooks

bench: setup ## benchmarks; results go to docs/benchmarks.md
	@$(BIN)/python -m tests.bench $(ARGS)

dictionary: setup ## docs/data-dictionary.md from the contracts, docs/schemas/ from the models of settings and layouts
	@$(BIN)/python -m schemas.dictionary
	@$(BIN)/python -m jobs.runtime.editor_schemas

clean: ## caches and build products; never NIGHTJAR_HOME, .venv or .jars
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist spark-warehouse metastore_db derby.log
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
