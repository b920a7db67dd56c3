"""What measures mean, in a sentence each, and a run in short, for readers who do not know them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.evaluation.analysis import RunAnalysis
from rag.evaluation.compare import RunComparison
from rag.evaluation.measures import (
    ABSTENTION_ACCURACY,
    CALIBRATION_ERROR,
    DOUBTED,
    JUDGED,
    NOTICED,
    REFUSED,
)
from ui.presentation.formats import seconds_text

Text = Callable[..., str]  # as `ui.text.t`: a text and the values of its {names}

EXPLANATIONS = {
    "keywords": "The share of the answers that have every keyword of their question.",
    "lead keywords": "The same of the first words of the answer, its lead, alone.",
    "lead coverage": "The share of a question's right pages that the lead is from.",
    "token F1": "How many words an answer shares with the right answer: 1 is the same words, 0 none.",
    "citation precision": "The share of the cited passages that show a right page.",
    "citation recall": "The share of a question's right pages that the answer cites.",
    "support": "How well the sources support the sentences of an answer, by the program's own score.",
    "quoted words": "The share of an answer's words that are also in the passages quoted for it.",
    "clean leads": "The share of the leads that begin and end where a sentence or an item of the page does.",
    "lead words": "How many words the lead has; half of the answers have fewer.",
    "answer words": "How many words the whole answer has, on average.",
    JUDGED: "The share of the answers that a language model judged to be right.",
    ABSTENTION_ACCURACY: "The share of the questions that were rightly answered or rightly not answered.",
    "abstention precision": "Of the questions that got no answer, the share that the lectures do not answer.",
    "abstention recall": "Of the questions that the lectures do not answer, the share that got no answer.",
    "abstention F1": "The harmonic mean of abstention precision and abstention recall.",
    NOTICED: "Of the questions that the lectures do not answer, the share that got no answer or a doubtful one.",
    REFUSED: "Of the questions that the lectures answer, the share that got no answer.",
    DOUBTED: "Of the questions that the lectures answer, the share that got no answer or a doubtful one.",
    "area under risk": "The mean share of errors if only the surest questions were answered, over all numbers of them.",
    CALIBRATION_ERROR: "How far the confidence is, on average, from how often the lectures have the answer.",
    "failed": "The share of the questions that ended with an error.",
    "tokens per second": "How fast the language model writes.",
}
_SUCCESS = "The share of the questions with a right passage among the first {k}."
_RECALL = "The share of a question's right pages that are among the first {k} passages."
_RR = "One divided by the rank of the first right passage, 0 if none is among the first {k}."
_NDCG = "How near to the top the right passages of the first {k} are: 1 is the best order."
_MEDIAN = "Half of the questions take less time."
_P95 = "Of 100 questions, 95 take less time."
_RETRIEVAL = {"Success": _SUCCESS, "R": _RECALL, "RR": _RR, "nDCG": _NDCG}
_STAGES = {
    "retrieved": "Before reranking.",
    "reranked": "After reranking.",
}
#: Sentences of `in_short`.
SHORT = {
    "first": "The first page is right for {share} % of the {n} questions that the lectures answer.",
    "five": "One of the first five pages is right for {share} % of them.",
    "keywords": "{share} % of the answers have all keywords of the right answer.",
    "refused": "{share} % of these questions got no answer.",
    "recall": "Of the {n} questions that the lectures do not answer, {share} % got none.",
    "seconds": "Half of the questions take less than {seconds}.",
    "failed": "{share} % of the questions ended with an error.",
    "better": "Better: {names}.",
    "worse": "Worse: {names}.",
    "same": "Compared with {name}, no measure differs for certain on the {n} questions of both.",
    "differs": "Compared with {name}, on the {n} questions of both:",
    "none": "{name} and {other} have no question in common, so they cannot be compared.",
}
TEXTS = (*EXPLANATIONS.values(), *_RETRIEVAL.values(), *_STAGES.values(), _MEDIAN, _P95)


def plain(english: str, **values: object) -> str:
    """The English text with its {names} filled in."""
    return english.format(**values)


def explanation(name: str, text: Text = plain) -> str:
    """What a measure means, in one sentence or two; "" for a name that is none.

    Args:
        name: As in `rag.evaluation.measures`: `reranked nDCG@10`, `keywords`, `seconds p50`.
        text: Translates the sentence.
    """
    if match := re.fullmatch(r"(retrieved|reranked) (\w+)@(\d+)", name):
        stage, measure, k = match.groups()
        return f"{text(_RETRIEVAL[measure], k=k)} {text(_STAGES[stage])}"
    if name.startswith("seconds"):
        return text(_MEDIAN if name.endswith("p50") else _P95)
    sentence = EXPLANATIONS.get(name, "")
    return text(sentence) if sentence else ""


def in_short(analysis: RunAnalysis, text: Text = plain) -> list[str]:
    """A run in a few sentences: pages, answers, questions without an answer, time."""
    figures = analysis.figures
    sentences: list[tuple[str, str, Callable[[float], bool]]] = [
        ("first", "reranked Success@1", lambda _: True),
        ("five", "reranked Success@5", lambda _: True),
        ("keywords", "keywords", lambda _: True),
        ("refused", REFUSED, lambda _: True),
        ("recall", "abstention recall", lambda _: True),
        ("failed", "failed", lambda value: value > 0),
    ]
    lines = []
    for key, metric, worth in sentences:
        one = figures.get(metric)
        if one is not None and worth(one.value):
            lines.append(text(SHORT[key], share=f"{100 * one.value:.0f}", n=one.n))
    if (median := figures.get("seconds p50")) is not None:
        lines.append(text(SHORT["seconds"], seconds=seconds_text(median.value)))
    return lines


def compared_in_short(comparison: RunComparison, text: Text = plain) -> list[str]:
    """What is better and worse in run B than in run A, where the interval leaves no doubt."""
    if not comparison.shared:
        return [text(SHORT["none"], name=comparison.b, other=comparison.a)]
    rows = [row for row in comparison.rows if row.group == "all"]
    better = [row.metric for row in rows if row.better]
    worse = [row.metric for row in rows if row.better is False]
    values = {"name": comparison.a, "n": comparison.shared}
    if not better and not worse:
        return [text(SHORT["same"], **values)]
    lines = [text(SHORT["differs"], **values)]
    for key, names in (("better", better), ("worse", worse)):
        if names:
            lines.append(text(SHORT[key], names=", ".join(names)))
    return lines


def explained(names: Sequence[str], text: Text = plain) -> list[tuple[str, str]]:
    """Each measure with its explanation, those without one left out."""
    pairs = [(name, explanation(name, text)) for name in dict.fromkeys(names)]
    return [(name, sentence) for name, sentence in pairs if sentence]
