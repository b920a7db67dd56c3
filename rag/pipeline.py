"""The path from a question to an answer. The order of the stages stands here and nowhere else.

`stream` yields events as the stages finish and the draft grows; `ask` is the same, collected.
The chat, the command line and the evaluation all go through it.
"""

from __future__ import annotations

import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.embed import BiEncoder, Encoder
from ingest.errors import LibraryMissing
from ingest.pipeline import index_config
from ingest.store import Library, Store
from ingest.text.detect import question_language
from ingest.text.languages import Language
from rag import confidence
from rag.confidence import Calibration
from rag.errors import BadQuestion
from rag.evidence import Judge, judge_of, passages_as_evidence, select_evidence
from rag.followup import expand_with_history, rewrite
from rag.generate import Generator, Writer
from rag.ground import extractive_answer, ground
from rag.prompt import Message, build_prompt
from rag.rerank import Reranker
from rag.retrieve import retrieve
from rag.sampling import Sampling
from rag.settings import ModelSettings, Settings
from rag.types import Answer, Answered, Event, Hit, Source, StageDone, Token, Turn

_NEAREST = 3  # pages shown by an abstention
_QUOTE_LETTERS = 200  # of a page that no evidence was taken from


class Pipeline:
    """A library and its models under one set of settings; safe to share between threads."""

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        generator: Writer,
        reranker: Reranker | None = None,
        settings: Settings | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.store = store
        self.encoder = encoder
        self.generator = generator
        self.reranker = reranker
        self.settings = settings or Settings()
        self.judge: Judge = judge_of(reranker, encoder)
        self.calibration = calibration

    @classmethod
    def load(cls, folder: Path, settings: Settings, *, calibrated: bool = True) -> Pipeline:
        """Open a filled library with the models that the settings name.

        Args:
            folder: The library's.
            settings: Of the models and the stages.
            calibrated: Whether the kept calibration is read; to fit one, none is needed.

        Raises:
            LibraryMissing: there is no library, or it is empty.
            LibraryMismatch: it was built with another encoder.
            ModelMissing: a model is not on this machine.
            BadCalibration: what `katheder calibrate` kept cannot be used.
        """
        library = Library(folder)
        if library.count() == 0:
            raise LibraryMissing(
                f"The library at {folder} is empty. Fill it with `katheder ingest PATH... --library {folder}`."
            )
        models = settings.models
        encoder = BiEncoder(models.encoder, models.device, models.dtype)
        chunking = settings.chunking
        found = library.config()
        if found is not None and found.encoder != encoder.identity:
            library.check_config(
                index_config(encoder, chunking.passage_tokens, chunking.overlap_tokens),
                search_only=True,
            )
        reranker = None if models.reranker == "none" else Reranker(models, settings.rerank)
        key = confidence.models_key(encoder, reranker)
        calibration = confidence.load_calibration(folder, key) if calibrated else None
        return cls(library, encoder, _writer(models), reranker, settings, calibration)

    def with_settings(self, settings: Settings) -> Pipeline:
        """The same library and loaded models under other settings of the stages."""
        reranker = self.reranker and self.reranker.with_settings(settings.rerank)
        return Pipeline(
            self.store, self.encoder, self.generator, reranker, settings, self.calibration
        )

    @property
    def models(self) -> dict[str, str]:
        """Name and hash of each model in use."""
        return {
            "encoder": self.encoder.identity,
            "reranker": self.reranker.name if self.reranker else "none",
            "generator": self.generator.name,
        }

    def search(self, question: str, history: Sequence[Turn] = ()) -> list[Hit]:
        """The passages for a question, best first, at most `retrieval.top_k`."""
        hits = self.candidates(self.query(question, history))
        return list(hits[: self.settings.retrieval.top_k])

    def candidates(self, query: str) -> tuple[Hit, ...]:
        """Every passage that any stage saw, with what each stage thought of it, best first."""
        hits: tuple[Hit, ...] = ()
        for event in self._find(query):
            hits = event.hits
        return hits

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        stop: threading.Event | None = None,
    ) -> Answer:
        """Answer a question; see `stream`."""
        for event in self.stream(question, history=history, sampling=sampling, stop=stop):
            if isinstance(event, Answered):
                return event.answer
        raise RuntimeError("the stream ended without an answer")

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Event]:
        """Answer a question, yielding what happens: stages, words, and the answer at the end.

        Args:
            question: In any words; follow-ups lean on the history.
            history: The turns before, oldest first.
            sampling: In place of the settings' sampling.
            stop: Ends the writing where it stands when set; what was written is grounded.

        Raises:
            BadQuestion: it holds no words.
        """
        query = self.query(question, history)
        spoken = self.language(question)
        sampling = sampling or self.settings.sampling
        seconds: dict[str, float] = {}
        found: tuple[Hit, ...] = ()
        for event in self._find(query):
            seconds[event.stage] = event.seconds
            found = event.hits
            yield event
        hits = found[: self.settings.retrieval.top_k]
        answer = Answer(
            question=question,
            query=query,
            sentences=(),
            sources=(),
            hits=hits,
            abstained=True,
            sampling=sampling.model_dump(exclude_none=True),
            seconds=seconds,
            models=self.models,
            stamp=self.store.content_hash(),
        )
        start = time.perf_counter()
        evidence = self.evidence(query, hits)
        seconds["evidence"] = time.perf_counter() - start
        yield StageDone("evidence", seconds["evidence"])
        sure = self.confidence(query, hits, evidence)
        answer = replace(answer, evidence=evidence, confidence=sure)
        if not self.answerable(query, hits, evidence):
            yield Answered(replace(answer, sources=_nearest(hits, evidence)))
            return
        draft = ""
        if self.settings.answer.writer:
            start = time.perf_counter()
            for piece in self.generator.stream(
                self.prompt(query, evidence, spoken), sampling, stop
            ):
                if not draft:
                    seconds["first words"] = time.perf_counter() - start
                draft += piece
                yield Token(piece)
            seconds["generate"] = time.perf_counter() - start
            yield StageDone("generate", seconds["generate"])
        start = time.perf_counter()
        if draft:
            sentences, sources = ground(
                query, draft, evidence, self.judge, self.settings.answer, spoken
            )
        else:
            sentences, sources = extractive_answer(evidence, self.settings.answer)
        seconds["ground"] = time.perf_counter() - start
        yield Answered(
            replace(
                answer,
                sentences=sentences,
                sources=sources,
                abstained=False,
                draft=draft,
                stopped=bool(stop and stop.is_set()),
            )
        )

    def query(self, question: str, history: Sequence[Turn] = ()) -> str:
        """What is searched for: the question, completed from the conversation as the settings say.

        Raises:
            BadQuestion: it holds no words.
        """
        asked = _checked(question)
        if self.settings.retrieval.followups == "off":
            return asked
        if self.settings.retrieval.followups == "rewrite":
            return rewrite(asked, history, self.generator, self.language(asked))
        return expand_with_history(asked, history, self.language(asked))

    def language(self, question: str) -> Language:
        """The language that a question is answered in; see `question_language`."""
        return question_language(question)

    def evidence(self, query: str, hits: Sequence[Hit]) -> tuple[Source, ...]:
        """The pieces of the first passages that bear on a question, best first."""
        choose = select_evidence if self.settings.answer.select else passages_as_evidence
        return choose(query, hits, self.judge, self.settings.answer)

    def confidence(self, query: str, hits: Sequence[Hit], evidence: Sequence[Source]) -> float:
        """How probable it is, in [0, 1], that the lectures answer.

        Without a calibration for these models it is the best evidence's score.
        """
        if self.calibration is not None:
            signals = confidence.features(query, hits, evidence, self.language(query))
            return round(self.calibration.confidence(signals), 4)
        return max((source.score for source in evidence), default=0.0)

    def answerable(self, query: str, hits: Sequence[Hit], evidence: Sequence[Source]) -> bool:
        """Whether there is evidence, close enough, and confidence enough to answer."""
        closest = confidence.best_cosine(hits)
        if not evidence or (closest is not None and closest < self.settings.retrieval.min_cosine):
            return False
        return self.confidence(query, hits, evidence) >= self.least_confidence

    @property
    def least_confidence(self) -> float:
        """Below it the program abstains: the setting's, else the calibration's, else 0."""
        chosen = self.settings.answer.min_confidence
        if chosen is not None:
            return chosen
        return self.calibration.threshold if self.calibration else 0.0

    def prompt(
        self, query: str, evidence: Sequence[Source], spoken: Language | None = None
    ) -> list[Message]:
        """The messages that the language model gets for a question and its evidence.

        The answer's language is the one given, else the question's.
        """
        return build_prompt(query, evidence, spoken or self.language(query))

    def _find(self, query: str) -> Iterator[StageDone]:
        """Retrieve and rerank; the last event holds the final order."""
        start = time.perf_counter()
        vector = None
        if self.settings.retrieval.dense_weight > 0:
            vector = self.encoder.encode([query])[0]
        encoded = time.perf_counter()
        hits = retrieve(self.store, query, vector, self.settings.retrieval)
        yield StageDone("encode", encoded - start)
        yield StageDone("retrieve", time.perf_counter() - encoded, tuple(hits))
        if self.reranker is not None:
            start = time.perf_counter()
            hits = self.reranker.rerank(query, hits)
            yield StageDone("rerank", time.perf_counter() - start, tuple(hits))


