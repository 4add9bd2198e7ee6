# Every command of this project. `make help` lists them.
# Needs Python 3.11 or newer with venv. Another one than `python3`: make run PYTHON=python3.12
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
BOOTSTRAP := $(PYTHON) -m chatapp.launch.bootstrap

.DEFAULT_GOAL := help
.PHONY: help run stop logs model-add test check bench-e2e bench-engine bench-long bench-moderation format clean
.NOTPARALLEL:

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-17s%s\n", $$1, $$2}' Makefile
	@echo "Variables: PORT HOST REDIS_PORT CHATAPP_DATA_DIR DATABASE_URL REDIS_URL TORCH_INDEX_URL PYTHON"

run:  ## install what is missing, start everything, print the address; Ctrl-C stops it
	@exec $(BOOTSTRAP) run chatapp.launch.run

stop:  ## end a running instance, whatever became of its terminal
	@exec $(PYTHON) -m chatapp.launch.stopping

logs:  ## follow the logs of every process
	@exec $(PYTHON) -m chatapp.launch.logs

model-add:  ## serve another model: SOURCE=Hub id, folder or GGUF file [SLUG= NAME= REVISION=]
	@exec $(BOOTSTRAP) run chatapp.launch.models

test:  ## every test, from units to the browser, with its own ports and data
	@exec $(BOOTSTRAP) dev tests.support.suite

check:  ## format, lint, types (Python and TypeScript), import contracts
	@exec $(BOOTSTRAP) dev tests.support.checks

bench-e2e:  ## tokens/s and first token through the whole product against its engine alone
	@exec $(BOOTSTRAP) dev bench.end_to_end

bench-engine:  ## our engine beside its competitors, about 25 minutes [ROUNDS= ROWS="decode load" SIZES="1 32" TOKENS= COMPETITORS= MODEL=]
	@exec $(BOOTSTRAP) bench bench.engines

bench-long:  ## a conversation of 10,000 messages and a list of 5,000 in a browser, about 2 minutes [SIZES="40 10000" CONVERSATIONS=5000 KEEP=1]
	@exec $(BOOTSTRAP) dev bench.long_lists

bench-moderation:  ## the moderation layer, about 5 minutes: DATA=folder of word lists and labelled sets [SECTIONS="speed leaks" STREAMS=]
	@exec $(BOOTSTRAP) dev bench.moderation

format:  ## put the code into its format and mend what ruff can mend
	@$(BOOTSTRAP) dev ruff format .
	@$(VENV_PYTHON) -m ruff check --fix .

clean:  ## delete what was built and installed; your data in var/ stay
	rm -rf .venv frontend/dist frontend/node_modules frontend/tools/*/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis var/test
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
