"""The reranker's training examples: a question and a few texts, some of which answer it.

Candidates come from the real first stage: dense and lexical search over a library of all training
passages and the background texts. The texts of a group are passages or units, since the reranker
first orders passages and then their sentences.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from training.pdf_text import damaged_units, pdf_text
from training.texts import TrainingQuestion, TrainingText

HELD_OUT = frozenset({"cell-biology", "law", "mechanics", "networks"})  # never trained on
_DEPTH = 30  # candidates of the first stage from which negatives are drawn


@dataclass(frozen=True, slots=True)
class Group:
    """A question and its texts; `right` marks those that answer it, or `teacher` has their scores.

    `kind` is "passages", "units", "unanswerable", "summary" or "background".
    """

    question: str
    texts: tuple[str, ...]
    right: tuple[bool, ...] = ()
    teacher: tuple[float, ...] = ()
    kind: str = "passages"


def reranker_input(title: str, text: str) -> str:
    """A text as the reranker reads it: under its heading, as in `ingest.chunk.embedding_text`."""
    return f"{title}\n{text}"


class FirstStage:
    """Dense and lexical search over the training passages and background texts.

    `documents` are the texts by id, with their titles; `owners` gives the id of the text that a
    passage of the library comes from.
    """

    def __init__(
        self,
        texts: Sequence[TrainingText],
        background_texts: Sequence[str],
        encoder: Encoder,
        folder: Path,
        pages: Mapping[str, str] | None = None,
    ) -> None:
        """Index all texts in an empty folder.

        Args:
            texts: The training passages.
            background_texts: Other texts.
            encoder: Of the dense search.
            folder: Where the library is made.
            pages: What is indexed of a passage in place of its units, by its id.
        """
        bodies = {text.id: text.text for text in texts} | dict(pages or {})
        documents = {
            text.id: (text.title, reranker_input(text.title, bodies[text.id])) for text in texts
        }
        documents |= {f"background-{n}": ("", text) for n, text in enumerate(background_texts)}
        no_queries = {"-": "-"}
        collection = Collection("training", documents, no_queries, {"-": {"-": 1}})
        self._library = Library(folder, create=True)
        self._encoder = encoder
        self.owners = fill(self._library, collection, encoder, lambda *_: None)
        self.documents = documents

    def search(self, questions: Sequence[str]) -> list[list[Hit]]:
        """The first 30 candidates of each question, best first."""
        vectors = self._encoder.encode_questions(list(questions))
        settings = RetrievalSettings(candidates=_DEPTH)
        return [
            retrieve(self._library, question, vector, settings)[:_DEPTH]
            for question, vector in zip(questions, vectors, strict=True)
        ]


def groups(
    texts: Sequence[TrainingText],
    encoder: Encoder,
    background_texts: Sequence[str],
    summaries: Sequence[tuple[str, str]],
    seed: int,
    pdf_share: float = 0.0,
    most: Mapping[str, int] | None = None,
) -> list[Group]:
    """Groups in random order; the same for the same seed.

    Args:
        texts: The passages with their questions.
        encoder: Of the first stage.
        background_texts: As from `background.passages`.
        summaries: Pairs of a summary and its text, as from `background.summaries`.
        seed: Of all random choices.
        pdf_share: Of the passages that look as a PDF reader gives them, see `training.pdf_text`.
        most: How many groups at most of the kinds "passages", "units" and "unanswerable"; no limit
            for a kind that is not named. The questions are drawn from all passages in turn.
    """
    most = most or {}
    generator = random.Random(seed)
    pages = {
        text.id: pdf_text(text.title, text.units, generator)
        for text in texts
        if generator.random() < pdf_share
    }
    texts = [
        replace(text, units=tuple(damaged_units(text.units, generator)))
        if text.id in pages
        else text
        for text in texts
    ]
    spans = [background.span(text, generator) for text in background_texts]
    questions = _in_turn(texts, generator)
    questions = [
        pair
        for kind, answerable in (("passages", True), ("unanswerable", False))
        for pair in [one for one in questions if bool(one[1].answer) == answerable][
            : most.get(kind)
        ]
    ]
    with TemporaryDirectory(prefix="katheder-training-") as scratch:
        plain = list(dict.fromkeys([*background_texts, *(body for _, body in summaries)]))
        first_stage = FirstStage(texts, plain, encoder, Path(scratch), pages)
        queries = [question.query for _, question in questions]
        queries += [summary for summary, _ in summaries] + spans
        candidates = first_stage.search(queries)
    result = []
    units_left = most.get("units", len(questions))
    for (text, question), hits in zip(questions, candidates, strict=False):
        others = [
            first_stage.documents[owner][1]
            for owner in dict.fromkeys(first_stage.owners[hit.passage.id] for hit in hits)
            if owner != text.id
        ]
        own = first_stage.documents[text.id][1]
        of_question = _question_groups(text, own, question, others, generator)
        result += [group for group in of_question if group.kind != "units" or units_left > 0]
        units_left -= any(group.kind == "units" for group in of_question)
    for (summary, body), hits in zip(summaries, candidates[len(questions) :], strict=False):
        others = [hit.passage.text for hit in hits if hit.passage.text != body]
        hard = others[:3] + generator.sample(others[3:], min(2, len(others[3:])))
        result.append(Group(summary, (body, *hard), (True,) + (False,) * len(hard), kind="summary"))
    for query, hits in zip(spans, candidates[len(questions) + len(summaries) :], strict=True):
        if len(hits) >= 8:
            sampled = hits[:3] + generator.sample(hits[3:], 3)
            result.append(
                Group(
                    query,
                    tuple(hit.passage.text for hit in sampled),
                    teacher=tuple(_teacher(sampled)),
                    kind="background",
                )
            )
    generator.shuffle(result)
    return result


def _in_turn(
    texts: Sequence[TrainingText], generator: random.Random
) -> list[tuple[TrainingText, TrainingQuestion]]:
    """All questions: one of each passage, then a second one of each, and so on, in random order."""
    rounds: list[tuple[int, float, TrainingText, TrainingQuestion]] = []
    for text in texts:
        shuffled = generator.sample(text.questions, len(text.questions))
        rounds += [(n, generator.random(), text, item) for n, item in enumerate(shuffled)]
    rounds.sort(key=lambda entry: entry[:2])
    return [(text, item) for *_, text, item in rounds]


def _question_groups(
    text: TrainingText,
    own: str,
    question: TrainingQuestion,
    others: Sequence[str],
    generator: random.Random,
) -> list[Group]:
    """A group of passages and one of units; one group where the passage does not answer it."""
    query = question.query
    hard = list(others[:3]) + generator.sample(others[3:], min(2, len(others[3:])))
    if not question.answer:
        return [Group(query, (own, *hard), (False,) * (1 + len(hard)), kind="unanswerable")]
    passages = Group(query, (own, *hard), (True,) + (False,) * len(hard))
    evidence = set(question.evidence)
    rest = [n for n in range(1, len(text.units) + 1) if n not in evidence]
    selected = sorted(evidence) + generator.sample(rest, min(6, len(rest)))
    titled = generator.random() < 0.7
    units = [
        reranker_input(text.title, text.units[n - 1]) if titled else text.units[n - 1]
        for n in selected
    ]
    foreign = [_line(other, titled, generator) for other in hard[:2]]
    return [
        passages,
        Group(
            query,
            (*units, *foreign),
            tuple(n in evidence for n in selected) + (False,) * len(foreign),
            kind="units",
        ),
    ]


def _line(passage: str, titled: bool, generator: random.Random) -> str:
    """One line of another passage, with or without its title."""
    title, *lines = passage.split("\n")
    line = generator.choice(lines) if lines else title
    return reranker_input(title, line) if titled and lines else line


def _teacher(hits: Sequence[Hit]) -> list[float]:
    """Dense plus lexical scores, each standardised over the group."""
    total = np.zeros(len(hits))
    for stage in ("dense", "lexical"):
        scores = [hit.score(stage) for hit in hits]  # type: ignore[arg-type]
        present = [score for score in scores if score is not None]
        lowest = min(present, default=0.0)
        values = np.array([lowest if score is None else score for score in scores])
        total += (values - values.mean()) / (values.std() + 1e-6)
    return [float(value) for value in total]
