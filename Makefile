# The one entrance. Every target sets up what it needs (see .ci/setup); `make help` lists them.
SHELL := /bin/bash
PYTHON ?=
export PYTHON
VENV ?= .venv
export VENV
PY := $(VENV)/bin/python
ALIVE := $(PY) .ci/alive
PYTEST := $(ALIVE) $(PY) -m pytest
.DEFAULT_GOAL := help
.PHONY: help docs demo test test-all lint format bench fuzz screenshots manual-screenshots package run clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 20

demo:  ## see it work: built-in backend and traffic, faults, live graphs
	@.ci/setup demo
	@$(PY) -m vaurien_gui.demo

run:  ## open the window
	@.ci/setup demo
	@$(PY) -m vaurien_gui

test:  ## the tests that CI runs
	@.ci/setup test
	@QT_QPA_PLATFORM=offscreen $(PYTEST) -n 2 --dist worksteal -m "not slow" $(ARGS)

test-all:  ## all tests: long workloads, Xvfb, bare Debian tree, frozen build
	@.ci/setup package
	@QT_QPA_PLATFORM=offscreen $(PYTEST) -n 2 --dist worksteal $(ARGS)

lint:  ## format, lint, types, who may import whom
	@.ci/setup test
	@$(ALIVE) $(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(ALIVE) $(PY) -m mypy
	@$(ALIVE) $(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()'

format:  ## put the sources in the house's format
	@.ci/setup test
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench:  ## performance, side by side in one run
	@.ci/setup bench
	@$(PY) -m benchmarks $(ARGS)

fuzz:  ## the property tests with many more examples
	@.ci/setup test
	@HYPOTHESIS_PROFILE=fuzz $(PYTEST) -n 2 --timeout 3600 -k "property or hypothesis or cut or any" tests/protocols tests/profiles tests/options $(ARGS)

screenshots:  ## the window's states as pictures and sheets in build/screens; fails on what the lints find
	@.ci/setup demo
	@QT_QPA_PLATFORM=offscreen $(ALIVE) $(PY) -m vaurien_gui.screens --out build/screens $(ARGS)

manual-screenshots:  ## the manual's own pictures, anew
	@.ci/setup demo
	@$(ALIVE) $(PY) -m vaurien_gui.screens --manual --out build/screens-manual

docs:  ## the manual in build/manual; warnings are errors
	@.ci/setup docs
	@$(ALIVE) $(PY) -m sphinx -W --keep-going -q -b html resources/manual build/manual
	@ls build/manual/index.html

package:  ## a one-folder program in dist/vaurien
	@.ci/setup package
	@$(ALIVE) $(PY) -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build/pyinstaller vaurien.spec
	@ls -d dist/vaurien

clean:  ## remove what was built (not the virtual environment)
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
