"""Write small PDF files by hand: exact operators in the order of one's choice.

Programs that make PDFs hide what a reader must cope with, such as glyphs that are drawn later than
their line; here a test says each of them.
"""

from __future__ import annotations

from pathlib import Path


def write_pdf(
    path: Path, *pages: str, width: int = 400, height: int = 300, extra: str = ""
) -> Path:
    """Write pages of content operators with the fonts /F1 (Helvetica) and /F2 (bold).

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
        " /Encoding /WinAnsiEncoding >> >>"
    )
    numbers = [3 + 2 * index for index in range(len(pages))]
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(f'{n} 0 R' for n in numbers)}] /Count {len(pages)} >>",
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


def bar(x0: float, x1: float, y: float) -> str:
    """Operators that draw a thin horizontal line."""
    return f"{x0} {y} {x1 - x0} 0.6 re f\n"
