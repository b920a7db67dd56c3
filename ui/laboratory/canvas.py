"""A canvas to draw a digit on with pointer or finger: a Streamlit component."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable

import numpy as np
import streamlit as st
from PIL import Image

from ui.text import t

_HEAD = "data:image/png;base64,"
_MAX_CHARS = 500_000  # of a picture from a browser
_SIDE = 280  # pixels of the canvas, ten for each of MNIST's

_HTML = f"""
<canvas role="img" width="{_SIDE}" height="{_SIDE}"></canvas>
<button type="button"></button>
"""

_CSS = """
canvas { width: 100%; max-width: 22rem; aspect-ratio: 1; display: block; touch-action: none;
  cursor: crosshair; background: #000; border: 2px solid var(--st-primary-color);
  border-radius: var(--st-base-radius); box-sizing: border-box; }
button { font: inherit; font-size: .875rem; color: inherit; background: none; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
  padding: .25rem .75rem; min-height: 2.5rem; margin-top: .5rem; }
button:hover, button:focus-visible { border-color: var(--st-primary-color);
  color: var(--st-primary-color); }
"""

_JS = """
export default function ({ data, parentElement, setStateValue }) {
  const canvas = parentElement.querySelector("canvas");
  const clear = parentElement.querySelector("button");
  const pen = canvas.getContext("2d"), side = canvas.width;
  canvas.setAttribute("aria-label", data.label);
  clear.textContent = data.clear;

  const blank = () => { pen.fillStyle = "#000"; pen.fillRect(0, 0, side, side); };
  if (canvas.version !== data.version) {
    canvas.version = data.version;
    blank();
    if (data.picture) {
      const picture = new Image();
      picture.onload = () => pen.drawImage(picture, 0, 0, side, side);
      picture.src = data.picture;
    }
  }

  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * side,
            (event.clientY - box.top) / box.height * side];
  };
  const line = (from, to) => {
    pen.strokeStyle = "#fff";
    pen.lineWidth = side / 13;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    canvas.last = point(event);
    line(canvas.last, canvas.last);
  };
  canvas.onpointermove = (event) => {
    if (!canvas.last) return;
    for (const passed of event.getCoalescedEvents?.() ?? [event]) {
      const next = point(passed);
      line(canvas.last, next);
      canvas.last = next;
    }
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (!canvas.last) return;
    canvas.last = null;
    setStateValue("picture", canvas.toDataURL("image/png"));
  };
  clear.onclick = () => { blank(); setStateValue("picture", ""); };
}
"""


def canvas(picture: str, version: int, key: str, drawn: Callable[[str], None]) -> None:
    """Show the canvas with its button to clear it.

    Args:
        picture: Drawn on it when `version` is new, as `data_url` gives it; "" is blank.
        version: Another number each time the page, not the reader, changes the picture.
        key: The component's.
        drawn: Called with the picture after each stroke, "" after clearing, before the page
            runs again.
    """

    def tell() -> None:
        drawn(str(st.session_state[key].get("picture") or ""))

    draw = st.components.v2.component("katheder_canvas", html=_HTML, css=_CSS, js=_JS)
    draw(
        data={
            "picture": picture,
            "version": version,
            "label": t("Canvas: draw a digit with the pointer or a finger"),
            "clear": t("Clear"),
        },
        key=key,
        on_picture_change=tell,
    )


def data_url(pixels: np.ndarray) -> str:
    """A grey picture, (height, width) in [0, 1], as a data URL of a PNG."""
    buffer = io.BytesIO()
    Image.fromarray((pixels * 255).round().astype(np.uint8)).save(buffer, "PNG")
    return _HEAD + base64.b64encode(buffer.getvalue()).decode()


def ink_of(picture: str) -> np.ndarray:
    """The inverse of `data_url`, for untrusted input from a browser.

    Raises:
        ValueError: it is not a PNG of a canvas.
    """
    refusal = "The drawing was not transmitted completely. Clear the canvas and draw again."
    if not picture.startswith(_HEAD) or len(picture) > _MAX_CHARS:
        raise ValueError(refusal)
    try:
        content = base64.b64decode(picture.removeprefix(_HEAD), validate=True)
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if max(image.size) > 4 * _SIDE:
                raise ValueError(refusal)
            return np.asarray(image.convert("L"), dtype=np.float32) / 255
    except (binascii.Error, OSError, SyntaxError) as error:
        raise ValueError(refusal) from error
