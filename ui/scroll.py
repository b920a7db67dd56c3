"""Scrolling to a place once, which Streamlit has no part for."""

from __future__ import annotations

import streamlit as st

# What is drawn arrives in parts, and Streamlit itself follows the end of a chat. So the place is
# found again for a moment, until it stays where it is or the reader acts.
_JS = """
const LONGEST = 8000, STILL = 2000;  // milliseconds
const HEADER = 72, BOTTOM = 150;  // of the window, under the header and over the question field

export default function ({ data }) {
  const main = document.querySelector(".stMain");
  if (!main || main.dataset[data.name] === data.token) return;
  main.dataset[data.name] = data.token;
  let acted = false, last = null, since = performance.now();
  const begin = since;
  for (const name of ["wheel", "touchmove", "keydown", "pointerdown"])
    document.addEventListener(name, () => { acted = true; }, { once: true, passive: true });
  const step = () => {
    if (acted || main.dataset[data.name] !== data.token) return;
    const now = performance.now();
    const state = data.place ? scrollInside(data) : scrollWindow(main, data);
    if (state !== last) { last = state; since = now; }
    if (now - begin < LONGEST && (last === null || now - since < STILL)) requestAnimationFrame(step);
  };
  step();
}

// Each scrolls and gives what it reached as text; null before the element is drawn.

function scrollWindow(main, { selector, nearest }) {
  const element = document.querySelector(selector);
  if (!element) return null;
  const frame = main.getBoundingClientRect(), rect = element.getBoundingClientRect();
  const beside = document.querySelector(".st-key-beside");
  const sheet = beside && getComputedStyle(beside).position === "fixed";  // on a narrow screen
  const bottom = sheet ? beside.getBoundingClientRect().top : frame.bottom - BOTTOM;
  const above = nearest ? (bottom - frame.top) / 2 : HEADER;
  const visible = rect.top >= frame.top + HEADER && rect.bottom <= bottom;
  if (!(nearest && visible)) main.scrollTop += rect.top - frame.top - above;
  return `${Math.round(main.scrollTop)} ${main.scrollHeight}`;
}

function scrollInside({ selector, place }) {
  const box = document.querySelector(selector);
  const mark = box && box.querySelector("mark"), picture = box && box.querySelector("img");
  if (mark) {
    const frame = box.getBoundingClientRect(), rect = mark.getBoundingClientRect();
    box.scrollTop += rect.top - frame.top - frame.height / 3;
  } else if (picture && picture.complete && picture.clientHeight) {
    box.scrollTop = place[1] * picture.clientHeight - box.clientHeight / 2;
    box.scrollLeft = place[0] * picture.clientWidth - box.clientWidth / 2;
  } else return null;
  return `${Math.round(box.scrollTop)} ${box.scrollHeight} ${box.clientHeight}`;
}
"""


def scroll_window(key: str, token: str, *, nearest: bool = False) -> None:
    """Scroll the window to the beginning of the element of that key.

    Args:
        key: Of a container or widget.
        token: What the scrolling is for; the same token scrolls once.
        nearest: Leave the window where the whole element is in view.
    """
    _draw("window", token, selector=f".st-key-{key}", nearest=nearest)


def scroll_inside(key: str, token: str, place: tuple[float, float]) -> None:
    """Scroll a box so that a place of its picture, or the first mark of its text, is in view.

    Args:
        key: Of the container that has a height.
        token: What the scrolling is for; the same token scrolls once.
        place: Right and down, as shares of the picture in [0, 1].
    """
    _draw("inside", token, selector=f".st-key-{key}", place=list(place))


def _draw(name: str, token: str, **data: object) -> None:
    draw = st.components.v2.component("katheder_scroll", html="<span></span>", js=_JS)
    data = {"name": f"scroll{name.title()}", "token": token, **data}
    draw(data=data, key=f"scroll-{name}", height=1)
