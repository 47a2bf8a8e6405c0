# make serve   set up and run the assistant          make test    set up and pass every test
# make check   format, lint, types, imports, tests   make index   build the index again
# make bench   measure it beside others (BENCH="--full --data DIR")
.DEFAULT_GOAL := help
.PHONY: help serve index test check bench format clean
# Tests run in two processes, the tests of one file in the same.
# make serve PYTHON=python3.12 sets up with that Python; without it, scripts/setup.sh finds one.
export PYTHON

help:
	@echo "make serve   installe ce qui manque et ouvre le chat (http://127.0.0.1:7860)"
	@echo "make index   reconstruit l'index des rapports"
	@echo "make test    installe ce qui manque et passe tous les tests"
	@echo "make check   vérifie le format, le style, les types, les imports et les tests"
	@echo "make bench   mesure l'assistant à côté d'autres moteurs (dix minutes environ)"

# A report that cannot be read does not close the chat: what is in service is served.
serve:
	@scripts/setup.sh
	@.venv/bin/ra-assistant index --if-needed || test -s "$${RA_INDEX_DIR:-index}/current"
	@.venv/bin/ra-assistant serve

index:
	@scripts/setup.sh
	@.venv/bin/ra-assistant index

test:
	@scripts/setup.sh dev
	@.venv/bin/python -m pytest -n 2 --dist loadfile

check:
	@scripts/setup.sh dev
	.venv/bin/ruff format --check src tests training scripts widget bench
	.venv/bin/ruff check src tests training scripts widget bench
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	.venv/bin/python -m pytest -n 2 --dist loadfile

bench:
	@scripts/setup.sh dev
	@.venv/bin/python -m bench.beside $(BENCH)

format:
	@.venv/bin/ruff format src tests training scripts widget bench
	@.venv/bin/ruff check --fix src tests training scripts widget bench

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .bench
