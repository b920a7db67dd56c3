"""Which documents share pages with others, as last year's version of a lecture does."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

from ingest.store import Library
from ingest.types import Document

_WORD = re.compile(r"[^\W\d_]+")  # without figures: dates and page numbers change every year
_MIN_WORDS = 5  # a page of fewer different words is not compared
_SAME_PAGE = 0.85  # share of words that two pages have in common, of all their words
_RAREST = 4  # words by which pages are looked up; equal ones share at least one
_MIN_SHARE = 0.5  # of a document's pages; below this it is no version of the other


@dataclass(frozen=True, slots=True)
class SharedPages:
    """`share`, in [0, 1], of a document's pages that are also in the other one."""

    document: Document
    other: Document
    share: float


def shared_pages(library: Library) -> list[SharedPages]:
    """For each document the one that has most of its pages, if that is at least half of them.

    Two pages are the same if their words without figures are equal but for a few. Pages of few
    words, as dividers, are not counted.
    """
    documents = {document.id: document for document in library.documents()}
    pages = [
        (id, words)
        for id, _, text in library.page_texts()
        if len(words := frozenset(_WORD.findall(text.casefold()))) >= _MIN_WORDS
    ]
    frequency = Counter(word for _, words in pages for word in words)
    rows_by_word: defaultdict[str, list[int]] = defaultdict(list)
    rarest = [
        sorted(words, key=lambda word: (frequency[word], word))[:_RAREST] for _, words in pages
    ]
    for row, keys in enumerate(rarest):
        for word in keys:
            rows_by_word[word].append(row)
    shared: Counter[tuple[str, str]] = Counter()
    for row, (id, words) in enumerate(pages):
        candidates = {other for word in rarest[row] for other in rows_by_word[word]}
        others = {pages[other][0] for other in candidates if _is_same(words, pages[other][1])}
        shared.update((id, other) for other in others if other != id)
    totals = Counter(id for id, _ in pages)
    best: dict[str, SharedPages] = {}
    for (id, other), count in sorted(shared.items()):
        share = count / totals[id]
        if share >= _MIN_SHARE and (id not in best or share > best[id].share):
            best[id] = SharedPages(documents[id], documents[other], share)
    return [best[id] for id in documents if id in best]


def _is_same(first: frozenset[str], second: frozenset[str]) -> bool:
    return len(first & second) >= _SAME_PAGE * len(first | second)
