"""What an answer is worth: its keywords, its words, and the pages that it cites."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable

import numpy as np

from rag.evaluation.keywords import matches_keyword
from rag.evaluation.questions import Question
from rag.evaluation.retrieval import gold_items
from rag.evaluation.run_file import RunLine


def answer_values(question: Question, line: RunLine) -> dict[str, float]:
    """The value of each measure of an answer; those that do not apply are missing.

    - keywords: 1 if the answer matches every keyword of the question, else 0.
    - lead keywords: likewise, of the lead alone; a written answer is its own lead.
    - lead coverage: the share of the question's items that a page of the leads shows.
    - token F1: see `token_f1`.
    - citation precision: the share of the cited passages that show a gold page.
    - citation recall: the share of the question's items that a cited passage shows.
    - support: the mean over sentences of the pipeline's support score.
    - quoted words: the mean over sentences of the share of their words that occur in their
      quotes; a second opinion on support in which no model has a part.
    - clean leads: the share of the leads that begin and end at a boundary of their page.
    - lead words, answer words: the length of the leads together, and of the whole answer.

    No answer, whether by abstention or by failure, matches no keyword and cites nothing. The
    first four are measured where the lectures answer, precision where something was cited.
    Source of citation precision and recall as a pair: Gao et al. (ALCE), EMNLP 2023; there a
    model judges, here the gold pages do.
    """
    values: dict[str, float] = {}
    if question.answerable:
        if question.keywords:
            values["keywords"] = _matches_all(line.answer, question)
            values["lead keywords"] = _matches_all(line.lead, question)
        if question.answer:
            values["token F1"] = token_f1(line.answer, question.answer)
        items = gold_items(question, line)
        cited_pages = frozenset(page for ref in line.citations for page in ref.page_ids)
        if line.citations:
            values["citation precision"] = _mean(
                ref.shows(question.gold_pages) for ref in line.citations
            )
        values["citation recall"] = _mean(bool(item & cited_pages) for item in items)
        leads = frozenset(page for lead in line.leads for page in lead.reference.page_ids)
        if line.leads or not line.answer:
            values["lead coverage"] = _mean(bool(item & leads) for item in items)
    if line.sentences:
        values["support"] = _mean(sentence.support for sentence in line.sentences)
        values["quoted words"] = _mean(
            _shared_words(sentence.text, sentence.quote) for sentence in line.sentences
        )
    if line.leads:
        values["clean leads"] = _mean(lead.clean for lead in line.leads)
    if line.answer:
        values["lead words"] = float(len(line.lead.split()))
        values["answer words"] = float(len(line.answer.split()))
    return values


def _matches_all(text: str, question: Question) -> float:
    return float(all(matches_keyword(text, keyword) for keyword in question.keywords))


def token_f1(answer: str, reference: str) -> float:
    """The harmonic mean of precision and recall of an answer's words, counted with repeats.

    Lower-cased, without punctuation and the articles "a", "an" and "the". Source: Rajpurkar et
    al. (SQuAD), EMNLP 2016, and its evaluation script.
    """
    answer_tokens = Counter(_squad_tokens(answer))
    reference_tokens = Counter(_squad_tokens(reference))
    if not answer_tokens or not reference_tokens:
        return float(answer_tokens == reference_tokens)
    shared = (answer_tokens & reference_tokens).total()
    return 2 * shared / (answer_tokens.total() + reference_tokens.total())


def _squad_tokens(text: str) -> list[str]:
    bare = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()


def _shared_words(sentence: str, quote: str) -> float:
    """The share of a sentence's words that occur in a quote."""
    words = re.findall(r"\w+", sentence.lower())
    quote_words = set(re.findall(r"\w+", quote.lower()))
    return sum(word in quote_words for word in words) / len(words) if words else 0.0


def _mean(values: Iterable[float]) -> float:
    return float(np.mean([float(value) for value in values]))
