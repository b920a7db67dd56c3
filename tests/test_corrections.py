"""Pages that a person corrected or hid: in searches, when the file is read again, and taken back."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from test_cli import katheder, tiny_encoder  # noqa: F401

from ingest.corrections import corrected_page
from ingest.edit import correct_page, hide_pages
from ingest.errors import BadPage, LibraryMismatch
from ingest.pipeline import ingest, rebuild
from ingest.reports import Omission
from ingest.store import Library
from ingest.types import Box, Correction, Line, Page, Word
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline

LENGTHS = {"passage_tokens": 40}


def found(library: Library, question: str) -> list[str]:
    return [passage.text for passage, _ in library.search_lexical(question, 9)]


@pytest.fixture
def animals(library) -> str:
    return library.find("animals.pdf")[0].id


# ---- one page ----

BOXES = [Box(x, 10, x + 8, 20) for x in (10, 20, 30)]
PAGE = Page(
    1,
    "Cats\nslep al day\n",
    100,
    70,
    heading="Cats",
    lines=(Line(0, 4, 18, True, Box(10, 0, 30, 9)), Line(5, 16, 9, False, Box(10, 10, 38, 20))),
    words=(
        Word(0, 4, Box(10, 0, 30, 9)),
        Word(5, 9, BOXES[0]),
        Word(10, 12, BOXES[1]),
        Word(13, 16, BOXES[2]),
    ),
)


def test_words_that_stay_keep_their_places():
    page = corrected_page(Correction(PAGE, "Cats\nsleep all day\n\nA new line"))
    assert page.text == "Cats\nsleep all day\nA new line\n"
    assert [(page.text[w.start : w.end], w.box) for w in page.words] == [
        ("Cats", Box(10, 0, 30, 9)),
        ("day", BOXES[2]),
    ]
    assert [(page.text[ln.start : ln.end], ln.size, ln.bold) for ln in page.lines] == [
        ("Cats", 18, True),
        ("sleep all day", 9, False),
        ("A new line", 13.5, False),  # the median of 18 and 9
    ]
    assert page.lines[1].box == BOXES[2]
    assert page.lines[2].box.y0 == BOXES[2].y1  # below the line before
    assert (page.heading, page.origin) == ("Cats", "corrected")


def test_a_page_without_text_is_given_one_and_a_hidden_one_keeps_its_own():
    picture = Page(2, "", 100, 70, origin="picture")
    page = corrected_page(Correction(picture, "x = 1"))
    assert (page.text, page.words, len(page.lines)) == ("x = 1\n", (), 1)
    hidden = corrected_page(Correction(PAGE, hidden=True))
    assert (hidden.text, hidden.lines, hidden.origin) == (PAGE.text, PAGE.lines, "hidden")
    assert corrected_page(Correction(PAGE, "x", hidden=True)).origin == "hidden"


# ---- in a library ----


def test_a_corrected_page_is_found_by_its_new_text_and_shown_as_corrected(
    library, encoder, animals
):
    before = library.full_hash(), library.content_hash()
    untouched = library.passages(library.find("physics.pdf")[0].id)
    correct_page(library, encoder, animals, 1, "Cats\nA cat naps sixteen hours a day.", **LENGTHS)
    assert library.verify() == []
    assert found(library, "naps") == ["Cats\nA cat naps sixteen hours a day."]
    assert found(library, "mice") == []
    assert library.content_hash() != before[1]
    assert library.passages(library.find("physics.pdf")[0].id) == untouched
    answer = Pipeline(library, Models(NO_MODELS, encoder=encoder)).ask("How long does a cat nap?")
    assert answer.sources[0].is_corrected
    assert "(corrected by hand, dense 1" in answer.render()
    assert answer.as_dict()["sources"][0]["corrected"] is True
    correct_page(library, encoder, animals, 1, None, **LENGTHS)
    assert (library.full_hash(), library.content_hash()) == before
    assert library.corrections(animals) == {}


def test_a_hidden_page_is_in_no_search_until_it_is_put_back(library, encoder, animals):
    before = library.full_hash()
    vector = encoder.encode(["a dog guards the house"])[0]
    assert library.search_dense(vector, 1)[0][0].pages == (2,)
    hide_pages(library, encoder, animals, [2], **LENGTHS)
    assert library.verify() == []
    assert found(library, "dog guards") == []
    assert 2 not in {
        p
        for hit, _ in library.search_dense(vector, 9)
        for p in hit.pages
        if hit.document == animals
    }
    assert library.page(animals, 2).origin == "hidden"
    assert library.pages_without_text() == {}
    correct_page(library, encoder, animals, 2, "Dogs\nA dog sleeps.", **LENGTHS)
    assert found(library, "dog") == []  # corrected, and hidden all the same
    hide_pages(library, encoder, animals, [2], hidden=False, **LENGTHS)
    assert found(library, "dog") == ["Dogs\nA dog sleeps."]
    correct_page(library, encoder, animals, 2, None, **LENGTHS)
    assert library.full_hash() == before
    hide_pages(library, encoder, animals, [1, 2], **LENGTHS)
    assert library.passages(animals) == []
    assert library.verify() == []


def test_corrections_are_kept_when_a_library_is_rebuilt_or_a_file_is_gone(
    library, encoder, animals
):
    correct_page(library, encoder, animals, 1, "Cats\nA cat naps all day.", **LENGTHS)
    hide_pages(library, encoder, animals, [2], **LENGTHS)
    changes = library.corrections(animals)
    digest = library.full_hash()
    list(rebuild(library, encoder, **LENGTHS))
    assert library.full_hash() == digest
    (file,) = [document.path for document in library.documents() if document.id == animals]
    Path(file).unlink()
    for tokens in (40, 30):  # passages taken over, and cut again
        list(rebuild(library, encoder, passage_tokens=tokens))
        assert found(library, "naps") == ["Cats\nA cat naps all day."]
        assert found(library, "dog") == []
        assert library.corrections(animals) == changes
        assert library.verify() == []


def test_in_a_changed_file_a_correction_follows_the_text_that_was_corrected(
    library, encoder, animals, make_pdf, caplog
):
    correct_page(library, encoder, animals, 1, "Cats\nA cat naps all day.", **LENGTHS)
    hide_pages(library, encoder, animals, [2], **LENGTHS)
    file = make_pdf(
        "animals.pdf",
        """
        #slide("Birds")[A bird sings.]
        #slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice at night.]
        #slide("Dogs")[A dog guards the whole house. It barks at strangers.]
        """,
    )
    with caplog.at_level(logging.WARNING):
        (report,) = ingest([file], library, encoder, **LENGTHS)
    assert report.outcome == "replaced"
    assert report.omissions == (Omission("dropped corrections", 1),)
    (document,) = library.find("animals.pdf")
    assert found(library, "naps") == ["Cats\nA cat naps all day."]
    assert library.passages(document.id)[1].pages == (2,)
    assert list(library.corrections(document.id)) == [2]
    assert found(library, "dog") != []  # its page says something else now
    assert "the correction of page 2 was dropped" in caplog.text
    assert library.verify() == []
    library.remove(document.id)
    assert library.database.connection().execute("SELECT * FROM corrections").fetchall() == []


def test_other_passages_keep_their_headings_from_the_outline(empty_library, encoder, make_pdf):
    source = "#set page(height: 12cm)\n" + "".join(
        f"= Chapter {n}\n== Part {n}.1\n{'Words about the topic ' + str(n) + '. '} \n#pagebreak(weak: true)\n"
        for n in range(1, 4)
    )
    file = make_pdf("notes.pdf", source, preamble="#set text(size: 11pt)\n")
    list(ingest([file], empty_library, encoder, **LENGTHS))
    (document,) = empty_library.documents()
    before = empty_library.passages(document.id)
    assert any("Chapter 3" in passage.headings for passage in before)
    text = empty_library.page(document.id, 1).text.replace("topic 1", "subject 1")
    correct_page(empty_library, encoder, document.id, 1, text, **LENGTHS)
    after = empty_library.passages(document.id)
    assert [p for p in after if 1 not in p.pages] == [p for p in before if 1 not in p.pages]
    assert "subject 1" in after[0].text


def test_a_page_that_does_not_exist_and_a_text_without_words_are_refused(library, encoder, animals):
    digest = library.full_hash()
    with pytest.raises(BadPage, match=r"animals\.pdf has no page 3; it has pages 1 to 2"):
        hide_pages(library, encoder, animals, [1, 3], **LENGTHS)
    with pytest.raises(BadPage, match="page 1 has no words; hide the page"):
        correct_page(library, encoder, animals, 1, " \n- \n", **LENGTHS)
    with pytest.raises(LibraryMismatch, match="library rebuild"):
        correct_page(library, encoder, animals, 1, "Cats", passage_tokens=30)
    assert library.full_hash() == digest


# ---- the commands ----


@pytest.mark.slow
def test_the_commands(katheder, make_pdf, tmp_path):  # noqa: F811
    file = make_pdf("cats.pdf", '#slide("Cats")[A cat slept.]#slide("Dogs")[A dog barks.]')
    options = ("--library", tmp_path / "library")
    assert katheder("ingest", file, *options)[0] == 0
    code, out, err = katheder("library", "correct", "cats.pdf", 1, *options)
    assert (code, "A cat slept." in out, "--text-file" in err) == (0, True, True)
    text = tmp_path / "page.txt"
    text.write_text("Cats\nA cat naps.\n", encoding="utf-8")
    code, out, _ = katheder("library", "correct", "cats.pdf", 1, "--text-file", text, *options)
    assert (code, out) == (0, "cats.pdf: page 1 is corrected now\n")
    code, out, _ = katheder("library", "hide", "cats.pdf", 2, *options)
    assert (code, out) == (0, "cats.pdf: page 2 now hidden from the answers\n")
    _, out, _ = katheder("library", "list", *options)
    assert "page 1: corrected by hand" in out
    assert "page 2: hidden from the answers" in out
    library = Library(tmp_path / "library")
    assert found(library, "naps dog") == ["Cats\nA cat naps."]
    assert katheder("library", "show", "cats.pdf", 2, *options)[0] == 0
    _, out, _ = katheder("library", "correct", "cats.pdf", 1, "--undo", *options)
    assert out == "cats.pdf: page 1 is as its file has it now\n"
    assert len(found(library, "cat dog")) == 2
    code, _, err = katheder("library", "hide", "cats.pdf", 7, *options)
    assert code == 1
    assert "error: cats.pdf has no page 7; it has pages 1 to 2." in err
    code, _, err = katheder("library", "correct", "cats.pdf", 1, "--text-file", tmp_path, *options)
    assert code == 1
    assert "cannot be read" in err
