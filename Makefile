# Every errand of the project, one word each. `make` alone lists them.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UNDER_TEST_SETTINGS = $(BIN)/python -m tests.ground.environment

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-sqlite test-postgres test-browser lint style types arrows messages-fresh migrations \
	production format messages lock hooks clean

help: ## list these words
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS='	' read -r word what; do printf '  make %-14s %s\n' "$$word" "$$what"; done

demo: $(VENV)/.runtime-installed ## start the shop, the sandbox and the worker (RESET=1 starts over)
	@exec $(BIN)/python manage.py demo $(if $(RESET),--reset)

test: $(VENV)/.dev-installed ## run everything: SQLite, PostgreSQL, browser (finds or fetches what it needs)
	@exec $(BIN)/python scripts/test.py sqlite postgres browser

test-sqlite test-postgres test-browser: $(VENV)/.dev-installed
	@exec $(BIN)/python scripts/test.py $(@:test-%=%) -- $(ARGS)

lint: style types arrows messages-fresh migrations production ## check style, types, arrows, migrations and the production settings

style: $(VENV)/.dev-installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev-installed
	@$(UNDER_TEST_SETTINGS) $(BIN)/python -m mypy --exclude '^providers/sandbox/' --exclude '/migrations/'
	@DJANGO_SETTINGS_MODULE=providers.sandbox.settings $(BIN)/python -m mypy --cache-dir .mypy_cache/sandbox --package providers.sandbox

arrows: $(VENV)/.dev-installed
	@$(BIN)/lint-imports --no-logo

messages-fresh: $(VENV)/.dev-installed
	@$(BIN)/python scripts/messages.py --check

migrations: $(VENV)/.dev-installed
	@$(UNDER_TEST_SETTINGS) $(BIN)/python manage.py makemigrations --check --dry-run

production: $(VENV)/.dev-installed
	@env $(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

# What a merchant's server would be told, in values that fit nowhere.
PRODUCTION := DEBUG=false \
	SECRET_KEY=fake-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ \
	CREDENTIAL_KEYS=YS1mYWtlLWtleS1mb3ItbWFrZS1saW50LW9ubHkuLi4= \
	ALLOWED_HOSTS=pay.example.com \
	SITE_URL=https://pay.example.com \
	DATABASE_URL=postgres://guichet:fake@127.0.0.1:1/guichet

format: $(VENV)/.dev-installed ## put every file into the one style
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

messages: $(VENV)/.dev-installed ## compile the translations, locale/**/*.po
	@$(BIN)/python scripts/messages.py

lock: $(VENV)/.dev-installed ## resolve requirements/*.in into *.txt, with hashes and without addresses
	@$(call resolve,runtime)
	@$(call resolve,dev,--constraint requirements/runtime.txt)

hooks: $(VENV)/.dev-installed ## let git run the quick checks before every commit
	@$(BIN)/pre-commit install

clean: ## remove the environment and every cache; the demo's data stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis staticfiles

# The environment. A stamp file for each half: the site needs less than its tests do.

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "There is no $(PYTHON) on this machine. Install Python 3.11 or newer, or name another: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Guichet needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make a virtual environment: its venv module is missing. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Making the Python environment in $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.runtime-installed: requirements/runtime.txt | $(BIN)/python
	@$(call install,runtime)
	@touch $@

$(VENV)/.dev-installed: requirements/dev.txt | $(BIN)/python
	@$(call install,dev)
	@touch $(VENV)/.runtime-installed $@

define install
	echo "Installing requirements/$(1).txt ..."; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements/$(1).txt \
	|| { echo "The packages of requirements/$(1).txt could not be installed; pip says why above. Most often the package index cannot be reached." >&2; exit 1; }
endef

define resolve
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links $(LOCK_ARGS) $(2) --output-file requirements/$(1).txt requirements/$(1).in
endef
