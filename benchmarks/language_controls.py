"""The language laboratory's controls: each is changed, and the processor time of the page is taken.

    python -m benchmarks.language_controls [--rooms tokens vectors] [--limit 0.5] [--json FILE]

Each part of each room is drawn by Streamlit's AppTest with the bundled models, in one process and
with one thread of torch. Once a part is drawn, each of its controls is changed twice, to values it
did not have, and set back. The time is that of the process's processor, in seconds, so that other
programs on the machine count little. What runs in the background, with progress and a button to stop, is
left out: trainings, and the part Greedy, beam, sampling. The first change of a control may load a model or a
library; the exit code is 1 if the second takes longer than the limit, or the page shows an error.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from streamlit.runtime.state.common import TESTING_KEY
from streamlit.testing.v1 import AppTest

ROOMS: Mapping[str, str] = {  # room: the key of the choice of its part
    "tokens": "token_part",
    "vectors": "vectors_part",
    "attention": "attention_part",
    "encoders": "encoders_part",
    "next_word": "next_word_part",
    "generation": "generation_part",
    "streams": "streams_part",
}
KINDS = ("slider", "select_slider", "selectbox", "button_group", "number_input", "toggle",
         "text_input", "text_area")  # fmt: skip
BACKGROUND = {("next_word", "strategies")}  # each change starts a job that AppTest waits for
PAGE = """
from ui.session import open_session
from ui.views.language import page
page(open_session())
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A control, and the processor seconds of two changes; `errors` are the page's messages."""

    part: str
    control: str
    seconds: tuple[float, ...]
    errors: tuple[str, ...] = ()


def other_values(widget: Any, kind: str) -> list[Any]:
    """At most two values that a control does not have; of a list of choices, as they are shown."""
    value = widget.value
    if kind == "toggle":
        return [not value]
    if kind in ("text_input", "text_area"):
        return [f"{value} Again.", f"{value} And again."]
    if kind in ("slider", "number_input"):
        step = widget.step or 1
        if isinstance(value, (list, tuple)):
            return []
        least = float("-inf") if widget.min is None else widget.min
        most = float("inf") if widget.max is None else widget.max
        candidates = [value + step, value - step, value + 2 * step, value - 2 * step]
        allowed = [type(value)(one) for one in candidates if least <= one <= most]
        return allowed[:2]
    label = "" if value is None else str(widget.format_func(value))
    return [one for one in widget.options if one != label][:2]


def measured(page: AppTest, part: str) -> Iterator[Change]:
    """Change each control of a drawn page twice, and set it back."""
    seen = [(kind, one.key, one.label) for kind in KINDS for one in page.get(kind)]
    for kind, key, label in seen:
        if key in ("room", *ROOMS.values()):
            continue
        widget = _widget(page, kind, key, label)
        if widget is None:
            continue
        first, seconds, errors = widget.value, [], []
        values = other_values(widget, kind)
        for value in values if len(values) != 1 else [*values, first, *values]:
            widget = _widget(page, kind, key, label)
            if widget is None:
                break
            if (
                hasattr(widget, "options") and value is not first
            ):  # AppTest serialises values by the page's names for them
                page.session_state[TESTING_KEY][widget.id] = str
            widget.set_value(value)
            start = time.process_time()
            page.run()
            if value is not first:
                seconds.append(time.process_time() - start)
            refused = [] if kind.startswith("text") else page.error  # a text may be refused
            errors += [one.value for one in (*refused, *page.exception)]
        if seconds:
            yield Change(part, label or key, tuple(seconds), tuple(errors))
        widget = _widget(page, kind, key, label)
        if widget is not None:
            widget.set_value(first)
            page.run()


def parts_of(room: str) -> list[str]:
    """The parts of a room."""
    return list(import_module(f"ui.language_laboratory.{room}").PARTS)


def measure_rooms(rooms: Sequence[str]) -> Iterator[Change]:
    """Draw each part, and change its controls."""
    for room in rooms:
        for part in parts_of(room):
            if (room, part) in BACKGROUND:
                continue
            page = AppTest.from_string(PAGE, default_timeout=600)
            page.session_state["room"] = room
            page.session_state[ROOMS[room]] = part
            page.run()  # loads the models
            page.run()
            yield from measured(page, f"{room}: {part}")


def table(changes: Sequence[Change]) -> str:
    """A Markdown table, milliseconds by part and control."""
    lines = ["| part | control | ms |", "|---|---|---|"]
    for one in changes:
        times = ", ".join(f"{1000 * value:.0f}" for value in one.seconds)
        lines.append(f"| {one.part} | {one.control} | {times} |")
    return "\n".join(lines)


def main() -> int:
    """Measure and print; 1 if a change was slower than the limit or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", nargs="+", choices=list(ROOMS), default=list(ROOMS))
    parser.add_argument("--limit", type=float, default=0.5, help="processor seconds of a change")
    parser.add_argument("--json", type=Path, help="write the changes to this file")
    given = parser.parse_args()
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)  # that AppTest is no session
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KATHEDER_LIBRARY"] = str(Path(folder) / "library")
        changes = []
        for change in measure_rooms(given.rooms):
            changes.append(change)
            print(table([change]).splitlines()[-1], *change.errors, flush=True)
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in changes], indent=1), "utf-8")
    slow = [one for one in changes if one.seconds[-1] > given.limit]
    slowest = max(one.seconds[-1] for one in changes)
    print(f"{len(changes)} controls; slowest second change {slowest:.3f} s")
    for one in slow:
        print(f"over {given.limit} s: {one.part}, {one.control}: {one.seconds[-1]:.3f} s")
    return 1 if slow or any(one.errors for one in changes) else 0


# ---- inner working ----


def _widget(page: AppTest, kind: str, key: str | None, label: str) -> Any:
    """A control of the page as it is now, by its key, else by its label."""
    for one in page.get(kind):
        if (one.key == key) if key else (one.label == label):
            return one
    return None


if __name__ == "__main__":
    raise SystemExit(main())
