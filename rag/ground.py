"""Compare every sentence of a draft with the evidence, and give it its source.

A small model cannot be trusted to cite. Each sentence is scored against each piece of evidence:
supported by the one that it names, it keeps its mark; supported by another, it gets that one's
mark; supported by none, it is dropped. A sentence with a number, a name or too many other words
that its evidence lacks is not supported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest import weights
from ingest.text.detect import language_of
from ingest.text.languages import DEFAULT, LANGUAGES, Language
from ingest.text.names import capitalised_words
from ingest.text.scripts import count_words
from ingest.text.sentences import CLOSING_MARKS
from ingest.text.stems import stem
from rag.evidence import Judge
from rag.marks import marked_sentences
from rag.settings import AnswerSettings
from rag.spans import MARKER
from rag.types import Answer, Sentence, Source

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LONGER_WORD = re.compile(r"[^\W\d_]{4,}")


def ground(
    question: str,
    draft: str,
    sources: Sequence[Source],
    judge: Judge,
    settings: AnswerSettings,
    language: Language,
) -> tuple[tuple[Sentence, ...], tuple[Source, ...]]:
    """Turn a draft into sentences with sources.

    Args:
        question: The user's; its own words need no source.
        draft: What the model wrote; a mark such as [1] names a piece of evidence.
        sources: The evidence that the model was given, numbered from 1, best first.
        judge: Scores sentence against evidence; the score is the sentence's support.
        settings: `check` and `min_support`.
        language: Of the draft, where its own words do not show one.

    Returns:
        The sentences in order, each naming a source, and the sources used, numbered from 1 in the
        order of their first use. Empty where no evidence supports a sentence.
    """
    if not sources:
        return (), ()
    supported: list[Sentence] = []
    seen: list[set[str]] = []
    for text, mark in draft_sentences(draft, language):
        if not settings.check:
            named = mark if 1 <= mark <= len(sources) else 1
            supported.append(Sentence(text, named, 0.0, "written"))
            continue
        words = content_stems(text, language)
        if count_words(text) < 2 or any(words <= other for other in seen):
            continue
        scores = judge.score(text, [source.quote for source in sources])
        candidates = [
            (score + (0.1 if source.number == mark else 0.0), score, source)
            for source, score in zip(sources, scores, strict=True)
            if score >= settings.min_support
            and is_lexically_supported(text, question, source, language)
        ]
        if candidates:
            _, support, source = max(candidates, key=lambda item: item[0])
            supported.append(Sentence(text, source.number, round(support, 4), "written"))
            seen.append(words)
    return _numbered(supported, sources)


def is_lexically_supported(text: str, question: str, source: Source, language: Language) -> bool:
    """True if all numbers and names and half of the other words of a sentence occur in its source.

    Words of the question and of the passage's headings count as the source's. A sentence in
    another language than its source can share no words with it, so there only numbers are
    compared.

    Args:
        text: The sentence.
        question: The user's.
        source: A piece of evidence.
        language: Of the sentence, where its own words do not show one.
    """
    passage = source.hit.passage
    given = f"{question} {passage.context} {source.quote}"
    if not numbers_in(text) <= numbers_in(given):
        return False
    language = LANGUAGES.get(language_of(text), language)
    if language_of(source.quote) not in ("", language.code):
        return True
    source_stems = content_stems(given, language)
    names = capitalised_words(text, language)
    if any(not content_stems(name, language) <= source_stems for name in names):
        return False
    words = content_stems(text, language)
    return len(words & source_stems) >= len(words) / 2


def numbers_in(text: str) -> set[str]:
    """The numbers of a text as they are written."""
    return set(_NUMBER.findall(text))


def draft_sentences(draft: str, language: Language) -> list[tuple[str, int]]:
    """The sentences of a draft without bullets, each with the mark behind it, 0 for none.

    A sentence that ends with a colon is joined to the next one; a last sentence that was cut off
    is left out if there are others.
    """
    sentences: list[tuple[str, int]] = []
    for text, marks in marked_sentences(draft.strip(), language):
        bare = MARKER.sub("", text)
        mark = marks[-1] if marks else 0
        if sentences and sentences[-1][0].endswith(":"):
            sentences[-1] = (f"{sentences[-1][0]} {bare}", mark or sentences[-1][1])
        else:
            sentences.append((bare, mark))
    complete = [text for text, _ in sentences[:-1] if not text.endswith(":")]
    is_cut_off = bool(sentences) and sentences[-1][0][-1] not in CLOSING_MARKS + "»)"
    return sentences[:-1] if complete and is_cut_off else sentences


def unsupported_sentences(answer: Answer) -> tuple[str, ...]:
    """The sentences that a model wrote and that no evidence supports, in order.

    () for the bundled model, whose unsupported sentences are of no use to a reader, and where the
    model wrote no whole answer. A sentence that only repeats one that is shown is not among them.
    """
    failed = any(note.kind != "sampling" for note in answer.writer_notes)
    if failed or answer.models.get("generator", "").startswith(f"{weights.DECODER}@"):
        return ()
    language = LANGUAGES.get(answer.language, DEFAULT)
    if answer.units:
        texts = [unit.words for unit in answer.units if unit.status == "unsupported"]
        return tuple(text for text in texts if text != language.not_answered)
    shown = [
        content_stems(said.text, language) for said in answer.sentences if said.origin == "written"
    ]
    return tuple(
        text
        for text, _ in draft_sentences(answer.draft, language)
        if count_words(text) >= 2
        and text != language.not_answered
        and not any(content_stems(text, language) <= words for words in shown)
    )


def content_stems(text: str, language: Language) -> set[str]:
    """The stem of each longer word."""
    return {stem(word, language) for word in _LONGER_WORD.findall(text)}


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
