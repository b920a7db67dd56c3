"""Small charts as inline SVG, in colours that follow the page's light or dark scheme.

A chart is 420 units wide, so that it can stand two or three abreast and still be read on a
telephone. Colours are the variables --s0 to --s5 of `STYLE`; every text is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 420, 280
SERIES = 6  # colours; a further series begins anew
NEUTRAL = -1  # the series without a colour

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5b6577; --line: #d5dae3;
  --paper: #ffffff; --s0: #1f66d1; --s1: #c85a00; --s2: #13805a; --s3: #8a3fc7; --s4: #b8264c;
  --s5: #5e6b00; --good: #13805a; --bad: #b8264c; --middle: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #a3adbd; --line: #363e4c;
  --paper: #171b22; --s0: #6ea8ff; --s1: #ff9d4d; --s2: #4fcf9c; --s3: #c592ff; --s4: #ff7d9a;
  --s5: #c3d03f; --good: #4fcf9c; --bad: #ff7d9a; --middle: #e3b341; } }
.s0 { --c: var(--s0) } .s1 { --c: var(--s1) } .s2 { --c: var(--s2) }
.s3 { --c: var(--s3) } .s4 { --c: var(--s4) } .s5 { --c: var(--s5) }
.neutral { --c: var(--soft) }
svg.chart { width: 100%; height: auto; display: block; font: 12px system-ui, sans-serif; }
svg.chart text { fill: var(--soft) } svg.chart text.strong { fill: var(--ink) }
svg.chart .grid { stroke: var(--line); stroke-width: 1 }
svg.chart .mark { stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 2 3 }
svg.chart path.series { fill: none; stroke: var(--c); stroke-width: 2.2; stroke-linejoin: round }
svg.chart path.dashed { stroke-dasharray: 5 4; stroke-width: 1.6 }
svg.chart .whisker { stroke: var(--c); stroke-width: 1.4; opacity: .75 }
svg.chart circle, svg.chart rect.bar { fill: var(--c) }
svg.chart circle.open { fill: var(--paper); stroke: var(--c); stroke-width: 1.8 }
svg.chart rect.pale { fill: var(--c); opacity: .35 }
"""


