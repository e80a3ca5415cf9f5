# Everything a person types. Python 3.11 or 3.12 on x86-64 Linux needs nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

.PHONY: install up test soak lint audit

install: $(STAMP)

$(STAMP): requirements.txt requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 13) else "Regulars needs Python 3.11 or 3.12: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

up: install
	$(BIN)/regulars up

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports

test: install lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

audit: install
	$(BIN)/python -m tests.audit requirements.txt

soak: install
	$(BIN)/python -m tests.soak
	$(BIN)/python -m tests.fuzz
	$(BIN)/python -m tests.sending_storm 6700 20 1
