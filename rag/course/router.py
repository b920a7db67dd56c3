"""Tell a question about the course from one about its subject, and read what it asks for.

Rules come first (`ingest.text.languages.course`): a rule matches the whole question, and its slots must name
a lecture, a page or a heading that exists. Where the rules end, cues are looked for (`rag.course.cued`). Last, a question that names a lecture
and holds hardly another word is compared by the encoder with examples of each kind, among them
those that the search has to answer. All other questions are left to the search.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from ingest.embed import Encoder
from ingest.text.languages import LANGUAGES, Language
from ingest.text.languages.course import COURSE_WORDS, CourseWords
from rag.course.catalogue import Catalogue, Lecture, alike, words_of
from rag.course.cued import readings
from rag.course.examples import by_examples
from rag.types import Turn

Kind = Literal[
    "lectures", "outline", "summary", "page", "first", "mentions", "statements", "after",
    "before", "length", "language", "newest", "exam", "choice", "part", "covered",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)

_EXAM_QUESTIONS = 5
_TERM_WORDS = 6
_HEADING_SHARE = 0.3  # of a heading's words that a question must have
_TITLE_WORDS = 3  # of a title that names a lecture without the word "lecture"
_NEAR_PASSAGES = 10  # among which one lecture must have the most, to be what a title means
_MAJORITY = 0.6
_MAX_HISTORY = 3  # follow-ups behind each other


@dataclass(frozen=True, slots=True)
class Route:
    """What a question about the course asks for.

    `lecture` is the id of a document, "" for none; `page` counts from 1, 0 for none; `term` are
    the reader's words; `statement` is a kind of text, such as "theorem"; `count` are the questions
    to make; `heading` is the heading that was meant by the term. The kind "choice" is that of a
    question about a lecture whose number several courses have; `lectures` are their ids. `part` is
    one of `parts` equal parts of the lecture, from 1, -1 the last; of its main sections where `parts` is 0.
    `aspect` is what is asked of each thing of a kind, "" for nothing.
    `language` is that of the rule that matched, "" where none did.
    """

    kind: Kind
    lecture: str = ""
    page: int = 0
    term: str = ""
    statement: str = ""
    count: int = 0
    heading: str = ""
    lectures: tuple[str, ...] = ()
    part: int = 0
    parts: int = 0
    aspect: str = ""
    language: str = field(default="", compare=False)


class Router:
    """Routes questions over the lectures of a catalogue."""

    def __init__(self, catalogue: Catalogue, encoder: Encoder | None = None) -> None:
        """Without an encoder, rules and names of lectures alone decide."""
        self.catalogue = catalogue
        self.encoder = encoder

    def route(
        self, question: str, language: Language, history: Sequence[Turn] = ()
    ) -> Route | None:
        """What a question asks about the course; None where it is one about the subject.

        Args:
            question: As the reader typed it.
            language: The question's; the rules of the other languages follow its own.
            history: The turns before, oldest first: "and lecture 3?" asks again.
        """
        text = " ".join(unicodedata.normalize("NFC", question).split())
        codes = sorted(COURSE_WORDS, key=lambda code: code != language.code)
        for code in codes:
            if route := self._by_rules(text, COURSE_WORDS[code]):
                complete = self._with_context(route, history, language)
                return replace(complete, language=code) if complete else None
        for code in codes:
            if route := self._follow_up(text, COURSE_WORDS[code], history, language):
                return route
        for code in codes:
            if route := self._by_cues(text, COURSE_WORDS[code], LANGUAGES[code]):
                complete = self._with_context(route, history, language)
                if complete:
                    return replace(complete, language=code)
        if self.encoder is None:
            return None
        words, spoken = COURSE_WORDS[codes[0]], LANGUAGES[codes[0]]
        found = by_examples(text, words, spoken, self.encoder, self)
        return Route(found[0], found[1].document.id) if found else None  # type: ignore[arg-type]

    def _by_cues(self, text: str, words: CourseWords, spoken: Language) -> Route | None:
        """The first reading of a question by its cues whose slots name something."""
        for reading in readings(text, words, spoken, self):
            slots = dict(reading.slots)
            slots.pop("title", None)
            cue = reading.cue
            assert cue.kind in KINDS
            route = Route(cue.kind)  # type: ignore[arg-type]
            if reading.lecture is not None:
                route = replace(route, lecture=reading.lecture.document.id)
            elif reading.parts:
                slot = {"lecture or term": "topic"}.get(cue.needs, cue.needs)
                slots[slot] = reading.parts[0]
            if cue.kind == "exam":
                numbers = (_number(word, words) for word in reading.matched.split())
                slots["count"] = str(next(filter(None, numbers), 0))
            complete = self._filled(route, slots, words)
            if complete is not None and (not complete.term or _is_term(complete.term)):
                return complete
        return None

    # ---- rules ----

    def _by_rules(self, text: str, words: CourseWords) -> Route | None:
        for rule in words.rules:
            match = rule.pattern.fullmatch(text)
            if match is None:
                continue
            slots = {name: value for name, value in match.groupdict().items() if value}
            assert rule.kind in KINDS
            route = self._filled(Route(rule.kind), slots, words)  # type: ignore[arg-type]
            if route is not None:
                return route
        return None

    def _filled(self, route: Route, slots: dict[str, str], words: CourseWords) -> Route | None:
        """The route with its slots; None where one of them names nothing."""
        if "lecture" in slots or "reference" in slots:
            text = slots.get("lecture") or slots["reference"]
            lectures = self.references(text, words)
            if len(lectures) > 1:
                return Route("choice", lectures=tuple(one.document.id for one in lectures))
            lecture = lectures[0] if lectures else None
            if lecture is None and "lecture" in slots:
                lecture = self.catalogue.by_title(_bare(text, words), whole=route.kind != "page")
            if lecture is None:
                return None
            route = replace(route, lecture=lecture.document.id)
        if "page" in slots or "ordinal" in slots:
            page = int(slots["page"]) if "page" in slots else _number(slots["ordinal"], words)
            if not page:
                return None
            route = replace(route, page=page)
        if "part" in slots:
            part = _number(slots["part"], words)
            if not part:
                return None
            parts = next(
                (n for n, form in words.shares.items() if form.fullmatch(slots["share"])), 0
            )
            route = replace(route, part=part, parts=parts)
        if "kind" in slots:
            kinds = words.kinds.items()
            kind = next((name for name, form in kinds if form.fullmatch(slots["kind"])), "")
            route = replace(route, statement=kind)
        if "term" in slots:
            term = _bare(slots["term"], words)
            if not _is_term(term):
                return None
            route = replace(route, term=term)
        if "aspect" in slots:
            route = replace(route, aspect=slots["aspect"])
        if "topic" in slots:
            route = self._with_topic(route, slots["topic"], words)
        if route.kind == "exam":
            count = _number(slots["count"], words) if "count" in slots else 0
            route = replace(route, count=count or _EXAM_QUESTIONS)
        if "heading" in slots:
            return self._with_heading(route, slots["heading"], words)
        return route

    def _with_topic(self, route: Route, text: str, words: CourseWords) -> Route:
        """A lecture where the topic names one, else a term."""
        lecture = self.reference(text, words) or self.catalogue.by_title(
            _bare(text, words), whole=route.kind != "exam"
        )
        if lecture is not None:
            return replace(route, lecture=lecture.document.id)
        return replace(route, term=_bare(text, words))

    def _with_heading(self, route: Route, text: str, words: CourseWords) -> Route | None:
        """A lecture, or a heading, perhaps with the lecture that it is in; None for neither."""
        if lecture := self.reference(text, words):
            return replace(route, lecture=lecture.document.id)
        parts = re.split(r"\s+(?:in|im|of|from|von|aus)\s+", text)
        for cut in range(len(parts) - 1, 0, -1):
            place = self.reference(" in ".join(parts[cut:]), words)
            term = _bare(" in ".join(parts[:cut]), words)
            if place and (found := self.heading(term, [place])):
                return replace(route, term=term, lecture=place.document.id, heading=found[1])
        term = _bare(text, words)
        if found := self.heading(term, self.catalogue.lectures):
            return replace(route, term=term, lecture=found[0].document.id, heading=found[1])
        named = self.title(term, words, whole=True)
        return replace(route, lecture=named.document.id) if named else None

    def heading(self, term: str, lectures: Sequence[Lecture]) -> tuple[Lecture, str] | None:
        """The lecture and heading that a term names: all its words, and most of the heading's."""
        words = content_words(term)
        best: tuple[float, int] | None = None
        headings: list[tuple[Lecture, str]] = []
        for lecture in lectures:
            seen: set[str] = set()
            for passage in self.catalogue.passages(lecture):
                for heading in passage.headings[1:]:
                    if heading not in seen:
                        seen.add(heading)
                        headings.append((lecture, heading))
        for position, (_, heading) in enumerate(headings):
            own = content_words(heading)
            if not own or not words:
                continue
            if not all(any(alike(word, other) for other in own) for word in words):
                continue
            share = sum(any(alike(word, other) for word in words) for other in own) / len(own)
            named = share >= _HEADING_SHARE or _opens(words, heading)
            if named and (best is None or share > best[0]):
                best = (share, position)
        return headings[best[1]] if best else None

    def reference(self, text: str, words: CourseWords) -> Lecture | None:
        """The only lecture that a text names; see `references`."""
        lectures = self.references(text, words)
        return lectures[0] if len(lectures) == 1 else None

    def title(self, text: str, words: CourseWords, *, whole: bool) -> Lecture | None:
        """The lecture that a title names; `whole` if it must name most of it."""
        return self.catalogue.by_title(_bare(text, words), whole=whole)

    def references(self, text: str, words: CourseWords) -> list[Lecture]:
        """The lectures that a text names by number, with the word "lecture", or as a file.

        They are several where a number is one of several courses, and the text names none of them.
        """
        text = text.strip(" \"'“”„»«.?!,")
        if lecture := self.catalogue.by_file(text) if "." in text or "-" in text else None:
            return [lecture]
        course, text = self._course_of(text)
        match = words.reference.fullmatch(text)
        if match is None:
            title = _bare(text, words)
            is_long = len(content_words(title)) >= _TITLE_WORDS
            lecture = self.catalogue.by_title(title, whole=True) if is_long else None
            return [lecture] if lecture else []
        for group in ("number", "ordinal"):
            if match[group] and (number := _number(match[group], words)):
                return self.catalogue.by_number(number, course)
        names = (
            match[name] for name in ("title", "about", "before", "behind", "number", "ordinal")
        )
        title = _bare(next(filter(None, names), ""), words)
        own = [word for word in content_words(title) if word not in words.fillers]
        is_subject = bool(match["title"] or (match["about"] and own))
        lecture = (
            self.catalogue.by_file(title)
            or self.catalogue.by_title(title)
            or (self._by_meaning(title) if is_subject else None)
        )
        return [lecture] if lecture else []

    def _course_of(self, text: str) -> tuple[str | None, str]:
        """The course that a text names, None for none, and the rest: "AI, lecture 3", "lecture 3 of AI"."""
        for course in filter(None, self.catalogue.courses):
            name = re.escape(course)
            before = re.fullmatch(rf"(?:the\s+)?{name}(?:['’]s)?[\s,:-]+(.+)", text, re.IGNORECASE)
            behind = re.fullmatch(rf"(.+?)\s+(?:[^\W\d]+\s+){{1,2}}{name}", text, re.IGNORECASE)
            if match := before or behind:
                return course, match[1]
        return None, text

    def _by_meaning(self, title: str) -> Lecture | None:
        """The lecture that most of the passages nearest to a title are from; None for several."""
        if self.encoder is None or not self.catalogue.lectures:
            return None
        vector = self.encoder.encode_questions([title])[0]
        near = self.catalogue.store.search_dense(vector, _NEAR_PASSAGES)
        votes = Counter(passage.document for passage, _ in near)
        if not votes:
            return None
        id, count = votes.most_common(1)[0]
        return self.catalogue.by_document(id) if count >= _MAJORITY * len(near) else None

    # ---- conversation ----

    def _follow_up(
        self, text: str, words: CourseWords, history: Sequence[Turn], language: Language
    ) -> Route | None:
        """The route of the question before it, of another lecture or page."""
        match = words.follow_up.fullmatch(text)
        next_page = words.next_page.fullmatch(text)
        if not history or not (match or next_page):
            return None
        before = self._before(history, language)
        if before is None:
            return None
        if next_page:
            return replace(before, page=before.page + 1) if before.kind == "page" else None
        assert match is not None
        if match["page"] or match["ordinal"]:
            page = int(match["page"]) if match["page"] else _number(match["ordinal"], words)
            other = self.reference(match["other"], words) if match["other"] else None
            id = other.document.id if other else before.lecture
            return Route("page", id, page) if page > 0 and id else None
        lecture = self.reference(match["reference"], words)
        if lecture is None or not before.lecture or before.heading:
            return None
        return replace(before, lecture=lecture.document.id)

    def _before(self, history: Sequence[Turn], language: Language) -> Route | None:
        """The route of the last question of a conversation."""
        if not history:
            return None
        turns = list(history)[-_MAX_HISTORY:]
        return self.route(turns[-1].question, language, turns[:-1])

    def _with_context(
        self, route: Route, history: Sequence[Turn], language: Language
    ) -> Route | None:
        """A page or a part without a lecture is of the lecture before it, or of the only one."""
        if route.kind not in ("page", "part") or route.lecture:
            return route
        before = self._before(history, language)
        if before is not None and before.lecture:
            return replace(route, lecture=before.lecture)
        if len(self.catalogue) == 1:
            return replace(route, lecture=self.catalogue.lectures[0].document.id)
        return None


