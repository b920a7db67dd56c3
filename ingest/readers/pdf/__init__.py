"""Read PDF files with pdfium: text in reading order, lines, headings and word boxes.

`reader` reads a whole file and `image` draws a page; both open it through `opening`. `ingest.layout`
puts pdfium's characters, which come in drawing order, together to lines; `composition` makes the
page's text of them, and `titles` finds headings and the document's title. `annotations`, `links` and
`labels` read what stands beside the text, and `second_opinion` asks pypdf where pdfium fails.

It gives boxes, which pypdf does not, and takes about twice pypdf's CPU time, most of it for the layout;
`benchmarks/readers.py` measures both.
"""

from ingest.readers.pdf.image import page_image
from ingest.readers.pdf.reader import MIN_WORDS, read_pdf

__all__ = ["MIN_WORDS", "page_image", "read_pdf"]
