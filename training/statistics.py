"""Count the training texts, and sample questions for a person to read."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Sequence

from training.texts import TrainingQuestion, TrainingText
from training.words import support


def sample(
    texts: Sequence[TrainingText], count: int, seed: int
) -> list[tuple[TrainingText, TrainingQuestion]]:
    """Random questions of every kind, one of each subject in turn; the same for the same seed."""
    generator = random.Random(seed)
    by_subject: dict[str, list[tuple[TrainingText, TrainingQuestion]]] = {}
    for text in texts:
        pairs = ((text, question) for question in text.questions)
        by_subject.setdefault(text.subject, []).extend(pairs)
    for pile in by_subject.values():
        generator.shuffle(pile)
    result: list[tuple[TrainingText, TrainingQuestion]] = []
    while len(result) < count and any(by_subject.values()):
        result += [pile.pop() for pile in by_subject.values() if pile]
    return result[:count]


def print_sample(texts: Sequence[TrainingText], count: int, seed: int) -> None:
    """Print sampled questions, each under its passage."""
    for text, question in sample(texts, count, seed):
        print(f"\n## {question.id}, {text.style}: {text.title}")
        print("\n".join(f"  {n}. {unit}" for n, unit in enumerate(text.units, start=1)))
        print(f"{question.lang}: {question.query}")
        for sentence, unit in question.answer:
            print(f"  -> {sentence} [{unit}]")


def print_counts(texts: Sequence[TrainingText], styles: Sequence[str]) -> None:
    """Print the numbers of passages and questions by language, style and subject."""
    questions = [question for text in texts for question in text.questions]
    answered = [question for question in questions if ".q" in question.id]
    by_id = {text.id: text for text in texts}
    german = [question for question in answered if question.lang == "de"]
    about_english = sum(by_id[question.passage].lang == "en" for question in german)
    print(
        f"{len(texts)} passages ({sum(text.lang == 'de' for text in texts)} German) "
        f"in {len({text.subject for text in texts})} subjects, "
        f"{len(answered)} questions ({len(german)} German, {about_english} of them about "
        f"English passages), {sum('.u' in question.id for question in questions)} unanswerable, "
        f"{sum('.f' in question.id for question in questions)} follow-ups"
    )
    by_style = Counter(text.style for text in texts)
    print("styles: " + ", ".join(f"{style} {by_style[style]}" for style in styles))
    subjects = Counter(text.subject for text in texts)
    print("subjects: " + ", ".join(f"{name} {subjects[name]}" for name in sorted(subjects)))
    for kind, name in (("q", "questions"), ("u", "unanswerable questions")):
        if shares := _shares_in_passage(texts, kind):
            low = sum(share < 1 / 3 for share in shares) / len(shares)
            print(
                f"content words that occur in the passage, {len(shares)} {name} in its language: "
                f"mean {statistics.mean(shares):.0%}, median {statistics.median(shares):.0%}; "
                f"{low:.0%} of the {name} share less than a third"
            )


def _shares_in_passage(texts: Sequence[TrainingText], kind: str) -> list[float]:
    """For each question of a kind ("q", "u"), the share of its content words in its passage.

    Questions in another language than their passage are left out.
    """
    return [
        support(question.question, f"{text.title} {text.text}")
        for text in texts
        for question in text.questions
        if f".{kind}" in question.id and question.lang == text.lang
    ]
