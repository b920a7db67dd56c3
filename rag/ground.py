"""Hold every sentence of a draft against the passages, and give it its source.

A small model cannot be trusted to cite, so it is not asked to. Each sentence that it wrote is
compared with each sentence of the passages it was given; the closest is its source and is
quoted beside it. A sentence that is close to none is removed. Where nothing stays, the
passages' own closest sentences are the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ingest.chunk import sentences_of
from ingest.clean import BULLETS
from ingest.embed import Encoder
from ingest.types import Passage
from rag.types import Hit, Sentence, Source

_MARKS = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_MARKER = re.compile(rf"^\s*(?:[{re.escape(BULLETS)}-]|\d+[.)])\s+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MIN_WORDS = 4  # a shorter line (a label, a table cell) supports nothing by itself
_SAME = 0.95  # cosine from which two sentences say the same
_QUOTED = 2  # sentences of an extractive answer


def ground(
    question: str, draft: str, hits: Sequence[Hit], encoder: Encoder, min_support: float
) -> tuple[tuple[Sentence, ...], tuple[Source, ...]]:
    """Turn a draft into sentences with sources.

    Args:
        question: What was asked; orders the quotes where the draft gives nothing.
        draft: What the model wrote; marks such as [1] in it are ignored.
        hits: The passages that the model was given, at least one, best first.
        encoder: Compares sentences; the support is their cosine, below 0 counted as 0.
        min_support: In [0, 1]; sentences below it are removed, and so are repetitions and
            sentences with a number that their passage does not have.

    Returns:
        The sentences in order, each naming a source, and the sources numbered from 1 in the
        order of their first use. At least one of each where the passages hold a sentence.
    """
    places = [(hit, text) for hit in hits for text in _evidence(hit.passage)]
    if not places:
        return (), ()
    written = [text for text in _draft_sentences(draft) if len(text.split()) >= 2]
    vectors = encoder.encode([*(text for _, text in places), question, *written])
    evidence, asked, drafted = np.split(vectors, [len(places), len(places) + 1])
    chosen: list[tuple[str, int, float]] = []  # text, place, support
    kept: list[np.ndarray] = []
    for text, vector in zip(written, drafted, strict=True):
        cosines = evidence @ vector
        place = int(cosines.argmax())
        support = float(np.clip(cosines[place], 0, 1))
        repeated = any(float(other @ vector) > _SAME for other in kept)
        if support >= min_support and not repeated and _numbers_stand(text, places[place][0]):
            chosen.append((text, place, support))
            kept.append(vector)
    if chosen:
        return _number(chosen, places, "written")
    closest = np.argsort(-(evidence @ asked[0]), kind="stable")[:_QUOTED]
    return _number([(places[place][1], int(place), 1.0) for place in closest], places, "quoted")


def _numbers_stand(text: str, hit: Hit) -> bool:
    """Whether every number of a sentence stands in the passage, headings included."""
    given = set(_NUMBER.findall(f"{hit.passage.context} {hit.passage.text}"))
    return set(_NUMBER.findall(text)) <= given


def best_quote(question: str, hit: Hit, encoder: Encoder) -> str:
    """The sentence of a passage that is closest to a question."""
    texts = _evidence(hit.passage) or [hit.passage.text]
    vectors = encoder.encode([*texts, question])
    return texts[int((vectors[:-1] @ vectors[-1]).argmax())]


def _number(
    chosen: Sequence[tuple[str, int, float]], places: Sequence[tuple[Hit, str]], origin: str
) -> tuple[tuple[Sentence, ...], tuple[Source, ...]]:
    """Number the places used, from 1; two sentences from one place share its number."""
    numbers = {place: n for n, place in enumerate(dict.fromkeys(p for _, p, _ in chosen), start=1)}
    sentences = tuple(
        Sentence(
            text, numbers[place], round(support, 4), "written" if origin == "written" else "quoted"
        )
        for text, place, support in chosen
    )
    sources = tuple(
        Source(number, quote=places[place][1], hit=places[place][0])
        for place, number in numbers.items()
    )
    return sentences, sources


def _evidence(passage: Passage) -> list[str]:
    """The sentences and lines that say something by themselves: no headings, no questions."""
    pieces = [passage.text[start:end] for start, end in sentences_of(passage.text)]
    bare = [_MARKER.sub("", piece) for piece in pieces]
    return [
        piece
        for piece in bare
        if len(re.findall(r"\w{2,}", piece)) >= _MIN_WORDS
        and piece not in passage.headings
        and not piece.endswith("?")
    ]


def _draft_sentences(draft: str) -> list[str]:
    """The sentences of a draft without its own marks and bullets.

    A piece that ends with a colon goes with the next one; a last piece that was cut off in the
    middle is left out where others stand.
    """
    text = _MARKS.sub("", draft).strip()
    sentences: list[str] = []
    for start, end in sentences_of(text):
        piece = _MARKER.sub("", text[start:end])
        if sentences and sentences[-1].endswith(":"):
            sentences[-1] += f" {piece}"
        else:
            sentences.append(piece)
    whole = [sentence for sentence in sentences[:-1] if not sentence.endswith(":")]
    return sentences if not whole or sentences[-1][-1] in '.!?"”)' else sentences[:-1]
