# Two commands: `make demo` and `make test`. Both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin

# The alpha of Datasette 1.0 that the pages are tried with beside 0.65, in an environment of its own.
NEXT := 1.0a41

.PHONY: install demo test test-next lint bench fuzz lock docs clean

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

# Left out: crawls, and what the documentation of the API says of SQL, which 1.0 has at another address.
test-next: .venv-next/installed
	.venv-next/bin/python -m pytest --no-cov -n 2 --dist loadfile -k "not select+count and not crawl and not rebuild" \
	  tests/test_web_security.py tests/test_shelves.py tests/test_feeds.py tests/test_api.py tests/test_search.py tests/test_serve.py

.venv-next/installed: requirements.lock Makefile
	$(PYTHON) -m venv .venv-next
	grep -v '^datasette==' requirements.lock > .venv-next/requirements.lock
	.venv-next/bin/python -m pip install --quiet --disable-pip-version-check -r .venv-next/requirements.lock datasette==$(NEXT)
	.venv-next/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

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
	rm -rf .venv .venv-next demo build *.egg-info
