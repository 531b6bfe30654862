# Everything is set up by the target that needs it: `make demo` and `make test` work on a fresh checkout.
# Needed: make, and Python 3.11 or newer. Downloads are kept outside the checkout (pip's cache, ~/.cache).

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
RUN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PROGRAMS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/fokusstrom/bin
HELMS := v3.22.0 v4.3.1

# Where it is set every process compiles all that it imports, for seconds: the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.PHONY: demo
demo: $(INSTALLED) ## start Kafka and every service, simulate citizens, show the figures
	@$(RUN)/fokusstrom demo

.PHONY: test
test: $(INSTALLED) ## run every test, those on a real Kafka included
	@$(RUN)/pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: check
check: $(INSTALLED) ## format, lint, types, layers, SQL: what CI runs before the tests
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/sqlfluff lint --disable-progress-bar services benchmarks
	$(RUN)/mypy
	$(RUN)/lint-imports --no-cache

.PHONY: format
format: $(INSTALLED) ## format Python and SQL, and fix what the linters can
	$(RUN)/ruff check --fix-only .
	$(RUN)/ruff format .
	$(RUN)/sqlfluff fix --disable-progress-bar --quiet services benchmarks

.PHONY: bench
bench: $(INSTALLED) ## measure speed and memory on this machine
	@$(RUN)/python -m benchmarks

.PHONY: faults
faults: $(INSTALLED) ## every scripted fault on a real broker, one after the other: an hour
	@$(RUN)/pytest -m fault --timeout 900

.PHONY: soak
soak: $(INSTALLED) ## facts and faults by chance for hours, everything proved again and again: SECONDS=7200 SEED=...
	@$(RUN)/python -m tests.faults.soak --seconds $(or $(SECONDS),7200) $(if $(SEED),--seed $(SEED))

.PHONY: fuzz
fuzz: $(INSTALLED) ## records that Atheris makes up, guided by what they reach: SECONDS=600; what it finds is kept in FOLDER
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check 'atheris>=3,<4'
	@$(RUN)/python -m tests.faults.fuzz $(or $(FOLDER),.fuzz) -max_total_time=$(or $(SECONDS),600) \
		-use_value_profile=1 -artifact_prefix=$(or $(FOLDER),.fuzz)/

.PHONY: load
load: $(INSTALLED) ## 200 facts a second with a kill every minute, memory watched: SECONDS=3600
	@$(RUN)/python -m tests.faults.load --seconds $(or $(SECONDS),3600)

.PHONY: histories
histories: $(INSTALLED) ## the tests on random histories, a hundred times as many of them
	@$(RUN)/pytest -m "not slow and not broker and not fault" --hypothesis-profile=soak --timeout=0

.PHONY: helm
helm: $(HELMS:%=$(PROGRAMS)/.helm-%) ## build Helm 3 and 4 with Go, for the tests of the chart

.PHONY: lock
lock: $(INSTALLED) ## choose the versions of all packages anew, within pyproject.toml's bounds
	$(RUN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--quiet --output-file requirements.lock
	$(RUN)/uv pip compile pyproject.toml --constraints requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--quiet --output-file requirements-image.lock
	$(RUN)/uv pip compile benchmarks/peers/quix.in --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--quiet --output-file benchmarks/peers/quix.lock

.PHONY: clean
clean: ## remove what make and the tools made here; data folders stay
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

# Minutes the first time. Go checks what it fetches against its checksum database.
# Not optimised: that compiles in three quarters of the time, and the tests render in milliseconds.
$(PROGRAMS)/.helm-%:
	@command -v go >/dev/null || { echo "Go is needed to build Helm" >&2; exit 1; }
	@echo "Building Helm $* (some minutes, once)" >&2
	@major=$(firstword $(subst ., ,$*)) && mkdir -p $@.building && \
		GOBIN=$@.building go install -gcflags='all=-N -l' helm.sh/helm/$$major/cmd/helm@$* && \
		mv $@.building/helm $(PROGRAMS)/helm$${major#v} && rmdir $@.building
	@touch $@

$(INSTALLED): requirements.lock pyproject.toml hatch_build.py
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=... if it has another name" >&2; exit 1; }
	@echo "Setting up $(VENV) (a minute or two, once)" >&2
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) can't make a venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
