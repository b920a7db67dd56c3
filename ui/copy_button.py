"""A button that puts a text on the clipboard, which Streamlit has no part for."""

from __future__ import annotations

import streamlit as st

from ui.text import t

_CSS = """
button { font: inherit; font-size: .875rem; color: inherit; background: none; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
  padding: .25rem .75rem; min-height: 2.5rem; }
button:hover, button:focus-visible { border-color: var(--st-primary-color);
  color: var(--st-primary-color); }
"""

_JS = """
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  button.textContent = button.dataset.label = data.label;
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(data.text);
    } catch {  // a page that is not on this machine and has no TLS
      const area = document.createElement("textarea");
      area.value = data.text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = data.done;
    setTimeout(() => { button.textContent = button.dataset.label; }, 1500);
  };
}
"""


def copy_button(text: str, key: str, label: str = "") -> None:
    """A button that copies `text`; it says so for a moment. Its label is "Copy" unless named."""
    draw = st.components.v2.component(
        "katheder_copy", html="<button type='button'></button>", css=_CSS, js=_JS
    )
    draw(
        data={"text": text, "label": label or t("Copy"), "done": t("Copied")},
        key=key,
        width="content",
    )
