# Every target installs what it needs into .venv first, so one command is enough on a fresh machine.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
PIP := $(VENV)/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt
DEPENDS := pyproject.toml constraints.txt

STUDY_CORPUS ?= corpora/microworld/captions.conllu
STUDY_OUT ?= reports/microworld
STUDY_OPTIONS ?= --seeds 0-1

PROMPT ?= a dog wearing a red hat
EXPLAIN_OUT ?= reports/prompt

# Tests compute on one thread each, in one process a core; what a file's tests share is made once.
PYTEST := pytest --numprocesses auto --maxprocesses 4 --dist loadfile
NBMAKE := -o addopts= -p no:cacheprovider --nbmake --nbmake-timeout=900 notebooks
QUIET := TRANSFORMERS_VERBOSITY=error DIFFUSERS_VERBOSITY=error

.DEFAULT_GOAL := help
.PHONY: help explain app study reports test test-all test-notebooks notebooks test-newcomer lint bench calibrate train clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

explain: $(VENV)/installed ## install, then draw PROMPT="..." and explain it: picture, overlays, tree, overlaps, page
	$(RUN) visuosyn explain "$(PROMPT)" --out $(EXPLAIN_OUT)

app: $(VENV)/installed-dev ## install, then serve the app on this machine
	$(RUN) visuosyn app

study: $(VENV)/installed ## install, then run the relation study of the bundled model; prints where the report is
	$(RUN) visuosyn study $(STUDY_CORPUS) --out $(STUDY_OUT) $(STUDY_OPTIONS)

reports: $(VENV)/installed ## rebuild reports/; run folders go to runs/, an interrupted study goes on
	$(RUN) visuosyn trace $(STUDY_CORPUS) --out runs/relations --seeds 0-3
	$(RUN) visuosyn world planted --out runs/relations/tables/planted.csv
	$(RUN) visuosyn measure runs/relations
	$(RUN) visuosyn report runs/relations
	$(RUN) visuosyn export runs/relations reports/relations
	$(RUN) visuosyn cohyponyms --out runs/cohyponyms
	$(RUN) visuosyn export runs/cohyponyms reports/cohyponyms
	$(RUN) visuosyn adjectives --out runs/adjectives
	$(RUN) visuosyn export runs/adjectives reports/adjectives

test: lint ## install, then lint, check types and run the tests
	$(RUN) $(PYTEST)

test-all: lint ## the same with the slow tests
	$(RUN) $(PYTEST) -m "slow or not slow"

test-notebooks: $(VENV)/installed-dev ## run every notebook on the bundled model; their files stay as they are
	$(QUIET) $(RUN) pytest $(NBMAKE)

notebooks: $(VENV)/installed-dev ## run every notebook and keep its new outputs
	$(QUIET) $(RUN) pytest --overwrite $(NBMAKE)

test-newcomer: ## from a clone to one's own overlay, by the commands that the README tells
	tests/newcomer.sh

lint: $(VENV)/installed-dev ## ruff, mypy, and the corpora are valid
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy visuosyn training
	@for corpus in corpora/*/*.conllu; do $(VENV)/bin/visuosyn validate $$corpus || exit 1; done

bench: $(VENV)/installed-dev ## speed and memory as ratios, side by side
	@for bench in tests/benchmarks/bench_*.py; do echo; echo "== $$bench"; $(VENV)/bin/python $$bench || exit 1; done

calibrate: $(VENV)/installed ## tests and intervals on 2,000 simulated studies each: reports/calibration.csv
	$(RUN) visuosyn calibrate --out reports/calibration.csv

train: $(VENV)/installed ## train the bundled model further (CPU hours; resumes from checkpoints/)
	$(RUN) training train --out checkpoints/micro --resume --export visuosyn/microworld/model

clean: ## remove .venv and caches
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python $(DEPENDS)
	$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) --editable '.[dev]'
	@touch $@
