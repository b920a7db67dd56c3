"""Read PDF files with pdfium: text in reading order, lines, headings and word boxes.

`reader` reads a whole file and `image` draws a page; both open it through `opening`. pdfium gives
characters in drawing order, each with a box and a font: `characters` puts them together to words
and lines, `lines` breaks and merges lines (an index set lower stays on its line), `boxes` gives
the words' places on the page as shown, `composition` lays the lines out as the page's text, and
`titles` finds headings and the document's title.

Compared with pypdf it is 2 to 40 times faster on real lectures, and gives boxes, which pypdf does
not; `benchmarks/readers.py` measures both.
"""

from ingest.readers.pdf.image import page_image
from ingest.readers.pdf.reader import MIN_WORDS, read_pdf

__all__ = ["MIN_WORDS", "page_image", "read_pdf"]