def content_words(text: str) -> list[str]:
    """The words of a text that are no stop words of a language that has course words."""
    frequent = frozenset().union(*(LANGUAGES[code].stop_words for code in COURSE_WORDS))
    return [word for word in words_of(text) if word not in frequent]


def _opens(words: Sequence[str], heading: str) -> bool:
    """Whether a heading begins with the words, as "Attention: why it works"."""
    first = content_words(re.split(r"[:–—(]", heading)[0])
    return len(first) == len(words) and all(map(alike, words, first))


def _bare(text: str, words: CourseWords) -> str:
    """A term or title without articles and quotation marks."""
    text = text.strip(" \"'“”„»«.?!,")
    match = words.articles.fullmatch(text)
    return match["rest"].strip() if match and match["rest"] else text


def _is_term(text: str) -> bool:
    """Whether a text can be the name of something: a few words, none of which asks."""
    words = words_of(text)
    asks = frozenset().union(*(LANGUAGES[code].question_words for code in COURSE_WORDS))
    return bool(content_words(text)) and len(words) <= _TERM_WORDS and asks.isdisjoint(words)


def _number(text: str, words: CourseWords) -> int:
    """A number in figures or words, an ordinal too; 0 for none."""
    text = text.casefold().strip(" .")
    if match := re.fullmatch(r"0*(\d{1,4})(?:st|nd|rd|th|\.)?", text):
        return int(match[1])
    for ending in ("", "n", "r", "s", "m"):  # der zweiten, ein zweiter
        base = text.removesuffix(ending) if ending else text
        if base in words.numbers:
            return words.numbers[base]
    return 0
