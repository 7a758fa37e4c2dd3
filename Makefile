# `make` lists the targets. Each sets up what it needs: a `.venv` with the locked requirements.
# Written for make 3.81 and POSIX tools, as macOS has them: commands are named by their path, since
# that make starts simple commands without the PATH that a Makefile exports.
.DEFAULT_GOAL := help
.PHONY: help run mnist study repair test torture fuzz bench lint docs audit lock environment

PYTHON ?= python3
BIN := .venv/bin
# One at a time, and in the environment.
ALONE := $(BIN)/python tools/one_at_a_time.py
DVC := $(ALONE) dvc
REPAIR := $(ALONE) python tools/repair.py
LOCK := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
PAGES := CONTRIBUTING.md docs/*.md

help:  ## List the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-10s%s\n", $$1, $$2 }' Makefile

run: environment  ## Run the pipeline as params.yaml says: at first, on mnist-5k.
	@$(REPAIR)
	$(DVC) repro
	@$(BIN)/python tools/result.py

mnist: environment  ## Run the pipeline on MNIST, as an experiment.
	@$(REPAIR)
	$(DVC) exp run -S dataset=mnist
	@$(BIN)/python tools/result.py --experiment

study: environment  ## Run the diary as a study: what helps, with five seeds each.
	@$(REPAIR)
	$(DVC) repro convert
	$(BIN)/python -m stages.study study/diary.yaml

repair: environment  ## Repair DVC's own files after a kill or a power cut; `make run` does so too.
	@$(REPAIR) --all

test: environment  ## Run the tests, on all cores.
	$(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder

torture: environment  ## Kill, starve and mislead the pipeline, and count what it survives (half an hour).
	$(BIN)/python -m tests.torture

fuzz: environment  ## Try N mutated files on each reader, fewer on slow ones (N=100000, SEED=1).
	$(BIN)/python -m tests.torture.fuzz --count $(or $(N),100000) --seed $(or $(SEED),1)

bench: environment  ## Measure speed side by side with JAX, PyTorch and others (takes up to twenty minutes).
	$(BIN)/python -c "import jax, sklearn, torch" 2>/dev/null || $(BIN)/python -m pip install --quiet "jax[cpu]>=0.10" "scikit-learn>=1.5" torch==2.13.0
	$(BIN)/python -m tests.benchmarks

lint: environment  ## Check style, types, and that the documentation says what the code does.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 stages docs tools
	$(BIN)/mypy --platform darwin
	[ ! -x $(BIN)/oxfmt ] || $(BIN)/oxfmt --check stages/pages/assets/*.js stages/pages/assets/*.css
	$(BIN)/python -m cogapp --check $(PAGES)
	$(BIN)/python -m docs.params_comments --check

docs: environment  ## Write the generated parts of CONTRIBUTING.md, docs/ and params.yaml anew.
	$(BIN)/python -m cogapp -r $(PAGES)
	$(BIN)/python -m docs.params_comments

audit: environment  ## List the licences of all that is installed, and known vulnerabilities.
	$(BIN)/python tools/licences.py
	.ci/audit

lock:  ## Lock the requirements anew, keeping versions (needs uv; ARGS=--upgrade takes the newest).
	uv pip compile pyproject.toml --extra dev --output-file requirements.txt $(LOCK) $(ARGS)
	uv pip compile requirements-build.in --output-file requirements-build.txt $(LOCK) $(ARGS)

environment:
	@$(PYTHON) tools/environment.py
