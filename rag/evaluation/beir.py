"""Measure retrieval on collections in BEIR's form, to compare with published figures.

A BEIR folder has `corpus.jsonl` and `queries.jsonl`, an object with `_id`, `title` and `text` a
line, and `qrels/SPLIT.tsv` with the columns query-id, corpus-id and score. It becomes a library
of its own in a temporary folder: one document whose pages are the collection's documents. What
is longer than the encoder's window is cut, and a document's rank is that of its best passage.
Source: Thakur et al., NeurIPS 2021 (datasets track).
"""

from __future__ import annotations

import csv
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingest.chunk import embedding_text, windows
from ingest.embed import Encoder
from ingest.pipeline import index_config
from ingest.store import Library
from ingest.types import Document, Page, ParsedDocument, Passage, Span
from rag.errors import BadQuestionFile
from rag.evaluation.bootstrap import mean_interval
from rag.rerank import Reranker, rerank
from rag.retrieve import retrieve
from rag.settings import RetrievalSettings, Settings
from rag.types import Hit

DEPTH = 100
METRICS = ("nDCG@10", "R@100", "RR@10")

#: Called with the name of a step, how much of it is done, and how much there is.
ProgressCallback = Callable[[str, int, int], None]

_FRAME_TOKENS = 2  # [CLS] and [SEP]
_BATCH = 128


@dataclass(frozen=True, slots=True)
class Collection:
    """A BEIR folder, read: texts by id, and the judgements above 0 by query and document.

    `documents` maps an id to title and text; queries without a judgement above 0 are left out.
    """

    name: str
    documents: Mapping[str, tuple[str, str]]
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, int]]

    @property
    def graded(self) -> bool:
        """Whether some documents are judged better than others."""
        return len({grade for grades in self.judgements.values() for grade in grades.values()}) > 1


