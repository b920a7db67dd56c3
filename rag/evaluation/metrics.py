"""What a run is worth: retrieval, answers, abstention and speed, each with its 95 % interval.

**Pages and items.** A build of slides is one passage with several pages, so counting pages would
punish or reward a library for how it was cut. What counts is therefore the passage: a list is
ranked by passages, and a passage is right when any of its pages is gold. Gold pages that one
passage of the run shows together (directly, or linked by a third page) are one *item*; a gold
page that no passage of the run shows is an item of its own. A passage that shows an item which
stands higher in the list already is a wrong one at its rank. Recall is the share of a
question's items that were found, and ir-measures computes all of it from the items' ranks.

**Who counts.** Retrieval and what an answer holds are measured on the questions that the
lectures answer; abstention and its risk on all; what an answer cites on those it was given for.
A question that is not in the run is left out, one that failed counts as found nothing.

**Intervals** are percentile bootstraps over questions. All metrics of a group are taken on the
same resamples. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), ch. 13.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import ir_measures
import numpy as np
from ir_measures import RR, R, Success, nDCG

from rag.evaluation.questions import Question, holds
from rag.evaluation.run import Run, RunLine

STAGES = ("retrieved", "reranked")
MEASURES = (
    *(Success @ k for k in (1, 5, 10)),
    *(R @ k for k in (1, 3, 5, 10, 20)),
    RR @ 10,
    nDCG @ 10,
)
RETRIEVAL_METRICS = tuple(f"{stage} {measure}" for stage in STAGES for measure in MEASURES)
ANSWER_METRICS = (
    "keywords",
    "token F1",
    "citation precision",
    "citation recall",
    "support",
    "quoted words",
    "answer words",
)
RESAMPLES = 2000
FOUND = "reranked Success@5"  # what the risk-coverage curve calls right

Rankings = dict[str, dict[str, float]]
Judgements = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Row:
    """A metric on a group of questions: its value, its 95 % interval, and on how many."""

    group: str
    metric: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Risk:
    """If questions of at least this score were answered: the share of them, and of errors."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run. Groups are "all", "type: ..." and "lang: ..."."""

    rows: tuple[Row, ...]
    per_question: dict[str, dict[str, float]]
    risk_coverage: tuple[Risk, ...] = ()

    def row(self, metric: str, group: str = "all") -> Row:
        """One row; raises KeyError where the run does not have it."""
        for row in self.rows:
            if row.metric == metric and row.group == group:
                return row
        raise KeyError(f"no {metric!r} for {group!r}")

    def value(self, metric: str, group: str = "all") -> float:
        """One value; raises KeyError where the run does not have it."""
        return self.row(metric, group).value

    @property
    def groups(self) -> list[str]:
        """The groups in order."""
        return list(dict.fromkeys(row.group for row in self.rows))

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values that `json.dumps` takes."""
        return asdict(self)

    def render(self, groups: Sequence[str] = ("all",)) -> str:
        """A table for some groups, as lines to print."""
        lines = []
        for group in groups:
            lines.append(f"{group:<28} {'value':>8}  95 % interval        n")
            for row in self.rows:
                if row.group == group:
                    interval = f"[{row.low:.3f}, {row.high:.3f}]"
                    lines.append(f"  {row.metric:<26} {row.value:>8.3f}  {interval:<17} {row.n:>4}")
        return "\n".join(lines)

    def render_groups(self, metrics: Sequence[str]) -> str:
        """A table of groups against some metrics, "-" where a group does not have one."""
        values = {(row.group, row.metric): row.value for row in self.rows}
        there = [m for m in metrics if any((group, m) in values for group in self.groups)]
        widths = [max(len(metric), 5) for metric in there]
        lines = ["  ".join([f"{'':<22}", *there])]
        for group in self.groups:
            cells = [
                f"{values[group, metric]:>{width}.3f}"
                if (group, metric) in values
                else f"{'-':>{width}}"
                for metric, width in zip(there, widths, strict=True)
            ]
            lines.append("  ".join([f"{group:<22}", *cells]))
        return "\n".join(lines)


def measure(
    questions: Sequence[Question],
    run: Run,
    *,
    verdicts: Mapping[str, bool] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Report:
    """Measure a run; see the module for what is counted.

    Args:
        questions: With their gold pages; those that the run does not hold are left out.
        run: As read; metrics of answers are left out where it has none.
        verdicts: A judge's, by question id; they become the metric "judged right".
        resamples: How many bootstrap samples the intervals are taken of.
        seed: The same run and seed give the same intervals.
    """
    asked = [question for question in questions if question.id in run.lines]
    per_question: dict[str, dict[str, float]] = {question.id: {} for question in asked}
    for stage in STAGES:
        judgements, rankings = ranked_items(asked, run, stage)
        for found in ir_measures.iter_calc(list(MEASURES), judgements, rankings):
            per_question[found.query_id][f"{stage} {found.measure}"] = float(found.value)
    for question in asked:
        line = run.lines[question.id]
        values = per_question[question.id]
        if run.generated:
            values.update(answer_values(question, line))
        if verdicts is not None and question.id in verdicts:
            values["judged right"] = float(verdicts[question.id])
        if not line.error:
            if run.generated:
                values["abstention accuracy"] = float(line.abstained != question.answerable)
            values["seconds"] = line.seconds
            values.update({f"seconds {stage}": value for stage, value in line.stages.items()})
    curve = risk_coverage(
        {q.id: score for q in asked if (score := run.lines[q.id].score) is not None},
        {q.id for q in asked if per_question[q.id].get(FOUND, 0) > 0},
    )
    rows = []
    for group, members in _groups(asked).items():
        rows.extend(_rows(group, members, run, per_question, resamples, seed))
    return Report(tuple(rows), per_question, tuple(curve))


# ---- retrieval ----


def ranked_items(
    questions: Iterable[Question], run: Run, stage: str
) -> tuple[Judgements, Rankings]:
    """Judgements and a ranking that ir-measures takes; see the module for what an item is.

    Args:
        questions: Those without gold pages are left out.
        run: Holds a line for each of them.
        stage: "retrieved" or "reranked".

    Returns:
        For each question id, its items with the relevance 1, and the items and wrong passages
        in rank order, scored by minus their rank.
    """
    judgements: Judgements = {}
    rankings: Rankings = {}
    for question in questions:
        if not question.answerable:
            continue
        line = run.lines[question.id]
        items = gold_items(question, line)
        judgements[question.id] = {_name(item): 1 for item in items}
        ranking: dict[str, float] = {}
        for rank, place in enumerate(getattr(line, stage), start=1):
            item = next((item for item in items if item & place.spots), None)
            name = f"passage {rank}" if item is None else _name(item)
            if name in ranking:  # a second passage on an item: wrong at its rank
                name = f"passage {rank}"
            ranking[name] = float(-rank)
        rankings[question.id] = ranking
    return judgements, rankings


def gold_items(question: Question, line: RunLine) -> list[frozenset[tuple[str, int]]]:
    """The gold pages of a question in groups that the run's passages show together, in order."""
    items = [frozenset([spot]) for spot in sorted(question.gold_pages)]
    for place in (*line.retrieved, *line.reranked):
        shown = [item for item in items if item & place.spots]
        if len(shown) > 1:
            items = [item for item in items if item not in shown]
            items.append(frozenset().union(*shown))
    return sorted(items, key=sorted)


