"""Write small PDF files by hand: exact operators in the order of one's choice.

Programs that make PDFs hide what a reader must cope with, such as glyphs that are drawn later than
their line; here a test says each of them.
"""

from __future__ import annotations

import zlib
from pathlib import Path

# The codes of /F3 are UTF-16, and so are its letters.
_TO_UNICODE = (
    "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
    "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
    + "".join(
        f"64 beginbfrange\n{ranges}\nendbfrange\n"
        for first in range(0, 256, 64)
        for ranges in [
            " ".join(f"<{n:02X}00> <{n:02X}FF> <{n:02X}00>" for n in range(first, first + 64))
        ]
    )
    + "endcmap end end"
)


def write_pdf(
    path: Path, *pages: str, width: int = 400, height: int = 300, extra: str = ""
) -> Path:
    """Write pages of content operators with the fonts /F1 (Helvetica), /F2 (bold) and /F3 (any script).

    Args:
        path: Where to.
        pages: Each page's operators, such as `text(40, 250, "Words")`.
        width: Of each page, in points.
        height: Of each page, in points.
        extra: Entries of each page's dictionary, such as "/Rotate 90".
    """
    fonts = (
        "<< /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
        " /F2 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold"
        " /Encoding /WinAnsiEncoding >> /F3 3 0 R >>"
    )
    numbers = [6 + 2 * index for index in range(len(pages))]
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(f'{n} 0 R' for n in numbers)}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /Wide /Encoding /Identity-H"
        " /DescendantFonts [4 0 R] /ToUnicode 5 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Wide /DW 1000"
        " /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        f"<< /Length {len(_TO_UNICODE)} >>\nstream\n{_TO_UNICODE}\nendstream",
    ]
    for number, content in zip(numbers, pages, strict=True):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] {extra}"
            f" /Resources << /Font {fonts} >> /Contents {number + 1} 0 R >>"
        )
        objects.append(
            f"<< /Length {len(content.encode('latin-1'))} >>\nstream\n{content}\nendstream"
        )
    data = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(data)
    data += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    data += "".join(f"{offset:010d} 00000 n \n" for offset in offsets).encode()
    data += (
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode()
    )
    path.write_bytes(data)
    return path


def text(x: float, y: float, words: str, size: float = 12, font: str = "F1") -> str:
    """Operators that show words with their baseline at (x, y), y upwards from the page's foot."""
    escaped = words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET\n"


def wide_text(x: float, y: float, words: str, size: float = 12) -> str:
    """As `text`, in any script, each letter one em wide; in the order in which they are drawn."""
    return f"BT /F3 {size} Tf {x} {y} Td <{words.encode('utf-16-be').hex()}> Tj ET\n"


def bar(x0: float, x1: float, y: float) -> str:
    """Operators that draw a thin horizontal line."""
    return f"{x0} {y} {x1 - x0} 0.6 re f\n"


TOPICS = ["Bagging", "Boosting", "Stacking", "Pruning", "Entropy", "Forests"]
FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def content(topic: str) -> str:
    return text(50, 300, topic, 28) + text(50, 200, f"{topic} is explained on this page in full.")


class Deck:
    """A PDF file of six slides as numbered objects, which a test changes before it is written.

    Object 2 is the page tree, 3 the font; slide i (from 0) is object 10 + 2 i, its content the next.
    """

    def __init__(self, page: str = "", font: str = FONT) -> None:
        kids = " ".join(f"{10 + 2 * index} 0 R" for index in range(6))
        self.objects: dict[int, bytes] = {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: f"<< /Type /Pages /Count 6 /Kids [{kids}] /MediaBox [0 0 720 405]"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode(),
            3: font.encode(),
        }
        for index, topic in enumerate(TOPICS):
            number = 10 + 2 * index
            self.objects[number] = (
                f"<< /Type /Page /Parent 2 0 R {page} /Contents {number + 1} 0 R >>".encode()
            )
            self.objects[number + 1] = self.stream(content(topic).encode())

    @staticmethod
    def stream(data: bytes, cut: int = 0) -> bytes:
        packed = zlib.compress(data)
        packed = packed[: len(packed) - cut]
        return b"<< /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (
            len(packed),
            packed,
        )

    def write(self, path: Path, *, table: bool = True) -> Path:
        data = b"%PDF-1.7\n"
        offsets = {}
        for number, body in self.objects.items():
            offsets[number] = len(data)
            data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        start, size = len(data), max(self.objects) + 1
        if table:
            data += b"xref\n0 %d\n0000000000 65535 f \n" % size
            for number in range(1, size):
                if number in offsets:
                    data += b"%010d 00000 n \n" % offsets[number]
                else:
                    data += b"0000000000 00000 f \n"
        data += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
        path.write_bytes(data)
        return path
