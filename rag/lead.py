"""Choose the lead of an answer: the few units of a page that answer, shown before anything else.

The judge scores every unit of the first passages under its heading, and its kind adds to that. The
best unit is extended by its neighbours, whole units again, up to 40 words; a question of two parts
gets a lead for each, as does one about two documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.chunk import embedding_text
from ingest.embed import Encoder
from ingest.text.languages import Language, language
from ingest.text.rows import cells_of
from ingest.text.scripts import count_longer_words, count_words
from ingest.text.sentences import CLOSING_MARKS
from rag.comparison_tables import answers_comparison, first_table, names_all
from rag.evidence import Judge, judge_of, page_ranks, weighted_logits
from rag.lead_page import LIST_WORDS, MAX_WORDS, PageUnits
from rag.orders import are_orders, asks_about_orders, is_order
from rag.parts import held_parts, parts_of
from rag.rerank import Reranker, logits, score_parts
from rag.settings import AnswerSettings
from rag.spans import (
    Unit,
    is_code,
    is_row,
    span_text,
)
from rag.types import Hit
from rag.unit_kinds import completes, content_stems, kind_logits

_PAGE_RANK_WEIGHT = 1.0  # as the settings' `page_rank_weight`, which is for evidence
_MAX_LABEL = 12  # words; a longer heading or line names nothing
_LEAST_LABEL = (
    2  # words of two letters, of a line that opens a list and names nothing of the question
)
_UNIT_WEIGHT = 0.75  # of the judge's logit, beside what the unit's kind and passage add
_NEIGHBOUR_MARGIN = (
    4.5  # weighted logits; a unit is extended by no neighbour that is further behind
)
_SURE = 3.0  # weighted logit of a unit that answers for certain,
_SURE_MARGIN = 2.0  # and how far its neighbours may be behind
_PAGE_MARGIN = 3.0  # weighted logits; no lead is taken from a passage further behind the best one
_NEW_PAGE = 2.0  # logits, for units of a page that holds none of the other parts' leads
_TITLE = -4.0  # logits, to the line that several pages of a document begin with
_RESTATES = -3.0  # logits, to a unit without a word beyond the question's
_DANGLING = -2.0  # logits, to a unit that begins with a pronoun for what the passage does not hold
_TOLD = -2.0  # logits, to a sentence or item of the answer before a follow-up
_OWN_HEADING = 1.5  # logits, where a heading names the side of a comparison, and not the other one
_BOTH_SIDES = 3.0  # logits, in a document that names both sides
_FIRST_ROW = (
    3.0  # logits, to the first row of a table where a difference is asked for, whatever it is
)
_MIN_PART = -2.0  # logit; a further part has no lead where its best unit is below this


@dataclass(frozen=True, slots=True)
class LeadUnits:
    """The units of a lead and the hit whose passage holds them; `label` as in `Lead`.

    `score` in [0, 1] is the best unit's, by its weighted logit and what its kind adds. `names_only`
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


Leads = tuple[LeadUnits, ...]


def lead_judge_of(reranker: Reranker | None, encoder: Encoder) -> Judge:
    """The reranker's judge of the units of a lead where it has one, else `judge_of`."""
    return getattr(reranker, "lead_judge", None) or judge_of(reranker, encoder)


