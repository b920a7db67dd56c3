"""Check the training texts: their form, and that none is about an evaluation question.

    python -m training.checks [FILE...] [--embeddings] [--sample N] [--lectures FOLDER]

With `--embeddings` the bundled encoder also searches for near-duplicates, among the texts and in
the lectures that answers are evaluated on; with `--sample N` random questions are printed for
reading.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ingest.embed import BiEncoder
from training.corpus import corpus_pages, corpus_questions
from training.near_duplicates import find_near_duplicates
from training.statistics import print_counts, print_sample
from training.texts import TrainingQuestion, TrainingText, read_texts
from training.words import numbers, shared_words, stems, support

STYLES = ("slide", "notes", "textbook", "table", "extract")
_WORDS = (60, 180)
_EXTRACT_WORDS = (25, 180)  # of a slide as a PDF reader gives it
_ANSWER_WORDS = 40
_QUESTIONS = 5
_SUPPORT = 0.6  # least share of an answer's content words that must occur in its evidence
_SHARED_WORDS = 0.6  # limit for a training and an evaluation question; see the data card
_ID = re.compile(r"[a-z]+(-[a-z]+)*-\d\d")


def faults(texts: Sequence[TrainingText]) -> Iterator[str]:
    """A line for each fault: where it is, the value seen, the value expected."""
    owners: dict[str, str] = {}
    for text in texts:
        if not _ID.fullmatch(text.id):
            yield f"{text.id}: expected an id such as cell-biology-07"
        words = len(re.findall(r"\w+", text.text))
        least, most = _EXTRACT_WORDS if text.style == "extract" else _WORDS
        if not least <= words <= most:
            yield f"{text.id}: {words} words, expected {least} to {most}"
        if text.style not in STYLES:
            yield f"{text.id}: style {text.style!r}, expected one of {', '.join(STYLES)}"
        if len(text.units) < 4:
            yield f"{text.id}: {len(text.units)} units, expected at least 4"
        if sum(".q" in question.id for question in text.questions) < _QUESTIONS:
            yield f"{text.id}: fewer than {_QUESTIONS} questions"
        if not any(".u" in question.id for question in text.questions):
            yield f"{text.id}: no unanswerable question"
        for key, owner in [(text.id, text.id), (text.text, text.id)] + [
            (_normalised(question.question), question.id)
            for question in text.questions
            if not question.after
        ]:
            if key in owners:
                yield f"{owner}: the same as in {owners[key]}: {key[:60]!r}"
            owners[key] = owner
        for question in text.questions:
            yield from _question_faults(text, question)


def _question_faults(text: TrainingText, question: TrainingQuestion) -> Iterator[str]:
    if {text.lang, question.lang} - {"en", "de"}:
        yield f"{question.id}: language {question.lang!r}, expected en or de"
    if ".u" in question.id:
        return
    if not 1 <= len(question.answer) <= 3:
        yield f"{question.id}: {len(question.answer)} answer sentences, expected 1 to 3"
    if (words := sum(len(sentence.split()) for sentence, _ in question.answer)) > _ANSWER_WORDS:
        yield f"{question.id}: an answer of {words} words, expected at most {_ANSWER_WORDS}"
    for sentence, unit in question.answer:
        if not 1 <= unit <= len(text.units):
            yield f"{question.id}: evidence unit {unit}, expected 1 to {len(text.units)}"
            continue
        evidence = f"{text.title} {question.after} {question.question} {text.units[unit - 1]}"
        missing = numbers(sentence) - numbers(evidence)
        if missing:
            yield f"{question.id}: numbers {sorted(missing)} do not occur in unit {unit}"
        if question.lang == text.lang and (share := support(sentence, evidence)) < _SUPPORT:
            yield (
                f"{question.id}: only {share:.0%} of the answer's words occur in unit {unit}, "
                f"expected {_SUPPORT:.0%}: {sorted(stems(sentence) - stems(evidence))}"
            )
        if sentence[-1:] not in '.!”"':
            yield (
                f"{question.id}: an answer sentence ends with {sentence[-1:]!r}, "
                "expected a full stop"
            )


def leaks(texts: Sequence[TrainingText], evaluation_questions: Mapping[str, str]) -> Iterator[str]:
    """A line for each training question that shares too many words with an evaluation question.

    Args:
        texts: The passages with their questions.
        evaluation_questions: By id.
    """
    ids = {_normalised(question): id for id, question in evaluation_questions.items()}
    for question in (question for text in texts for question in text.questions):
        same = ids.get(_normalised(question.query))
        if same:
            yield f"{question.id}: the same as {same} of the corpus: {question.query!r}"
            continue
        for id, other in evaluation_questions.items():
            if (share := shared_words(question.query, other)) >= _SHARED_WORDS:
                yield (
                    f"{question.id}: shares {share:.0%} of its words with {id} of the corpus, "
                    f"expected under {_SHARED_WORDS:.0%}: {question.query!r} and {other!r}"
                )


def _normalised(question: str) -> str:
    """A question's words in lower case, without punctuation."""
    return " ".join(re.findall(r"\w+", question.lower()))


def main(arguments: Sequence[str]) -> int:
    """Print the faults of some files, or of all, and their counts; 1 if there are faults."""
    parser = argparse.ArgumentParser(prog="python -m training.checks", description=main.__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="passages; default: all")
    parser.add_argument("--embeddings", action="store_true", help="find near-duplicates too")
    parser.add_argument("--sample", type=int, default=0, help="print this many questions to read")
    parser.add_argument(
        "--lectures", type=Path, help="more to differ from: questions.jsonl and pdfs/ of a folder"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    options = parser.parse_args(arguments)
    texts = read_texts(options.files)
    if options.sample:
        print_sample(texts, options.sample, options.seed)
        return 0
    evaluation_questions = corpus_questions()
    if options.lectures:
        evaluation_questions |= corpus_questions(options.lectures)
    lines = [*faults(texts), *leaks(texts, evaluation_questions)]
    if options.embeddings:
        pages = corpus_pages()
        if options.lectures:
            pages |= corpus_pages(options.lectures / "pdfs")
        for similarity in find_near_duplicates(texts, BiEncoder(), evaluation_questions, pages):
            lines += similarity.faults()
            for pair in similarity.pairs[:1]:
                print(
                    f"closest of {similarity.kind}: cosine {pair.cosine:.3f}, limit "
                    f"{similarity.limit:.2f}: {pair.one} and {pair.other}"
                )
    print("\n".join(lines) or "no faults")
    print_counts(texts, STYLES)
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
