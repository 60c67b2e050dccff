# Two commands do everything from a bare checkout: `make run` and `make test`. All others are parts of them.
PYTHON ?= python3
BIN := .venv/bin
RUNTIME := .venv/.runtime
STAMP := .venv/.installed
HOST ?= 127.0.0.1
PORT ?= 8000
# Tests make and throw away many small databases: in memory where the machine offers it.
TEMPORARY := $(shell test -w /dev/shm && echo /dev/shm || echo /tmp)

.PHONY: run test check bench faults bom fix install assets clean

run: $(RUNTIME) assets
	@$(BIN)/python -m elearn.cli demo --host $(HOST) --port $(PORT)

test: install assets
	@$(BIN)/python -m tests.missing_programs
	PYTEST_DEBUG_TEMPROOT=$(TEMPORARY) $(BIN)/python -m pytest -n 3 --dist worksteal

check: install assets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint elearn --lint --quiet
	$(BIN)/elearn content check
	$(BIN)/elearn db check

bench: install assets
	$(BIN)/python -m benchmarks.run

# Kills, races and the state machine of tests/faults in their full doses, an hour or so; `make test` has small ones.
faults: install assets
	ELEARN_FAULTS=full $(BIN)/python -m pytest tests/faults -s --override-ini=timeout=7200

# The bill of materials of what runs, as CycloneDX: bom.json.
bom: install
	$(BIN)/python bom.py

fix: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: $(STAMP)

# Running needs half of what testing does.
$(RUNTIME): requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	@touch $(RUNTIME)

$(STAMP): $(RUNTIME) requirements-dev.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python hatch_build.py
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP)

assets: $(RUNTIME)
	@$(BIN)/python hatch_build.py

clean:
	rm -rf .venv elearn/static instance bom.json
