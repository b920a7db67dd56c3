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
  if (!main || main.dataset.scrolled === data.token) return;
  main.dataset.scrolled = data.token;
  let acted = false, last = null, since = performance.now();
  const begin = since;
  for (const name of ["wheel", "touchmove", "keydown", "pointerdown"])
    document.addEventListener(name, () => { acted = true; }, { once: true, passive: true });
  const step = () => {
    if (acted || main.dataset.scrolled !== data.token) return;
    const now = performance.now();
    const state = scrollWindow(main, data);
    if (state !== last) { last = state; since = now; }
    if (now - begin < LONGEST && (last === null || now - since < STILL)) requestAnimationFrame(step);
  };
  step();
}

// Scrolls and gives what it reached as text; null before the element is drawn.

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
"""


def scroll_window(key: str, token: str, *, nearest: bool = False) -> None:
    """Scroll the window to the beginning of the element of that key.

    Args:
        key: Of a container or widget.
        token: What the scrolling is for; the same token scrolls once.
        nearest: Leave the window where the whole element is in view.
    """
    draw = st.components.v2.component("katheder_scroll", html="<span></span>", js=_JS)
    data = {"token": token, "selector": f".st-key-{key}", "nearest": nearest}
    draw(data=data, key="scroll-window", height=1)