@dataclass(frozen=True, slots=True)
class BeirFigure:
    """One figure of one system: the mean over `n` queries with its 95 % bootstrap interval."""

    system: str
    metric: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class BeirResult:
    """All figures of a collection; `seconds` are those of indexing and of each system's queries."""

    collection: str
    documents: int
    passages: int
    queries: int
    rows: tuple[BeirFigure, ...]
    seconds: Mapping[str, float]
    models: Mapping[str, str]

    def __iter__(self) -> Iterator[BeirFigure]:
        return iter(self.rows)

    def value(self, system: str, metric: str) -> float:
        """One mean."""
        return next(r.value for r in self.rows if (r.system, r.metric) == (system, metric))

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values that `json.dumps` takes."""
        return asdict(self)


def read_beir(folder: Path, split: str = "test") -> Collection:
    """Read a BEIR folder.

    Raises:
        BadQuestionFile: a file is missing or a line does not fit; both are named.
    """
    documents = {
        str(row["_id"]): (str(row.get("title") or "").strip(), str(row["text"]).strip())
        for row in _objects(folder / "corpus.jsonl")
    }
    queries = {str(row["_id"]): str(row["text"]) for row in _objects(folder / "queries.jsonl")}
    judgements: dict[str, dict[str, int]] = {}
    file = folder / "qrels" / f"{split}.tsv"
    rows = csv.reader(_lines(file), delimiter="\t", quoting=csv.QUOTE_NONE)
    for number, row in enumerate(rows, start=1):
        if not row or (number == 1 and row[0] == "query-id"):
            continue
        try:
            query, document, grade = row[0], row[1], int(row[2])
        except (IndexError, ValueError):
            raise BadQuestionFile(
                f"{file}, line {number}: expected query-id, corpus-id and a whole score between "
                f"tabs, got {row!r}"
            ) from None
        if query not in queries:
            raise BadQuestionFile(f"{file}, line {number}: queries.jsonl has no query {query!r}")
        if grade > 0:
            judgements.setdefault(query, {})[document] = grade
    if not judgements:
        raise BadQuestionFile(f"{file}: no judgement is above 0, so there is nothing to measure")
    judged = {query: queries[query] for query in judgements}
    return Collection(folder.resolve().name, documents, judged, judgements)


def evaluate_beir(
    folder: Path,
    encoder: Encoder,
    reranker: Reranker | None = None,
    settings: Settings | None = None,
    *,
    split: str = "test",
    progress: ProgressCallback | None = None,
) -> BeirResult:
    """Measure dense, BM25 and fused retrieval, and the reranked order where there is a reranker.

    Each goes through `rag.retrieve` under the settings, with at least 100 candidates a list so
    that R@100 means something. nDCG takes the judgements as gains; where they are graded, it
    is also given with every one of them counted as 1.

    Args:
        folder: The BEIR folder.
        encoder: The bi-encoder; everything is encoded again.
        reranker: Orders the fused candidates again.
        settings: Fusion, candidates and reranking; by default those of `Settings`.
        split: Which file of `qrels`.
        progress: Called as the work goes on.

    Raises:
        BadQuestionFile: the folder is not in BEIR's form.
    """
    settings = settings or Settings()
    tell = progress or (lambda what, done, total: None)
    collection = read_beir(folder, split)
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="katheder-beir-") as scratch:
        library = Library(Path(scratch), create=True)
        try:
            start = time.perf_counter()
            owners = fill(library, collection, encoder, tell)
            seconds["index"] = time.perf_counter() - start
            start = time.perf_counter()
            queries = list(collection.queries.values())
            vectors = _encode(queries, encoder.encode_questions, encoder.dimension, "queries", tell)
            seconds["encode queries"] = time.perf_counter() - start
            spare = len(owners) - len(collection.documents)
            runs: dict[str, dict[str, list[str]]] = {}
            for system, retrieval in _systems(settings.retrieval, spare).items():
                start = time.perf_counter()
                second_stage = reranker if system == "fused" else None
                changed = settings.model_copy(update={"retrieval": retrieval})
                first, second = _search(
                    library, collection, vectors, changed, second_stage, owners, tell
                )
                runs[system] = first
                if second_stage:
                    runs["reranked"] = second
                seconds[system] = time.perf_counter() - start
            passages = library.count()
        finally:
            library.close()
    rows = [row for system, run in runs.items() for row in system_figures(system, run, collection)]
    models = {"encoder": encoder.identity} | ({"reranker": reranker.name} if reranker else {})
    return BeirResult(
        collection.name,
        len(collection.documents),
        passages,
        len(collection.queries),
        tuple(rows),
        seconds,
        models,
    )


def system_figures(
    system: str, run: Mapping[str, Sequence[str]], collection: Collection
) -> list[BeirFigure]:
    """The figures of one system, from the ids that it retrieved for each query, best first."""
    import ir_measures

    scored = {
        query: {document: 1.0 / rank for rank, document in enumerate(ranking, start=1)}
        for query, ranking in run.items()
    }
    binary = {query: dict.fromkeys(grades, 1) for query, grades in collection.judgements.items()}
    measures = [(metric, metric, collection.judgements) for metric in METRICS]
    if collection.graded:
        measures.insert(1, ("nDCG@10 binary", "nDCG@10", binary))
    rows = []
    for name, metric, judgements in measures:
        values = {
            str(item.query_id): float(item.value)
            for item in ir_measures.iter_calc(
                [ir_measures.parse_measure(metric)],
                {query: dict(grades) for query, grades in judgements.items()},
                scored,
            )
        }
        ordered = np.array([values.get(query, 0.0) for query in collection.queries])
        low, high = mean_interval(ordered)
        rows.append(BeirFigure(system, name, float(ordered.mean()), low, high, len(ordered)))
    return rows


def fill(
    library: Library, collection: Collection, encoder: Encoder, progress: ProgressCallback
) -> dict[str, str]:
    """Put a collection into an empty library and return the document of each passage id."""
    file = f"{collection.name}/corpus.jsonl"
    pages: list[Page] = []
    passages: list[Passage] = []
    owners: dict[str, str] = {}
    for number, (id, (title, text)) in enumerate(collection.documents.items(), start=1):
        whole = f"{title}\n{text}" if title and not text.startswith(title) else text
        pages.append(Page(number, whole, 0, 0, title))
        lead = title if encoder.count_tokens([title])[0] <= encoder.window // 2 else ""
        room = encoder.window - _FRAME_TOKENS
        for start, end in windows(whole, room, encoder.count_tokens, lead):
            passage = Passage(
                id=f"beir-{len(passages):07d}",
                document="beir",
                file=file,
                title=collection.name,
                pages=(number,),
                headings=(lead,) if start and lead else (),
                text=" ".join(whole[start:end].split()),
                spans=(Span(number, start, end),),
            )
            owners[passage.id] = id
            passages.append(passage)
    texts = [embedding_text(passage) for passage in passages]
    vectors = _encode(texts, encoder.encode, encoder.dimension, "documents", progress)
    library.check_or_set_config(index_config(encoder, encoder.window, 0))
    document = Document("beir", file, file, collection.name, len(pages))
    library.add(ParsedDocument(document, tuple(pages)), passages, vectors)
    return owners


def _systems(settings: RetrievalSettings, spare: int) -> dict[str, RetrievalSettings]:
    """The first stage in three set-ups; alone, a list goes so deep that 100 documents are in it."""
    alone = min(DEPTH + spare, 1000)
    changes: dict[str, dict[str, float]] = {
        "dense": {"dense_weight": 1.0, "lexical_weight": 0.0, "candidates": alone},
        "BM25": {"dense_weight": 0.0, "lexical_weight": 1.0, "candidates": alone},
        "fused": {"candidates": max(settings.candidates, DEPTH)},
    }
    return {name: settings.model_copy(update=change) for name, change in changes.items()}


def _search(
    library: Library,
    collection: Collection,
    vectors: np.ndarray,
    settings: Settings,
    reranker: Reranker | None,
    owners: Mapping[str, str],
    progress: ProgressCallback,
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The documents for each query, best first: of the first stage, and reranked."""
    first: dict[str, list[str]] = {}
    second: dict[str, list[str]] = {}
    for number, ((query, text), vector) in enumerate(
        zip(collection.queries.items(), vectors, strict=True), start=1
    ):
        hits = retrieve(library, text, vector, settings.retrieval)
        first[query] = _documents(hits, owners)
        if reranker:
            second[query] = _documents(rerank(text, hits, reranker, settings.rerank), owners)
        progress("search", number, len(collection.queries))
    return first, second


