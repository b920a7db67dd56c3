"""Generated pages whose text is known, for `benchmarks.extraction` and the tests of reading.

Each layout is one kind of page that readers of PDF files get wrong, with the text that a person
would read aloud. They are made by three programs: typst typesets, reportlab places each word where
it is told to, and chromium prints web pages.
"""

from benchmarks.page_layouts.base import PageLayout
from benchmarks.page_layouts.browser_pages import BROWSER_PAGES, print_pages
from benchmarks.page_layouts.canvas_pages import CANVAS_PAGES
from benchmarks.page_layouts.course_pages import COURSE_PAGES
from benchmarks.page_layouts.deck_pages import DECK_PAGES
from benchmarks.page_layouts.deck_prints import DECK_PRINTS
from benchmarks.page_layouts.lecture_pages import LECTURE_PAGES
from benchmarks.page_layouts.odd_pages import ODD_PAGES
from benchmarks.page_layouts.odd_prints import ODD_PRINTS
from benchmarks.page_layouts.typst_pages import TYPST_PAGES

__all__ = [
    "BROWSER_PAGES",
    "CANVAS_PAGES",
    "COURSE_PAGES",
    "DECK_PAGES",
    "DECK_PRINTS",
    "LECTURE_PAGES",
    "ODD_PAGES",
    "ODD_PRINTS",
    "TYPST_PAGES",
    "PageLayout",
    "print_pages",
]
