"""The path from a question to an answer: the one place that says in which order the stages run.

`stream` yields events as the stages finish and the draft grows; `ask` returns the answer at the
end. The app, the command line and the evaluation all use it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ingest.embed import Encoder
from ingest.errors import LibraryMissing
from ingest.pipeline import index_config
from ingest.store import Library, Store
from ingest.text.detect import question_language
from ingest.text.languages import Language
from rag import confidence
from rag.answerer import Answerer
from rag.confidence import Calibration
from rag.doubt import doubts
from rag.errors import BadSampling
from rag.evidence import Judge, judge_of, passages_as_evidence, select_evidence
from rag.generate import Writer
from rag.ground import ground
from rag.lead import LeadUnits, select_leads
from rag.lexical_judge import LexicalJudge
from rag.models import Models
from rag.nearest import nearest_sources
from rag.prompt import Message, build_prompt
from rag.queries import search_queries
from rag.quote import QuotedAnswer, quoted_answer
from rag.rerank import Reranker, rerank
from rag.retrieve import merge_rankings, retrieve
from rag.sampling import Sampling, quoted_message
from rag.settings import Settings
from rag.types import Answer, Answered, Event, Grade, Hit, Source, StageDone, Token, Turn
from rag.versions import newest_versions, unite_versions

_LEAST_TERMS = 0.5  # of the query's terms in the evidence, where no model can read them


class Pipeline(Answerer):
    """A library and its models under one set of settings; safe to share between threads."""

    def __init__(
        self,
        store: Store,
        models: Models,
        settings: Settings | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        """Join a library and models.

        Args:
            store: The library, indexed with the models' encoder.
            models: The language model among them is loaded when it first writes.
            settings: Of the stages; their section `models` is not read.
            calibration: When to abstain; without one, the best evidence's score decides.
        """
        self.store = store
        self.models = models
        self.settings = settings or Settings()
        self.calibration = calibration
        self.judge: Judge = judge_of(models.reranker, models.encoder)

    @classmethod
    def load(
        cls,
        folder: Path,
        settings: Settings,
        models: Models | None = None,
        *,
        calibrated: bool = True,
    ) -> Pipeline:
        """Open a filled library with the models that the settings name.

        Args:
            folder: The library's.
            settings: Of the models and the stages.
            models: Used in place of those that the settings name.
            calibrated: Whether the stored calibration is read; to fit a new one, none is needed.

        Raises:
            LibraryMissing: there is no library, or it is empty.
            LibraryMismatch: it was built with another encoder.
            ModelMissing: the encoder or the reranker is not on this machine.
            BadCalibration: the stored calibration cannot be used.
        """
        library = Library(folder)
        if library.count() == 0:
            raise LibraryMissing(
                f"The library at {folder} is empty. Fill it with `katheder ingest PATH... --library {folder}`."
            )
        models = models or Models(settings.models)
        encoder, chunking = models.encoder, settings.chunking
        config = library.config()
        if config is not None and config.encoder != encoder.identity:
            library.check_config(
                index_config(encoder, chunking.passage_tokens, chunking.overlap_tokens),
                search_only=True,
            )
        key = confidence.models_key(encoder, models.reranker)
        calibration = confidence.load_calibration(folder, key) if calibrated else None
        return cls(library, models, settings, calibration)

    def with_settings(self, settings: Settings) -> Pipeline:
        """The same library and loaded models under other settings of the stages."""
        return Pipeline(self.store, self.models, settings, self.calibration)

    @property
    def encoder(self) -> Encoder:
        """The bi-encoder."""
        return self.models.encoder

    @property
    def reranker(self) -> Reranker | None:
        """The reranker, if there is one."""
        return self.models.reranker

    @property
    def writer(self) -> Writer:
        """The language model; raises ModelMissing where it is not on this machine."""
        return self.models.writer

    @property
    def model_names(self) -> dict[str, str]:
        """Name and hash of each model in use; the generator is "none" where nothing is written.

        Raises:
            ModelMissing: the settings let a language model write that is not on this machine.
        """
        writes = self.settings.answer.writer or self.settings.retrieval.followups == "rewrite"
        return {
            "encoder": self.encoder.identity,
            "reranker": self.reranker.name if self.reranker else "none",
            "generator": self.writer.name if writes else "none",
        }

    def search(self, question: str, history: Sequence[Turn] = ()) -> list[Hit]:
        """The passages for a question, best first, at most `retrieval.top_k`."""
        hits = self.candidates(*self.queries(question, history))
        return list(hits[: self.settings.retrieval.top_k])

    def candidates(self, *queries: str) -> tuple[Hit, ...]:
        """Every passage that any stage scored, with each stage's score and rank, best first.

        The rankings of several queries become one; see `merge_rankings`.
        """
        hits: tuple[Hit, ...] = ()
        for event in self._find(queries):
            hits = event.hits
        return hits

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Event]:
        """Answer a question, yielding events; see `Answerer.stream`."""
        writes = self.settings.answer.writer
        if sampling is not None and not writes:
            raise BadSampling(quoted_message(sampling.model_dump(exclude_defaults=True)))
        sampling = sampling or self.settings.sampling
        model_names = self.model_names
        queries, language = self.queries(question, history), self.language(question)
        query = queries[0]
        seconds: dict[str, float] = {}
        hits: tuple[Hit, ...] = ()
        for event in self._find(queries):
            seconds[event.stage] = event.seconds
            hits = event.hits
            yield event
        hits = hits[: self.settings.retrieval.top_k]
        start = time.perf_counter()
        evidence = self.evidence(query, hits)
        seconds["evidence"] = time.perf_counter() - start
        yield StageDone("evidence", seconds["evidence"])
        sure = self.confidence(query, hits, evidence)
        answer = Answer(
            question=question,
            query=query,
            sentences=(),
            sources=(),
            hits=hits,
            grade="not_answered",
            evidence=evidence,
            confidence=sure,
            sampling=sampling.model_dump(exclude_none=True),
            seconds=seconds,
            models=model_names,
            stamp=self.store.content_hash(),
            language=language.code,
        )
        grade = self.grade(query, hits, evidence, sure)
        if grade == "not_answered":
            pages = sum(map(len, self.store.pages_without_text().values()))
            yield Answered(
                replace(answer, sources=nearest_sources(hits, evidence), picture_pages=pages)
            )
            return
        if grade == "doubtful":
            answer = replace(answer, doubts=doubts(query, hits, evidence, language))
        draft = ""
        if writes:
            start = time.perf_counter()
            messages = self.prompt(query, evidence, language)
            for words in self.writer.stream(messages, sampling, stop):
                if not draft:
                    seconds["first words"] = time.perf_counter() - start
                draft += words
                yield Token(words)
            seconds["generate"] = time.perf_counter() - start
            yield StageDone("generate", seconds["generate"])
        start = time.perf_counter()
        quoted = QuotedAnswer()
        sentences, sources = ground(
            query, draft, evidence, self.judge_for(query), self.settings.answer, language
        )
        if not sentences:
            leads = self.leads(question, query, hits)
            quoted = quoted_answer(leads, evidence, self.settings.answer)
            sentences, sources = quoted.sentences, quoted.sources
        seconds["ground"] = time.perf_counter() - start
        yield Answered(
            replace(
                answer,
                leads=quoted.leads,
                sentences=sentences,
                sources=sources,
                grade=grade,
                draft=draft,
                stopped=bool(stop and stop.is_set()),
            )
        )

    def query(self, question: str, history: Sequence[Turn] = ()) -> str:
        """What an answer rests on: the question, completed from the conversation; see `queries`."""
        return self.queries(question, history)[0]

    def queries(self, question: str, history: Sequence[Turn] = ()) -> tuple[str, ...]:
        """What is searched for, as the settings say; see `search_queries` for the errors."""
        return search_queries(
            question,
            history,
            self.settings.retrieval.followups,
            self.language(question),
            lambda: self.writer,
        )

    def language(self, question: str) -> Language:
        """The language that a question is answered in; see `question_language`."""
        fallback = self.settings.answer.default_language
        return question_language(question, self.store.languages(), fallback)

    def evidence(self, query: str, hits: Sequence[Hit]) -> tuple[Source, ...]:
        """The spans of the first passages that answer a question, best first.

        Versions of one page are united; see `rag.versions`.
        """
        select = select_evidence if self.settings.answer.select else passages_as_evidence
        sources = select(query, hits, self.judge_for(query), self.settings.answer)
        return unite_versions(sources, hits[: self.settings.answer.passages])

    def leads(self, question: str, query: str, hits: Sequence[Hit]) -> tuple[LeadUnits, ...]:
        """The units that answer each part of a question; see `select_leads`.

        Args:
            question: As the user asked it.
            query: Completed from the conversation.
            hits: Best first; of a page in several versions the newest counts.
        """
        return select_leads(
            question,
            query,
            newest_versions(hits),
            self.judge_for(query),
            self.settings.answer,
            self.language(question),
        )

    def reads(self, query: str) -> bool:
        """Whether the encoder knows the query's script; one that cannot tell is taken to know it."""
        knows = getattr(self.encoder, "reads", None)
        return knows is None or bool(knows(query))

    def judge_for(self, query: str) -> Judge:
        """The judge of a query: its own words where the models do not know its script."""
        return self.judge if self.reads(query) else LexicalJudge()

    def confidence(self, query: str, hits: Sequence[Hit], evidence: Sequence[Source]) -> float:
        """The probability in [0, 1] that the lectures answer the question.

        Without a calibration for these models, or where they do not know the query's script, it is
        the best evidence's score.
        """
        if self.calibration is not None and self.reads(query):
            features = confidence.features(query, hits, evidence, self.language(query))
            return round(self.calibration.confidence(features), 4)
        return max((source.score for source in evidence), default=0.0)

    def grade(
        self, query: str, hits: Sequence[Hit], evidence: Sequence[Source], confident: float
    ) -> Grade:
        """Whether the answer is shown, shown with doubt, or not shown.

        It is not shown where there is no evidence, no passage is close enough, or the confidence
        is below `least_confidence`; it is doubtful where the confidence is below `doubt_confidence`.

        Where the models do not know the query's script, its best evidence must hold half of its
        terms, unless the settings say how much.

        Args:
            query: What was searched for.
            hits: With their cosines, if dense search ran.
            evidence: Selected from them.
            confident: What `confidence` returned for both.
        """
        closest = confidence.best_cosine(hits)
        if not evidence or (closest is not None and closest < self.settings.retrieval.min_cosine):
            return "not_answered"
        least, doubt = self.least_confidence, self.doubt_confidence
        if self.settings.answer.min_confidence is None and not self.reads(query):
            least = doubt = _LEAST_TERMS
        if confident < least:
            return "not_answered"
        return "doubtful" if confident < doubt else "answered"

    @property
    def least_confidence(self) -> float:
        """The threshold below which no answer is shown: the setting's, else the calibration's, else 0."""
        threshold = self.settings.answer.min_confidence
        if threshold is not None:
            return threshold
        return self.calibration.threshold if self.calibration else 0.0

    @property
    def doubt_confidence(self) -> float:
        """The threshold below which an answer is doubtful, at least `least_confidence`."""
        threshold = self.settings.answer.doubt_confidence
        if threshold is None:
            threshold = self.calibration.doubt_threshold if self.calibration else 0.0
        return max(threshold, self.least_confidence)

    def prompt(
        self, query: str, evidence: Sequence[Source], language: Language | None = None
    ) -> list[Message]:
        """The messages that the language model gets for a question and its evidence.

        The answer's language is the one given, else the question's.
        """
        return build_prompt(query, evidence, language or self.language(query))

    def _find(self, queries: Sequence[str]) -> Iterator[StageDone]:
        """Retrieve and rerank; the last event holds the final order.

        In a script that the models do not know, only the lexical search says something.
        """
        start = time.perf_counter()
        vectors: list[np.ndarray | None] = [None] * len(queries)
        reads = self.reads(queries[0])
        if self.settings.retrieval.dense_weight > 0 and reads:
            vectors = [self.encoder.encode_questions([query])[0] for query in queries]
        encoded = time.perf_counter()
        rankings = [
            retrieve(self.store, query, vector, self.settings.retrieval)
            for query, vector in zip(queries, vectors, strict=True)
        ]
        yield StageDone("encode", encoded - start)
        hits = merge_rankings(rankings, "fused")
        yield StageDone("retrieve", time.perf_counter() - encoded, tuple(hits))
        if self.reranker is not None and reads:
            start = time.perf_counter()
            rankings = [
                rerank(query, ranking, self.reranker, self.settings.rerank)
                for query, ranking in zip(queries, rankings, strict=True)
            ]
            hits = merge_rankings(rankings, "reranked")
            yield StageDone("rerank", time.perf_counter() - start, tuple(hits))
