"""Correct typing errors of a question by the words of the lectures: "semafore" finds "semaphore".

A word is corrected where no lecture has it, the encoder does not know it as a word, and one word of the
lectures alone is nearest to it. Names are left as they are, since one that is missing is a reason
for doubt.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from ingest.chunk import embedding_text
from ingest.embed import Encoder
from ingest.lru import LruCache
from ingest.store import Store
from ingest.text.languages import DEFAULT, LANGUAGES, Language
from ingest.text.names import candidate_proper_nouns
from ingest.text.stems import stem

_WORD = re.compile(r"[^\W\d_]+")
_LEAST_LETTERS = 5  # of a word that is corrected
_TWO_ERRORS = 8  # letters of a word in which two errors are found
_FOREIGN_LETTERS = 8  # of a word of a language whose words are no tokens of the encoder; one error
_ENDING = 3  # letters; two errors within them are another form, not a typing error
_LEAST_COUNT = 2  # of a word of the lectures where the encoder's vocabulary tells nothing
_FREQUENT = frozenset().union(*(spoken.evident_words for spoken in LANGUAGES.values()))
_VOCABULARIES: LruCache[tuple[str, frozenset[str]], dict[str, Counter[str]]] = LruCache(8)


def corrected(text: str, store: Store, encoder: Encoder, asked_in: Language) -> str:
    """A question with the words of the lectures in place of its misspelt ones.

    Args:
        text: Completed from the conversation.
        store: Its words are the right ones.
        encoder: A word that is one of its tokens is known, and not corrected.
        asked_in: The question's language.
    """
    names = {part for name in candidate_proper_nouns(text, asked_in) for part in name.split()}

    def replaced(match: re.Match[str]) -> str:
        word = match[0]
        if len(word) < _LEAST_LETTERS or word.casefold() in _FREQUENT or word in names:
            return word
        errors = _most_errors(word, asked_in)
        is_known = not errors or encoder.count_tokens([word]) == [1]
        if is_known or store.search_lexical(word, 1):
            return word
        return _nearest(word, errors, lambda: _words_by_letter(store), asked_in) or word

    return _WORD.sub(replaced, text)


def _most_errors(word: str, asked_in: Language) -> int:
    """How many errors a word may have; 0 for one that is too short."""
    if asked_in.code != DEFAULT.code:
        return int(len(word) >= _FOREIGN_LETTERS)
    return 2 if len(word) >= _TWO_ERRORS else 1


def _nearest(
    word: str,
    errors: int,
    words_by_letter: Callable[[], dict[str, Counter[str]]],
    asked_in: Language,
) -> str:
    """The word of the lectures with the fewest errors between; "" for none, or for several.

    Forms of one word count as one; the most frequent stands for them. An error is a letter too much,
    too few, another one, or two that are swapped. Source: Damerau, CACM 7(3), 1964.
    """
    small = word.casefold()
    words = words_by_letter().get(small[0], Counter())
    found = [
        (int(distance), candidate)
        for candidate, distance, _ in process.extract(
            small,
            list(words),
            scorer=DamerauLevenshtein.distance,
            score_cutoff=errors,
            limit=None,
        )
        if (distance < 2 or not candidate.startswith(small[:-_ENDING]))
        and (asked_in.code == DEFAULT.code or words[candidate] >= _LEAST_COUNT)
    ]
    if not found:
        return ""
    least = min(distance for distance, _ in found)
    nearest = [candidate for distance, candidate in found if distance == least]
    if len({stem(candidate, asked_in) for candidate in nearest}) > 1:
        return ""
    best = max(nearest, key=lambda candidate: (words[candidate], candidate))
    return best.capitalize() if word[0].isupper() else best


def _words_by_letter(store: Store) -> dict[str, Counter[str]]:
    """The words of a store's passages in small letters with their counts, by their first letter."""
    documents = [document.id for document in store.documents()]
    key = store.content_hash(), frozenset(documents)
    words = _VOCABULARIES.get(key)
    if words is None:
        counts: Counter[str] = Counter()
        for document in documents:
            for passage in store.passages(document):
                counts.update(map(str.casefold, _WORD.findall(embedding_text(passage))))
        words = {}
        for word, count in counts.items():
            if len(word) >= _LEAST_LETTERS - 1:
                words.setdefault(word[0], Counter())[word] = count
        _VOCABULARIES.put(key, words)
    return words
