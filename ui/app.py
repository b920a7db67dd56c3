"""The app: login, pages and navigation. Run it with `katheder ui`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

import streamlit as st

from ingest import resources
from ingest.abandonment import Abandoned, abandonable
from ingest.errors import KathederError
from ui.header import header
from ui.navigation import remember_pages
from ui.page_presence import current_page
from ui.session import Session, error_text, open_session, start_loading
from ui.text import escape, t
from ui.widget_words import translate_widgets

# Streamlit puts this file's folder first on the path, where text.py or job.py would hide packages.
if (_FOLDER := str(resources.package_file("ui"))) in sys.path:
    sys.path.remove(_FOLDER)

ICON = resources.package_file("ui", "icon.png")  # an icon by name would be fetched from outside
# Module below ui.views: title, icon and the action that it needs; the first one opens. The folder is not called pages, since
# Streamlit would serve each of its files as a page, without the login.
PAGES = {
    "ask": ("Ask", ":material/chat:", "question.ask"),
    "study": ("Study", ":material/school:", "review.keep"),
    "library": ("Library", ":material/menu_book:", "library.read"),
    "notes": ("Notes", ":material/sticky_note_2:", "note.keep"),
    "passages": ("Passages", ":material/swap_vert:", "question.ask"),
    "evaluate": ("Evaluate", ":material/monitoring:", "evaluation.read"),
    "lecturers": ("Lecturers", ":material/co_present:", "feedback.read"),
    "generative": ("Generative laboratory", ":material/draw:", "laboratory.use"),
    "language": ("Language laboratory", ":material/translate:", "laboratory.use"),
    "settings": ("Settings", ":material/tune:", "settings.change"),
}
# Not for every day: they stand in a menu of their own.
LABORATORIES = ("passages", "evaluate", "lecturers", "generative", "language")

# The page beside the chat stays in view: Streamlit wraps the container, and the wrapper is what
# moves in its column. On a narrow screen it is a sheet at the bottom. Streamlit's own status widget
# is hidden: every page shows its progress, and that "Stop" would stop no answer. So is what its field for
# files says: it is in English, and cut.
_STYLE = """<style>
:root { --header: 4.5rem; --viewer-height: calc(100dvh - 14rem); }
.st-key-beside { --viewer-height: calc(100dvh - 22rem); }
.stMainBlockContainer { padding-top: var(--header); max-width: 84rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-beside) { position: sticky; top: var(--header); }
[data-testid="stBottomBlockContainer"] { padding-bottom: 1.25rem; }
[data-testid="stStatusWidget"] { display: none; }
.st-key-header_buttons { position: fixed; top: .85rem; right: 3.5rem; width: auto; z-index: 999991; }
.st-key-widget_words { display: none; }
.stMarkdown blockquote { margin: 0; border-left-width: 3px; }
.stMarkdown blockquote, .stMarkdown blockquote * { color: inherit; opacity: 1; }
.stMarkdown code, .stCaptionContainer code { color: inherit; background: none; }
[data-testid^="stBaseButton-primary"]:enabled p, [data-testid^="stBaseButton-primary"]:enabled span,
.stMultiSelect span[title] { color: light-dark(#fdfdfb, #14191d); }
[class*="st-key-conversation-"] { flex-wrap: nowrap; align-items: center; }
[class*="st-key-conversation-"] > :first-child { min-width: 0; }
[class*="st-key-go-"] button, [class*="st-key-go-"] button > div { justify-content: start; }
[class*="st-key-go-"] button p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
[class*="st-key-open-"] button { min-height: 0; padding: 0; text-align: left; justify-content: start; }
[class*="st-key-lecture-"], .st-key-lecture_head { flex-wrap: nowrap; border-bottom: 1px solid light-dark(#e6ebea, #232c32); }
[class*="st-key-menu-"] [data-testid="stPopoverButton"] p { clip-path: inset(50%); position: absolute; }
[class*="st-key-menu-"] [data-testid="stPopoverButton"] div[aria-hidden="true"] { display: none; }
[class*="st-key-chip-"] button p, .st-key-local_writers button p { text-align: left; }
[data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
[class*="st-key-edit-"] button { min-height: 0; padding-top: 0; padding-bottom: 0; font-size: .85rem; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
  .st-key-beside { position: fixed; inset: auto 0 0 0; max-height: 74dvh; --viewer-height: calc(74dvh - 8.5rem);
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
        pages = {
            module: st.Page(
                _drawer(module, session), title=t(title), icon=icon, default=module == "ask"
            )
            for module, (title, icon, action) in PAGES.items()
            if session.identity.may(action)
        }
        menus = {
            "": [page for module, page in pages.items() if module not in LABORATORIES],
            t("Laboratories"): [pages[module] for module in LABORATORIES if module in pages],
        }
        remember_pages(pages)
        page = st.navigation(menus, position="top")
        header(session, [one.url_path for one in pages.values()])
        translate_widgets()
        if session.is_read_only:
            _tell_read_only(session)
        is_open = current_page()
        try:
            with abandonable(lambda: not is_open()):
                page.run()
        finally:
            start_loading(session)
    except Abandoned:
        st.stop()
    except KathederError as error:
        st.title("Katheder")
        st.error(error_text(error))


def _tell_read_only(session: Session) -> None:
    """Say on every page what is not kept, before anybody relies on it."""
    text = t("This library can only be read: lectures and courses stay as they are.")
    if not session.base.app.database:
        text += " " + t("Your questions, notes and cards are kept until the program ends.")
    st.caption(f":material/lock: {escape(text)}")


def _drawer(module: str, session: Session) -> Callable[[], None]:
    """The function that draws a page; it imports the page's module when the page is opened."""

    def draw() -> None:
        session.identity.require(PAGES[module][2])  # also where the menu does not name it
        import_module(f"ui.views.{module}").page(session)

    draw.__name__ = module  # and so its address
    return draw


main()
