# Two commands: `make demo` and `make test`. Both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test lint bench fuzz lock docs clean

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: install
	$(BIN)/hani demo

test: install
	$(BIN)/python -m pytest -n 2 --dist loadfile
	$(MAKE) --no-print-directory lint

lint: install
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/cog --check README.md

bench: install
	$(BIN)/python -m tests.benchmarks

# Stops at the first page that fails, and writes it to a file.
fuzz: install
	$(BIN)/python -m tests.fuzzing

# The lock names versions only: any index serves.
lock:
	$(BIN)/pip-compile --quiet --extra dev --strip-extras --no-emit-index-url --no-emit-find-links --no-annotate --no-header --allow-unsafe --output-file requirements.lock pyproject.toml

docs: install
	$(BIN)/cog -r README.md

clean:
	rm -rf .venv demo build *.egg-info
