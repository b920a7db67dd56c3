"""A passage as the units of which a lead is made, and which of them can begin or end one."""

from __future__ import annotations

import re

import numpy as np

from ingest.text.languages import Language, language
from ingest.text.rows import cells_of
from ingest.text.scripts import count_words
from ingest.text.sentences import CLOSING_MARKS, can_go_on, has_open_end
from rag.spans import has_min_words, is_row, judge_input, span_text, units_of
from rag.types import Hit
from rag.unit_kinds import content_stems, unasked_asides

MAX_WORDS = 40  # of a lead with its label
_WORD = re.compile(r"\w+")
_FIGURE = re.compile(r"\d+")
LIST_WORDS = 60  # of a list, where a list is asked for
_ADVERB = re.compile(r"\w+,\s+")  # as "however," at the beginning of a sentence
_FORMULA_END = re.compile(r"[=≤≥<>]\s*\S+\s*:$")  # a colon that announces nothing of the sentence
_TITLE_WORDS = 12  # of a line above a list, at most
_ADDRESS = re.compile(r"(https?:|www\.)\S+\W*$")  # at the end of a reference, which says nothing


class PageUnits:
    """A passage with its units and what is known of each."""

    def __init__(self, hit: Hit) -> None:
        self.hit = hit
        self.spoken = language(hit.passage.language)
        self.units = units_of(hit.passage)
        self.texts = [span_text(hit.passage, unit) for unit in self.units]
        self.rows = [is_row(hit.passage.text, unit) for unit in self.units]
        self.words = [
            count_words(" ".join(cells_of(text)) if row else text)
            for text, row in zip(self.texts, self.rows, strict=True)
        ]
        self.entries = [
            unit.is_item or row for unit, row in zip(self.units, self.rows, strict=True)
        ]

    def asides(self, questions: tuple[str, str], asked_in: Language) -> list[bool]:
        """Which units only name their subject; see `unasked_asides`."""
        passage = self.hit.passage
        asides = unasked_asides(questions, asked_in, passage, self.texts, self.entries)
        return [bool(aside) for aside in asides]

    def restates(self, questions: tuple[str, str]) -> np.ndarray:
        """Which units have no word or figure beyond the question's, bool, shape (units,).

        A line above a list does not count as one.
        """
        question = " ".join(questions)
        stems, figures = content_stems(question, self.spoken), set(_FIGURE.findall(question))
        own = [content_stems(text, self.spoken) for text in self.texts]
        return np.array(
            [
                bool(own[row])
                and own[row] <= stems
                and figures.issuperset(_FIGURE.findall(text))
                and not self.opens(row)
                for row, text in enumerate(self.texts)
            ]
        )

    @property
    def dangling(self) -> np.ndarray:
        """Which units begin with a pronoun for what no sentence before it names, bool, shape (units,)."""
        return np.array(
            [
                self._leans_back(text) and not (row and self.least(row) != range(row, row + 1))
                for row, text in enumerate(self.texts)
            ]
        )

    def are_in(self, text: str) -> np.ndarray:
        """Which units are words of another text, bool, shape (units,); no row of a table is.

        A table's rows are each asked for one by one.
        """
        words = f" {_spaced(text)} "
        return np.array(
            [
                not row and f" {_spaced(unit)} " in words
                for unit, row in zip(self.texts, self.rows, strict=True)
            ]
        )

    @property
    def below_top(self) -> np.ndarray:
        """Which units are the first row below the names of a table's columns, bool, shape (units,)."""
        return np.array(
            [self.rows[row] and self.first_row(row) == row - 1 for row in range(len(self.units))]
        )

    def least(self, row: int) -> range | None:
        """The fewest rows around a unit that can be a lead; None where there are none.

        A unit with enough words stands alone, unless it asks or is too long; one that announces
        others goes with the next of them, one that begins with a pronoun with the sentence before it,
        and a sentence that formulas interrupt goes to its end. The names of a table's columns are no answer.
        """
        if self.rows[row] and self.opens(row):
            return None
        text = self.texts[row]
        if text.endswith("?") or _ADDRESS.search(text):
            return None
        if not (has_min_words(text) or self.rows[row] or self.opens(row)):
            return None
        last = self.next_end(row, row, 1) if self.opens(row) else self.sentence_end(row)
        if last is None:
            return None
        rows = range(row, last + 1)
        if len(rows) > 1 and self.count(rows) > MAX_WORDS:
            return rows[:1] if self.is_title_of_list(row) and has_min_words(text) else None
        before = range(row - 1, last + 1)
        if self.refers_back(row) and self.count(before) <= MAX_WORDS:
            return before
        return rows

    def sentence_end(self, row: int) -> int:
        """The row in which the sentence of a unit ends, where formulas on lines of their own interrupt it."""
        last = row
        if self.entries[row] or not has_open_end(self.texts[row]):
            return row
        while self.texts[last][-1] not in CLOSING_MARKS:
            behind = last + 1
            if behind == len(self.units) or self.entries[behind]:
                return row
            if not can_go_on(self.texts[behind]) and has_min_words(self.texts[behind]):
                return row
            last = behind
        return last

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
        formula or drawing, at the first end what refers back, and at the last one what announces more
        or is a label."""
        text = self.texts[row]
        fragment = not (has_min_words(text) or self.units[row].is_item or self.rows[row])
        closed = text[-1] in CLOSING_MARKS
        if step < 0:
            label = self.opens(row) or (text[0].isupper() and not self.is_sentence(row + 1))
            return text.endswith("?") or (fragment and not label) or self.refers_back(row)
        is_torn = self.sentence_end(row) > row
        return text.endswith("?") or self.opens(row) or is_torn or (fragment and not closed)

    def is_sentence(self, row: int) -> bool:
        """Whether a unit is a whole sentence, which no line before it names."""
        text = self.texts[row]
        return text[0].isupper() and text[-1] in CLOSING_MARKS and has_min_words(text)

    def is_line(self, row: int) -> bool:
        """Whether a unit is no sentence, so that it can be an item of a list without bullets."""
        return self.texts[row][-1] not in CLOSING_MARKS

    def opens(self, row: int) -> bool:
        """Whether a unit announces the ones behind it: it ends with words and a colon, labels a list, or
        names the columns of a table."""
        if self.rows[row]:
            return self.first_row(row) == row and True in self.rows[row + 1 : row + 2]
        if self.texts[row].endswith(":") and not _FORMULA_END.search(self.texts[row]):
            return True
        if self.is_title_of_list(row):
            return True
        behind = self.units[row + 1 : row + 2]
        short = not has_min_words(self.texts[row]) and not self.units[row].is_item
        return short and any(unit.is_item for unit in behind)

    def is_title_of_list(self, row: int) -> bool:
        """Whether a unit is a line of a few words, no sentence, right above the items of a list."""
        text, behind = self.texts[row], self.units[row + 1 : row + 2]
        is_line = not (self.units[row].is_item or self.rows[row] or text[-1] in CLOSING_MARKS)
        is_short = has_min_words(text) and self.words[row] <= _TITLE_WORDS
        has_verb = not self.spoken.verbs.isdisjoint(text.lower().split())
        return is_line and is_short and not has_verb and any(unit.is_item for unit in behind)

    def refers_back(self, row: int) -> bool:
        """Whether a sentence begins with a pronoun for what the sentence before it names."""
        if row == 0 or self.units[row].is_item or self.rows[row] or self.rows[row - 1]:
            return False
        return self.is_sentence(row - 1) and self._leans_back(self.texts[row])

    def _leans_back(self, text: str) -> bool:
        """Whether a text begins with a pronoun, or with one word, a comma and a pronoun."""
        adverb = _ADVERB.match(text)
        starts = [0, adverb.end()] if adverb else [0]
        return any(self.spoken.anaphora.match(text, start) for start in starts)

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


def _spaced(text: str) -> str:
    """A text's words alone, with one blank between."""
    return " ".join(_WORD.findall(text))
