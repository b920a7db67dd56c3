"""The shape of a language: every fact that the program needs to know of one, as one value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

_NEVER = re.compile(r"(?!)")  # matches nothing


#: Two or more authors by initials and names at a text's beginning, of any language's literature.
AUTHORS = r"""
    ^\W*(?:\[\d+\]\s*)?(?-i:(?:[A-ZÄÖÜÉ]\.[\s-]*)+[A-ZÄÖÜÉ][\w'’-]+
        (?:(?:,|,?\s+(?:and|und|et)|,?\s+&)\s+(?:[A-ZÄÖÜÉ]\.[\s-]*)+[A-ZÄÖÜÉ][\w'’-]+)+)
"""


@dataclass(frozen=True, slots=True, eq=False)
class Aside:
    """A kind of text that names a subject and says nothing of it, as a schedule does."""

    text: re.Pattern[str]
    """Searched in a sentence, item or row of a table."""
    question: re.Pattern[str]
    """Searched in a question that asks for such a text."""
    heading: re.Pattern[str] = _NEVER
    """Searched in the heading above such texts."""


@dataclass(frozen=True, slots=True, eq=False)
class Terminology:
    """How a language defines its terms, and how a study card asks for them."""

    articles: frozenset[str]
    """Words before a term that are no part of it."""
    indefinite: frozenset[str]
    """Those of them that introduce what is new."""
    linking_words: frozenset[str]
    """Frequent words that may be inside a term, as "of" in "rate of convergence"."""
    vague_nouns: frozenset[str]
    """Words of no term, in any place: "the idea of ..." names none."""
    general_nouns: frozenset[str]
    """Words that are a term only beside another one: "search problem", but not "problem"."""
    definition: re.Pattern[str]
    """Matched behind a term; the group `text` is what defines it."""
    naming: re.Pattern[str]
    """Searched in a sentence; the group `term` is what the sentence names."""
    outside: re.Pattern[str]
    """Words by which a text needs what stands outside of it, wherever they are."""
    outside_opening: re.Pattern[str]
    """Openings by which a sentence needs what stands before it, or begins with no term."""
    remark_opening: re.Pattern[str]
    """Openings of an entry that says how its term is, instead of what it is."""
    question: str
    """Asks for the meaning of `{term}`."""
    abbreviation_question: str
    """Asks what `{term}` stands for."""


@dataclass(frozen=True, slots=True, eq=False)  # each language is one value, equal to itself alone
class Language:
    """What the program knows of one language.

    All words are in small letters and composed (NFC). The patterns are searched without regard
    to case, except where they set it themselves.
    """

    code: str
    """ISO 639-1."""
    name: str
    """Its own name for itself, as "Deutsch"."""
    stemmer: str
    """Name of its Snowball algorithm."""

    stop_words: frozenset[str]
    """Words of a question that say nothing about its subject; the lexical search leaves them out."""
    common_words: frozenset[str]
    """Further frequent words; with the stop words they show which language a text is in."""
    question_words: frozenset[str]
    """Words that open a question; as the first word of a text they count half a word more."""
    letters: str
    """Its letters beyond a to z. They count for its stemmer; in a word they show the language."""

    abbreviations: frozenset[str]
    """Words, without their last full stop, after which a full stop ends no sentence."""
    continuation_words: frozenset[str]
    """A line that ends with one of these continues in the next line."""
    page_words: frozenset[str]
    """Words before a page number, and between it and the number of pages."""
    capitalised_nouns: bool
    """Whether every noun has a capital, so that a capital marks no name."""

    anaphora: re.Pattern[str]
    """Words that refer back. The group `pronoun`, where it took part, may have its noun in the
    same clause (see `antecedent`); any other match needs an earlier clause that says something."""
    antecedent: re.Pattern[str]
    """A noun that a later pronoun of the same question can refer to."""
    follow_up_opening: re.Pattern[str]
    """Openings that only a follow-up question has."""
    complete_opening: re.Pattern[str]
    """Openings of a question that is complete however short it is: it asks for a thing by its
    name, as "What is BPE?", or whether something is so, as "Is one layer enough?"."""

    term_question: str
    """Asks what `{term}` is, in words that a search leaves out."""
    prompt: str
    """The system message for a model that writes an answer from numbered notes."""
    notes_label: str
    """What stands before the notes in the prompt."""
    question_label: str
    """What stands before the question in the prompt."""
    not_answered: str
    """What the model writes where the notes do not answer."""
    abstention: str
    """What the reader sees where the lectures do not answer."""
    nearest_pages: str
    """Announces the nearest pages, which follow an abstention."""
    picture_pages: str
    """Follows an abstention where pages hold no text; with `{pages}`, their number."""
    doubt: str
    """Stands above an answer that the lectures may not hold, with `{reasons}`."""
    doubt_reasons: Mapping[str, str]
    """By the kinds of `rag.types.DoubtKind`: why an answer is doubtful; in `missing` with `{words}`."""
    writer_notes: Mapping[str, str]
    """By the kinds of `rag.writer_notes.NoteKind`: why no language model wrote the answer, and what
    to do; each with the values that the kind has."""

    spellings: tuple[tuple[re.Pattern[str], str], ...] = ()
    """What a word's other spellings have in common, as replacements in its small letters, in order."""

    contents_titles: frozenset[str] = frozenset()
    """Headings of pages that list what is to come, or where a word is found."""
    summary_titles: frozenset[str] = frozenset()
    """Last words of headings of pages that look back or ahead: "final thoughts", "summary"."""
    closing_titles: frozenset[str] = frozenset()
    """What the last slide says: thanks, and whether there are questions."""
    verbs: frozenset[str] = frozenset()
    """Frequent finite verbs and other words by which a line without a full stop is a sentence."""
    second_question: re.Pattern[str] = _NEVER
    """What stands between a question and a second one in the same sentence: ", and" before "why"."""
    comparison: re.Pattern[str] = _NEVER
    """Two things that a question compares, as the two groups that take part, of one to three words
    each; it begins and ends with them, but for a word such as "between"."""

    comparison_words: frozenset[str] = frozenset()
    """Words that say that two things are compared, and question words that ask for nothing more."""

    definition_question: re.Pattern[str] = _NEVER
    """A question for the meaning of a term; the group that takes part is the term."""
    definition: re.Pattern[str] = _NEVER
    """What stands between a term and its definition, from the term's end on."""
    generic: re.Pattern[str] = _NEVER
    """What stands before a term in a sentence about every thing of its kind: "a" in "a tax takes"."""
    generic_verb: re.Pattern[str] = _NEVER
    """What stands behind the term there: a verb of what such a thing does."""
    superlative: re.Pattern[str] = _NEVER
    """A word before a term that makes it one of its kind: "the simplest" in "the simplest code is ..."."""
    naming: re.Pattern[str] = _NEVER
    """Words by which a sentence names what it describes."""
    list_question: re.Pattern[str] = _NEVER
    """A question whose answer has several items."""
    formula_question: re.Pattern[str] = _NEVER
    """A question for a formula, or for how something is computed."""
    purpose_question: re.Pattern[str] = _NEVER
    """A question for what something is for."""
    purpose: re.Pattern[str] = _NEVER
    """Words by which a sentence says what its subject is for."""
    statement: re.Pattern[str] = _NEVER
    """The opening of a text about a known term: a theorem, a proof, an example."""
    terminology: Terminology | None = None
    """How it defines terms; without it there are no study cards."""
    asides: Mapping[str, Aside] = field(default_factory=dict)
    """By their kinds, which have one name in every language."""
    several_places: re.Pattern[str] = _NEVER
    """Words of a question that wants an answer from each of two documents."""

    month: re.Pattern[str] = _NEVER
    """A month at the start of a text, where a full stop stands between the day and the month."""
    table_words: frozenset[str] = frozenset()
    """What the caption of a table begins with, before its number."""
    figure_words: frozenset[str] = frozenset()
    """What the caption of a figure begins with, before its number."""
    lecture_words: frozenset[str] = frozenset()
    """What a lecture is called in file names, before its number."""
    institutions: frozenset[str] = frozenset()
    """Ends of the words that name a university or a part of one."""
    numbered_lecture: str = "lecture {number}"
    """A lecture by its number."""
    up_to_lecture: str = "up to {lecture}"
    """A lecture and those before it."""
    searched_in: str = "Searched in {scope}."
    """Says which lectures an answer is from, where a question was asked of some."""
    unsupported: str = "Written, but not supported by the lectures:"
    """Opens the sentences of a language model that no evidence supports."""

    @property
    def evident_words(self) -> frozenset[str]:
        """All words that show the language."""
        return self.stop_words | self.common_words | self.question_words


def words(text: str) -> frozenset[str]:
    """The words of a text, for the tables of a language."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[str]:
    """The phrases of a text, parted by `|`, for the tables of a language."""
    return frozenset(text.split("|"))


def pattern(text: str) -> re.Pattern[str]:
    """A verbose, case-blind pattern; `#` opens a comment and a blank is written `\\s`."""
    return cast("re.Pattern[str]", LazyPattern(text, re.IGNORECASE | re.VERBOSE))


class LazyPattern:
    """A pattern that is compiled when it is first used; it has the methods of `re.Pattern`."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, value)
        return value
