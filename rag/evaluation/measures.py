"""What is measured: the name, unit and direction of each measure, and a figure as a value.

Names of retrieval measures are those of ir-measures behind the stage that they are taken of, as
"reranked nDCG@10". Names that begin with "seconds" are times; "p50" and "p95" are percentiles.
"""

from __future__ import annotations

from dataclasses import dataclass

from ir_measures import RR, R, Success, nDCG

STAGES = ("retrieved", "reranked")  # the fused order, and that of the last stage
CUTOFFS = (1, 3, 5, 10, 20)  # of recall
RETRIEVAL = (
    *(Success @ k for k in (1, 5, 10)),
    *(R @ k for k in CUTOFFS),
    RR @ 10,
    nDCG @ 10,
)
RETRIEVAL_NAMES = tuple(f"{stage} {measure}" for stage in STAGES for measure in RETRIEVAL)
ANSWER_NAMES = (
    "keywords",
    "lead keywords",
    "token F1",
    "citation precision",
    "citation recall",
    "lead coverage",
    "support",
    "quoted words",
    "clean leads",
    "lead words",
    "answer words",
)
#: Measures of which a group has the median instead of the mean.
MEDIANS = frozenset({"lead words"})
JUDGED = "judged right"
ABSTENTION_ACCURACY = "abstention accuracy"
#: Of the questions that the lectures answer: no answer is shown; none, or a doubtful one.
REFUSED = "refused though answerable"
DOUBTED = "refused or doubted though answerable"
#: Of the questions that they do not answer: none is shown, or a doubtful one. That none is shown
#: is "abstention recall".
NOTICED = "noticed by refusing or doubting"
CALIBRATION_ERROR = "calibration error"
#: Whether one of the first five passages is right: what the risk-coverage curve calls a success.
SUCCESS = "reranked Success@5"


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: its unit, and whether a higher value is better (None: neither is)."""

    name: str
    unit: str = "share"
    higher_is_better: bool | None = True


_OTHERS = {
    measure.name: measure
    for measure in (
        Measure("answer words", "words", None),
        Measure("lead words", "words", None),
        Measure("area under risk", "share", False),
        Measure(REFUSED, "share", False),
        Measure(DOUBTED, "share", False),
        Measure(CALIBRATION_ERROR, "share", False),
        Measure("failed", "share", False),
        Measure("tokens per second", "1/s"),
    )
}


def measure_of(name: str) -> Measure:
    """The measure of a name; one that is not listed is a share of which more is better."""
    if name.startswith("seconds"):
        return Measure(name, "s", False)
    return _OTHERS.get(name, Measure(name))


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure on a group of questions: its value and 95 % interval, on `n` questions."""

    group: str
    metric: str
    value: float
    low: float
    high: float
    n: int
    unit: str = "share"
    higher_is_better: bool | None = True


def figure(group: str, name: str, value: float, interval: tuple[float, float], n: int) -> Figure:
    """A figure with the unit and the direction of its measure."""
    measure = measure_of(name)
    return Figure(
        group,
        name,
        value,
        *interval,
        n,
        unit=measure.unit,
        higher_is_better=measure.higher_is_better,
    )
