"""Complete a follow-up question from the conversation, without a model or by one.

"And for images?" finds nothing by itself. Such a question is recognised by its shortness, its
opening or words that refer back, and is searched together with the question before it, and once more
with the answer before it, since "which of them" often refers to what was answered. "What is BPE?"
is short as well, but asks for a thing by its name and is complete. What these words are in a
language is part of `ingest.text.languages`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.text.detect import language_of
from ingest.text.languages import LANGUAGES, Language
from ingest.text.names import candidate_proper_nouns
from rag.generate import Writer
from rag.prompt import plain
from rag.sampling import Sampling
from rag.types import Answer, Turn
from rag.writer_notes import WritingFailed

_REWRITE = (
    "You rewrite the last question of a conversation so that it can be understood alone. "
    "Put in what it refers to, keep its language, and reply with the question and nothing else."
)
_ANSWER_WORDS = 40  # of an answer that a follow-up is searched with
_REFERENCE = re.compile(r"\[\d+\]")  # the number of a source in an answer
_TURNS = 3  # of the conversation that a model gets
_MAX_WORDS = 60  # a longer rewriting is no question any more
_SHORT = 4  # words; a question of so few is seldom complete inside a conversation
_LONG = 14  # words; a question of more says what its pronouns refer to


def expand_with_history(question: str, history: Sequence[Turn], language: Language) -> str:
    """The text to search for: the question, led by the one before it where it depends on that.

    A chain of follow-ups is led by the last question that is complete by itself.

    Args:
        question: What the reader asked last.
        history: The turns before, oldest first.
        language: Of the question; an earlier question in another language is read in its own.
    """
    if not history or not is_context_dependent(question, language):
        return question
    for turn in reversed(history):
        turn_language = LANGUAGES.get(language_of(turn.question), language)
        if not is_context_dependent(turn.question, turn_language):
            return f"{turn.question} {question}"
    return f"{history[0].question} {question}"


def expand_with_answer(question: str, history: Sequence[Turn]) -> str:
    """A follow-up behind the question and the first words of the answer before it; "" where there is none."""
    if not history:
        return ""
    last = history[-1]
    words = plain(_REFERENCE.sub(" ", last.answer)).split()[:_ANSWER_WORDS]
    return " ".join([last.question, *words, question]) if words else ""


def turn_of(question: str, answer: Answer) -> Turn:
    """A question as a turn; an answer that was not shown leaves none to refer to."""
    return Turn(question, "" if answer.abstained else answer.text, answer.scope)


def is_context_dependent(question: str, language: Language) -> bool:
    """Whether a question seems to need the conversation to be understood.

    It does where it opens or ends as only a follow-up does, where a word refers back to nothing
    in the question itself, or where it is too short to say what it is about.
    """
    opening = language.follow_up_opening.search(question)
    return bool(opening) or _is_incomplete(question, language) or _refers_back(question, language)


def _is_incomplete(question: str, language: Language) -> bool:
    """Whether it has at most four words, and they say too little.

    Three words with a meaning of their own say enough, as do two with a name among them.
    """
    if len(_words(question)) > _SHORT or language.complete_opening.match(question):
        return False
    has_name = bool(candidate_proper_nouns(question, language))
    return _count_meaningful(question, language) < (2 if has_name else 3)


def _refers_back(question: str, language: Language) -> bool:
    """Whether a word of a question that is not long refers to something outside of it."""
    if len(_words(question)) > _LONG:
        return False
    nouns = [match.end() for match in language.antecedent.finditer(question)]
    for match in language.anaphora.finditer(question):
        clause = max(question.rfind(mark, 0, match.start()) for mark in ",;:.?!")
        if _count_meaningful(question[: clause + 1], language) >= 2:
            continue  # an earlier clause says what is meant
        start = match.start("pronoun")
        if start < 0 or not any(end <= start for end in nouns):
            return True
    return False


def _count_meaningful(text: str, language: Language) -> int:
    """Number of words that are not frequent words of the language."""
    return sum(word.casefold() not in language.evident_words for word in _words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def rewrite(question: str, history: Sequence[Turn], writer: Writer, language: Language) -> str:
    """The text to search for, in a language model's words where the question is a follow-up.

    A reply without words, or of more than sixty, or none, is replaced by `expand_with_history`.
    """
    if not history or not is_context_dependent(question, language):
        return question
    conversation = "\n".join(
        f"Question: {plain(turn.question)}\nAnswer: {plain(turn.answer)}"
        for turn in history[-_TURNS:]
    )
    messages = [
        {"role": "system", "content": _REWRITE},
        {"role": "user", "content": f"{conversation}\n\nLast question: {plain(question)}"},
    ]
    try:
        reply = "".join(writer.stream(messages, Sampling(max_new_tokens=64))).strip()
    except WritingFailed:
        reply = ""
    first = reply.split("\n", 1)[0].strip(' "“”')
    words = re.findall(r"\w+", first)
    return (
        first
        if words and len(words) <= _MAX_WORDS
        else expand_with_history(question, history, language)
    )