def _name(item: frozenset[tuple[str, int]]) -> str:
    doc, page = min(item)
    return f"{doc}#{page}"


# ---- answers ----


def answer_values(question: Question, line: RunLine) -> dict[str, float]:
    """What an answer is worth, by metric; those that do not apply are missing.

    - keywords: 1 if it holds every keyword of the question, else 0.
    - token F1: see `token_f1`.
    - citation precision: the share of its cited passages that show a gold page.
    - citation recall: the share of the question's items that a cited passage shows.
    - support: the mean, over its sentences, of the pipeline's support by their quotes.
    - quoted words: the mean, over its sentences, of the share of their words that stand in
      their quotes; a second opinion on support that no model has a part in.
    - answer words: its length.

    No answer, whether by abstention or by failure, holds no keyword and cites nothing. The
    first four are measured where the lectures answer, precision where something was cited.
    Source of citation precision and recall as a pair: Gao et al. (ALCE), EMNLP 2023; there a
    model judges, here the gold pages do.
    """
    values: dict[str, float] = {}
    if question.answerable:
        text = line.answer
        if question.keywords:
            values["keywords"] = float(all(holds(text, word) for word in question.keywords))
        if question.answer:
            values["token F1"] = token_f1(text, question.answer)
        items = gold_items(question, line)
        cited = frozenset(spot for place in line.citations for spot in place.spots)
        if line.citations:
            values["citation precision"] = _share(
                bool(place.spots & question.gold_pages) for place in line.citations
            )
        values["citation recall"] = _share(bool(item & cited) for item in items)
    if line.sentences:
        values["support"] = _share(sentence.support for sentence in line.sentences)
        values["quoted words"] = _share(
            _word_share(sentence.text, sentence.quote) for sentence in line.sentences
        )
    if line.answer:
        values["answer words"] = float(len(line.answer.split()))
    return values


