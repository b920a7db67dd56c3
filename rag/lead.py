"""Choose the lead of an answer: the few units of a page that answer, shown before anything else.

The judge scores every unit of the first passages under its heading, and its kind adds to that. The
best unit is extended by its neighbours, whole units again, up to 40 words; a question of two parts
gets a lead for each, as does one about two documents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.text.languages import Language, language
from ingest.text.rows import cells_of
from ingest.text.scripts import count_words
from ingest.text.sentences import CLOSING_MARKS
from rag.evidence import Judge, page_ranks, weighted_logits
from rag.orders import are_orders, asks_about_orders, is_order
from rag.parts import held_parts, parts_of
from rag.rerank import logits, score_parts
from rag.settings import AnswerSettings
from rag.spans import (
    Unit,
    has_min_words,
    is_code,
    is_row,
    judge_input,
    span_text,
    units_of,
)
from rag.types import Hit
from rag.unit_kinds import content_stems, kind_logits, unasked_asides

MAX_WORDS = 40  # of a lead with its label
_PAGE_RANK_WEIGHT = 1.0  # as the settings' `page_rank_weight`, which is for evidence
_MAX_LABEL = 12  # words; a longer heading or line names nothing
_NEIGHBOUR_MARGIN = 6.0  # logits; a unit is extended by no neighbour that is further behind
_PAGE_MARGIN = 3.0  # weighted logits; no lead is taken from a passage further behind the best one
_NEW_PAGE = 2.0  # logits, for units of a page that holds none of the other parts' leads
_MIN_PART = -2.0  # logit; a further part has no lead where its best unit is below this
_ADDRESS = re.compile(r"(https?:|www\.)\S+\W*$")  # at the end of a reference, which says nothing


@dataclass(frozen=True, slots=True)
class LeadUnits:
    """The units of a lead and the hit whose passage holds them; `label` as in `Lead`.

    `score` in [0, 1] is the judge's for the best unit, moved by what the unit's kind adds. `names_only`
    says whether that unit only names its subject, as a schedule does.
    """

    hit: Hit
    units: tuple[Unit, ...]
    label: str
    score: float
    names_only: bool = False

    @property
    def start(self) -> int:
        """Where the first unit begins in the passage's text."""
        return self.units[0].start

    @property
    def end(self) -> int:
        """Where the last unit ends."""
        return self.units[-1].end

    @property
    def items(self) -> tuple[str, ...]:
        """The units, each on one line; sentences that follow each other are one item."""
        items: list[str] = []
        for unit in self.units:
            text = span_text(self.hit.passage, unit)
            if is_row(self.hit.passage.text, unit):
                items.append(_cells(text))
            elif items and not unit.is_item and items[-1][-1] in CLOSING_MARKS:
                items[-1] += f" {text}"
            else:
                items.append(text)
        return tuple(items)


def select_leads(
    question: str,
    query: str,
    hits: Sequence[Hit],
    judge: Judge,
    settings: AnswerSettings,
    asked_in: Language,
) -> tuple[LeadUnits, ...]:
    """The leads of an answer, one for each part of the question, in the parts' order.

    Args:
        question: As the user asked it.
        query: Completed from the conversation; of any other question it is the same.
        hits: Best first; leads are taken from the first `settings.passages` of them that do not
            only lead through a document.
        judge: Scores each unit against the query, and against the question or its parts.
        settings: The weight of a unit's passage, as in `rag.evidence.select_evidence`.
        asked_in: The question's language.

    Returns:
        None where the passages hold no unit that can stand alone. A part that the passages do not
        answer (_MIN_PART), or that the units of another part answer, has no lead of its own. A
        question about several documents has a further lead, from another document.
    """
    on_topic = [hit for hit in hits if not hit.passage.is_navigation][: settings.passages]
    pages = [page for page in map(_Page, on_topic) if page.units]
    if not asks_about_orders(question):
        pages = [page for page in pages if not all(are_orders(page.texts))]
    if not pages:
        return ()
    places = weighted_logits(asked_in.code, [page.hit for page in pages], settings.passage_weight)
    places -= _PAGE_RANK_WEIGHT * np.log(page_ranks([page.hit.passage for page in pages]))
    leads: list[LeadUnits] = []
    parts = parts_of(question, asked_in)

    def add_lead(part: str, rows: Sequence[int], compared: str = "") -> None:
        some_pages = [pages[row] for row in rows]
        scores = _unit_scores(some_pages, (part, query), judge, asked_in, compared)
        totals = [
            own + places[row] + _NEW_PAGE * (not parts.compared and _is_new(pages[row], leads))
            for row, own in zip(rows, scores, strict=True)
        ]
        best = _best_unit(some_pages, totals, leads)
        if best is None:
            return
        number, unit = best
        if not leads or scores[number][unit] >= _MIN_PART:
            asides = some_pages[number].asides((part, query), asked_in)
            leads.append(_extended(some_pages[number], unit, scores[number], asides, query, leads))

    near = [row for row, place in enumerate(places) if place >= places.max() - _PAGE_MARGIN]
    terms = dict(zip(parts.questions, parts.compared, strict=False))
    for part in held_parts(parts.questions, on_topic, asked_in):
        add_lead(part, near, terms.get(part, ""))
    documents = {lead.hit.passage.document for lead in leads}
    elsewhere = [
        row for row, page in enumerate(pages) if page.hit.passage.document not in documents
    ]
    if len(documents) == 1 and elsewhere and asked_in.several_places.search(question):
        add_lead(question, elsewhere)
    return tuple(leads)


