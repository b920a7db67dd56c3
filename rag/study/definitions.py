"""Find the sentences of a lecture that define a term, each with its term and its place.

A definition is a whole sentence that can be read alone: "A queue is a list that ...", "... is called
a queue", an entry "Queue: a list that ...", or an abbreviation beside its words. How a language
defines is part of `ingest.text.languages`. Code, formulas, tasks and torn lines define nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ingest.text.languages import Language, language
from ingest.text.languages.base import Terminology
from ingest.text.rows import cells_of
from ingest.text.sentences import CLOSING_MARKS
from ingest.types import Passage
from rag.spans import Unit, is_row, span_text, units_of
from rag.study.terms import MAX_TERM, Lecture, expansion, is_term
from rag.unit_kinds import content_stems, is_aside

Kind = Literal["sentence", "name", "label", "abbreviation"]
_KINDS: tuple[Kind, ...] = ("sentence", "name", "label", "abbreviation")  # the best first

_MIN_WORDS, _MAX_WORDS = 5, 45  # of a sentence that defines
_MIN_MEANING = 2  # stems with a meaning of their own in a definition, beside its term's
_MIN_PREDICATE = 4  # words behind "is"; "X is a lazy list" says one property, not what X is
_MIN_MENTIONS = 2  # of a term in its lecture, headings included
_MIN_BESIDE = 4  # stems that an entry of an abbreviation says beside its words
_WORD = re.compile(r"[^\W_][\w’'./+-]*")
# A label such as "Definition 3.2 (Queues):" or "Intuition 1:", a bullet that was drawn, a number.
_LABEL = re.compile(
    r"^\W*(?:(?:[^\W\d_]+\s+\d[\d.]*|Definition(?:\s+[\d.]+)?)\s*(?:\([^)]*\))?\s*[:.]\s+"
    r"|\(?(?:\d+|[a-zA-Z])[.)]\s+)?"
)
_FORMULA = re.compile(
    r"[_^{}\\|=<>$#@~∑∏∫∂∇∈∉∀∃≤≥≠≈≪≜≡→←↔⇒⇐⇔⟨⟩×·•⊙∗□▶✔✘�√∞∪∩⊂⊆∧∨¬°²³]|\(\)|\[\d|::|//|\b0x|\.\.\.|…|[\u0370-\u03ff]"
    r"|\w\(\w|https?:|www\.|\bet\s+al\b|\((?:\w+,?\s+)?(?:19|20)\d\d\)|\(\d{1,3}\)"
)
_VARIABLE = re.compile(r"(?<![\w'’.])[b-zA-Z](?![\w'’.+#-])")
_MAX_VARIABLES = 2  # letters that stand alone, in a sentence
_ABBREVIATION = re.compile(
    r"(?P<long>(?:[^\W\d_][\w’'-]*\s+){1,6}?[^\W\d_][\w’'-]*)\s*\((?P<short>[A-Z][A-Za-z]?[A-Z]{1,5})s?\)"
    r"|(?<![\w-])(?P<first>[A-Z][A-Za-z]?[A-Z]{1,5})\s*(?:\(|:\s|=\s|[–—-]\s)"
    r"(?P<words>[^\W\d_][\w’'-]*(?:[\s-]+[^\W\d_][\w’']*){1,6})"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\W*$")  # at the end of a reference
_INNER_WORD = re.compile(r"[A-ZÄÖÜ][a-zäöüß]+")
_BLANKS = re.compile(r"\s+")
_BRACKETS = re.compile(r"\s*\([^)]{2,40}\)")
_GLOSS = re.compile(r"\s*(?:\([^)]{2,30}\)\s*)?(?::|\s[–—-])\s+(?P<text>\S.*)")


@dataclass(frozen=True, slots=True)
class Definition:
    """A sentence that defines a term.

    `text` is the sentence on one line, `passage.text[start:end]`; `text[term_start:term_end]` is
    the term as it is written there, `meaning` the part that defines it. The text of a table's row is
    "term: meaning"; what an abbreviation stands for is its meaning.
    """

    term: str
    kind: Kind
    passage: Passage
    start: int
    end: int
    text: str
    term_start: int
    term_end: int
    meaning: str

    @property
    def pages(self) -> tuple[int, ...]:
        """The pages of the sentence, ascending."""
        return self.passage.pages_of(self.start, self.end)

    @property
    def spoken(self) -> Language:
        """The language of the sentence."""
        return language(self.passage.language)

    @property
    def stems(self) -> frozenset[str]:
        """The stems of the term's words with a meaning of their own."""
        return frozenset(content_stems(self.term, self.spoken))


