"""The header of every page: language and theme in one click, keyboard shortcuts and their list."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui.session import Session, save_preferences
from ui.text import t

_HTML = """<div>
<button type="button" class="language"></button>
<button type="button" class="theme"><svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
<circle cx="10" cy="10" r="7.5" fill="none" stroke="currentColor" stroke-width="1.6"/>
<path d="M10 2.5a7.5 7.5 0 0 1 0 15z" fill="currentColor"/></svg></button>
<button type="button" class="keys">?</button></div>
<dialog><h2></h2><p></p><dl></dl><button type="button" class="close"></button></dialog>"""

_CSS = """
div { display: flex; gap: .25rem; justify-content: end; }
button { font: inherit; font-size: .875rem; color: inherit; background: none; cursor: pointer;
  border: 1px solid transparent; border-radius: var(--st-button-radius); padding: 0 .4rem;
  min-width: 2rem; min-height: 2rem; display: inline-flex; align-items: center;
  justify-content: center; }
button:hover, button:focus-visible { border-color: var(--st-primary-color);
  color: var(--st-primary-color); }
dialog { font: inherit; color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: 8px; padding: 1.25rem 1.5rem;
  max-width: min(26rem, 90vw); }
dialog::backdrop { background: #0006; }
dialog button { border-color: var(--st-border-color); padding: .25rem .75rem; }
h2 { font-size: 1.1rem; margin: 0 0 .25rem; }
p { margin: 0 0 .75rem; font-size: .875rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .4rem 1rem; margin: 0 0 1rem; }
dt { font-family: var(--st-code-font, monospace); border: 1px solid var(--st-border-color);
  border-radius: 4px; padding: 0 .5rem; text-align: center; }
dd { margin: 0; }
@media (hover: none) { .keys { display: none; } }
"""

# The handler of keys belongs to the document, which outlives a component: the last one drawn acts.
_JS = """
const field = () => document.querySelector('[data-testid="stChatInputTextArea"]');
const visible = element => element.checkVisibility();

const actions = {
  "/": () => { field()?.focus(); return Boolean(field()); },
  n: () => click(document.querySelector(".st-key-new_conversation button")),
  s: () => { const search = document.querySelector(".st-key-search input");
    search?.focus(); return Boolean(search); },
  j: () => {
    const chips = [...document.querySelectorAll('[class*="st-key-chip-"] button')].filter(visible);
    if (!chips.length) return false;
    const main = document.querySelector(".stMain");
    const keys = chips.map(chip => chip.closest('[class*="st-key-chip-"]').className);
    const next = (keys.indexOf(main.kathederChip) + 1) % chips.length;
    main.kathederChip = keys[next];
    return click(chips[next]);
  },
  y: () => {
    const hosts = [...document.querySelectorAll('[class*="st-key-copy-answer-"] *')];
    const roots = hosts.map(host => host.shadowRoot).filter(Boolean);
    return click(roots.at(-1)?.querySelector("button"));
  },
};

function click(element) { element?.click(); return Boolean(element); }

function isDark() { return getComputedStyle(document.querySelector(".stApp")).colorScheme === "dark"; }

// Streamlit keeps the theme for each address by itself and reads it when the page is loaded.
function switchTheme(addresses) {
  const theme = JSON.stringify(isDark() ? "Light" : "Dark");
  for (const address of new Set([...addresses, location.pathname]))
    localStorage.setItem(`stActiveTheme-${address}-v2`, theme);
  location.reload();
}

export default function ({ data, parentElement, setTriggerValue }) {
  const dialog = parentElement.querySelector("dialog");
  const named = (selector, label) => {
    const button = parentElement.querySelector(selector);
    button.setAttribute("aria-label", label);
    button.title = label;
    return button;
  };
  const code = data.other_language.toUpperCase();
  const language = named(".language", `${code} ${data.language_label}`);
  language.textContent = code;
  language.setAttribute("aria-label", `${language.textContent} ${data.language_label}`);
  language.onclick = () => setTriggerValue("language", data.other_language);
  named(".theme", data.theme_label).onclick = () => switchTheme(data.addresses);
  named(".keys", data.title).onclick = () => dialog.showModal();
  const close = parentElement.querySelector(".close");
  dialog.querySelector("h2").textContent = data.title;
  dialog.setAttribute("aria-label", data.title);
  dialog.querySelector("p").textContent = data.note;
  close.textContent = data.close;
  close.onclick = () => dialog.close();
  dialog.querySelector("dl").replaceChildren(...data.keys.flatMap(([key, meaning]) => {
    const term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = key;
    text.textContent = meaning;
    return [term, text];
  }));

  document.katheder?.abort();
  const life = document.katheder = new AbortController();
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.composedPath()[0];
    if (target.closest?.("input, textarea, select, [contenteditable=true]")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    if (dialog.open || event.defaultPrevented) return;
    if (event.key === "?") { dialog.showModal(); event.preventDefault(); return; }
    if (actions[event.key.toLowerCase()]?.()) event.preventDefault();
  }, { signal: life.signal });

  // Where there is a keyboard, a reader can type at once.
  if (data.focus && matchMedia("(hover: hover) and (pointer: fine)").matches
      && document.activeElement === document.body) {
    const begin = performance.now();
    const step = () => {
      if (life.signal.aborted || document.activeElement !== document.body) return;
      if (field() && !field().disabled) field().focus({ preventScroll: true });
      else if (performance.now() - begin < 5000) requestAnimationFrame(step);
    };
    step();
  }
  return () => life.abort();
}
"""


def header(session: Session, addresses: Sequence[str]) -> None:
    """Draw the buttons for language, theme and shortcuts, and listen to the keys.

    Args:
        session: Whose language is saved.
        addresses: The last parts of all pages' paths, as `library`; the theme is switched for all.
    """
    state = st.session_state

    def switch_language() -> None:
        state.language = state.header.language
        save_preferences(session)

    draw = st.components.v2.component("katheder_header", html=_HTML, css=_CSS, js=_JS)
    # Tuples: of a list Streamlit asks pandas and pyarrow whether it is a table, and imports them for it.
    keys = (
        ("/", t("Go to the question field")),
        ("N", t("New conversation")),
        ("S", t("Search conversations")),
        ("J", t("Open the next source")),
        ("Y", t("Copy the last answer")),
        ("?", t("Show these shortcuts")),
    )
    german = state.language == "de"
    base = f"/{st.get_option('server.baseUrlPath').strip('/')}".rstrip("/")
    data = {
        "title": t("Keyboard shortcuts"),
        "note": t("These keys work outside a text field; Esc leaves one."),
        "close": t("Close"),
        "keys": keys,
        "focus": state.get("open_source") is None,
        "language_label": "English" if german else "Deutsch",
        "other_language": "en" if german else "de",
        "theme_label": t("Light or dark"),
        "addresses": tuple(f"{base}/{address}" for address in addresses),
    }
    with st.container(key="header_buttons"):
        draw(data=data, key="header", on_language_change=switch_language, width="content")
