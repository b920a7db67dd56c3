"""Which pages of the lectures questions reach, and which none does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ingest.store import Library
from ingest.types import Document
from rag.evaluation.question_log import LoggedQuestion
from rag.evaluation.questions import Question
from rag.evaluation.run_file import PageReference, Run

FOUND = 5  # passages of an answer's search that count as found


@dataclass(frozen=True, slots=True)
class LectureCoverage:
    """How many questions reach each page of a lecture.

    `pages` are the numbers, from 1, of the pages that are searched; dividers and pages without text
    are not among them. `counts` has those that at least one question reaches.
    """

    document: Document
    pages: tuple[int, ...]
    counts: Mapping[int, int]

    @property
    def unreached(self) -> tuple[int, ...]:
        """The pages that no question reaches."""
        return tuple(page for page in self.pages if not self.counts.get(page))

    @property
    def share(self) -> float:
        """The share of pages that a question reaches, in [0, 1]."""
        return 1 - len(self.unreached) / len(self.pages)


def page_coverage(
    library: Library, reached: Iterable[Iterable[PageReference]]
) -> list[LectureCoverage]:
    """How many questions reach each page, by lecture, in the order of file names.

    A lecture without pages that are searched is left out.

    Args:
        library: With the lectures.
        reached: For each question the pages that it reaches.
    """
    counts: Counter[tuple[str, int]] = Counter()
    for references in reached:
        counts.update({page for one in references for page in one.page_ids})
    coverages = []
    for document in library.documents():
        if document.gone:
            continue
        passages = library.passages(document.id)
        pages = sorted({p for one in passages if not one.is_navigation for p in one.pages})
        if not pages:
            continue
        found = {page: counts[document.file, page] for page in pages}
        coverages.append(
            LectureCoverage(document, tuple(pages), {p: n for p, n in found.items() if n})
        )
    return coverages


def found_by_readers(questions: Iterable[LoggedQuestion]) -> list[tuple[PageReference, ...]]:
    """For each logged question the pages that its search found first; see `FOUND`."""
    return [(*one.found[:FOUND], *one.cited) for one in questions]


def found_by_run(run: Run) -> list[tuple[PageReference, ...]]:
    """For each question of a run the pages that its search found first; see `FOUND`."""
    return [tuple(line.reranked[:FOUND]) for line in run.lines.values()]


def right_pages(questions: Iterable[Question]) -> list[tuple[PageReference, ...]]:
    """For each question of a set the pages that answer it."""
    return [tuple(PageReference(one.doc, one.pages) for one in q.gold) for q in questions]
