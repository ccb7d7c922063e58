# Everything works from a clean clone with Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.fanzha-setup
LOCKS := requirements/build.txt requirements/dev.txt
KERNEL := $(wildcard model/fanzha/_kernel/*.[ch])
PREPARED := data/fanzha_data/prepared.bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
HOST ?= 127.0.0.1
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help setup run test lint check bench bench-accuracy bench-rivals bench-robustness bench-speed \
  bench-parity bench-screening bench-trust bench-campaigns bench-scan bench-crash bench-load bench-soak readme public train

help:
	@echo 'make setup   create $(VENV) with the project in it'
	@echo 'make run     scan the sample posts, show a summary, serve the API on $(HOST):$(PORT)'
	@echo 'make test    run the tests'
	@echo 'make lint    format, lint, types, import layers'
	@echo 'make check   lint and test'
	@echo 'make bench   measure accuracy and speed'
	@echo 'make bench-rivals  compare with a keyword list, scikit-learn and fastText'
	@echo 'make bench-robustness  measure recall under attack, with and without restoration'
	@echo 'make bench-speed  measure speed beside what a user would build'
	@echo 'make bench-trust  measure trust over numbers in a simulated forum'
	@echo 'make bench-parity  hold the compiled kernel to the training on every dev set'
	@echo 'make bench-screening  what the first look lets pass that the model flags'
	@echo 'make bench-campaigns  measure campaigns in a simulated forum'
	@echo 'make bench-scan  measure the speed and memory of a scan (SIZES="100 4000": MB)'
	@echo 'make bench-crash  kill a scan 20 times, resume it and compare'
	@echo 'make bench-load  put the service under load, beside a plain one with scikit-learn'
	@echo 'make bench-soak  kill workers and database of the service for 10 minutes (MINUTES=5)'
	@echo 'make readme  write the real output and the figures into the READMEs'
	@echo 'make public  fetch the public sets that training needs (SOURCE=folder: fetched before)'
	@echo 'make train   train the shipped bundle from data/corpus and data/public'

setup: $(STAMP)
	@echo 'fanzha is set up in $(VENV)'

$(STAMP): pyproject.toml hatch_build.py $(LOCKS) $(KERNEL)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'fanzha needs Python 3.11 or newer, and $(PYTHON) is '"$$($(PYTHON) --version 2>&1)"';' >&2; \
	  echo 'name another one: make setup PYTHON=python3.11' >&2; exit 1; }
	@test -x $(BIN)/python && $(BIN)/python -c '' 2>/dev/null || { \
	  echo 'setup: creating $(VENV)'; $(PYTHON) -m venv --clear $(VENV); }
	@echo 'setup: installing the pinned packages (a few minutes the first time)'
	@$(PIP) install --require-hashes -r requirements/build.txt
	@$(PIP) install --require-hashes --no-build-isolation -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

# Installing makes it too; after a change in a table or a source only this is made anew.
$(PREPARED): $(STAMP) $(wildcard model/fanzha/*.py data/fanzha_data/*.csv)
	@$(BIN)/python -m fanzha.build_prepared

run: $(STAMP) $(PREPARED)
	@mkdir -p out
	@$(BIN)/fanzha scan data/sample-posts/forum.jsonl --output out/verdicts.jsonl
	@echo
	@trap 'exit 0' INT; $(BIN)/fanzha-serve --host $(HOST) --port $(PORT); \
	  code=$$?; test $$code -eq 130 && exit 0 || exit $$code

test: $(STAMP) $(PREPARED)
	@$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(STAMP)
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy model api data tests/typing
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports

check: lint test

bench: bench-accuracy bench-robustness

bench-accuracy: $(STAMP)
	@$(BIN)/python benchmarks/accuracy.py
	@$(BIN)/python benchmarks/hotlines.py data/corpus
	@$(BIN)/python benchmarks/examples.py

# fastText is kept out of the locked environment; without it the others are compared.
bench-rivals: $(STAMP)
	@$(PIP) install --no-deps --require-hashes --upgrade --target $(VENV)/rivals \
	  -r benchmarks/requirements-rivals.txt \
	  || echo 'bench-rivals: fastText cannot be installed here and is left out' >&2
	@PYTHONPATH=$(VENV)/rivals $(BIN)/python benchmarks/rivals.py

bench-robustness: $(STAMP)
	@$(BIN)/python benchmarks/robustness.py

# fastText as for bench-rivals; without it the others are compared.
bench-speed: $(STAMP) $(PREPARED)
	@PYTHONPATH=$(VENV)/rivals $(BIN)/python benchmarks/speed.py

bench-trust: $(STAMP)
	@$(BIN)/python benchmarks/trust.py

bench-parity: $(STAMP)
	@$(BIN)/python benchmarks/parity.py

bench-screening: $(STAMP)
	@$(BIN)/python benchmarks/screening.py

bench-campaigns: $(STAMP)
	@$(BIN)/python benchmarks/campaigns.py

bench-scan: $(STAMP)
	@$(BIN)/python benchmarks/scan.py $(if $(SIZES),--sizes $(SIZES))

bench-crash: $(STAMP)
	@$(BIN)/python benchmarks/crash.py

bench-load: $(STAMP)
	@$(BIN)/python benchmarks/load.py

bench-soak: $(STAMP)
	@$(BIN)/python benchmarks/soak.py $(if $(MINUTES),--minutes $(MINUTES))

public: $(STAMP)
	@$(BIN)/fanzha fetch data/public/sets.toml --output data/public $(if $(SOURCE),--source $(SOURCE))

train: $(STAMP)
	@$(BIN)/fanzha train --corpus data/corpus --background data/public --output data/fanzha_data/bundle

readme: $(STAMP)
	@$(BIN)/python tests/readme.py
