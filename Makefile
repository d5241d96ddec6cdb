# Every target sets the machine up first, as far as it needs, and notices when a requirements file changed.
.DEFAULT_GOAL := help
.PHONY: help run test proof check bench clean set-up set-up-tests

PYTHON := .venv/bin/python

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

run: set-up ## everything on this machine, with a sample company (EMPTY=1, SETUP=none, DOMAIN=..., SIGN_IN=required)
	@EMPTY='$(EMPTY)' SETUP='$(SETUP)' DOMAIN='$(DOMAIN)' SIGN_IN='$(SIGN_IN)' exec $(PYTHON) -m local run

test: set-up-tests ## all tests (ARGS='-k name' goes to pytest)
	@$(PYTHON) -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal $(ARGS)

proof: set-up-tests ## the long proofs, which go on where they were interrupted (SCHEDULES=1000, SEED=, POINT=, ARGS)
	@SCHEDULES='$(SCHEDULES)' SEED='$(SEED)' POINT='$(POINT)' $(PYTHON) -m pytest -m proof --capture=no $(ARGS)

check: set-up ## ruff, mypy strict and the import rule
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy
	@$(PYTHON) -m pytest -q tests/test_import_rule.py

bench: set-up ## the benchmarks, a JSON line for each figure (ONLY=name,...)
	@$(PYTHON) -m bench --only '$(ONLY)'

clean: ## remove everything that make has put here
	rm -rf .venv node_modules .local shared/web/static/vendor .mypy_cache .pytest_cache .ruff_cache .hypothesis

set-up:
	@command -v python3 >/dev/null || { echo 'Python 3.13 is missing: install it so that "python3" starts it.' >&2; exit 1; }
	@python3 local/set_up.py

set-up-tests: set-up
	@$(PYTHON) local/set_up.py --browser