def _is_new(page: _Page, leads: Sequence[LeadUnits]) -> bool:
    """Whether other leads are there, none of them from this page."""
    return bool(leads) and not any(page.hit.passage.shares_page(lead.hit.passage) for lead in leads)


class _Page:
    """A passage with its units and what is known of each."""

    def __init__(self, hit: Hit) -> None:
        self.hit = hit
        self.units = units_of(hit.passage)
        self.texts = [span_text(hit.passage, unit) for unit in self.units]
        self.words = [count_words(text) for text in self.texts]
        self.rows = [is_row(hit.passage.text, unit) for unit in self.units]
        self.entries = [
            unit.is_item or row for unit, row in zip(self.units, self.rows, strict=True)
        ]

    def asides(self, questions: tuple[str, str], asked_in: Language) -> list[bool]:
        """Which units only name their subject; see `unasked_asides`."""
        passage = self.hit.passage
        asides = unasked_asides(questions, asked_in, passage, self.texts, self.entries)
        return [bool(aside) for aside in asides]

    def least(self, row: int) -> range | None:
        """The fewest rows around a unit that can be a lead; None where there are none.

        A unit with enough words stands alone, unless it asks or is too long; one that announces
        others goes with the next of them. The names of a table's columns are no answer.
        """
        last: int | None = row
        if self.rows[row] and self.opens(row):
            return None
        if self.opens(row):
            last = self.next_end(row, row, 1)
        elif not (has_min_words(self.texts[row]) or self.rows[row]):
            return None
        text = self.texts[row]
        if last is None or text.endswith("?") or _ADDRESS.search(text):
            return None
        rows = range(row, last + 1)
        return rows if len(rows) == 1 or self.count(rows) <= MAX_WORDS else None

    def judge_input(self, row: int) -> str:
        """A unit as the judge reads it: under its heading, a row under the names of the columns."""
        text = judge_input(self.hit.passage, self.units[row])
        top = self.first_row(row) if self.rows[row] else row
        return text if top == row else f"{self.texts[top]}\n{text}"

    def count(self, rows: range) -> int:
        """The words of some units together."""
        return sum(self.words[row] for row in rows)

    def next_end(self, first: int, last: int, step: int) -> int | None:
        """The next row at which a lead of some rows could end on one side; None for none."""
        row = (first if step < 0 else last) + step
        if step < 0 and row >= 0 and self.units[row].is_item and not self.units[first].is_item:
            row = self.list_start(row)  # half of another list would seem to belong to this text
        while 0 <= row < len(self.units):
            if _ADDRESS.search(self.texts[row]):
                return None
            if not self.cannot_end(row, step):
                return row
            row += step
        return None

    def list_start(self, row: int) -> int:
        """The row of the line before the items around an item; -1 for none."""
        while row >= 0 and self.units[row].is_item:
            row -= 1
        return row

    def cannot_end(self, row: int, step: int) -> bool:
        """Whether a unit can be inside a lead, but not at this end: a question, a fragment of a
        formula or drawing, and at the last end what announces more or is a label."""
        text = self.texts[row]
        fragment = not (has_min_words(text) or self.units[row].is_item or self.rows[row])
        closed = text[-1] in CLOSING_MARKS
        if step < 0:
            label = self.opens(row) or (text[0].isupper() and not self.is_sentence(row + 1))
            return text.endswith("?") or (fragment and not label)
        return text.endswith("?") or self.opens(row) or (fragment and not closed)

    def is_sentence(self, row: int) -> bool:
        """Whether a unit is a whole sentence, which no line before it names."""
        text = self.texts[row]
        return text[0].isupper() and text[-1] in CLOSING_MARKS and has_min_words(text)

    def opens(self, row: int) -> bool:
        """Whether a unit announces the ones behind it: it ends with a colon, labels a list, or
        names the columns of a table."""
        if self.rows[row]:
            return self.first_row(row) == row and True in self.rows[row + 1 : row + 2]
        if self.texts[row].endswith(":"):
            return True
        behind = self.units[row + 1 : row + 2]
        short = not has_min_words(self.texts[row]) and not self.units[row].is_item
        return short and any(unit.is_item for unit in behind)

    def names_list(self, row: int) -> bool:
        """Whether a unit is a short line without a colon above the items that it is the name of."""
        text = self.texts[row]
        is_name = not (has_min_words(text) or self.units[row].is_item or text.endswith(":"))
        return is_name and not self.rows[row] and self.opens(row)

    def first_row(self, row: int) -> int:
        """The first row of the table that a row is in."""
        while row and self.rows[row - 1]:
            row -= 1
        return row


