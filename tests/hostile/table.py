"""Run every test that is marked as hostile, and print a table: kind, tried, held, skipped.

`make hostile` calls it; arguments go to pytest.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]
_MARK = "mark.hostile("


class Table:
    """A plugin of pytest that counts the outcomes of each kind of attack."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}  # by the test's id
        self.tried, self.held, self.skipped = Counter[str](), Counter[str](), Counter[str]()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            marker = item.get_closest_marker("hostile")
            if marker is not None:
                self.kinds[item.nodeid] = marker.args[0]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        kind = self.kinds.get(report.nodeid)
        if kind is None or (report.when != "call" and report.passed):
            return
        if report.skipped:
            self.skipped[kind] += 1
        elif report.when == "call":
            self.tried[kind] += 1
            self.held[kind] += report.passed
        elif report.when == "setup":
            self.tried[kind] += 1

    def rows(self) -> list[str]:
        """The table's lines, a kind each, and their sum."""
        kinds = sorted(set(self.kinds.values()))
        width = max(map(len, kinds), default=4)
        rows = [f"{'kind':{width}}  tried   held  skipped"]
        rows += [
            f"{kind:{width}} {self.tried[kind]:6d} {self.held[kind]:6d} {self.skipped[kind]:8d}"
            for kind in kinds
        ]
        sums = (sum(counter.values()) for counter in (self.tried, self.held, self.skipped))
        rows.append("{:{width}} {:6d} {:6d} {:8d}".format("all", *sums, width=width))
        return rows


def marked_files() -> list[str]:
    """The test files that mark a test as hostile; collecting all others takes minutes."""
    files = sorted(_TESTS.glob("test_*.py"))
    return [str(file) for file in files if _MARK in file.read_text(encoding="utf-8")]


def main(arguments: list[str]) -> int:
    """Run the tests; 0 if all that was tried held."""
    table = Table()
    options = ["-q", "-m", "hostile", "-p", "no:cacheprovider", "--no-header", "--tb=short"]
    code = int(pytest.main([*options, *arguments, *marked_files()], plugins=[table]))
    print("\n" + "\n".join(table.rows()))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
