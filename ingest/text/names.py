"""Tell names from other words by their capitals and figures."""

from __future__ import annotations

import re

from ingest.text.languages import Language

_FIGURE_OR_INNER_CAPITAL = re.compile(r"\b\w*(?:\d|\w[A-ZÄÖÜÀÂÇÉÈÊÎÔ])[\w-]*")
_CAPITAL_INSIDE_A_SENTENCE = re.compile(r"(?<=[a-zß-öø-ÿ,] )[A-ZÄÖÜÀÂÇÉÈÊÎÔ][\w-]+")


def candidate_proper_nouns(text: str, language: Language) -> list[str]:
    """Words that look like names, each once, in order of kind and place.

    A word with a figure or a capital inside is one, as BERT, GPT-4 or AND; so is a word that
    follows a small letter or a comma with a capital, but where all nouns have capitals.
    """
    names = _FIGURE_OR_INNER_CAPITAL.findall(text)
    return list(dict.fromkeys(names + capitalised_words(text, language)))


def capitalised_words(text: str, language: Language) -> list[str]:
    """Words with a capital inside a sentence; none where every noun of the language has one."""
    return [] if language.capitalised_nouns else _CAPITAL_INSIDE_A_SENTENCE.findall(text)


def is_in_capitals(word: str) -> bool:
    """Whether a word of two letters or more is all capitals, as AND, OR or MIT."""
    return len(word) > 1 and word.isalpha() and word.isupper()
