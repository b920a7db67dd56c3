"""What a PDF says beside its text: forms, comments, attached files."""

from __future__ import annotations

from pathlib import Path

import pypdf
import pypdf.annotations
import pytest
import raw_pdf
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from ingest.errors import UnreadableFile
from ingest.readers import read
from ingest.reports import FileReport, Omission

SHEET = (
    raw_pdf.text(40, 260, "Exercise sheet", 20)
    + raw_pdf.text(40, 220, "Question 1: What does the mask hide?", 12)
    + raw_pdf.text(40, 120, "Question 2: Which activation is used?", 12)
)


def annotated(path: Path, *annotations: dict[str, object], content: str = SHEET) -> Path:
    """A page with annotations; those with a field's type are the fields of a form."""
    raw_pdf.write_pdf(path, content)
    writer = pypdf.PdfWriter(clone_from=path)
    references, fields = ArrayObject(), ArrayObject()
    for values in annotations:
        entry = DictionaryObject({NameObject("/Type"): NameObject("/Annot")})
        for name, value in values.items():
            if isinstance(value, dict):
                value = DictionaryObject(
                    {
                        NameObject(f"/{key}"): NameObject(own)
                        if own.startswith("/")
                        else TextStringObject(own)
                        for key, own in value.items()
                    }
                )
            elif isinstance(value, list):
                value = ArrayObject(FloatObject(number) for number in value)
            elif isinstance(value, int):
                value = NumberObject(value)
            elif isinstance(value, str):
                value = NameObject(value) if value.startswith("/") else TextStringObject(value)
            entry[NameObject(f"/{name}")] = value
        reference = writer._add_object(entry)
        references.append(reference)
        if "FT" in values:
            fields.append(reference)
    writer.pages[0][NameObject("/Annots")] = references
    form = DictionaryObject({NameObject("/Fields"): fields})
    form[NameObject("/NeedAppearances")] = BooleanObject(True)
    writer.root_object[NameObject("/AcroForm")] = form
    writer.write(path)
    return path


def lines(path: Path) -> list[str]:
    (page,) = read(path).pages
    for line in page.lines:
        inside = [word for word in page.words if line.start <= word.start < line.end]
        assert "".join(page.text[w.start : w.end] for w in inside) == "".join(
            page.text[line.start : line.end].split()
        )
    return [page.text[line.start : line.end] for line in page.lines]


def field(name: str, value: str, y: int, **more: object) -> dict[str, object]:
    widget: dict[str, object] = {"Subtype": "/Widget", "FT": "/Tx", "T": name, "V": value}
    return widget | {"Rect": [40, y, 300, y + 20]} | more


def test_filled_in_fields_are_lines_at_their_place(tmp_path):
    path = annotated(
        tmp_path / "sheet.pdf",
        field("a1", "It hides the later tokens.", 180),
        field("Activation", "zebrafish", 80),
        field("Empty", "", 50),
    )
    assert lines(path) == [
        "Exercise sheet",
        "Question 1: What does the mask hide?",
        "It hides the later tokens.",
        "Question 2: Which activation is used?",
        "Activation: zebrafish",
    ]


def test_comments_are_read_and_hidden_ones_and_passwords_are_not(tmp_path):
    path = annotated(
        tmp_path / "sheet.pdf",
        {
            "Subtype": "/FreeText",
            "Contents": "Dropout is off at test time.",
            "Rect": [40, 20, 300, 40],
        },
        {"Subtype": "/Text", "Contents": "Ask about this.", "Rect": [300, 170, 320, 190]},
        {"Subtype": "/Text", "Contents": "Nobody sees it.", "Rect": [40, 60, 60, 80], "F": 2},
        {"Subtype": "/FreeText", "Contents": "Exercise sheet", "Rect": [40, 250, 300, 280]},
        field("Password", "secret words", 50, Ff=1 << 13),
    )
    assert lines(path) == [
        "Exercise sheet",
        "Question 1: What does the mask hide?",
        "Comment: Ask about this.",
        "Question 2: Which activation is used?",
        "Dropout is off at test time.",
    ]


def test_attached_files_are_named_in_the_report(tmp_path):
    path = raw_pdf.write_pdf(tmp_path / "cover.pdf", SHEET)
    writer = pypdf.PdfWriter(clone_from=path)
    writer.add_attachment("lecture1.pdf", b"%PDF-")
    writer.add_attachment("lecture2.pdf", b"%PDF-")
    writer.write(path)
    attached = read(path).attached
    assert sorted(attached) == ["lecture1.pdf", "lecture2.pdf"]
    report = FileReport(str(path), "added", pages=1, attached=attached)
    assert report.omissions == (Omission("portfolio", 2, ", ".join(attached)),)
    assert FileReport(str(path), "added", pages=1).omissions == ()


def test_a_portfolio_without_words_says_what_is_in_it(tmp_path):
    path = raw_pdf.write_pdf(tmp_path / "cover.pdf", raw_pdf.text(40, 250, "Open me"))
    writer = pypdf.PdfWriter(clone_from=path)
    writer.add_attachment("lecture1.pdf", b"%PDF-")
    writer.write(path)
    with pytest.raises(UnreadableFile, match=r"attached are lecture1\.pdf"):
        read(path)


def test_pages_that_wait_for_their_pictures_are_counted():
    report = FileReport("deck.pdf", "added", pages=9, picture_pages=(2, 3, 4, 7))
    assert report.omissions == (Omission("unread pictures", 4, "2-4, 7"),)


def link(target: str, rectangle: list[int]) -> dict[str, object]:
    action = {"S": "/URI", "URI": target}
    return {"Subtype": "/Link", "Rect": rectangle, "A": action}


def test_the_target_of_a_link_is_a_line_below_the_text(tmp_path):
    path = annotated(
        tmp_path / "links.pdf",
        link("https://example.org/mask", [160, 218, 260, 236]),
        link("https://example.org/mask", [40, 118, 50, 120]),  # its second line
        link("mailto:someone@example.org", [40, 260, 60, 280]),
        link("javascript:alert(1)", [40, 260, 60, 280]),
    )
    assert lines(path) == [
        "Exercise sheet",
        "Question 1: What does the mask hide?",
        "Question 2: Which activation is used?",
        "Link: the mask hide?, https://example.org/mask",
    ]


def test_a_target_that_the_page_shows_is_not_repeated(tmp_path):
    words = "See www.example.org/mask for the proof in full."
    shown = link("https://example.org/mask/", [60, 198, 200, 214])
    path = annotated(tmp_path / "shown.pdf", shown, content=raw_pdf.text(40, 200, words))
    assert lines(path) == ["See www.example.org/mask for the proof in full."]


def test_links_that_lead_through_the_document_are_left_out(tmp_path):
    path = raw_pdf.Deck().write(tmp_path / "deck.pdf")
    writer = pypdf.PdfWriter(clone_from=path)
    for page in writer.pages:
        uri = pypdf.annotations.Link(rect=(40, 10, 80, 20), url="https://example.org/course")
        writer.add_annotation(page, uri)
    uri = pypdf.annotations.Link(rect=(50, 195, 120, 215), url="https://example.org/pruning")
    writer.add_annotation(writer.pages[3], uri)
    writer.write(path)
    texts = [page.text for page in read(path).pages]
    assert [text.count("Link:") for text in texts] == [0, 0, 0, 1, 0, 0]
    assert texts[3].splitlines()[-1] == "Link: Pruning is, https://example.org/pruning"
