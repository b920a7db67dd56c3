"""Multiple choice: a definition without its term, and four terms of which one is right.

The wrong terms are defined in the same lecture where it defines enough of them, and are of the same
form. The judge reads whether the definition of a wrong term would also answer the question; then it
is not taken, since it might be right as well.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rag.evidence import Judge
from rag.rerank import logits
from rag.study.cards import place_of, terminology, with_gap
from rag.study.definitions import Definition
from rag.unit_kinds import content_stems

CHOICES = 4
_MIN_CHOICES = 3  # a question with fewer is not asked
_CLOSE = 0.0  # logit; a definition that answers the question for another term so well is too close
_TRIED = 12  # definitions that the judge reads for one question, if it has to
_AT_ONCE = 4  # of them; most questions need no more


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with its choices in the order in which they are shown; `right` is a row of them."""

    question: str
    choices: tuple[str, ...]
    right: int
    definition: Definition
    distractors: tuple[Definition, ...]

    def as_dict(self) -> dict[str, Any]:
        """The question as plain values for JSON."""
        return {
            "question": self.question,
            "choices": list(self.choices),
            "right": self.right,
            "answer": self.choices[self.right],
        } | place_of(self.definition)


def quiz(definitions: Sequence[Definition], judge: Judge, count: int, seed: int) -> list[Choice]:
    """Some questions about definitions, in random order, the same for the same seed.

    Args:
        definitions: Those of all lectures in question; a question's wrong terms are of its lecture,
            or of another one where it has too few.
        judge: Finds definitions that are too close.
        count: How many questions at most.
        seed: Of the choice and the order.
    """
    rng = random.Random(seed)
    order = [one for one in definitions if with_gap(one)]
    rng.shuffle(order)
    questions: list[Choice] = []
    for definition in order:
        if len(questions) == count:
            break
        question = choice_for(definition, definitions, judge, rng)
        if question is not None:
            questions.append(question)
    return questions


def choice_for(
    definition: Definition,
    definitions: Sequence[Definition],
    judge: Judge,
    rng: random.Random,
) -> Choice | None:
    """The question for one definition; None where its term or its wrong terms give it away."""
    gap = with_gap(definition)
    if not gap:
        return None
    candidates = [
        other
        for other in definitions
        if other.kind != "abbreviation" and _is_candidate(definition, other)
    ]
    rng.shuffle(candidates)
    candidates.sort(key=lambda other: _distance(definition, other))
    distractors: list[Definition] = []
    for start in range(0, min(len(candidates), _TRIED), _AT_ONCE):
        distractors += _unlike(definition, candidates[start : start + _AT_ONCE], judge)
        if len(distractors) >= CHOICES - 1:
            break
    distractors = distractors[: CHOICES - 1]
    if len(distractors) < _MIN_CHOICES - 1:
        return None
    terms = [_capital(one.term) for one in (definition, *distractors)]
    right = terms[0]
    rng.shuffle(terms)
    return Choice(gap, tuple(terms), terms.index(right), definition, tuple(distractors))


def _unlike(definition: Definition, others: Sequence[Definition], judge: Judge) -> list[Definition]:
    """Those of other definitions that would not answer the question too."""
    own = terminology(definition).question.format(term=definition.term)
    by_question = logits(judge.score(own, [with_gap(one) or one.meaning for one in others]))
    by_meaning = logits(judge.score(definition.meaning, [one.meaning for one in others]))
    closeness = np.maximum(by_question, by_meaning)
    return [one for one, close in zip(others, closeness, strict=True) if close < _CLOSE]


def _is_candidate(definition: Definition, other: Definition) -> bool:
    """Whether another term can be a wrong choice: it is no part of this one, nor named in its text."""
    spoken = definition.spoken
    if other is definition or other.passage.language != definition.passage.language:
        return False
    if other.stems <= definition.stems or definition.stems <= other.stems:
        return False
    text = content_stems(definition.text, spoken)
    return not other.stems <= text and not definition.stems <= content_stems(other.text, spoken)


def _distance(definition: Definition, other: Definition) -> tuple[bool, bool, int]:
    """How unlike two terms are: of other lectures, a name beside a word, longer or shorter."""
    return (
        other.passage.document != definition.passage.document,
        other.term.isupper() != definition.term.isupper(),
        abs(len(other.term.split()) - len(definition.term.split())),
    )


def _capital(term: str) -> str:
    """A term as a choice: with a capital, so that none of them tells whether it opened a sentence."""
    is_name = any(letter.isupper() or letter.isdigit() for letter in term)
    return term if is_name else term[0].upper() + term[1:]