def token_f1(answer: str, reference: str) -> float:
    """The harmonic mean of precision and recall of an answer's words, each as often as it stands.

    Lower-cased, without punctuation and the articles "a", "an" and "the". Source: Rajpurkar et
    al. (SQuAD), EMNLP 2016, and its evaluation script.
    """
    given, wanted = Counter(_squad_tokens(answer)), Counter(_squad_tokens(reference))
    if not given or not wanted:
        return float(given == wanted)
    shared = (given & wanted).total()
    return 2 * shared / (given.total() + wanted.total())


def _squad_tokens(text: str) -> list[str]:
    bare = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()


def _word_share(sentence: str, quote: str) -> float:
    words = re.findall(r"\w+", sentence.lower())
    given = set(re.findall(r"\w+", quote.lower()))
    return sum(word in given for word in words) / len(words) if words else 0.0


def _share(values: Iterable[float]) -> float:
    return float(np.mean([float(value) for value in values]))


# ---- abstention ----


def risk_coverage(scores: Mapping[str, float], right: set[str]) -> list[Risk]:
    """The curve of error against coverage as the threshold on a score falls.

    At each threshold the questions of at least that score are answered; the risk is the share
    of them that is not right. Questions of one score come in together.
    Source: El-Yaniv and Wiener, JMLR 11 (2010), section 2.

    Args:
        scores: By question id; the higher, the surer.
        right: The ids that would be answered rightly; of the others an answer is an error.
    """
    curve = []
    order = sorted(scores, key=lambda key: -scores[key])
    wrong = 0
    for count, key in enumerate(order, start=1):
        wrong += key not in right
        if count == len(order) or scores[order[count]] != scores[key]:
            curve.append(Risk(scores[key], count / len(order), wrong / count))
    return curve


def area_under_risk(curve: Sequence[Risk]) -> float:
    """The mean risk over all coverages, each step at the risk that it ends with; 0 is best.

    Source: Geifman, Uziel and El-Yaniv, ICLR 2019 (AURC), the mean over questions in order.
    """
    area, before = 0.0, 0.0
    for point in curve:
        area += (point.coverage - before) * point.risk
        before = point.coverage
    return area


# ---- rows ----


def _groups(questions: Sequence[Question]) -> dict[str, list[Question]]:
    groups = {"all": list(questions)} if questions else {}
    for kind in sorted({question.type for question in questions}):
        groups[f"type: {kind}"] = [q for q in questions if q.type == kind]
    for lang in sorted({question.lang for question in questions}):
        groups[f"lang: {lang}"] = [q for q in questions if q.lang == lang]
    return groups