def _unit_scores(
    pages: Sequence[_Page],
    questions: tuple[str, str],
    judge: Judge,
    asked_in: Language,
    compared: str,
) -> list[np.ndarray]:
    """The logit of each unit: the mean over a question's part and the query, and what its kind adds.

    The unit behind a question of the page answers it, so that it has at least the question's logit.
    """
    texts = [page.judge_input(row) for page in pages for row in range(len(page.units))]
    passages = [page.hit.passage for page in pages for _ in page.units]
    means = np.mean(
        [
            logits(score_parts(judge, question, texts, passages))
            for question in dict.fromkeys(questions)
        ],
        axis=0,
    )
    ends = np.cumsum([len(page.units) for page in pages])[:-1]
    scores = list(np.split(means, ends))
    for page, own in zip(pages, scores, strict=True):
        own += kind_logits(
            questions, asked_in, page.hit.passage, page.texts, page.entries, compared
        )
        for row, text in enumerate(page.texts[:-1]):
            answer = page.texts[row + 1]
            if text.endswith("?") and not answer.endswith("?") and not is_order(answer):
                own[row + 1] = max(own[row], own[row + 1])
    return scores


def _best_unit(
    pages: Sequence[_Page], totals: Sequence[np.ndarray], leads: Sequence[LeadUnits]
) -> tuple[int, int] | None:
    """The number of the page and the row of the best unit that is in no lead yet."""
    candidates = [
        (float(totals[number][row]), number, row)
        for number, page in enumerate(pages)
        for row in range(len(page.units))
        if page.least(row) is not None and not any(_holds(lead, page, row) for lead in leads)
    ]
    if not candidates:
        return None
    _, number, row = max(candidates, key=lambda each: each[0])
    return number, row


def _holds(lead: LeadUnits, page: _Page, row: int) -> bool:
    same = lead.hit.passage.id == page.hit.passage.id
    return same and lead.start <= page.units[row].start < lead.end


def _extended(
    page: _Page,
    row: int,
    scores: np.ndarray,
    asides: Sequence[bool],
    query: str,
    leads: Sequence[LeadUnits],
) -> LeadUnits:
    """The lead around a unit: neighbours are added, the better one first, while there is room.

    No unit is added that is in one of the other leads, nor one that is program code or only names
    a subject, unless the first unit is of the same kind.
    """

    def is_unlike(other: int) -> bool:
        names = asides[other] and not asides[row]
        return names or (is_code(page.texts[other]) and not is_code(page.texts[row]))

    def is_free(rows: range) -> bool:
        return not any(_holds(lead, page, each) for lead in leads for each in rows)

    least = page.least(row) or range(row, row + 1)
    first, last = least[0], least[-1]
    room = MAX_WORDS - count_words(_label(page, first, last, query))
    closed: set[int] = set()
    while True:
        ends = [
            each
            for each in (page.next_end(first, last, -1), page.next_end(first, last, 1))
            if each is not None and each not in closed
        ]
        if not ends:
            break
        better = max(ends, key=lambda each: float(scores[each]))
        start, end = min(first, better), max(last, better)
        near = scores[better] >= scores[row] - _NEIGHBOUR_MARGIN and not is_unlike(better)
        rows = range(start, end + 1)
        if near and is_free(rows) and page.count(rows) <= room:
            first, last = start, end
        else:
            closed.add(better)
    label = _label(page, first, last, query)
    if not label and page.names_list(first) and first < last:
        label, first = page.texts[first], first + 1
    score = 1 / (1 + np.exp(-scores[row]))
    units = tuple(page.units[first : last + 1])
    return LeadUnits(page.hit, units, label, round(float(score), 4), asides[row])


def _label(page: _Page, first: int, last: int, query: str) -> str:
    """What names the subject of some units where they do not: a table's first row, the line
    that opens their list, or the heading; "" where they name it."""
    passage = page.hit.passage
    if page.rows[first]:
        top = page.first_row(first)
        return "" if top == first else _cells(page.texts[top])
    spoken = language(passage.language)
    own = content_stems(" ".join(page.texts[first : last + 1]), spoken)
    asked = content_stems(query, spoken)
    for label in (_opening_line(page, first), passage.headings[-1] if passage.headings else ""):
        names = (content_stems(label, spoken) & asked) - own
        if names and count_words(label) <= _MAX_LABEL:
            return label
    return ""


def _cells(row: str) -> str:
    """A table's row without its outer bars."""
    return " | ".join(cells_of(row))


def _opening_line(page: _Page, row: int) -> str:
    """The line that opens the list in which a unit is an item; "" for none."""
    while row > 0 and page.units[row].is_item:
        row -= 1
        if page.opens(row):
            return page.texts[row]
    return ""
