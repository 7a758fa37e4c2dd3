# `make` lists the targets. Each sets up what it needs: a `.venv` with the locked requirements.
# Written for make 3.81 and POSIX tools, as macOS has them: commands are named by their path, since
# that make starts simple commands without the PATH that a Makefile exports.
.DEFAULT_GOAL := help
.PHONY: help run mnist recipe reset verify study repair test test-all test-lowest torture fuzz bench lint \
	docs audit lock environment environment-study environment-dev

PYTHON ?= python3
BIN := .venv/bin
# One at a time, and in the environment.
ALONE := $(BIN)/python tools/one_at_a_time.py
DVC := $(ALONE) dvc
REPAIR := $(ALONE) python tools/repair.py
# Bytecode is kept even where PYTHONDONTWRITEBYTECODE is set: the tests start a thousand processes.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder
UV = $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
# The newest versions that fit those before, as hashes, without addresses of an index.
LOCK = $(UV) pip compile --universal --python-version 3.11 --generate-hashes --quiet --no-header \
	--no-annotate --no-emit-index-url $(ARGS)
PAGES := CONTRIBUTING.md docs/*.md

help:  ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-13s%s\n", $$1, $$2 }' Makefile

run: environment  ## Run the pipeline as params.yaml says: at first, on mnist-5k.
	@$(REPAIR)
	$(DVC) repro
	@$(BIN)/python tools/result.py

mnist: NAME = mnist
mnist: recipe  ## Run the pipeline on MNIST, as the experiment `mnist`; the workspace stays as it is.

recipe: environment  ## The same with the parameters of recipes/NAME.yaml (NAME=classic, SET=train.seed=2).
	@$(REPAIR)
	@$(ALONE) python -m tools.experiment "$(NAME)" $(SET)

reset: environment  ## Bring back the parameters of the last commit, and the outputs that belong to them.
	@git --no-pager diff -R params.yaml
	git checkout HEAD -- params.yaml
	@$(REPAIR)
	$(DVC) repro
	@$(BIN)/python tools/result.py

verify: environment  ## Run the last commit's pipeline again, elsewhere, and compare the outputs byte for byte.
	@$(BIN)/python -m stages.verify

study: environment-study  ## Run the diary as a study: what helps, with ten seeds each.
	@$(REPAIR)
	$(DVC) repro convert
	$(BIN)/python -m stages.study study/diary.yaml

repair: environment  ## Repair DVC's own files after a kill or a power cut; `make run` does so too.
	@$(REPAIR) --all

test: environment-dev  ## Run the tests of all that a change of the code can break, on all cores.
	$(PYTEST) -m "not slow"

test-all: test  ## Run all tests: those of pages, DVC's files, interruptions and simulated systems too.
	$(PYTEST) -m slow
	DIGITS_KERNELS=native OPENBLAS_CORETYPE=Sandybridge $(PYTEST) tests/network tests/classifier

test-lowest: environment  ## Run the tests with the lowest versions that pyproject.toml allows.
	$(UV) venv --quiet --clear --python $(BIN)/python .venv/lowest
	$(UV) pip install --python .venv/lowest --resolution lowest-direct -r pyproject.toml --group dev
	$(PYTEST:$(BIN)%=.venv/lowest/bin%) -m "not slow"

torture: environment-dev  ## Kill, starve and mislead the pipeline, and count what it survives (half an hour).
	$(BIN)/python -m tests.torture

fuzz: environment-dev  ## Try N mutated files on each reader, fewer on slow ones (N=100000, SEED=1).
	$(BIN)/python -m tests.torture.fuzz --count $(or $(N),100000) --seed $(or $(SEED),1)

bench: environment-dev  ## Measure speed side by side with JAX, PyTorch and others (takes up to an hour).
	KERAS_BACKEND=jax $(BIN)/python -c "import flax, jax, keras, sklearn, torch" 2>/dev/null || $(PYTHON) -m pip --python $(BIN)/python install "jax[cpu]>=0.10" flax keras scikit-learn torch==2.13.0
	$(BIN)/python -m tests.benchmarks

lint: environment-dev  ## Check style, types, and that the documentation says what the code does.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 stages docs tools
	$(BIN)/mypy --platform darwin
	[ ! -x $(BIN)/oxfmt ] || $(BIN)/oxfmt --check stages/pages/assets/*.js stages/pages/assets/*.css
	$(BIN)/python -m cogapp --check $(PAGES)
	$(BIN)/python -m docs.params_comments --check
	$(BIN)/python -m docs.how_it_learns --check

docs: environment-dev  ## Write the generated parts of CONTRIBUTING.md, docs/ and params.yaml anew.
	$(BIN)/python -m cogapp -r $(PAGES)
	$(BIN)/python -m docs.params_comments
	$(BIN)/python -m docs.how_it_learns

audit: environment-dev  ## List the licences of all that is installed, and known vulnerabilities.
	$(BIN)/python tools/licences.py
	.ci/audit

lock: environment  ## Lock the requirements anew, keeping versions (ARGS=--upgrade takes the newest).
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) pyproject.toml --group study -c requirements/run.txt -o requirements/study.txt
	$(LOCK) pyproject.toml --group dev -c requirements/study.txt -o requirements/dev.txt
	for group in build uv audit; do $(LOCK) --group $$group -o requirements/$$group.txt || exit 1; done

environment:
	@$(PYTHON) tools/environment.py run

environment-study environment-dev:
	@$(PYTHON) tools/environment.py $(@:environment-%=%)
