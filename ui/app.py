"""The app: login, pages and navigation. Run it with `katheder ui`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

import streamlit as st

from ingest import resources
from ingest.errors import KathederError
from ui.session import Session, open_session
from ui.text import escape, t

# Streamlit puts this file's folder first on the path, where text.py or job.py would hide packages.
if (_FOLDER := str(resources.package_file("ui"))) in sys.path:
    sys.path.remove(_FOLDER)

ICON = resources.package_file("ui", "icon.png")  # an icon by name would be fetched from outside
# Module below ui.views: title and icon; the first one opens. The folder is not called pages, since
# Streamlit would serve each of its files as a page, without the login.
PAGES = {
    "ask": ("Ask", ":material/chat:"),
    "passages": ("Passages", ":material/swap_vert:"),
    "library": ("Library", ":material/menu_book:"),
    "evaluate": ("Evaluate", ":material/monitoring:"),
    "generative": ("Generative laboratory", ":material/draw:"),
    "language": ("Language laboratory", ":material/translate:"),
    "settings": ("Settings", ":material/tune:"),
}

# The page beside the chat stays in view: Streamlit wraps the container, and the wrapper is what
# moves in its column. On a narrow screen it is a sheet at the bottom. Streamlit's own status widget
# is hidden: every page shows its progress, and that "Stop" would stop no answer.
_STYLE = """<style>
:root { --header: 4.5rem; --around: 23.5rem; } /* --around: what is over and under a page's picture */
.stMainBlockContainer { padding-top: var(--header); max-width: 84rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-beside) { position: sticky; top: var(--header); }
[class*="st-key-page_picture_"], .st-key-page_text { overflow: auto; flex: none; height: auto;
  max-height: max(12rem, calc(100dvh - var(--around))); }
.st-key-page_picture_150 img { width: 150% !important; max-width: none !important; }
.st-key-page_picture_250 img { width: 250% !important; max-width: none !important; }
.st-key-turn_page button { min-height: 2rem; padding: .1rem .5rem; }
.st-key-turn_page [data-testid="stBaseButton-tertiary"] p { clip-path: inset(50%); position: absolute; }
.st-key-turn_page p { font-size: .875rem; white-space: nowrap; }
[data-testid="stBottomBlockContainer"] { padding-bottom: 1.25rem; }
[data-testid="stStatusWidget"] { display: none; }
.stMarkdown blockquote { margin: 0; border-left-width: 3px; }
.stMarkdown blockquote, .stMarkdown blockquote * { color: inherit; opacity: 1; }
.stMarkdown code, .stCaptionContainer code { color: inherit; background: none; }
[data-testid^="stBaseButton-primary"]:enabled p, [data-testid^="stBaseButton-primary"]:enabled span,
.stMultiSelect span[title] { color: light-dark(#fdfdfb, #14191d); }
[class*="st-key-edit-"] button { min-height: 0; padding-top: 0; padding-bottom: 0; font-size: .85rem; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
  .st-key-beside { position: fixed; inset: auto 0 0 0; max-height: 70dvh; --around: 54dvh;
    overflow: auto; z-index: 1000; padding: .5rem 1rem; gap: .5rem; border-top: 1px solid #8888;
    background: var(--katheder-sheet, Canvas); box-shadow: 0 -4px 16px #0003; }
  .stApp:has(.st-key-beside) .stBottom { visibility: hidden; } /* it would cover the sheet's end */
}
</style>"""


def main() -> None:
    """One run of the app."""
    st.set_page_config(page_title="Katheder", page_icon=ICON, layout="wide")
    st.html(_STYLE)
    try:
        session = open_session()
        pages = [
            st.Page(_drawer(module, session), title=t(title), icon=icon, default=module == "ask")
            for module, (title, icon) in PAGES.items()
        ]
        st.navigation(pages, position="top").run()
    except KathederError as error:
        st.title("Katheder")
        st.error(escape(str(error)))


def _drawer(module: str, session: Session) -> Callable[[], None]:
    """The function that draws a page; it imports the page's module when the page is opened."""

    def draw() -> None:
        import_module(f"ui.views.{module}").page(session)

    draw.__name__ = module  # and so its address
    return draw


main()