def _rows(
    group: str,
    questions: Sequence[Question],
    run: Run,
    per_question: Mapping[str, Mapping[str, float]],
    resamples: int,
    seed: int,
) -> list[Row]:
    """The rows of a group, whose metrics share their resamples."""
    draws = np.random.default_rng(seed).integers(
        0, len(questions), size=(resamples, len(questions))
    )
    lines = [run.lines[question.id] for question in questions]
    rows: list[Row] = []

    def add(metric: str, counted: np.ndarray, value: Callable[[np.ndarray], np.ndarray]) -> None:
        """A row from a function of draws, shape (draws, n), to their values; NaN for none."""
        seen = float(value(np.arange(len(questions))[None, :])[0])
        if not np.isnan(seen):
            again = value(draws)
            told = again[~np.isnan(again)]
            low, high = np.quantile(told, [0.025, 0.975]) if len(told) else (seen, seen)
            rows.append(Row(group, metric, seen, float(low), float(high), int(counted.sum())))

    def column(metric: str) -> np.ndarray:
        return np.array([per_question[q.id].get(metric, np.nan) for q in questions])

    def mean(values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        there = ~np.isnan(values)
        filled = np.where(there, values, 0.0)
        return lambda drawn: _ratio(filled[drawn].sum(axis=1), there[drawn].sum(axis=1))

    for metric in (*RETRIEVAL_METRICS, *ANSWER_METRICS, "judged right", "abstention accuracy"):
        values = column(metric)
        if not np.isnan(values).all():
            add(metric, ~np.isnan(values), mean(values))

    sound = np.array([not line.error for line in lines])
    silent = sound & np.array([line.abstained for line in lines])
    hopeless = sound & np.array([not question.answerable for question in questions])
    both = silent & hopeless
    if run.generated and hopeless.any():
        add(
            "abstention precision",
            silent,
            lambda drawn: _ratio(both[drawn].sum(axis=1), silent[drawn].sum(axis=1)),
        )
        add(
            "abstention recall",
            hopeless,
            lambda drawn: _ratio(both[drawn].sum(axis=1), hopeless[drawn].sum(axis=1)),
        )
        add(
            "abstention F1",
            silent | hopeless,
            lambda drawn: _ratio(
                2 * both[drawn].sum(axis=1),
                silent[drawn].sum(axis=1) + hopeless[drawn].sum(axis=1),
            ),
        )
    scores = np.array([np.nan if line.score is None else line.score for line in lines])
    if group == "all" and not np.isnan(scores).all():
        right = np.nan_to_num(column(FOUND)) > 0
        add("area under risk", ~np.isnan(scores), lambda drawn: _areas(scores, right, drawn))
    if group == "all":
        add("failed", np.ones(len(lines)), mean((~sound).astype(float)))
        stages = dict.fromkeys(
            name for values in per_question.values() for name in values if name[:7] == "seconds"
        )
        for name in stages:
            seconds = column(name)
            for share in (50, 95):
                add(
                    f"{name} p{share}",
                    ~np.isnan(seconds),
                    lambda drawn, seconds=seconds, share=share: _percentile(  # type: ignore[misc]
                        seconds[drawn], share
                    ),
                )
        tokens = np.array([float(line.tokens) for line in lines])
        writing = np.array([line.stages.get("generate", 0.0) for line in lines])
        if tokens.any():
            add(
                "tokens per second",
                tokens > 0,
                lambda drawn: _ratio(tokens[drawn].sum(axis=1), writing[drawn].sum(axis=1)),
            )
    return rows


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Row by row; NaN where the lower is 0."""
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)


def _percentile(values: np.ndarray, share: float) -> np.ndarray:
    """Row by row over what is not NaN, linear between neighbours; NaN for a row without any."""
    ordered = np.sort(values, axis=1)  # NaN goes last
    count = (~np.isnan(values)).sum(axis=1)
    at = np.maximum(count - 1, 0) * share / 100
    rows, below = np.arange(len(values)), np.floor(at).astype(int)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    low, high = ordered[rows, below], ordered[rows, above]
    return low + (high - low) * (at - below)


def _areas(scores: np.ndarray, right: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Row by row what `area_under_risk` gives for the questions drawn."""
    areas = np.full(len(drawn), np.nan)
    for row, members in enumerate(drawn):
        members = members[~np.isnan(scores[members])]
        if not len(members):
            continue
        order = members[np.argsort(-scores[members], kind="stable")]
        risks = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
        ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
        areas[row] = risks[ends] @ np.diff(ends, prepend=-1) / len(order)
    return areas
