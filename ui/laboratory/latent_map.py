"""A map of codes with a marker that the pointer or the arrow keys move: a Streamlit component."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

# Ten colours with a contrast of at least 4.5 : 1 on the map's ground, dark in both themes.
COLOURS = ("#f28e8e", "#6fb7ff", "#ffb454", "#7ad67a", "#d3a4ff",
           "#ffe066", "#5fd8d0", "#ff9ad5", "#c2c9d1", "#c9a27e")  # fmt: skip
GROUND = "#10161a"

_HTML = "<canvas tabindex='0' role='application' width='720' height='720'></canvas>"

_CSS = """
canvas { width: 100%; max-width: 30rem; aspect-ratio: 1; box-sizing: border-box;
  border: 1px solid var(--st-border-color); display: block; touch-action: none; cursor: crosshair;
  border-radius: var(--st-base-radius); }
canvas:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
"""

_JS = """
const PAUSE = 90;  // ms between two messages to the server

export default function ({ data, parentElement, setStateValue }) {
  const canvas = parentElement.querySelector("canvas");
  const pen = canvas.getContext("2d"), side = canvas.width;
  const { left, right, low, high } = data.range;
  if (!canvas.held) canvas.at = data.at;
  canvas.setAttribute("aria-label", data.label);
  const across = (x) => (x - left) / (right - left) * side;
  const down = (y) => (high - y) / (high - low) * side;

  const draw = () => {
    pen.fillStyle = data.ground;
    pen.fillRect(0, 0, side, side);
    pen.font = "18px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const [x, y, text, colour] of data.points) {
      pen.fillStyle = data.colours[colour % data.colours.length];
      if (text && text.length < 3) { pen.fillText(text, across(x), down(y)); continue; }
      pen.beginPath();  // a longer name: a dot with the name beside it, inside the map
      pen.arc(across(x), down(y), 4, 0, 2 * Math.PI);
      pen.fill();
      if (!text) continue;
      const wide = pen.measureText(text).width;
      const middle = Math.min(side - wide / 2 - 4, Math.max(wide / 2 + 4, across(x)));
      pen.fillText(text, middle, down(y) - 14);
    }
    const [x, y] = [across(canvas.at[0]), down(canvas.at[1])];
    for (const [colour, width] of [["#000000", 9], ["#ffffff", 4]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      pen.arc(x, y, 17, 0, 2 * Math.PI);
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        pen.moveTo(x + 17 * dx, y + 17 * dy);
        pen.lineTo(x + 32 * dx, y + 32 * dy);
      }
      pen.stroke();
    }
  };

  const tell = () => {
    clearTimeout(canvas.later);
    const wait = (canvas.sent ?? 0) + PAUSE - performance.now();
    const send = () => { canvas.sent = performance.now(); setStateValue("at", canvas.at); };
    if (wait > 0) canvas.later = setTimeout(send, wait); else send();
  };

  const move = (x, y) => {
    const within = (value, from, to) => Math.round(Math.min(to, Math.max(from, value)) * 1000) / 1000;
    canvas.at = [within(x, left, right), within(y, low, high)];
    draw();
    tell();
  };

  const follow = (event) => {
    const box = canvas.getBoundingClientRect();
    move(left + (event.clientX - box.left) / box.width * (right - left),
         high - (event.clientY - box.top) / box.height * (high - low));
  };
  canvas.onpointerdown = (event) => {
    canvas.held = true;
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  };
  canvas.onpointermove = (event) => { if (canvas.held) follow(event); };
  canvas.onpointerup = canvas.onpointercancel = () => { canvas.held = false; };
  canvas.onkeydown = (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (!(event.key in step)) return;
    event.preventDefault();
    const [dx, dy] = step[event.key];
    move(canvas.at[0] + dx * (right - left) / 40, canvas.at[1] + dy * (high - low) / 40);
  };
  draw();
}
"""


def latent_map(
    points: Sequence[tuple[float, float, str, int]],
    reach: tuple[float, float],
    at: tuple[float, float],
    key: str,
    moved: Callable[[tuple[float, float]], None],
    label: str,
) -> None:
    """Show the map and the marker.

    Args:
        points: (x, y, text, number of its colour) of each code.
        reach: The largest absolute x and y of the map.
        at: Where the marker is.
        key: The component's.
        moved: Called with the new position of the marker, before the page runs again.
        label: What a screen reader says.
    """

    def tell() -> None:
        position = parse_position(st.session_state[key].get("at"), reach)
        if position is not None:
            moved(position)

    draw = st.components.v2.component("katheder_latent_map", html=_HTML, css=_CSS, js=_JS)
    across, up = reach
    draw(
        data={
            "points": [(round(x, 3), round(y, 3), text, colour) for x, y, text, colour in points],
            "range": {"left": -across, "right": across, "low": -up, "high": up},
            "at": at,
            "colours": COLOURS,
            "ground": GROUND,
            "label": label,
        },
        key=key,
        on_at_change=tell,
    )


def parse_position(value: Any, reach: tuple[float, float]) -> tuple[float, float] | None:
    """The position that a browser sent, limited to the map; None if it is not valid."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    if not all(isinstance(part, int | float) and math.isfinite(part) for part in value):
        return None
    x, y = (min(max(float(part), -most), most) for part, most in zip(value, reach, strict=True))
    return x, y