def select_leads(
    question: str,
    query: str,
    hits: Sequence[Hit],
    judge: Judge,
    settings: AnswerSettings,
    asked_in: Language,
    told: str = "",
) -> Leads:
    """The leads of an answer, one for each part of the question, in the parts' order.

    Args:
        question: As the user asked it.
        query: Completed from the conversation; of any other question it is the same.
        hits: Best first; leads are taken from the first `settings.passages` of them that do not
            only lead through a document, and from a table that compares what the question compares.
        judge: Scores each unit against the query, and against the question or its parts.
        settings: The weight of a unit's passage, as in `rag.evidence.select_evidence`.
        asked_in: The question's language.
        told: The answer before a follow-up; its sentences count less.

    Returns:
        None where the passages hold no unit that can stand alone. A table with a column for each side of a
        comparison is its only lead, from its first row where no difference is named. A part that the passages do not
        answer (_MIN_PART), or that the units of another part answer, has no lead of its own. A
        question about several documents has a further lead, from another document.
    """
    parts = parts_of(question, asked_in)
    told = told if completes(query, question) else ""
    on_topic = [hit for hit in hits if not hit.passage.is_navigation]
    tables = [page for page in map(PageUnits, on_topic) if answers_comparison(page, parts)]
    on_topic = on_topic[: settings.passages]
    pages = [page for page in map(PageUnits, on_topic) if page.units]
    if not asks_about_orders(question):
        pages = [page for page in pages if not all(are_orders(page.texts))]
    if not pages:
        return ()

    def places_of(some: Sequence[PageUnits]) -> np.ndarray:
        """What the place of each page adds to its units' logits, shape (pages,)."""
        own_hits = [page.hit for page in some]
        places = weighted_logits(asked_in.code, own_hits, settings.passage_weight)
        return places - _PAGE_RANK_WEIGHT * np.log(page_ranks([hit.passage for hit in own_hits]))

    places = places_of(pages)
    if tables:
        near = places_of(tables) >= places.max() - _PAGE_MARGIN
        tables = [table for table, is_near in zip(tables, near, strict=True) if is_near]
    if tables:
        pages = [first_table(tables)] if parts.is_open else tables
        places = places_of(pages)
    leads: list[LeadUnits] = []

    def add_lead(part: str, rows: Sequence[int], sides: Sequence[str] = ()) -> None:
        some_pages = [pages[row] for row in rows]
        compared = sides[0] if sides else ""
        scores = _unit_scores(some_pages, (part, query), judge, asked_in, compared)
        totals = [
            own
            + places[row]
            + _RESTATES * pages[row].restates((part, query))
            + _DANGLING * pages[row].dangling
            + _TOLD * pages[row].are_in(told)
            + _FIRST_ROW * (bool(tables) and parts.is_open) * pages[row].below_top
            + _NEW_PAGE * (not parts.compared and _is_new(pages[row], leads))
            for row, own in zip(rows, scores, strict=True)
        ]
        if sides:
            added = _side_logits(some_pages, sides)
            totals = [own + value for own, value in zip(totals, added, strict=True)]
        best = _best_unit(some_pages, totals, leads)
        if best is None:
            return
        number, unit = best
        document = some_pages[number].hit.passage.document
        if sides and leads and document != leads[0].hit.passage.document:
            passage = leads[0].hit.passage
            if names_all(" ".join(leads[0].items), sides, language(passage.language)):
                return
        if not leads or scores[number][unit] >= _MIN_PART:
            asides = some_pages[number].asides((part, query), asked_in)
            is_list = bool(tables) or asked_in.list_question.search(question) is not None
            most = LIST_WORDS if is_list else MAX_WORDS
            is_told = some_pages[number].are_in(told) & (np.arange(len(asides)) != unit)
            own = np.where(is_told, -np.inf, scores[number])
            if tables and parts.is_open:
                own = np.full(len(own), own[unit])  # the rows that follow are as good
            leads.append(_extended(some_pages[number], unit, own, asides, query, leads, most))

    near_rows = [row for row, place in enumerate(places) if place >= places.max() - _PAGE_MARGIN]
    sides = {
        part: (side, *(other for other in parts.compared if other != side))
        for part, side in zip(parts.questions, parts.compared, strict=False)
    }
    if tables:
        add_lead(question, near_rows)
        return tuple(leads)
    for part in held_parts(parts, question, on_topic, asked_in):
        add_lead(part, near_rows, sides.get(part, ()))
    documents = {lead.hit.passage.document for lead in leads}
    elsewhere = [
        row for row, page in enumerate(pages) if page.hit.passage.document not in documents
    ]
    if len(documents) == 1 and elsewhere and asked_in.several_places.search(question):
        add_lead(question, elsewhere)
    return tuple(leads)


def _is_new(page: PageUnits, leads: Sequence[LeadUnits]) -> bool:
    """Whether other leads are there, none of them from this page."""
    return bool(leads) and not any(page.hit.passage.shares_page(lead.hit.passage) for lead in leads)


