"""Tables that set beside each other what a question compares: their rows are the answer.

Such a table is often found last, since its header alone names both things, and a long one is cut into
passages. So all tables on the pages that were found are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.store import Store
from ingest.text.glossary import names_in
from ingest.text.languages import Language
from ingest.text.rows import cells_of
from rag.lead_page import PageUnits
from rag.parts import Parts, parts_of
from rag.types import Hit
from rag.unit_kinds import content_stems


def with_compared_tables(
    question: str, hits: Sequence[Hit], store: Store, asked_in: Language
) -> list[Hit]:
    """The hits, and behind them the tables on their pages that compare what the question compares.

    Such a table has the scores of the first hit on its page.
    """
    candidates = list(hits)
    sides = parts_of(question, asked_in).compared
    if not sides:
        return candidates
    ids = {hit.passage.id for hit in hits}
    passages = {
        hit.passage.document: store.passages(hit.passage.document)
        for hit in hits
        if not hit.passage.is_navigation
    }
    for hit in hits:
        for passage in passages.get(hit.passage.document, ()):
            if passage.id not in ids and passage.shares_page(hit.passage):
                table = replace(hit, passage=passage)
                if sets_beside(PageUnits(table), sides):
                    ids.add(passage.id)
                    candidates.append(table)
    return candidates


def sets_beside(page: PageUnits, sides: Sequence[str]) -> bool:
    """Whether a table has a column for each of the things that a question compares; not of none."""
    if not sides:
        return False
    for top in {page.first_row(row) for row, in_table in enumerate(page.rows) if in_table}:
        cells = cells_of(page.texts[top])
        columns = [
            {column for column, cell in enumerate(cells) if names_all(cell, [side], page.spoken)}
            for side in sides
        ]
        if all(columns) and not set.intersection(*columns):
            return True
    return False


def answers_comparison(page: PageUnits, parts: Parts) -> bool:
    """Whether a table sets beside each other what a question compares, and has a word of what else it asks."""
    if not sets_beside(page, parts.compared):
        return False
    asked, sides = content_stems(parts.questions[0], page.spoken), " ".join(parts.compared)
    rest = asked - content_stems(sides, page.spoken)
    return parts.is_open or not rest.isdisjoint(content_stems(page.hit.passage.text, page.spoken))


def first_table(tables: Sequence[PageUnits]) -> PageUnits:
    """The first table, in reading order, of the document that holds the first of some."""
    document = tables[0].hit.passage.document
    own = [table for table in tables if table.hit.passage.document == document]
    return min(own, key=lambda table: table.hit.passage.id)


def names_all(text: str, terms: Sequence[str], spoken: Language) -> bool:
    """Whether a text in some language has all words of each term, in any language."""
    stems = content_stems(text, spoken)
    return all(
        any(content_stems(name, spoken) <= stems for name in names_in(term, spoken))
        for term in terms
    )
