"""Figures as text, in the unit of their measure."""

from __future__ import annotations


def value_text(value: float, unit: str = "share") -> str:
    """A value as a reader wants it: `0.812`, `12.3`, or seconds as `850 ms`."""
    if unit == "s":
        return seconds_text(value)
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def seconds_text(seconds: float) -> str:
    """Seconds in the unit that reads best."""
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{1000 * seconds:.3g} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.0f} µs"


def interval_text(low: float, high: float, unit: str = "share") -> str:
    """An interval: `[0.701, 0.850]`."""
    return f"[{value_text(low, unit)}, {value_text(high, unit)}]"


def signed_text(difference: float, unit: str = "share") -> str:
    """A difference with its sign: `+0.012`, or of seconds `-12 ms`."""
    if unit != "s":
        return f"{difference:+.3f}"
    return f"{'-' if difference < 0 else '+'}{seconds_text(abs(difference))}"


def signed_interval_text(low: float, high: float, unit: str = "share") -> str:
    """The interval of a difference: `[-0.010, +0.034]`."""
    return f"[{signed_text(low, unit)}, {signed_text(high, unit)}]"