def _unit_scores(
    pages: Sequence[PageUnits],
    questions: tuple[str, str],
    judge: Judge,
    asked_in: Language,
    compared: str,
) -> list[np.ndarray]:
    """The weighted logit of each unit: the mean over a question's part and the query, and what its
    kind adds.

    The unit behind a question of the page answers it, so that it has at least the question's logit.
    """
    texts = [page.judge_input(row) for page in pages for row in range(len(page.units))]
    passages = [page.hit.passage for page in pages for _ in page.units]
    means = np.mean(
        [
            _UNIT_WEIGHT * logits(score_parts(judge, question, texts, passages))
            for question in dict.fromkeys(questions)
        ],
        axis=0,
    )
    ends = np.cumsum([len(page.units) for page in pages])[:-1]
    scores = list(np.split(means, ends))
    titles = _titles(pages)
    for page, own in zip(pages, scores, strict=True):
        own += kind_logits(
            questions, asked_in, page.hit.passage, page.texts, page.entries, compared
        )
        if (page.hit.passage.document, page.texts[0]) in titles:
            own[0] += _TITLE
        for row, text in enumerate(page.texts[:-1]):
            answer = page.texts[row + 1]
            if text.endswith("?") and not answer.endswith("?") and not is_order(answer):
                own[row + 1] = max(own[row], own[row + 1])
    return scores


def _side_logits(pages: Sequence[PageUnits], sides: Sequence[str]) -> list[float]:
    """What the units of each page get more for the first side of a comparison."""
    named_in = [
        {
            page.hit.passage.document
            for page in pages
            if names_all(embedding_text(page.hit.passage), [side], page.spoken)
        }
        for side in sides
    ]
    values = []
    for page in pages:
        passage = page.hit.passage
        heading = passage.headings[-1] if passage.headings else ""
        value = _BOTH_SIDES * all(passage.document in documents for documents in named_in)
        own, *others = (names_all(heading, [side], page.spoken) for side in sides)
        values.append(value + _OWN_HEADING * (own and not any(others)))
    return values


def _titles(pages: Sequence[PageUnits]) -> set[tuple[str, str]]:
    """The lines that several pages begin with, each with its document."""
    first = Counter(
        (page.hit.passage.document, page.texts[0])
        for page in pages
        if not page.entries[0] and page.texts[0][-1] not in CLOSING_MARKS
    )
    return {title for title, count in first.items() if count > 1}


def _best_unit(
    pages: Sequence[PageUnits], totals: Sequence[np.ndarray], leads: Sequence[LeadUnits]
) -> tuple[int, int] | None:
    """The number of the page and the row of the best unit that can begin a lead apart from the others."""
    candidates = [
        (float(totals[number][row]), number, row)
        for number, page in enumerate(pages)
        for row in range(len(page.units))
        if (rows := page.least(row)) is not None
        and not any(_holds(lead, page, each) for lead in leads for each in rows)
    ]
    if not candidates:
        return None
    _, number, row = max(candidates, key=lambda each: each[0])
    return number, row


def _holds(lead: LeadUnits, page: PageUnits, row: int) -> bool:
    same = lead.hit.passage.id == page.hit.passage.id
    return same and lead.start <= page.units[row].start < lead.end


def _extended(
    page: PageUnits,
    row: int,
    scores: np.ndarray,
    asides: Sequence[bool],
    query: str,
    leads: Sequence[LeadUnits],
    most_items: int,
) -> LeadUnits:
    """The lead around a unit: neighbours are added, the better one first, while there is room.

    There is room for MAX_WORDS, and for items, or lines without a sentence, up to `most_items`.

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
    label_words = count_words(_label(page, first, last, query).replace(" | ", " "))
    closed: set[int] = set()
    is_sure = scores[row] > _SURE or page.rows[row]  # a table's rows tell of different things
    margin = _SURE_MARGIN if is_sure else _NEIGHBOUR_MARGIN
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
        near = scores[better] >= scores[row] - margin and not is_unlike(better)
        rows = range(start, end + 1)
        in_list = page.entries[better] or page.opens(better) or page.is_line(better)
        room = (most_items if in_list else MAX_WORDS) - label_words
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


def _label(page: PageUnits, first: int, last: int, query: str) -> str:
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
    opening = _opening_line(page, first) if page.units[first].is_item else ""
    says_something = opening[:1].isalnum() and count_longer_words(opening) >= _LEAST_LABEL
    return opening if says_something and count_words(opening) <= _MAX_LABEL else ""


def _cells(row: str) -> str:
    """A table's row without its outer bars."""
    return " | ".join(cells_of(row))


def _opening_line(page: PageUnits, row: int) -> str:
    """The line that opens the list in which a unit is an item; "" for none."""
    while row > 0 and page.units[row].is_item:
        row -= 1
        if page.opens(row):
            return page.texts[row]
    return ""