def _documents(hits: Sequence[Hit], owners: Mapping[str, str]) -> list[str]:
    """Each document once, at the rank of its best passage; at most 100."""
    return list(dict.fromkeys(owners[hit.passage.id] for hit in hits))[:DEPTH]


def _encode(
    texts: list[str],
    encode: Callable[[Sequence[str]], np.ndarray],
    dimension: int,
    what: str,
    progress: ProgressCallback,
) -> np.ndarray:
    """Vectors in the order of the texts, encoded in batches of similar length."""
    order = sorted(range(len(texts)), key=lambda position: -len(texts[position]))
    vectors = np.zeros((len(texts), dimension), dtype=np.float32)
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        vectors[batch] = encode([texts[position] for position in batch])
        progress(what, start + len(batch), len(texts))
    return vectors


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise BadQuestionFile(
            f"{file} cannot be read ({error.strerror}); a BEIR folder has corpus.jsonl, "
            "queries.jsonl and qrels/test.tsv"
        ) from error
    except UnicodeDecodeError as error:
        raise BadQuestionFile(f"{file} is not UTF-8: {error}") from error


def _objects(file: Path) -> Iterator[dict[str, Any]]:
    """Each line as an object with `_id` and `text`."""
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise BadQuestionFile(f"{file}, line {number}: not JSON ({error})") from error
        if not isinstance(row, dict) or "_id" not in row or "text" not in row:
            raise BadQuestionFile(f"{file}, line {number}: expected an object with _id and text")
        yield row
