# `make app` serves the app, `make test` runs the fast checks, `make system` the slow ones; each sets up what it needs, once.
PYTHON ?= python3
BIN := .venv/bin
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
  --no-annotate --custom-compile-command "make lock"

.PHONY: app test system check format lock catalogues sbom clean

app: .venv/app
	$(BIN)/streamlit run streamlit_app.py

test: .venv/dev check
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --ignore tests/system

system: .venv/dev
	$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/system --ignore tests/system/load --ignore tests/system/cluster
	$(BIN)/python -m pytest -q tests/system/load tests/system/cluster

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/dev
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) requirements.in --output-file requirements.txt
	$(COMPILE) requirements-cluster.in --constraint requirements.txt --output-file requirements-cluster.txt
	$(COMPILE) requirements-hospital.in --constraint requirements.txt --output-file requirements-hospital.txt
	$(COMPILE) requirements-server.in --constraint requirements.txt --output-file requirements-server.txt
	$(COMPILE) requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt
	$(COMPILE) requirements-read.in --constraint requirements.txt --output-file requirements-read.txt
	sed -e '/^tensorflow-cpu/d' -e 's/^tensorflow==\([0-9.]*\).*/tensorflow[and-cuda]==\1/' requirements.in \
	  | $(COMPILE) - --output-file requirements-gpu.txt
	sed -e '$$a jax[cuda12]==0.10.2' requirements.in \
	  | $(COMPILE) - --constraint requirements.txt --output-file requirements-gpu-jax.txt

catalogues: .venv/dev
	$(BIN)/python -m tools.catalogues

sbom: .venv/app
	$(BIN)/python -m pip install --quiet cyclonedx-bom==7.5.0
	$(BIN)/cyclonedx-py requirements --output-reproducible --of JSON --output-file sbom.cdx.json requirements.txt

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=...")'
	$(PYTHON) -m venv .venv

.venv/app: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

.venv/dev: requirements.txt requirements-dev.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@ .venv/app

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
