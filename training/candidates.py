"""What the reranker learns from: a question and a few texts, some of which answer it.

Candidates come from the real first stage, dense and lexical search over all training passages
and the background texts in one library. Groups come at two lengths, since the reranker orders
whole passages first and their sentences afterwards.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ingest.embed import Encoder
from ingest.store import Library
from rag.evaluation.beir import Collection, fill
from rag.retrieve import retrieve
from rag.settings import RetrievalSettings
from rag.types import Hit
from training import background
from training.data import Asked, Text

HELD_OUT = frozenset({"cell-biology", "law", "mechanics", "networks"})  # subjects never trained on
_DEPTH = 30  # candidates of the first stage from which negatives are drawn


@dataclass(frozen=True, slots=True)
class Group:
    """A question and its texts; `right` marks those that answer it, or `teacher` scores them all.

    `kind` is "passages", "units", "unanswerable", "summary" or "background".
    """

    question: str
    texts: tuple[str, ...]
    right: tuple[bool, ...] = ()
    teacher: tuple[float, ...] = ()
    kind: str = "passages"


def shown(title: str, text: str) -> str:
    """A text as the reranker reads it: led by its heading, as `ingest.chunk.embedding_text` does."""
    return f"{title}\n{text}"


class Mine:
    """The first stage over the training passages and background texts."""

    def __init__(
        self, texts: Sequence[Text], background_texts: Sequence[str], encoder: Encoder, folder: Path
    ) -> None:
        """Index everything in a folder that holds nothing yet."""
        documents = {text.id: (text.title, shown(text.title, text.text)) for text in texts}
        documents |= {f"background-{n}": ("", text) for n, text in enumerate(background_texts)}
        asked = {"-": "-"}
        collection = Collection("training", documents, asked, {"-": {"-": 1}})
        self._library = Library(folder, create=True)
        self._encoder = encoder
        self.owners = fill(self._library, collection, encoder, lambda *_: None)
        self.documents = documents

    def search(self, questions: Sequence[str]) -> list[list[Hit]]:
        """The first candidates of each question, best first."""
        vectors = self._encoder.encode(list(questions))
        settings = RetrievalSettings(candidates=_DEPTH)
        return [
            retrieve(self._library, question, vector, settings)[:_DEPTH]
            for question, vector in zip(questions, vectors, strict=True)
        ]


def groups(
    texts: Sequence[Text], encoder: Encoder, count_background: int, count_summaries: int, seed: int
) -> list[Group]:
    """All groups, in an order that the seed fixes."""
    generator = random.Random(seed)
    plain = background.passages(count_background, seed)
    spans = [background.span(text, generator) for text in plain]
    summed = background.summaries(count_summaries, seed)
    asked = [(text, item) for text in texts for item in text.asked]
    with TemporaryDirectory(prefix="katheder-training-") as scratch:
        bodies = [body for _, body in summed]
        mine = Mine(texts, list(dict.fromkeys(plain + bodies)), encoder, Path(scratch))
        queries = [item.searched for _, item in asked] + [summary for summary, _ in summed] + spans
        found = mine.search(queries)
    result = []
    for (text, item), hits in zip(asked, found, strict=False):
        others = [
            mine.documents[owner][1]
            for owner in dict.fromkeys(mine.owners[hit.passage.id] for hit in hits)
            if owner != text.id
        ]
        result += list(_asked_groups(text, item, others, generator))
    for (summary, body), hits in zip(summed, found[len(asked) :], strict=False):
        others = [hit.passage.text for hit in hits if hit.passage.text != body]
        hard = others[:3] + generator.sample(others[3:], min(2, len(others[3:])))
        result.append(Group(summary, (body, *hard), (True,) + (False,) * len(hard), kind="summary"))
    for query, hits in zip(spans, found[len(asked) + len(summed) :], strict=True):
        if len(hits) >= 8:
            drawn = hits[:3] + generator.sample(hits[3:], 3)
            result.append(
                Group(
                    query,
                    tuple(hit.passage.text for hit in drawn),
                    teacher=tuple(_teacher(drawn)),
                    kind="background",
                )
            )
    generator.shuffle(result)
    return result


def _asked_groups(
    text: Text, item: Asked, others: Sequence[str], generator: random.Random
) -> list[Group]:
    query = item.searched
    hard = list(others[:3]) + generator.sample(others[3:], min(2, len(others[3:])))
    own = shown(text.title, text.text)
    if not item.answer:
        return [Group(query, (own, *hard), (False,) * (1 + len(hard)), kind="unanswerable")]
    passages = Group(query, (own, *hard), (True,) + (False,) * len(hard))
    evidence = set(item.evidence)
    rest = [n for n in range(1, len(text.units) + 1) if n not in evidence]
    chosen = sorted(evidence) + generator.sample(rest, min(6, len(rest)))
    titled = generator.random() < 0.7
    units = [shown(text.title, text.units[n - 1]) if titled else text.units[n - 1] for n in chosen]
    foreign = [_piece(other, titled, generator) for other in hard[:2]]
    return [
        passages,
        Group(
            query,
            (*units, *foreign),
            tuple(n in evidence for n in chosen) + (False,) * len(foreign),
            kind="units",
        ),
    ]


def _piece(passage: str, titled: bool, generator: random.Random) -> str:
    """One line of another passage, with or without its title."""
    title, *lines = passage.split("\n")
    line = generator.choice(lines) if lines else title
    return shown(title, line) if titled and lines else line


def _teacher(hits: Sequence[Hit]) -> list[float]:
    """Dense and lexical scores, each standardised over the group and added."""
    total = np.zeros(len(hits))
    for stage in ("dense", "lexical"):
        scores = [hit.score(stage) for hit in hits]  # type: ignore[arg-type]
        known = [score for score in scores if score is not None]
        lowest = min(known, default=0.0)
        values = np.array([lowest if score is None else score for score in scores])
        total += (values - values.mean()) / (values.std() + 1e-6)
    return [float(value) for value in total]
