"""What Streamlit's own widgets say, which is English only, in the reader's language."""

from __future__ import annotations

import streamlit as st

#: Regular expressions of JavaScript for whole texts, and their German; `$1` is what the group matched.
GERMAN_WORDS = (
    # fields for files
    ("Upload", "Datei wählen"),
    ("Add files", "Weitere Dateien wählen"),
    ("file upload", "Datei wählen"),
    ("Drag and drop files here", "Dateien hier ablegen"),
    ("Drag and drop a file here", "Datei hier ablegen"),
    ("Upload failed", "Hochladen fehlgeschlagen"),
    (r"\(?(\S+) files are not allowed\.", "Dateien der Art $1 werden nicht angenommen."),
    (r"File type must be (.+?)\.?", "Angenommen werden Dateien der Art $1."),
    (r"File is larger than (.+)", "Die Datei ist größer als $1"),
    (r"File must be (.+) or smaller\.?", "Die Datei darf höchstens $1 haben."),
    # fields for text and numbers, and lists
    ("Press Enter to apply", "Mit Enter übernehmen"),
    ("Press Enter to submit form", "Mit Enter absenden"),
    (r"Press Ctrl\+Enter to apply", "Mit Strg+Enter übernehmen"),
    (r"Press Ctrl\+Enter to submit form", "Mit Strg+Enter absenden"),
    (r"Press ⌘\+Enter to apply", "Mit ⌘+Enter übernehmen"),
    (r"Press ⌘\+Enter to submit form", "Mit ⌘+Enter absenden"),
    ("Increment", "Erhöhen"),
    ("Decrement", "Verringern"),
    ("Open", "Öffnen"),
    ("Clear (?:value|entry)", "Leeren"),
    ("Clear all", "Alle entfernen"),
    ("Selected values", "Gewählt"),
    ("Remove (.+)", "$1 entfernen"),
    ("No results", "Nichts gefunden"),
    ("Add: (.+)", "Neu: $1"),
    ("Select all", "Alle wählen"),
    (r"Select (\d+) matches", "$1 Treffer wählen"),
    ("Choose (?:an option|options)", "Bitte wählen"),
    ("Show password", "Passwort zeigen"),
    ("Hide password", "Passwort verbergen"),
    ("Send message", "Frage senden"),
    # charts, tables, pictures and code
    ("Fullscreen", "Vollbild"),
    ("Close fullscreen", "Vollbild verlassen"),
    ("Fullscreen: (.+)", "Vollbild: $1"),
    ("Close fullscreen: (.+)", "Vollbild verlassen: $1"),
    ("Download as (CSV|PNG|SVG)", "Als $1 speichern"),
    ("Download as (CSV|PNG|SVG): (.+)", "Als $1 speichern: $2"),
    ("Copy Vega-Lite spec", "Vega-Lite-Beschreibung kopieren"),
    ("Copy Vega-Lite spec: (.+)", "Vega-Lite-Beschreibung kopieren: $1"),
    ("Show data", "Daten zeigen"),
    ("Show chart", "Diagramm zeigen"),
    ("Search", "Suchen"),
    ("Show/hide columns", "Spalten zeigen oder verbergen"),
    ("Sort ascending", "Aufsteigend sortieren"),
    ("Sort descending", "Absteigend sortieren"),
    ("Pin column", "Spalte anheften"),
    ("Unpin column", "Spalte lösen"),
    ("Hide column", "Spalte verbergen"),
    ("Autosize", "Breite anpassen"),
    ("Copy column name", "Namen der Spalte kopieren"),
    ("Copy to clipboard", "Kopieren"),
    ("Copied", "Kopiert"),
    # around the page
    ("App pages", "Seiten der App"),
    ("Sidebar", "Seitenleiste"),
    ("Expand sidebar", "Seitenleiste öffnen"),
    ("Collapse sidebar", "Seitenleiste schließen"),
    ("Skip to main content", "Zum Inhalt"),
    ("Scroll tabs left", "Reiter nach links"),
    ("Scroll tabs right", "Reiter nach rechts"),
    ("Main menu", "Hauptmenü"),
    ("Notifications", "Meldungen"),
    ("Close", "Schließen"),
    ("Link to heading", "Link zur Überschrift"),
    ("Help for (.+)", "Hilfe zu: $1"),
    ("Thumbs up", "Daumen hoch"),
    ("Thumbs down", "Daumen runter"),
    ("Feedback rating", "Bewertung"),
    ("Chat message from user", "Frage"),
    ("Chat message from assistant", "Antwort"),
    (r"\(([\d.]+) seconds\)", "($1 Sekunden)"),
)

# React keeps what was put in its place until it has something new to say, which is then translated
# in turn, before it is painted. Only parts that hold no text of lectures or readers are looked at.
_JS = r"""
const NAMES = ["aria-label", "title", "placeholder"];
const HOSTS = ["stFileUploader", "InputInstructions", "stTooltipContent", "stElementToolbar",
  "stSpinner", "stDataFrameColumnMenu", "stSkipToContent"].map(id => `[data-testid="${id}"]`)
  .concat('[role="listbox"]').join(", ");

export default function ({ data }) {
  document.kathederWords?.();
  const patterns = data.words.map(([from, to]) => [new RegExp(`^(?:${from})$`), to]);
  if (!patterns.length) return;
  const before = new Map();  // by node: by attribute, or "" for its text, the English and the German
  const german = text => {
    const pair = patterns.find(([from]) => from.test(text));
    return pair ? text.replace(...pair) : null;
  };
  const note = (node, name, english, text) => {
    if (before.size > 500) for (const one of before.keys()) if (!one.isConnected) before.delete(one);
    before.set(node, { ...before.get(node), [name]: [english, text] });
  };
  const say = (node, name) => {
    const english = node.getAttribute(name), text = english && german(english);
    if (text) { note(node, name, english, text); node.setAttribute(name, text); }
  };
  const word = node => {
    if (!node.parentElement?.closest(HOSTS)) return;
    const english = node.nodeValue.trim(), text = english && german(english);
    if (text) { note(node, "", english, text); node.nodeValue = text; }
  };
  const walk = root => {
    if (root.nodeType === Node.TEXT_NODE) return word(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    for (const node of [root, ...root.querySelectorAll(NAMES.map(name => `[${name}]`).join(", "))])
      for (const name of NAMES) say(node, name);
    const hosts = root.closest(HOSTS) ? [root] : root.querySelectorAll(HOSTS);
    for (const host of hosts) {
      const texts = document.createTreeWalker(host, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) word(texts.currentNode);
    }
  };
  const observer = new MutationObserver(changes => {
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(walk);
      else if (change.type === "attributes") say(change.target, change.attributeName);
      else word(change.target);
    }
  });
  walk(document.body);
  observer.observe(document.body,
    { subtree: true, childList: true, characterData: true, attributeFilter: NAMES });
  const stop = document.kathederWords = () => {
    observer.disconnect();
    for (const [node, names] of before)
      for (const [name, [english, text]] of Object.entries(names)) {
        if (name && node.getAttribute(name) === text) node.setAttribute(name, english);
        if (!name && node.nodeValue === text) node.nodeValue = english;
      }
    document.kathederWords = null;
  };
  return stop;
}
"""


def translate_widgets() -> None:
    """Let Streamlit's widgets speak the language of the interface, on the page that is drawn."""
    draw = st.components.v2.component("katheder_words", html="<span></span>", js=_JS)
    words = GERMAN_WORDS if st.session_state.get("language") == "de" else ()
    with st.container(key="widget_words"):
        draw(data={"words": words}, key="words")
