"""The benchmark that varies one number of the evidence at a time."""

from __future__ import annotations

import math

import pytest

from benchmarks.evidence import (
    METRICS,
    VALUES,
    default_value,
    paired,
    read_values,
    summary,
    table,
    with_value,
)
from rag.settings import Settings


def test_every_value_of_the_file_fits_the_settings_and_every_default_is_among_them():
    settings, points = Settings(), read_values(VALUES)
    names = list(dict.fromkeys(name for name, _ in points))
    for name, value in points:
        assert default_value(with_value(settings, (name, value)), name) == value
    for name in names:
        assert default_value(settings, name) in [value for n, value in points if n == name]


def test_a_difference_is_taken_over_the_questions_that_both_have():
    base = [{"keywords": 1.0}, {"keywords": 0.0}, {}, {"keywords": 1.0}]
    other = [{"keywords": 1.0}, {"keywords": 1.0}, {"keywords": 1.0}, {}]
    mean, low, high, n = paired(base, other, "keywords")
    assert (mean, n) == (0.5, 2)
    assert (low, high) == (0.0, 1.0)  # of two resampled differences 0 and 1
    assert paired(base, base, "keywords") == (0.0, 0.0, 0.0, 3)
    assert paired([{}], other[:1], "keywords") == (0.0, 0.0, 0.0, 0)


def test_the_summary_holds_means_and_marks_the_default():
    settings = Settings()
    points = [("answer.quotes", 1), ("answer.quotes", settings.answer.quotes)]
    good = dict.fromkeys(METRICS, 1.0) | {"answered": 1.0, "answer words": 8.0}
    poor = good | {"keywords": 0.0, "answer words": 2.0}
    rows = summary(settings, points, [[good] * 30, [poor] * 30, [good] * 30])
    assert [row["default"] for row in rows] == [False, True]
    assert rows[0]["keywords"]["mean"] == 0.0
    assert rows[0]["keywords"]["high"] == pytest.approx(-1.0)
    assert [row["median words"] for row in rows] == [2.0, 8.0]
    lines = table(rows).splitlines()
    assert "-1.000]*" in lines[2]  # the interval excludes 0
    assert lines[3].endswith("(default)")
    assert math.isnan(summary(settings, points[:1], [[{"answered": 0.0}]] * 2)[0]["median words"])
