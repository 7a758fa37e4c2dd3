# `make` lists the targets. Each sets up what it needs: a `.venv` with the locked requirements.
.DEFAULT_GOAL := help
.PHONY: help run mnist study test torture fuzz bench lint readme lock

PYTHON ?= python3
INSTALLED := .venv/installed
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help:  ## List the targets.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 10

run: $(INSTALLED)  ## Run the pipeline as params.yaml says: at first, on the bundled digits.
	dvc repro
	@echo "accuracy on the test images: $$(sed -n 's/.*"accuracy": \([0-9.]*\).*/\1/p' reports/metrics.json)"
	@echo "plots: $$(ls reports/*.png | tr '\n' ' ')"
	@echo "draw a digit yourself: open reports/demo.html in a browser"

mnist: $(INSTALLED)  ## Run the pipeline on MNIST, as an experiment.
	dvc exp run -S dataset=mnist

study: $(INSTALLED)  ## Run the diary as a study: what helps, with five seeds each.
	dvc repro convert
	python -m stages.study study/diary.yaml

test: $(INSTALLED)  ## Run the tests.
	python -m pytest

torture: $(INSTALLED)  ## Kill, starve and mislead the pipeline, and count what it survives (takes half an hour).
	python -m tests.torture

fuzz: $(INSTALLED)  ## Try N mutated files on each reader (N=100000, SEED=1).
	python -m tests.torture.fuzz --count $(or $(N),100000) --seed $(or $(SEED),1)

bench: $(INSTALLED)  ## Measure speed side by side with PyTorch and others (takes ten minutes).
	python -c "import torch" 2>/dev/null || python -m pip install --quiet torch==2.13.0
	python -m tests.benchmarks

lint: $(INSTALLED)  ## Check style, types, and that the README says what the code does.
	ruff check .
	ruff format --check .
	mypy
	cog --check README.md

readme: $(INSTALLED)  ## Write the README's generated parts anew.
	cog -r README.md

lock:  ## Lock the requirements anew (needs uv).
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --upgrade --output-file requirements.txt

$(INSTALLED): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": name another, as in make PYTHON=python3.12 run" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.txt
	touch $@
