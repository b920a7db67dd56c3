"""How far a bigram, a trigram and the bundled decoder narrow the next token down, without Streamlit.

The text is a lecture that the n-gram models were not trained on; they learn from the others.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from language.errors import LanguageError
from language.ngrams import Bits, NGramModel
from ui.language_laboratory.lectures import read_slides
from ui.language_laboratory.tokenizers import tokenizer

NAMES: Mapping[int, str] = {0: "uniform", 1: "unigram", 2: "bigram", 3: "trigram"}
UNITS = ("bytes", "tokens")  # tokens are those of the bundled decoder
_LONGEST = 2500  # characters of the held-out text; the decoder reads them in seconds


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Pages of a lecture that no n-gram model was trained on."""

    lecture: str
    pages: tuple[str, ...]

    @property
    def text(self) -> str:
        """The pages in a row."""
        return "\n".join(self.pages)


@lru_cache(maxsize=1)
def lectures() -> Mapping[str, tuple[str, ...]]:
    """The plain text of each page of prose of the bundled lectures in English, by lecture."""
    from ingest.text.detect import language_of

    texts: dict[str, tuple[str, ...]] = {}
    for slide in read_slides():
        if _is_prose(slide.text):
            texts[slide.file] = (*texts.get(slide.file, ()), slide.text)
    return {name: pages for name, pages in texts.items() if language_of(" ".join(pages)) == "en"}


def _is_prose(text: str) -> bool:
    """Whether letters are over half of what is seen; rows of dots in a table of contents are not."""
    visible = [letter for letter in text if not letter.isspace()]
    return sum(map(str.isalpha, visible)) > len(visible) / 2


def held_out(lecture: str) -> HeldOut:
    """The first 2,500 characters of a lecture, page by page; the last page may be cut off.

    Raises:
        LanguageError: there is no such lecture.
    """
    if lecture not in lectures():
        raise LanguageError(
            f"There is no English lecture {lecture!r}, expected one of {', '.join(lectures())}"
        )
    pages: list[str] = []
    room = _LONGEST
    for page in lectures()[lecture]:
        if part := page[:room]:
            pages.append(part)
        room -= len(part)
    return HeldOut(lecture, tuple(pages))


def units(text: str, unit: str) -> list[int]:
    """A text as bytes or as ids of the bundled decoder's tokens."""
    if unit == "bytes":
        return list(text.encode())
    return [token.id for token in tokenizer("smollm2").tokenize(text)]


def vocabulary_size(unit: str) -> int:
    """How many different bytes or tokens there are."""
    return 256 if unit == "bytes" else tokenizer("smollm2").vocabulary_size


@lru_cache(maxsize=12)
def model_without(lecture: str, unit: str) -> NGramModel[int]:
    """The trigram model of all lectures but one."""
    sequence = [one for name in lectures() if name != lecture for one in lecture_units(name, unit)]
    return NGramModel(sequence, max(NAMES), vocabulary_size(unit))


@lru_cache(maxsize=24)
def lecture_units(lecture: str, unit: str) -> tuple[int, ...]:
    """The units of a lecture, a line feed behind each page."""
    return tuple(units("".join(f"{page}\n" for page in lectures()[lecture]), unit))


def ngram_rows(test: HeldOut) -> list[dict[str, Any]]:
    """Bits of each n-gram model on the held-out text: a row each."""
    rows = []
    for unit in UNITS:
        sequence = units(test.text, unit)
        for order, name in NAMES.items():
            bits = model_without(test.lecture, unit).lower(order).bits(sequence, len(test.text))
            rows.append(row_of(name, unit, bits))
    return rows


def decoder_bits(
    test: HeldOut, model: Any, tokens_of: Any, stop: threading.Event | None = None
) -> Iterator[Bits]:
    """Bits of the bundled decoder after each page; each page is read without the ones before.

    Args:
        test: The held-out pages.
        model, tokens_of: The decoder and its tokenizer, of transformers.
        stop: Ends the reading when set.
    """
    from language.next_word import score

    total, tokens, characters = 0.0, 0, 0
    for page in test.pages:
        if stop is not None and stop.is_set():
            return
        of_page = score(model, tokens_of, page)
        total += of_page.bits
        tokens += len(of_page.tokens)
        characters += len(page)
        yield Bits(total, tokens, characters)


def row_of(name: str, unit: str, bits: Bits) -> dict[str, Any]:
    """A row of the table."""
    return {
        "model": name,
        "unit": unit,
        "bits per token": bits.per_token,
        "bits per character": bits.per_character,
        "perplexity": bits.perplexity,
    }


@lru_cache(maxsize=1)
def lecture_words() -> tuple[str, ...]:
    """The words of the lectures in their order, without numbers and formulas."""
    text = " ".join(page for pages in lectures().values() for page in pages)
    words = (word.strip(".,:;?!()[]“”\"'") for word in text.split())
    return tuple(word for word in words if word.isalpha() and word.isascii())


def shannon(words: Sequence[str], order: int, count: int, seed: int) -> list[str]:
    """Random words by an n-gram model of some words, as in Shannon (1948), section 3."""
    vocabulary = sorted(set(words))
    return NGramModel(words, order, len(vocabulary)).sample(count, vocabulary, seed)