def definitions_in(passages: Sequence[Passage]) -> list[Definition]:
    """The definitions of one lecture in reading order, of each term the best one.

    A sentence with its verb is preferred to a naming, that to a labelled entry; of two of a kind
    the earlier one counts.
    """
    lecture = Lecture(passages)
    best: dict[tuple[tuple[str, ...], bool], Definition] = {}
    for passage in passages:
        for definition in _definitions_of(passage, lecture):
            key = tuple(sorted(definition.stems)), definition.kind == "abbreviation"
            rank = _KINDS.index(definition.kind)
            if key not in best or rank < _KINDS.index(best[key].kind):
                best[key] = definition
    order = {passage.id: number for number, passage in enumerate(passages)}
    return sorted(best.values(), key=lambda one: (order[one.passage.id], one.start))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence, entry or row that may define a term; `text` is on one line, without its label."""

    passage: Passage
    start: int
    end: int
    text: str
    spoken: Language
    words: Terminology
    lecture: Lecture

    @property
    def needs_context(self) -> bool:
        """Whether the text refers to what is outside of it, or begins with no term."""
        return bool(
            self.words.outside.search(self.text)
            or self.words.outside_opening.search(self.text)
            or not self.text[:1].isupper()
        )

    @property
    def opening(self) -> tuple[int, int]:
        """Where the text begins, and where its first word behind an article does."""
        first = _WORD.search(self.text)
        if first is None:
            return 0, 0
        second = _WORD.search(self.text, first.end())
        if second is not None and first[0].casefold() in self.words.articles:
            return first.start(), second.start()
        return first.start(), first.start()

    def mentions(self, term: str) -> int:
        """How often the lecture names a term; its own text counts too."""
        return self.lecture.mentions(term, self.spoken)

    def define(self, kind: Kind, span: tuple[int, int], meaning: str) -> Definition | None:
        """The definition of `text[slice(*span)]`, unless it says too little or only its term again."""
        term = self.text[slice(*span)]
        own, stems = content_stems(term, self.spoken), content_stems(meaning, self.spoken)
        parts = _INNER_WORD.findall(term)  # of a name as StackLayout
        repeated = len(parts) > 1 and content_stems(" ".join(parts), self.spoken) <= stems
        if repeated or own <= stems or len(stems - own) < _MIN_MEANING + (kind == "label"):
            return None
        return Definition(term, kind, self.passage, self.start, self.end, self.text, *span, meaning)


def _definitions_of(passage: Passage, lecture: Lecture) -> Iterator[Definition]:
    """All definitions of a passage."""
    spoken = language(passage.language)
    words = spoken.terminology
    if words is None or passage.is_navigation:
        return
    heading = passage.headings[-1] if passage.headings else ""
    units = units_of(passage)
    for number, unit in enumerate(units):
        following = units[number + 1] if number + 1 < len(units) else None
        text = span_text(passage, unit)
        if is_aside(text, heading, spoken) or spoken.statement.search(text):
            continue
        one = _Candidate(passage, unit.start, unit.end, text, spoken, words, lecture)
        if is_row(passage.text, unit):
            definition = _row(one)
        else:
            yield from _abbreviations(one)
            if not _is_whole(one, unit, following):
                continue
            label = _LABEL.match(text)
            if label is not None and label.end():
                start = _offset(passage.text, unit.start, label.end())
                one = replace(one, start=start, text=text[label.end() :])
            definition = _sentence(one) or _name(one) or _label(one)
        if definition is not None:
            yield definition


def _offset(text: str, start: int, count: int) -> int:
    """Where the text behind `start` goes on after `count` characters, a run of blanks being one."""
    for _ in range(count):
        blanks = _BLANKS.match(text, start)
        start = blanks.end() if blanks else start + 1
    return start


def _is_whole(one: _Candidate, unit: Unit, following: Unit | None) -> bool:
    """Whether a unit is a whole sentence or entry in words, that nothing behind it completes."""
    text = one.text
    if not _MIN_WORDS <= len(text.split()) <= _MAX_WORDS or _FORMULA.search(text):
        return False
    if len(_VARIABLE.findall(text)) > _MAX_VARIABLES:
        return False
    if text.endswith(("?", ":", ",", ";", "-", "–", "(")) or not _is_balanced(text):
        return False
    if text[-1] in CLOSING_MARKS:
        return True
    last = text.split()[-1].casefold()
    if last.isdigit():  # the number of a page or of another column
        return False
    if last in one.spoken.continuation_words or last in one.spoken.evident_words:
        return False
    return unit.is_item and (following is None or following.is_item)


def _is_balanced(text: str) -> bool:
    """Whether brackets and quotation marks are closed."""
    if text.count("(") != text.count(")") or text.count("[") != text.count("]"):
        return False
    if "„" in text:
        return text.count("„") == text.count("“") + text.count("”")
    return text.count('"') % 2 == 0 and text.count("“") == text.count("”")


def _sentence(one: _Candidate) -> Definition | None:
    """ "A queue is a list that ...", "Entropy measures ..."."""
    if one.needs_context:
        return None
    start, first = one.opening
    for word in list(_WORD.finditer(one.text, first))[:MAX_TERM]:
        end = word.end()
        behind = _BRACKETS.match(one.text, end)
        marker = one.words.definition.match(one.text, behind.end() if behind else end)
        if marker is None:
            continue
        term = one.text[first:end]
        name, meaning = next((name, value) for name, value in marker.groupdict().items() if value)
        article = one.text[start:first].strip().casefold()
        introduces = name == "text" and article in one.words.indefinite
        if not is_term(term, one.spoken, one.words, defined=introduces):
            return None
        if one.lecture.is_identifier(term, one.words):
            return None
        if not introduces and one.mentions(term) < _MIN_MENTIONS:
            return None
        if name == "text" and len(meaning.split()) < _MIN_PREDICATE:
            return None
        return one.define("sentence", (first, end), meaning)
    return None


def _name(one: _Candidate) -> Definition | None:
    """ "... is called a queue", "Unter einer Schlange versteht man ..."."""
    match = one.words.naming.search(one.text)
    if match is None or one.needs_context or one.text[-1] not in CLOSING_MARKS:
        return None
    start, end = next(match.span(name) for name, value in match.groupdict().items() if value)
    term = one.text[start:end]
    if not is_term(term, one.spoken, one.words) or one.mentions(term) < _MIN_MENTIONS:
        return None
    return one.define("name", (start, end), one.text[: match.start()] + one.text[end:])


def _label(one: _Candidate) -> Definition | None:
    """ "Queue: a list that ..."."""
    _, first = one.opening
    for word in list(_WORD.finditer(one.text, first))[:MAX_TERM]:
        gloss = _GLOSS.match(one.text, word.end())
        if gloss is not None:
            return _gloss(one, (first, word.end()), gloss["text"])
    return None


def _row(one: _Candidate) -> Definition | None:
    """A row of two cells: a term, and a text that explains it."""
    cells = cells_of(one.text)
    if len(cells) != 2 or not all(cells):
        return None
    text = f"{cells[0]}: {cells[1]}"
    if _FORMULA.search(text) or not _is_balanced(text) or len(text.split()) > _MAX_WORDS:
        return None
    if cells[1].split()[-1].casefold() in one.spoken.evident_words:
        return None
    return _gloss(replace(one, text=text), (0, len(cells[0])), cells[1])


def _gloss(one: _Candidate, span: tuple[int, int], meaning: str) -> Definition | None:
    """A term with what explains it, where the lecture names it elsewhere and it labels one entry."""
    term = one.text[slice(*span)]
    if not is_term(term, one.spoken, one.words) or term.casefold() in one.lecture.labels:
        return None
    if one.lecture.is_identifier(term, one.words) or _YEAR.search(meaning):
        return None
    if " " not in term and not one.lecture.is_noun(term, one.spoken):
        return None
    if one.mentions(term) < _MIN_MENTIONS or one.words.outside.search(meaning):
        return None
    if _is_list(meaning) or _has_own_subject(meaning, one.spoken):
        return None
    if one.words.remark_opening.search(meaning):
        return None
    long = expansion(term, meaning, from_end=False)
    if long and len(content_stems(meaning[len(long) :], one.spoken)) < _MIN_BESIDE:
        return None
    return one.define("label", span, meaning)


def _has_own_subject(text: str, spoken: Language) -> bool:
    """Whether a text says something of another subject: one of its second to sixth words is a frequent verb."""
    words = [word.casefold() for word in _WORD.findall(text)]
    return not spoken.verbs.isdisjoint(words[1:6])


def _is_list(text: str) -> bool:
    """Whether a text only lists names: of its parts between commas most have one or two words."""
    parts = re.split(r"[,;/]", text)
    return len(parts) > 2 and sum(len(part.split()) <= 2 for part in parts) * 2 > len(parts)


def _abbreviations(one: _Candidate) -> Iterator[Definition]:
    """ "Virtual Private Network (VPN)": an abbreviation that is made of its words' first letters."""
    for match in _ABBREVIATION.finditer(one.text):
        group, words = ("short", "long") if match["short"] else ("first", "words")
        short = match[group]
        long = expansion(short, match[words], from_end=group == "short")
        if long and one.mentions(short) >= _MIN_MENTIONS:
            yield Definition(
                short,
                "abbreviation",
                one.passage,
                one.start,
                one.end,
                one.text,
                *match.span(group),
                long,
            )
