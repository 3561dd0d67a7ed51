# e911portal.  `make help` says what there is; every variable of docs/configuration.md may be given
# on the command line: make run PORTAL_ADDR=127.0.0.1:9000 STATE_DIR=/srv/e911
PYTHON = python3
BIN = .venv/bin

help:   ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## */\1|/p' Makefile | awk -F'|' '{ printf "  make %-7s %s\n", $$1, $$2 }'

setup:  ## Virtual environment, dependencies, style sheets and scripts
	@$(PYTHON) deploy/setup.py

run: setup   ## The worked example: portal, call path, worker and provider simulator
	@$(BIN)/python deploy/run.py

test: setup  ## Everything: lint, the suite on SQLite, and again on PostgreSQL with Redis
	@sh tests/run.sh

lint: setup  ## Style, types, import direction, missing migrations
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports
	@$(BIN)/python manage.py makemigrations --check --dry-run

fix: setup   ## Let ruff repair what it can
	@$(BIN)/python -m ruff check --fix .
	@$(BIN)/python -m ruff format .

bench: setup ## Measure (tests/bench), each program with its own --help
	@missed=; for name in tests/bench/bench_*.py; do \
	    name=$$(basename $$name .py); echo "== $$name"; \
	    $(BIN)/python -m tests.bench.$$name || missed="$$missed $$name"; done; \
	    test -z "$$missed" || { echo "Not as promised, or not run:$$missed"; exit 1; }

soak:  setup ## Thirty minutes of emergency calls at 20 a second through the SIP edge
	@$(BIN)/python -m tests.bench.bench_sip_edge --only soak --soak-minutes 30

clean:  ## Remove what set-up made; the state directory stays
	@rm -rf .venv node_modules static/vendor staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help setup run test lint fix bench soak clean
