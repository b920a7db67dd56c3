"""What a term is: which words can be one, and what its lecture shows of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.text.languages import Language, language
from ingest.text.languages.base import Terminology
from ingest.text.names import candidate_proper_nouns
from ingest.text.stems import stem
from ingest.types import Passage
from rag.spans import span_text, units_of

MAX_TERM = 5  # words
_IDENTIFIER = re.compile(r"\b([^\W\d]\w*)(?:\s*(?::=|\+=|<-|==)|[\[(]|\.\w+\(|\s*=\s*\w+[(\[{])")
_STEM_WORD = re.compile(r"[^\W_]+")


class Lecture:
    """How often a lecture names a term, and which words label several of its entries."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._texts: dict[str, str] = {}
        headings: dict[tuple[str, str], None] = {}
        labels: dict[str, int] = {}
        identifiers: set[str] = set()
        for passage in passages:
            spoken = language(passage.language)
            self._add(spoken, passage.text)
            identifiers.update(_IDENTIFIER.findall(passage.text))
            for heading in passage.headings:
                headings[(spoken.code, heading)] = None
            for unit in units_of(passage):
                label, colon, _ = span_text(passage, unit).partition(":")
                if colon:
                    labels[label.casefold()] = labels.get(label.casefold(), 0) + 1
        for code, heading in headings:
            self._add(language(code), heading)
        self.labels = frozenset(label for label, number in labels.items() if number > 1)

        self._identifiers = frozenset(identifiers)
        self._originals = " ".join(" ".join(passage.text.split()) for passage in passages)
        self._headings = frozenset(
            (code, stems_of(heading, language(code))) for code, heading in headings
        )

    def is_identifier(self, term: str, words: Terminology) -> bool:
        """Whether a term is the name of a variable or function in the code, as "function encode"."""
        parts = term.split()
        if len(parts) > 1 and parts[0].casefold() not in words.general_nouns:
            return False
        return parts[-1] in self._identifiers

    def is_noun(self, word: str, spoken: Language) -> bool:
        """Whether a word that opens an entry is surely a noun.

        It is a name, a heading is this word alone, or, where nouns have capitals, it has one inside
        a sentence too.
        """
        if candidate_proper_nouns(word, spoken):
            return True
        if spoken.capitalised_nouns:
            return bool(re.search(rf"[^\W\d_A-Z] {re.escape(word)}\b", self._originals))
        return (spoken.code, stems_of(word, spoken)) in self._headings

    def _add(self, spoken: Language, text: str) -> None:
        self._texts[spoken.code] = f"{self._texts.get(spoken.code, ' ')}{stems_of(text, spoken)} | "

    def mentions(self, term: str, spoken: Language) -> int:
        """How often the term's words follow each other, whatever their endings."""
        return self._texts.get(spoken.code, "").count(f" {stems_of(term, spoken)} ")


def stems_of(text: str, spoken: Language) -> str:
    """The stems of all words of a text, with a blank between two."""
    return " ".join(stem(word, spoken) for word in _STEM_WORD.findall(text))


def expansion(short: str, words: str, *, from_end: bool) -> str:
    """The words that an abbreviation stands for; "" where their first letters are others.

    Args:
        short: As "VPN".
        words: In which they are, at the end or at the beginning.
        from_end: Whether they end where `words` end.
    """
    parts = list(re.finditer(r"[^\W\d_]+", words))
    count = len(short)
    if len(parts) < count:
        return ""
    some = parts[-count:] if from_end else parts[:count]
    initials = "".join(part[0][0] for part in some)
    if initials.casefold() != short.casefold():
        return ""
    if not from_end and len(parts) > count and words[some[-1].end() :][:1] == "-":
        return ""
    if not from_end and some[0][0][0].isupper() and some[-1][0].islower():
        return ""  # as "Total Cost of"
    long = words[some[0].start() : some[-1].end()]
    return long if sum(part[0][0].isupper() for part in some) * 2 >= count or from_end else ""


def is_term(term: str, spoken: Language, words: Terminology, *, defined: bool = False) -> bool:
    """Whether words can be a term: none of them frequent, vague or a number alone.

    Args:
        term: The words.
        spoken: Their language.
        words: Its terminology.
        defined: Whether a sentence says "A term is a ...", as of a general noun too.
    """
    if re.search(r"[,:;!?]", term):
        return False
    parts = [part.casefold() for part in re.split(r"[\s-]+", term) if part]
    if not parts or len(parts) > MAX_TERM or len(term) < 2:
        return False
    if any(part in words.vague_nouns or part in words.articles for part in parts):
        return False
    if len(parts) == 1 and len(term) < 3 and not term.isupper():
        return False
    if len(parts) == 1 and parts[0] in words.general_nouns and not defined:
        return False
    frequent = spoken.evident_words | spoken.verbs
    if parts[0] in frequent or parts[-1] in frequent:
        return False
    inner = set(parts[1:-1]) - words.linking_words
    return not inner & frequent and any(len(part) > 1 and part[0].isalpha() for part in parts)
