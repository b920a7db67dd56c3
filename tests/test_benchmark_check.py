"""benchmarks.check: which ratios count as lost, and where the table goes."""

from __future__ import annotations

import pytest

from benchmarks import check
from benchmarks.check import Comparison, in_turn, losses, table, with_table


def test_a_ratio_may_lose_a_quarter_and_no_more():
    before = {"encode": 4.0, "rerank": 2.0, "gone": 9.0}
    assert losses({"encode": 3.0, "rerank": 1.5, "new": 0.1}, before) == []
    assert losses({"encode": 2.99, "rerank": 9.0}, before) == [
        "encode: 2.99 times, expected 4.00; at least 3.00 passes"
    ]


def test_the_first_call_of_each_does_not_count(monkeypatch):
    now = 0

    def taking(*seconds):
        durations = iter(seconds)

        def function():
            nonlocal now
            now += next(durations)

        return function

    monkeypatch.setattr(check.time, "process_time", lambda: now)
    assert in_turn(taking(1, 5, 3), taking(2, 7, 8), times=2) == (3, 7)


def test_a_table_replaces_the_one_before():
    text = table([Comparison("encode", "a peer", 2.0, 5.0)], "bfloat16")
    assert text.endswith("| encode | a peer | 2.000, 5.000 | 2.50 |")
    document = f"# Title\n{check._START}\nold\n{check._END}\nend\n"
    once = with_table(document, text)
    assert "old" not in once
    assert with_table(once, text) == once
    assert once.startswith("# Title\n")
    assert once.endswith("\nend\n")
    with pytest.raises(ValueError, match="add them where"):
        with_table("# Title\n", text)
