"""What a unit of a page is for: it defines what is asked for, or it only names it.

A judge reads how well a text matches a question. It cannot well tell a definition from a theorem, a
schedule or a task with the same words, so the kinds of text that a language knows add to its logits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from ingest.text.glossary import names_in
from ingest.text.languages import LANGUAGES, Language, language
from ingest.text.languages.base import Aside
from ingest.text.sentences import CLOSING_MARKS, FORMULA_SIGN
from ingest.text.stems import stem
from ingest.types import Passage
from rag.orders import are_orders, asks_about_orders
from rag.spans import is_code

_DEFINITION = 3.0  # logits, added to a unit that defines what the question asks for
_STATEMENT = -2.0  # to a theorem, proof or example where a definition is asked for
_ASIDE = -3.0  # to a task, goal, schedule or reference that nobody asked for
_FORMULA = 1.5  # to a formula where one is asked for
_PURPOSE = 1.0  # to a sentence that says what something is for, where that is asked
_LABELS = -4.0  # to words without a sentence, such as the labels of a drawing
_ORDER = -8.0  # to an order to whoever answers, where nobody asked about orders
_WORD = re.compile(r"[^\W_]{2,}")
_MATHEMATICS = re.compile(r"[=≈≡≜∝≤≥∑∏∫√∂]")
_QUOTES = "\"'„“”‚‘’»«"
_CLAUSE_ENDS = ".:;,–—•"
_PART_ENDS = re.compile(r"[.,:;!?()\[\]]|\s[-–—]\s")
_FOLLOWED_WORDS = 2  # of a follow-up that names another term
_LABEL_RUN = 8  # words, none of which joins others
_NEAR = 60  # characters between a term and the words that name it
_FREQUENT = frozenset().union(*(spoken.evident_words for spoken in LANGUAGES.values()))
_JOINING = _FREQUENT.union(*(spoken.verbs for spoken in LANGUAGES.values()))


def kind_logits(
    questions: Sequence[str],
    asked_in: Language,
    passage: Passage,
    texts: Sequence[str],
    entries: Sequence[bool],
    compared: str = "",
) -> np.ndarray:
    """What the kind of each unit adds to its logit, shape (units,).

    Args:
        questions: The question, or its part, and what was searched for.
        asked_in: The language of both.
        passage: Holds the units.
        texts: Of the units, each on one line.
        entries: Whether a unit is an item of a list or a row of a table; an entry is of the kind
            of what is above it.
        compared: A thing that the question compares with another one; its definition counts as
            that of a term that is asked for.
    """
    spoken = language(passage.language)
    term = (
        compared
        or asked_term(questions[0], asked_in)
        or followed_term(questions[0], questions[-1], asked_in)
    )
    terms = names_in(term, spoken) if term else ()
    values = _ASIDE * unasked_asides(questions, asked_in, passage, texts, entries)
    asks_for_formula = asked_in.formula_question.search(questions[0]) is not None
    asks_for_purpose = asked_in.purpose_question.search(questions[0]) is not None
    about_orders = any(map(asks_about_orders, questions))
    orders = [False] * len(texts) if about_orders else are_orders(texts)
    for row, text in enumerate(texts):
        if orders[row]:
            values[row] += _ORDER
            continue
        if term and spoken.statement.search(text):
            values[row] += _STATEMENT
        elif any(defines(text, name, spoken) for name in terms):
            values[row] += _DEFINITION
        if asks_for_formula and _MATHEMATICS.search(text) and not is_code(text):
            values[row] += _FORMULA
        if asks_for_purpose and spoken.purpose.search(text):
            values[row] += _PURPOSE
        if not entries[row] and are_labels(text):
            values[row] += _LABELS
    return values


def unasked_asides(
    questions: Sequence[str],
    asked_in: Language,
    passage: Passage,
    texts: Sequence[str],
    entries: Sequence[bool],
) -> np.ndarray:
    """Which units only name their subject, as a task or a schedule does, for a question about something else.

    Args:
        questions: As in `kind_logits`, like all that follows.
        asked_in: The language of both.
        passage: Holds the units.
        texts: Of the units.
        entries: Whether a unit is of the kind of what is above it.

    Returns:
        Bool, shape (units,).
    """
    heading = passage.headings[-1] if passage.headings else ""
    unwanted = [
        aside
        for kind, aside in language(passage.language).asides.items()
        if not any(_asks_for(kind, question, asked_in) for question in questions)
    ]
    asides = np.zeros(len(texts), dtype=bool)
    behind_aside = False
    for row, (text, is_entry) in enumerate(zip(texts, entries, strict=True)):
        behind_aside = (behind_aside and is_entry) or _is_one_of(unwanted, text, heading)
        asides[row] = behind_aside
    return asides


def is_aside(text: str, heading: str, spoken: Language) -> bool:
    """Whether a text only names its subject: a task, a goal, a schedule or a reference."""
    return _is_one_of(spoken.asides.values(), text, heading)


def is_unasked_reference(
    text: str, heading: str, question: str, asked_in: Language, spoken: Language
) -> bool:
    """Whether a text is an entry of a list of literature, for a question about something else."""
    reference = spoken.asides.get("reference")
    if reference is None or _asks_for("reference", question, asked_in):
        return False
    return _is_one_of([reference], text, heading)


def is_unasked_bibliography(passage: Passage, question: str, asked_in: Language) -> bool:
    """Whether a passage is a list of literature, by its heading, for a question about something else."""
    reference = language(passage.language).asides.get("reference")
    if reference is None or not passage.headings or _asks_for("reference", question, asked_in):
        return False
    return bool(reference.heading.search(passage.headings[-1]))


def is_unasked_navigation(passage: Passage, question: str, asked_in: Language) -> bool:
    """Whether a passage only leads through a document, for a question about something else."""
    return passage.is_navigation and not _asks_for("schedule", question, asked_in)


def are_labels(text: str) -> bool:
    """Whether a text is no sentence: words in a row that no frequent word or verb joins.

    A drawing's labels are read as one text. Texts that end like a sentence, formulas, program code, and
    scripts without blanks are not looked at.
    """
    if text[-1] in CLOSING_MARKS or FORMULA_SIGN.search(text) or is_code(text):
        return False
    longest = 0
    for part in _PART_ENDS.split(text):
        run = 0
        for word in part.split():
            run = 0 if word.strip(_QUOTES).casefold() in _JOINING else run + 1
            longest = max(longest, run)
    return longest >= _LABEL_RUN


def asked_term(question: str, asked_in: Language) -> str:
    """The term whose definition a question asks for; "" where it asks for something else."""
    match = asked_in.definition_question.search(question)
    term = next((group for group in match.groups() if group), "") if match else ""
    if not content_stems(term, asked_in):
        return ""
    return "" if term.split()[0].casefold() in asked_in.question_words else term


def followed_term(question: str, query: str, asked_in: Language) -> str:
    """The term of a follow-up such as "and isotherms?" behind a question for a definition; "" for none.

    Args:
        question: As it was asked.
        query: The same behind the question that it leans on.
        asked_in: The language of both.
    """
    if not completes(query, question):
        return ""
    words = [word for word in _WORD.findall(question) if word.casefold() not in _FREQUENT]
    is_short = 0 < len(words) <= _FOLLOWED_WORDS
    return " ".join(words) if is_short and asked_term(query[: -len(question)], asked_in) else ""


def completes(query: str, question: str) -> bool:
    """Whether a query is a follow-up behind what it leans on."""
    return query != question and query.endswith(question)


def defines(text: str, term: str, spoken: Language) -> bool:
    """Whether a text says what a term is: "X is ...", "X: ...", or "... is called X".

    Args:
        text: On one line.
        term: Words; those without a meaning of their own may be missing in the text.
        spoken: The text's language.
    """
    stems = content_stems(term, spoken)
    if not stems:
        return False
    words = [match for match in _WORD.finditer(text) if match[0].casefold() not in _FREQUENT]
    text_stems = [stem(word[0], spoken) for word in words]
    for first in range(len(words) - len(stems) + 1):
        last = first + len(stems) - 1
        if set(text_stems[first : last + 1]) != stems:
            continue
        start, end = words[first].start(), words[last].end()
        if spoken.superlative.search(text[:start].rstrip()):
            continue  # "the simplest X is ..." tells of one X
        opens_clause = first <= 1 or _opens_clause(text[:start], spoken)
        if opens_clause and spoken.definition.match(text, end):
            return True
        if (
            first <= 1
            and spoken.generic.match(text[:start])
            and spoken.generic_verb.match(text, end)
        ):
            return True
        following = words[last + 1].start() if last + 1 < len(words) else len(text)
        is_longer_term = last + 1 < len(words) and not text[end:following].strip()
        if not is_longer_term and spoken.naming.search(text[max(start - _NEAR, 0) : end + _NEAR]):
            return True
    return False


def _opens_clause(before: str, spoken: Language) -> bool:
    """Whether nothing of a clause stands before a term but an article."""
    words = before.split()
    articles = spoken.terminology.articles if spoken.terminology else frozenset()
    if words and words[-1].casefold() in articles:
        words.pop()
    return not words or words[-1][-1] in _CLAUSE_ENDS


def content_stems(text: str, spoken: Language) -> set[str]:
    """The stems of the words with a meaning of their own."""
    words = (word for word in _WORD.findall(text) if word.casefold() not in _FREQUENT)
    return {stem(word, spoken) for word in words}


def _is_one_of(asides: Iterable[Aside], text: str, heading: str) -> bool:
    return any(aside.text.search(text) or aside.heading.search(heading) for aside in asides)


def _asks_for(kind: str, question: str, asked_in: Language) -> bool:
    """Whether a question asks for a kind of text that is else an aside."""
    aside = asked_in.asides.get(kind)
    return aside is not None and bool(aside.question.search(question))
