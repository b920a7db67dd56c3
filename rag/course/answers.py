"""Answer a question about the course in the words of the lectures, each with its page."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from ingest.embed import Encoder
from ingest.text.languages import Language, language
from ingest.text.languages.course import COURSE_WORDS
from ingest.text.scripts import count_words
from ingest.types import Passage
from rag.course.catalogue import Catalogue, Lecture
from rag.course.contents import (
    central_passages,
    headings_in_words,
    neighbour_section,
    numbered_page,
    outline_of,
    page_spans,
    part_of,
    subheadings_of,
    summary_of,
    summary_of_passages,
)
from rag.course.coverage import covered_things, told_of
from rag.course.draft import Draft, first_passage, page_passage
from rag.course.exam import exam_questions
from rag.course.places import Place, Term, best_unit, places_of, statements_of
from rag.course.router import Route
from rag.course.sections import Section, plain_heading
from rag.course.sentences import Choice, central_choices
from rag.spans import TextSpan, span_text
from rag.types import Answer, Hit

_OUTLINE_SENTENCES = 16  # sections; in a longer outline they have no sentences
_FEW_SENTENCES = 3  # of a summary; with fewer, the other headings follow
_OPENING_PASSAGES = 3  # of a section, to tell what it begins with
_STATEMENTS = 8
_MIN_SCORE = 0.5  # of a passage that is about a term which it does not name
_LABEL_WORDS = 12

Ask = Callable[[str], Answer]
Search = Callable[[str], Sequence[Hit]]


class CourseAnswers:
    """Answers routed questions over the lectures of a catalogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        encoder: Encoder,
        ask: Ask | None = None,
        search: Search | None = None,
    ) -> None:
        """Join what answers are made of.

        Args:
            catalogue: The lectures.
            encoder: Of the library's vectors.
            ask: Answers an ordinary question, to try exam questions; without it there are none.
            search: Finds the passages of a term that no passage names, as one in another language.
        """
        self.catalogue = catalogue
        self.encoder = encoder
        self.ask = ask
        self.search = search
        #: The passages that the last answer sums up, () where it is no summary.
        self.subject: Sequence[Passage] = ()

    def answer(self, route: Route, answer: Answer, spoken: Language) -> Answer | None:
        """The answer to a question; None where the lectures hold nothing that it asks for.

        Args:
            route: What the question asks for.
            answer: With the question, and what does not depend on it.
            spoken: The language that it is answered in.
        """
        start = time.perf_counter()
        draft = Draft(COURSE_WORDS.get(spoken.code, COURSE_WORDS["en"]))
        lecture = self.catalogue.by_document(route.lecture) if route.lecture else None
        getattr(self, f"_{route.kind}")(draft, route, lecture)
        if draft.is_empty:
            return None
        seconds = {**answer.seconds, "course": time.perf_counter() - start}
        return replace(draft.complete(answer), route=route.kind, seconds=seconds)

    # ---- the lectures ----

    def _lectures(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        number = len(self.catalogue)
        if not number:
            return
        draft.introduce("lectures" if number > 1 else "lecture", number=number)
        for each in self.catalogue.lectures:
            self._name_lecture(draft, each)

    def _name_lecture(self, draft: Draft, lecture: Lecture) -> None:
        """A line of a lecture: its number, title, pages and language."""
        document = lecture.document
        pages = draft.text("pages" if document.pages > 1 else "page", pages=document.pages)
        spoken = draft.words.languages.get(document.language, "")
        facts = ", ".join(filter(None, [pages, spoken]))
        course = f"{lecture.course}, " if len(self.catalogue.courses) > 1 and lecture.course else ""
        text = f"{course}{lecture.number}. {lecture.title}: {facts}"
        draft.add((text,), first_passage(self.catalogue.store, lecture))

    def _length(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        lectures = [lecture] if lecture else self.catalogue.lectures
        pages = sum(each.document.pages for each in lectures)
        if lecture is None:
            draft.introduce("total", number=len(lectures), pages=pages)
            return
        draft.introduce("length", lecture=lecture.title, pages=pages)
        self._name_lecture(draft, lecture)

    def _language(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        if lecture is None:
            return
        code = lecture.document.language
        if code:
            spoken = draft.words.languages.get(code, language(code).name)
            draft.introduce("language", lecture=lecture.title, language=spoken)
        else:
            draft.introduce("unknown_language", lecture=lecture.title)
        self._name_lecture(draft, lecture)

    def _newest(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        last = self.catalogue.by_number(-1)
        if last:
            draft.introduce("newest", lecture="; ".join(one.title for one in last))
        for one in last:
            self._name_lecture(draft, one)

    def _choice(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        lectures = [one for one in map(self.catalogue.by_document, route.lectures) if one]
        first = lectures[0]
        draft.introduce("choice", number=len(lectures), course=first.course, lecture=first.number)
        for one in lectures:
            self._name_lecture(draft, one)

    # ---- one lecture ----

    def _summary(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        if lecture is None:
            return
        choices = summary_of(lecture, self.catalogue, self.encoder)
        if not choices:
            self._outline(draft, route, lecture)
            return
        draft.introduce("summary", lecture=lecture.title)
        self.subject = self.catalogue.passages(lecture)
        self._quote_summary(draft, choices)
        if len(choices) < _FEW_SENTENCES:
            told = {section.heading for section, _ in choices}
            for section in headings_in_words(lecture, self.catalogue):
                if section.heading not in told:
                    draft.add((section.heading,), section.passages[0])

    def _part(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        if lecture is None:
            return
        rows, heading, parts = part_of(lecture, self.catalogue, route.part, route.parts)
        if not rows:
            draft.introduce("no_part", lecture=lecture.title, parts=parts)
            return
        passages = self.catalogue.passages(lecture)[rows.start : rows.stop]
        vectors = self.catalogue.vectors(lecture)[rows.start : rows.stop]
        pages = [page for passage in passages for page in passage.pages]
        first, last = min(pages), max(pages)
        name = "place" if first == last else "span"
        where = draft.text(name, page=first, first=first, last=last)
        name = "part" if heading else "share"
        draft.introduce(name, lecture=lecture.title, heading=heading, pages=where)
        self.subject = passages
        choices = summary_of_passages(passages, vectors, heading or lecture.title, self.encoder)
        self._quote_summary(draft, choices)

    def _quote_summary(self, draft: Draft, choices: Sequence[tuple[Section, Choice]]) -> None:
        """The chosen sentences and points, each under its section's heading where that is a new one."""
        above = ""
        for section, choice in choices:
            label = _label((section.heading,), choice.text) if section.heading != above else ""
            draft.add(choice.items, choice.passage, choice.span, label, choice.score)
            above = section.heading

    def _outline(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        if lecture is None:
            return
        sections = outline_of(lecture, self.catalogue)
        if not sections:
            return
        draft.introduce("outline", lecture=lecture.title)
        with_sentences = len(sections) <= _OUTLINE_SENTENCES
        vectors = self.catalogue.vectors(lecture)
        for section in sections:
            subheadings = subheadings_of(section)
            if subheadings:
                entries = tuple(
                    f"{name}, {draft.text('place', page=page)}" for name, page in subheadings
                )
                draft.add(entries, section.passages[0], None, section.heading)
                continue
            self._quote_section(draft, section, section.passages if with_sentences else (), vectors)

    def _quote_section(
        self, draft: Draft, section: Section, passages: Sequence[Passage], vectors: np.ndarray
    ) -> None:
        """The best sentence of some passages under the section's heading, else the heading alone."""
        centre = vectors[list(section.rows)].mean(axis=0)
        best, _ = central_choices(passages, centre, self.encoder, 1, section.heading)
        if best:
            draft.add(best[0].items, best[0].passage, best[0].span, section.heading, best[0].score)
        else:
            draft.add((section.heading,), section.passages[0])

    def _page(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        if lecture is None:
            return
        document, store = lecture.document, self.catalogue.store
        number = numbered_page(self.catalogue.passages(lecture), route.page)
        if number > document.pages:
            draft.introduce("no_page", lecture=lecture.title, pages=document.pages, page=route.page)
            return
        passages = [p for p in self.catalogue.passages(lecture) if number in p.pages]
        draft.introduce("shown", page=route.page, lecture=lecture.title)
        above: tuple[str, ...] = ()
        for passage, span in page_spans(passages, number, self.encoder):
            label = _label(passage.headings[1:], span_text(passage, span))
            draft.quote(passage, span, label if passage.headings != above else "")
            above = passage.headings
        if draft.has_leads:
            return
        page = store.page(document.id, number)
        lines = tuple(" ".join(line.split()) for line in (page.text if page else "").split("\n"))
        lines = tuple(line for line in lines if line)
        if not lines:
            draft.introduce("no_text", page=route.page, lecture=lecture.title)
        passage = page_passage(store, document, number)
        draft.add(lines or (lecture.title,), passage)

    # ---- where ----

    def _places(self, term: str) -> list[Place]:
        places = list(places_of(Term(term), self.catalogue.lectures, self.catalogue))
        if places or self.search is None:
            return places
        hits = [hit for hit in self.search(term) if (hit.score("reranked") or 0) >= _MIN_SCORE]
        found = [(self.catalogue.by_document(hit.passage.document), hit.passage) for hit in hits]
        near = [Place(lecture, passage, True) for lecture, passage in found if lecture]
        order = {lecture.document.id: row for row, lecture in enumerate(self.catalogue.lectures)}
        return sorted(near, key=lambda one: (order[one.passage.document], one.page))

    def _first(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        places = [one for one in self._places(route.term) if lecture in (None, one.lecture)]
        if not places:
            return
        term = Term(route.term)
        defined = next((one for one in places if one.introduces), places[0])
        draft.introduce("first", term=route.term, lecture=defined.lecture.title, page=defined.page)
        self._quote_place(draft, term, defined, _label(defined.passage.headings[1:], ""))
        if defined is not places[0]:
            self._quote_place(draft, term, places[0], draft.text("first_mention"))

    def _quote_place(self, draft: Draft, term: Term, place: Place, label: str) -> None:
        unit = best_unit(term, place.passage)
        if unit is None:
            heading = plain_heading(place.passage.headings[-1])
            draft.add((heading,), place.passage)
        else:
            own = span_text(place.passage, unit)
            draft.quote(place.passage, unit, "" if label and label in own else label)

    def _mentions(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        places = self._places(route.term)
        by_lecture: dict[str, list[Place]] = {}
        for place in places:
            by_lecture.setdefault(place.passage.document, []).append(place)
        if not by_lecture:
            return
        name = "mentions" if len(by_lecture) > 1 else "mention"
        draft.introduce(name, term=route.term, number=len(by_lecture))
        for group in by_lecture.values():
            pages = sorted({page for place in group for page in place.passage.pages})
            where = draft.text(
                "places" if len(pages) > 1 else "place", number=len(pages), page=pages[0]
            )
            best = next((place for place in group if place.introduces), group[0])
            label = f"{best.lecture.number}. {best.lecture.title} ({where})"
            self._quote_place(draft, Term(route.term), best, label)

    def _statements(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        lectures = [lecture] if lecture else self.catalogue.lectures
        term = Term(route.term) if route.term else None
        statements = list(
            islice(statements_of(route.statement, term, lectures, self.catalogue), _STATEMENTS)
        )
        if not statements:
            return
        if term:
            draft.introduce("statements", number=len(statements), term=route.term)
        elif lecture:
            draft.introduce("statements_of", number=len(statements), lecture=lecture.title)
        for one in statements:
            span = TextSpan(one.first.start, one.last.end)
            draft.quote(one.passage, span, plain_heading(one.label))

    def _covered(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        """The things of a kind that a lecture covers, with what is asked of each."""
        passages = self.catalogue.passages(lecture) if lecture else []
        things = covered_things(route.term, passages)
        if not (lecture and things):
            return
        draft.introduce("covered", number=len(things), term=route.term, lecture=lecture.title)
        for thing in things:
            if thing.unit:
                draft.quote(thing.passage, thing.unit, thing.label)
            else:
                draft.add((thing.name,), thing.passage)
            if route.aspect and (told := told_of(thing, route.aspect, passages)):
                draft.quote(*told)

    # ---- neighbours ----

    def _after(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        self._neighbour(draft, route, lecture, 1)

    def _before(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        self._neighbour(draft, route, lecture, -1)

    def _neighbour(self, draft: Draft, route: Route, lecture: Lecture | None, step: int) -> None:
        if lecture is None:
            return
        if not route.heading:
            row = self.catalogue.lectures.index(lecture) + step
            if not 0 <= row < len(self.catalogue):
                draft.introduce(
                    "last_lecture" if step > 0 else "first_lecture", lecture=lecture.title
                )
                return
            other = self.catalogue.lectures[row]
            kind = "after" if step > 0 else "before"
            draft.introduce(
                kind, term=lecture.title, next=other.title, lecture=other.document.name, page=1
            )
            self._name_lecture(draft, other)
            return
        section = neighbour_section(route.heading, self.catalogue.passages(lecture), step)
        if section is None:
            name = "last" if step > 0 else "opening"
            draft.introduce(name, term=plain_heading(route.heading), lecture=lecture.title)
            return
        draft.introduce(
            "after" if step > 0 else "before",
            term=plain_heading(route.heading),
            next=section.heading,
            lecture=lecture.title,
            page=section.pages[0],
        )
        vectors = self.catalogue.vectors(lecture)
        self._quote_section(draft, section, section.passages[:_OPENING_PASSAGES], vectors)

    # ---- exam ----

    def _exam(self, draft: Draft, route: Route, lecture: Lecture | None) -> None:
        if self.ask is None:
            return
        if lecture is None and route.term:
            passages = [place.passage for place in self._places(route.term)]
        else:
            lectures = [lecture] if lecture else self.catalogue.lectures
            passages = central_passages(lectures, self.catalogue)
        own = self.catalogue.passages(lecture) if lecture else ()
        questions = exam_questions(passages, draft.words, self.ask, route.count, own)
        if not questions:
            return
        topic = lecture.title if lecture else route.term
        if topic:
            few = len(questions) < route.count
            draft.introduce("exam_few" if few else "exam", number=len(questions), topic=topic)
        for one in questions:
            draft.add(one.items, one.passage, one.span, one.question)


def _label(headings: Sequence[str], text: str) -> str:
    """The last of the headings above a text, where the text does not say it; "" for none."""
    if not headings:
        return ""
    heading = plain_heading(headings[-1])
    is_said = heading.casefold() in text.casefold()
    return "" if is_said or count_words(heading) > _LABEL_WORDS else heading
