# make demo      draw a street, learn it, test it (about five minutes after the install)
# make test      everything that is checked before a change lands: make check, and all tests
# make check     Ruff, mypy and the import rules
# make format    the code as Ruff formats it
# make chaos     training killed in 25 runs at random moments, testing in 12
# make fuzz      each reader fed with damaged and hostile files for 200 seconds
# make soak      cameras watched for an hour while things fail; MINUTES=2 to try it
# make bench     what things cost
# make media     some 370 video files, read by this program and by ffmpeg (ten minutes; needs ffmpeg)
# make results   the tables and plots of docs/RESULTS.md, from models trained for that; a night on two cores
# make docs      the site of the documentation, in site/
# make dist      wheel and archive in dist/, installed and tried on each Python that is there
# make pictures  those of the documentation, from the demo; needs Chromium
# make clean     removes the environment, the demo and what was built
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
MINUTES ?= 60

.PHONY: demo test check format chaos fuzz soak bench media results docs dist pictures clean

$(VENV)/.runtime: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(VENV)/.runtime
	$(BIN)/python preprocess.py --dataset demo --img $(DEMO)/img
	$(BIN)/python train_model.py --img $(DEMO)/img --epochs 2 --strides 1 --output $(DEMO)/model.h5
	$(BIN)/python test_model.py --model $(DEMO)/model.h5 --img $(DEMO)/img --output $(DEMO)/results
	@echo "to look at: $(DEMO)/results/report.html"

test: check
	$(BIN)/python -m pytest

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

chaos: $(VENV)/.dev
	$(BIN)/python benchmarks/chaos.py --runs 25
	$(BIN)/python benchmarks/chaos.py --program test --runs 12

fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz --seconds 200 --seed 0

soak: $(VENV)/.dev
	$(BIN)/python benchmarks/soak.py --minutes $(MINUTES) --load 20

bench: demo $(VENV)/.dev
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/layers.py
	$(BIN)/python benchmarks/checkpoint_cost.py
	$(BIN)/python benchmarks/panels.py
	$(BIN)/python benchmarks/extraction.py
	$(BIN)/python benchmarks/disturbances.py
	$(BIN)/python benchmarks/end_to_end.py --model $(DEMO)/model.h5
	$(BIN)/python benchmarks/start.py --img $(DEMO)/img
	$(BIN)/python benchmarks/training_memory.py
	$(BIN)/python benchmarks/fleet.py --model $(DEMO)/model.h5 --img $(DEMO)/img

media: $(VENV)/.dev
	$(BIN)/python benchmarks/media.py

results: $(VENV)/.dev
	$(BIN)/python -m benchmarks.results

docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

dist: $(VENV)/.dev
	rm -rf build dist
	$(BIN)/python -m build
	for version in 3.11 3.12 3.13; do \
		python$$version --version >/dev/null 2>&1 || { echo "no python$$version: not tried"; continue; }; \
		python$$version -m venv build/$$version && \
		build/$$version/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl && \
		(cd build && sh ../deploy/try_package.sh $$version/bin) || exit 1; \
	done

pictures: demo $(VENV)/.dev
	$(BIN)/python docs/pictures.py $(DEMO)/results docs/images

clean:
	rm -rf $(VENV) $(DEMO) build dist site *.egg-info .mypy_cache .pytest_cache .ruff_cache
