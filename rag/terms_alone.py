"""A query of nothing but a term, as the question what the term is: "deadlock" is "What is deadlock?".

Rerankers learned from questions, and score a text too low where they read a term alone.
"""

from __future__ import annotations

import re

from ingest.store import Store
from ingest.text.detect import language_of
from ingest.text.languages import LANGUAGES, Language, language
from ingest.text.scripts import UNSPACED

_WORD = re.compile(r"[^\W\d_][\w'’*+#-]+")
_IS_UNSPACED = re.compile(UNSPACED)  # where blanks part no words, a term cannot be told
_MOST_WORDS = 3
_FREQUENT = frozenset().union(*(spoken.evident_words for spoken in LANGUAGES.values()))


def term_question(query: str, store: Store, asked_in: Language) -> str:
    """The question for a term's meaning, in the language of the text that has the term.

    Args:
        query: Completed from the conversation; returned as it is where it is more than a term.
        store: Its best text for the term shows the language, where the term shows none.
        asked_in: The language where neither does.
    """
    term = query.strip().rstrip("?!. ")
    words = term.split()
    is_term = (
        not _IS_UNSPACED.search(term)
        and 0 < len(words) <= _MOST_WORDS
        and all(_WORD.fullmatch(word) and word.casefold() not in _FREQUENT for word in words)
    )
    if not is_term:
        return query
    code = language_of(term)
    if not code:
        code = next((p.language for p, _ in store.search_lexical(term, 1)), "") or asked_in.code
    return language(code).term_question.format(term=term)
