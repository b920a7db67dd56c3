"""The path from a question to an answer: the one place that says in which order the stages run.

`stream` yields events as the stages finish and the draft grows; `ask` returns the answer at the end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path

from ingest.embed import Encoder
from ingest.store import Store
from ingest.text.detect import question_language
from ingest.text.languages import Language
from rag import confidence
from rag.answerer import Answerer
from rag.comparison_tables import with_compared_tables
from rag.confidence import Calibration
from rag.course.desk import answer_about_course
from rag.doubt import doubts
from rag.errors import BadSampling
from rag.evidence import Judge, judge_of, passages_as_evidence, select_evidence
from rag.generate import Writer
from rag.grading import Thresholds
from rag.lead import Leads, lead_judge_of, select_leads
from rag.lexical_judge import LexicalJudge
from rag.models import Models
from rag.nearest import nearest_sources
from rag.opening import open_library
from rag.overview import Overview
from rag.queries import checked_question, search_queries
from rag.quote import QuotedAnswer, quoted_answer
from rag.recordings import with_slides
from rag.rerank import Reranker
from rag.sampling import Sampling, quoted_message
from rag.scope import EVERYTHING, Scope, ScopedStore
from rag.search import find
from rag.settings import Settings
from rag.spelling import corrected
from rag.structured import CheckedAnswer
from rag.terms_alone import term_question
from rag.types import Answer, Answered, Doubt, Event, Grade, Hit, Source, StageDone, Turn
from rag.versions import newest_versions, unite_versions
from rag.wishes import wish_of
from rag.writing import Draft, write_draft
from rag.writing_task import WritingTask, is_structured, structured_task


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
        self.lead_judge: Judge = lead_judge_of(models.reranker, models.encoder)
        self.scope = EVERYTHING

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
        models = models or Models(settings.models)
        library = open_library(folder, models, settings.chunking)
        key = confidence.models_key(models.encoder, models.reranker)
        calibration = confidence.load_calibration(folder, key) if calibrated else None
        return cls(library, models, settings, calibration)

    def with_settings(self, settings: Settings) -> Pipeline:
        """The same library and loaded models under other settings of the stages."""
        pipeline = copy(self)
        pipeline.settings = settings
        return pipeline

    def within(self, scope: Scope) -> Pipeline:
        """The same pipeline for the lectures of a scope alone; raises BadScope for unknown ones."""
        if not scope or scope == self.scope:
            return self
        whole = self.store.whole if isinstance(self.store, ScopedStore) else self.store
        pipeline = copy(self)
        pipeline.store = store = ScopedStore(whole, scope)
        pipeline.scope = store.scope
        return pipeline

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

    def search(
        self, question: str, history: Sequence[Turn] = (), *, scope: Scope = EVERYTHING
    ) -> list[Hit]:
        """The passages for a question, best first, at most `retrieval.top_k`."""
        pipeline = self.within(scope)
        hits = pipeline.candidates(*pipeline.queries(question, history))
        return list(hits[: self.settings.retrieval.top_k])

    def candidates(self, *queries: str, scope: Scope = EVERYTHING) -> tuple[Hit, ...]:
        """Every passage that any stage scored, with each stage's score and rank, best first.

        The rankings of several queries become one; see `merge_rankings`.
        """
        hits: tuple[Hit, ...] = ()
        for event in self.within(scope)._find(queries):
            hits = event.hits
        return hits

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        stop: threading.Event | None = None,
        scope: Scope = EVERYTHING,
    ) -> Iterator[Event]:
        """Answer a question, yielding events; see `Answerer.stream`."""
        if scope and scope != self.scope:
            yield from self.within(scope).stream(
                question, history=history, sampling=sampling, stop=stop
            )
            return
        writes = self.settings.answer.writer
        if sampling is not None and not writes:
            raise BadSampling(quoted_message(sampling.model_dump(exclude_defaults=True)))
        sampling = sampling or self.settings.sampling
        model_names = self.model_names
        checked_question(question)  # refused before anything is read
        language = self.language(question)
        if self.settings.answer.course_questions:
            search_only = self.with_settings(self.settings.searching_only)
            if about := answer_about_course(question, history, language, search_only):
                answer = replace(about.answer, scope=self.scope)
                if writes and about.passages and self.is_structured:
                    overview = Overview(answer, about.passages, language, self)
                    yield from overview.stream(sampling, stop)
                else:
                    yield Answered(answer)
                return
        queries = self.queries(question, history)  # may search, to tell a follow-up
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
            scope=self.scope,
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
        draft, checked = Draft(), CheckedAnswer()
        start = time.perf_counter()
        if writes:
            wish = wish_of(question, history, language)
            task = self.writing_task(query, hits, evidence, language, wish.task if wish else "")
            answer = replace(answer, evidence=task.sources)
            for step in write_draft(self.writer, task.messages, sampling, stop, task.room):
                if isinstance(step, Draft):
                    draft = step
                else:
                    yield step
            seconds |= draft.seconds
            start = time.perf_counter()
            checked = task.check(draft, self.judge_for(query))
        quoted = QuotedAnswer()
        sentences, sources = checked.sentences, checked.sources
        if not sentences:
            leads = self.leads(question, query, hits, history[-1].answer if history else "")
            if leads and all(lead.names_only for lead in leads):
                grade, answer = "doubtful", replace(answer, doubts=(*answer.doubts, Doubt("named")))
            quoted = quoted_answer(leads, evidence, self.settings.answer)
            sentences, sources = quoted.sentences, quoted.sources
        seconds["ground"] = time.perf_counter() - start
        yield Answered(
            replace(
                answer,
                leads=quoted.leads,
                sentences=sentences,
                sources=with_slides(sources, self.store),
                grade=grade,
                draft=draft.text,
                units=checked.units,
                writer_notes=draft.notes,
                stopped=bool(stop and stop.is_set()),
            )
        )

    def query(self, question: str, history: Sequence[Turn] = ()) -> str:
        """What an answer rests on: the question, completed from the conversation; see `queries`."""
        return self.queries(question, history)[0]

    def queries(self, question: str, history: Sequence[Turn] = ()) -> tuple[str, ...]:
        """What is searched for, as the settings say; see `search_queries` for the errors."""
        queries = search_queries(
            question,
            history,
            self.settings.retrieval.followups,
            self.language(question),
            lambda: self.writer,
            lambda query: self.candidates(self._spelt(query)),
        )
        return tuple(map(self._spelt, queries))

    def _spelt(self, query: str) -> str:
        spelt = corrected(query, self.store, self.encoder, self.language(query))
        return term_question(spelt, self.store, self.language(spelt))

    def language(self, question: str) -> Language:
        """The language that a question is answered in; see `question_language`."""
        fallback = self.settings.answer.default_language
        return question_language(question, self.store.languages(), fallback)

    def evidence(self, query: str, hits: Sequence[Hit]) -> tuple[Source, ...]:
        """The spans of the first passages that answer a question, best first.

        Versions of one page are united; see `rag.versions`.
        """
        settings = self.settings.answer
        if self.is_structured:  # quoted where the model fails, which gets whole passages
            settings = settings.model_copy(update={"writer": False})
        select = select_evidence if settings.select else passages_as_evidence
        sources = select(query, hits, self.judge_for(query), settings)
        return unite_versions(sources, hits[: self.settings.answer.passages])

    def leads(self, question: str, query: str, hits: Sequence[Hit], told: str = "") -> Leads:
        """The units that answer each part of a question; see `select_leads` for the arguments.

        Of a page in several versions the newest counts.
        """
        spoken, question = self.language(question), self._spelt(question)
        return select_leads(
            question,
            query,
            with_compared_tables(question, newest_versions(hits), self.store, spoken),
            self.lead_judge if self.reads(query) else LexicalJudge(),
            self.settings.answer,
            spoken,
            told,
        )

    def reads(self, query: str) -> bool:
        """Whether the encoder knows the query's script; one that cannot tell is taken to know it."""
        return bool(getattr(self.encoder, "reads", lambda _: True)(query))

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
        """Whether the answer is shown, shown with doubt, or not shown; see `Thresholds.grade`.

        Where the models do not know the query's script, its best evidence must hold half of its
        terms, unless the settings say how much.
        """
        thresholds = self.thresholds
        if self.settings.answer.min_confidence is None and not self.reads(query):
            thresholds = thresholds.by_terms()
        return thresholds.grade(hits, evidence, confident)

    @property
    def thresholds(self) -> Thresholds:
        """The confidences below which an answer is not shown, or shown with doubt."""
        return Thresholds.of(self.settings, self.calibration)

    @property
    def is_structured(self) -> bool:
        """Whether a capable model writes; see `rag.writing_task`."""
        return is_structured(self.settings, self.models)

    def writing_task(
        self,
        query: str,
        hits: Sequence[Hit],
        evidence: tuple[Source, ...],
        language: Language | None = None,
        wish: str = "",
    ) -> WritingTask:
        """What the language model is asked to write, in the question's language unless one is given.

        A capable model gets whole passages of the hits, any other one the evidence. `wish` is what a
        capable one is to do beside answering.
        """
        task = WritingTask(
            query, evidence, language or self.language(query), self.settings, wish=wish
        )
        if not self.is_structured:
            return task
        return structured_task(task, newest_versions(hits), self.models, self.store)

    def _find(self, queries: Sequence[str]) -> Iterator[StageDone]:
        """Retrieve and rerank; the last event holds the final order."""
        if self.reads(queries[0]):
            return find(queries, self.store, self.settings, self.encoder, self.reranker)
        return find(queries, self.store, self.settings)