def _nearest(hits: Sequence[Hit], evidence: Sequence[Source]) -> tuple[Source, ...]:
    """The sources of an abstention: the first hits, each with its best words."""
    best = {source.hit.passage.id: source for source in reversed(evidence)}
    nearest = []
    for number, hit in enumerate(hits[:_NEAREST], start=1):
        found = best.get(hit.passage.id)
        text = " ".join(hit.passage.text.split())
        nearest.append(
            replace(found, number=number)
            if found
            else Source(number, textwrap.shorten(text, _QUOTE_LETTERS, placeholder=" …"), hit)
        )
    return tuple(nearest)


def _writer(models: ModelSettings) -> Writer:
    """The language model that the settings name; a chat model of langchain-core is imported."""
    if ":" not in models.generator:
        return Generator(models)
    from rag.chain import ChatModelWriter, import_chat_model, is_importable

    name = models.generator
    return (
        ChatModelWriter(import_chat_model(name), name) if is_importable(name) else Generator(models)
    )


def _checked(question: str) -> str:
    """The question without surrounding blanks; raises BadQuestion where no word is in it."""
    if not any(letter.isalnum() for letter in question):
        raise BadQuestion(
            f"The question {question!r} holds no words; ask one in a sentence or a few words."
        )
    return question.strip()
