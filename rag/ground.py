"""Hold every sentence of a draft against the evidence, and give it its source.

A small model cannot be trusted to cite, so its marks are only believed when they prove right.
Each sentence is read beside each piece of evidence: supported by the one that it names, it
keeps its mark; supported by another, it gets that one's; supported by none, it goes. A number,
a name or too many other words that its evidence lacks count as no support. Where nothing stays,
the evidence itself is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.chunk import sentences_of
from ingest.clean import language_of
from rag.evidence import MARKER, Judge
from rag.settings import AnswerSettings
from rag.types import Sentence, Source

_MARKS = re.compile(r"\s*\[(\d+)(?:\s*,\s*\d+)*\]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_STEM = 5  # letters by which two forms of a word are taken for the same


def ground(
    question: str,
    draft: str,
    sources: Sequence[Source],
    judge: Judge,
    settings: AnswerSettings,
) -> tuple[tuple[Sentence, ...], tuple[Source, ...]]:
    """Turn a draft into sentences with sources.

    Args:
        question: What was asked; its own words need no source.
        draft: What the model wrote; a mark such as [1] names a piece of evidence.
        sources: The evidence that the model was given, numbered from 1, best first.
        judge: Scores sentence against evidence; the score is the sentence's support.
        settings: `min_support`, and how an answer is quoted.

    Returns:
        The sentences in order, each naming a source, and the sources used, numbered anew from 1
        in the order of their first use. Empty where there is no evidence.
    """
    if not sources:
        return (), ()
    chosen: list[Sentence] = []
    seen: list[set[str]] = []
    for text, mark in draft_sentences(draft):
        if not settings.check:
            named = mark if 1 <= mark <= len(sources) else 1
            chosen.append(Sentence(text, named, 0.0, "written"))
            continue
        words = _stems(text)
        if len(text.split()) < 2 or any(words <= other for other in seen):
            continue
        scores = judge.score(text, [source.quote for source in sources])
        standing = [
            (score + (0.1 if source.number == mark else 0.0), score, source)
            for source, score in zip(sources, scores, strict=True)
            if score >= settings.min_support and is_lexically_supported(text, question, source)
        ]
        if standing:
            _, support, source = max(standing, key=lambda item: item[0])
            chosen.append(Sentence(text, source.number, round(support, 4), "written"))
            seen.append(words)
    return _numbered(chosen, sources) if chosen else extractive_answer(sources, settings)


def extractive_answer(
    sources: Sequence[Source], settings: AnswerSettings
) -> tuple[tuple[Sentence, ...], tuple[Source, ...]]:
    """The extractive answer: the best piece of evidence, and those that come close to it."""
    best = sources[0]

    def near(source: Source) -> bool:
        same_page = source.hit.passage.shares_page(best.hit.passage)
        margin = settings.quote_margin if same_page else settings.other_page_margin
        return source.selection_score >= best.selection_score - margin

    chosen = [source for source in sources if near(source)][: settings.quotes]
    return _numbered(
        [Sentence(source.quote, source.number, 1.0, "quoted") for source in chosen], sources
    )


def is_lexically_supported(text: str, question: str, source: Source) -> bool:
    """Whether a sentence's numbers, names and at least half of its other words are its source's.

    Words of the question and of the passage's headings count as given. In another language than
    the source's a sentence can share no words with it, so there only numbers are compared.
    """
    passage = source.hit.passage
    given = f"{question} {passage.context} {source.quote}"
    if not set(_NUMBER.findall(text)) <= set(_NUMBER.findall(given)):
        return False
    languages = {language_of(text), language_of(source.quote)}
    if languages == {"en", "de"}:
        return True
    # In German every noun has a capital, so that names do not show.
    names = [] if "de" in languages else re.findall(r"(?<=[a-z,] )[A-Z][\w-]+", text)
    known = _stems(given)
    if any(not _stems(name) <= known for name in names):
        return False
    words = _stems(text)
    return len(words & known) >= len(words) / 2


def draft_sentences(draft: str) -> list[tuple[str, int]]:
    """The sentences of a draft without bullets, each with the mark behind it, 0 for none.

    A piece that ends with a colon goes with the next one; a last piece that was cut off in the
    middle is left out where others stand.
    """
    # A mark behind the full stop belongs to the sentence before it.
    text = re.sub(r"([.!?])((?:\s*\[\d+(?:\s*,\s*\d+)*\])+)", r"\2\1", draft.strip())
    found: list[tuple[str, int]] = []
    for start, end in sentences_of(text):
        piece = MARKER.sub("", text[start:end])
        marks = _MARKS.findall(piece)
        bare = _MARKS.sub("", piece).strip()
        if not bare:
            continue
        mark = int(marks[-1]) if marks else 0
        if found and found[-1][0].endswith(":"):
            found[-1] = (f"{found[-1][0]} {bare}", mark or found[-1][1])
        else:
            found.append((bare, mark))
    whole = [text for text, _ in found[:-1] if not text.endswith(":")]
    return found if not whole or found[-1][0][-1] in '.!?"”)' else found[:-1]


def _stems(text: str) -> set[str]:
    """The first letters of each longer word, lower case."""
    return {word[:_STEM] for word in re.findall(r"[^\W\d_]{4,}", text.lower())}


def _numbered(
    sentences: Sequence[Sentence], sources: Sequence[Source]
) -> tuple[tuple[Sentence, ...], tuple[Source, ...]]:
    """Number the sources that are used from 1, in the order of their first use."""
    numbers = {
        old: new for new, old in enumerate(dict.fromkeys(s.source for s in sentences), start=1)
    }
    by_number = {source.number: source for source in sources}
    return (
        tuple(replace(sentence, source=numbers[sentence.source]) for sentence in sentences),
        tuple(replace(by_number[old], number=new) for old, new in numbers.items()),
    )