class Chart:
    """A chart with a linear or logarithmic x axis and a linear y axis.

    Args:
        title: What a reader without eyes is told, and the tooltip.
        x: Range of the x axis.
        y: Range of the y axis.
        x_label: Below the axis.
        y_label: Above the axis.
        log_x: Logarithmic x axis; its range must be above 0.
        height: In units, of which the width is 420.
        left: Room for the labels of the y axis.
    """

    def __init__(
        self,
        title: str,
        x: tuple[float, float],
        y: tuple[float, float],
        x_label: str = "",
        y_label: str = "",
        *,
        log_x: bool = False,
        height: int = HEIGHT,
        left: int = 44,
    ) -> None:
        self.title, self.x_label, self.y_label = title, x_label, y_label
        self._x, self._y, self._log = x, y, log_x
        self.height, self.left = height, left
        self.top, self.right, self.bottom = 24, 14, 40
        self._parts: list[str] = []

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the data stands, in units from the top left corner."""
        low, high = self._x
        if self._log:
            x, low, high = (math.log10(value) for value in (x, low, high))
        across = (x - low) / ((high - low) or 1)
        up = (y - self._y[0]) / ((self._y[1] - self._y[0]) or 1)
        return (
            round(self.left + across * (WIDTH - self.left - self.right), 1),
            round(self.height - self.bottom - up * (self.height - self.top - self.bottom), 1),
        )

    def x_ticks(self, ticks: Sequence[tuple[float, str]], grid: bool = False) -> None:
        """Labels under the x axis."""
        for value, label in ticks:
            across, down = self.at(value, self._y[0])
            if grid:
                self._parts.append(
                    f'<line class="grid" x1="{across}" x2="{across}" y1="{self.top}" y2="{down}"/>'
                )
            self.text(across, down + 16, label, "middle")

    def y_ticks(self, ticks: Sequence[tuple[float, str]]) -> None:
        """Labels left of the y axis, each with a line across."""
        for value, label in ticks:
            across, down = self.at(self._x[0], value)
            self._parts.append(
                f'<line class="grid" x1="{across}" x2="{WIDTH - self.right}" y1="{down}" y2="{down}"/>'
            )
            self.text(across - 6, down + 4, label, "end")

    def line(
        self, points: Sequence[tuple[float, float]], series: int, *, dashed: bool = False
    ) -> None:
        """Points joined by straight lines."""
        steps = " L ".join(f"{x} {y}" for x, y in (self.at(*point) for point in points))
        kind = "series dashed" if dashed else "series"
        self._parts.append(f'<path class="{kind} {_colour(series)}" d="M {steps}"/>')

    def dot(
        self,
        x: float,
        y: float,
        series: int,
        tip: str = "",
        *,
        radius: float = 4,
        hollow: bool = False,
    ) -> None:
        """A point, with a tooltip."""
        across, down = self.at(x, y)
        kind = f"{_colour(series)} open" if hollow else _colour(series)
        self._parts.append(
            f'<circle class="{kind}" cx="{across}" cy="{down}" r="{radius}">{_tip(tip)}</circle>'
        )

    def whisker(self, x: float, low: float, high: float, series: int, shift: float = 0) -> None:
        """A vertical interval, moved aside by some units so that others can stand beside it."""
        across, bottom = self.at(x, low)
        top = self.at(x, high)[1]
        self._parts.append(
            f'<line class="whisker {_colour(series)}" x1="{across + shift}" x2="{across + shift}" '
            f'y1="{bottom}" y2="{top}"/>'
        )

    def box(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        series: int,
        tip: str = "",
        *,
        inset: float = 0,
        pale: bool = False,
    ) -> None:
        """A rectangle between two points of the data, narrowed by `inset` units on each side."""
        left, bottom = self.at(x[0], y[0])
        right, top = self.at(x[1], y[1])
        width, height = max(right - left - 2 * inset, 0), max(bottom - top, 0)
        self._parts.append(
            f'<rect class="{"pale" if pale else "bar"} {_colour(series)}" x="{left + inset:.1f}" '
            f'y="{top}" width="{width:.1f}" height="{height:.1f}">{_tip(tip)}</rect>'
        )

    def mark_x(self, x: float, label: str = "") -> None:
        """A dotted vertical line, with a label at its top."""
        across, down = self.at(x, self._y[0])
        self._parts.append(
            f'<line class="mark" x1="{across}" x2="{across}" y1="{self.top}" y2="{down}"/>'
        )
        near_right = across > WIDTH * 0.6
        self.text(
            across + (-5 if near_right else 5),
            self.top + 10,
            label,
            "end" if near_right else "start",
        )

    def horizontal(self, y: float, low: float, high: float, series: int) -> None:
        """A thin horizontal interval."""
        left, down = self.at(low, y)
        right = self.at(high, y)[0]
        self._parts.append(
            f'<line class="whisker {_colour(series)}" x1="{left}" x2="{right}" y1="{down}" y2="{down}"/>'
        )

    def text(
        self, across: float, down: float, text: str, anchor: str = "start", *, strong: bool = False
    ) -> None:
        """Words at a place in units."""
        kind = ' class="strong"' if strong else ""
        self._parts.append(
            f'<text x="{across}" y="{down}" text-anchor="{anchor}"{kind}>{escape(text)}</text>'
        )

    def render(self) -> str:
        """The chart as an `svg` element."""
        self.text(4, 12, self.y_label)
        middle = (self.left + WIDTH - self.right) / 2
        self.text(middle, self.height - 6, self.x_label, "middle")
        return (
            f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" role="img" '
            f'viewBox="0 0 {WIDTH} {self.height}" aria-label="{escape(self.title)}">'
            + "".join(self._parts)
            + "</svg>"
        )


def shares(step: float = 0.2) -> list[tuple[float, str]]:
    """Ticks from 0 to 1."""
    count = round(1 / step)
    return [(number * step, f"{number * step:.1f}") for number in range(count + 1)]


def rounded(low: float, high: float, most: int = 6) -> list[float]:
    """At most so many round numbers inside a range, 1, 2 or 5 times a power of ten apart."""
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * n for n in (1, 2, 5, 10, 20) if span / (power * n) <= most - 1)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def seconds_text(seconds: float) -> str:
    """Seconds in the unit that reads best."""
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{1000 * seconds:.3g} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.0f} µs"


def decades(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks of a logarithmic axis of seconds: powers of ten, or 1, 2, 5 where those are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1,), (1, 2, 5), tuple(range(1, 10))):
        ticks = [d * 10.0**power for power in powers for d in digits]
        inside = [value for value in ticks if low * 0.9999 <= value <= high * 1.0001]
        if len(inside) >= 3:
            break
    return [(value, seconds_text(value)) for value in inside]


def _colour(series: int) -> str:
    return "neutral" if series == NEUTRAL else f"s{series % SERIES}"


def _tip(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""
