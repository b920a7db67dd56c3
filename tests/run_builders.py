"""Questions, page references and runs in a few words, for the tests of rag.evaluation."""

from __future__ import annotations

from pathlib import Path

from rag.evaluation.questions import Gold, Question
from rag.evaluation.run_file import PageReference, Run, RunLine


def question(id="q", gold=(("a.pdf", (1,)),), type="factoid", lang="en", **fields):
    return Question(id, f"{id}?", type, lang, tuple(Gold(*entry) for entry in gold), **fields)


def refs(*pages, doc="a.pdf"):
    """References to pages; a tuple is a passage of several."""
    return tuple(PageReference(doc, page if isinstance(page, tuple) else (page,)) for page in pages)


def run_of(*lines, **meta):
    return Run(Path("run.jsonl"), meta, {line.id: line for line in lines})


def line(id="q", retrieved=(), reranked=None, **fields):
    order = retrieved if reranked is None else reranked
    return RunLine(id, retrieved=retrieved, reranked=order, **fields)
