from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pypdf
import pytest
from conftest import SHARED, WordEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.chunk import ChunkSettings, chunk, embedding_text, windows
from ingest.readers import read
from ingest.running_lines import repeated_lines
from ingest.types import Box, Document, Line, Page, ParsedDocument, Passage, Span

NOTES = """
#set document(title: "Notes on search")
#set page(width: 14cm, height: 20cm, margin: 2cm, header: text(8pt)[Search notes],
  footer: align(center, context counter(page).display()))
#set text(size: 11pt)
#set heading(numbering: "1.1")
"""


def count_words(texts: Sequence[str]) -> list[int]:
    return WordEncoder().count_tokens(texts)


def cut(
    lecture: ParsedDocument, window: int = 64, passage: int = 40, overlap: int = 0
) -> list[Passage]:
    return chunk(lecture, count_words, ChunkSettings(window, passage, overlap))


def kept_text(lecture: ParsedDocument, pages: Sequence[int]) -> dict[int, str]:
    """The pages' text without running lines, blanks aside, worked out from the lines alone."""
    skipped = repeated_lines(lecture.pages)
    return {
        page.number: "".join(
            "".join(page.text[line.start : line.end].split())
            for line in page.lines
            if (page.number, line) not in skipped
        )
        for page in lecture.pages
        if page.number in pages
    }


def joined_text(lecture: ParsedDocument, passages: Sequence[Passage]) -> dict[int, str]:
    """What the passages' spans give for each page, each passage's overlap left out.

    Spans are taken in the page's order: a table is a passage of its own, amid the text around it.
    """
    texts = {page.number: page.text for page in lecture.pages}
    joined: dict[int, str] = {}
    spans = [span for passage in passages for span in passage.spans[passage.overlap :]]
    for span in sorted(spans, key=lambda span: (span.page, span.start)):
        piece = "".join(texts[span.page][span.start : span.end].split())
        joined[span.page] = joined.get(span.page, "") + piece
    return joined


# ---- slides ----


def test_each_slide_is_a_passage_with_its_headings_and_without_running_lines(make_pdf):
    slides = "".join(f'#slide("Topic {n}")[Fact number {n} is told here.]\n' for n in "ABCDE")
    lecture = read(make_pdf("deck.pdf", slides))
    passages = cut(lecture)
    assert [p.pages for p in passages] == [(n,) for n in range(1, 6)]
    assert [p.headings for p in passages] == [("A small lecture", f"Topic {n}") for n in "ABCDE"]
    assert [p.text for p in passages] == [
        f"Topic {n}\nFact number {n} is told here." for n in "ABCDE"
    ]
    assert "Course name" in lecture.pages[0].text  # the page has it, the passage does not
    assert [p.id for p in passages] == [f"{lecture.document.id[:16]}-{n:04d}" for n in range(5)]


def test_a_heading_that_recurs_at_the_top_is_never_dropped(make_pdf):
    slides = "".join(f'#slide("Attention")[Remark {n} differs from others.]\n' for n in "ABCDE")
    assert all(p.text.startswith("Attention\n") for p in cut(read(make_pdf("deck.pdf", slides))))


def test_a_build_is_one_passage_that_shows_on_all_its_pages(make_pdf):
    lecture = read(
        make_pdf(
            "build.pdf",
            """
            #slide("Steps")[- first we tokenise]
            #pagebreak()
            #slide("Steps")[- first we tokenise
              - second we embed]
            #pagebreak()
            #slide("Steps")[- first we tokenise
              - second we embed
              - third we search]
            #pagebreak()
            #slide("Other")[An end with other words]
            """,
        )
    )
    build, other = cut(lecture)
    assert build.pages == (1, 2, 3)
    assert build.is_build
    assert build.page == 3
    assert {span.page for span in build.spans} == {3}
    assert build.text.count("first we tokenise") == 1
    assert build.text.endswith("third we search")
    assert build.citation == "build.pdf, pp. 1-3"
    assert other.pages == (4,)


@pytest.mark.parametrize(
    "second",
    [
        '#slide("Steps")[- second we embed all of the passages anew, in one go]',  # replaces
        '#slide("Steps")[]',  # takes them away
        '#slide("Moves")[- first we tokenise the whole text \\ - second we embed]',  # other heading
    ],
)
def test_a_page_that_does_not_only_add_is_no_build(make_pdf, second):
    first = '#slide("Steps")[- first we tokenise the whole text]\n#pagebreak()\n'
    lecture = read(make_pdf("deck.pdf", first + second))
    assert all(len(passage.pages) == 1 for passage in cut(lecture))
    assert {passage.pages for passage in cut(lecture)} >= {(1,)}


def test_divider_slides_are_left_out_and_name_their_section(make_pdf):
    lecture = read(
        make_pdf(
            "sections.pdf",
            """
            #show heading: it => text(22pt, it.body)
            #heading[Part one]
            #slide("Cats")[A cat sleeps all day in the sun.]
            #pagebreak()
            #heading[Part two]
            #slide("Dogs")[A dog barks at strangers in the night.]
            """,
        )
    )
    assert [page.heading for page in lecture.pages] == ["Part one", "Cats", "Part two", "Dogs"]
    passages = cut(lecture)
    assert [p.pages for p in passages] == [(2,), (4,)]
    assert passages[0].headings == ("A small lecture", "Part one", "Cats")
    assert passages[1].headings == ("A small lecture", "Part two", "Dogs")


def test_sparse_slides_embed_title_and_section_without_showing_them(make_pdf):
    lecture = read(
        make_pdf("sparse.pdf", '#slide("Bayes")[$p(x|y)$]\n#slide("Other")[a b c d e f g]')
    )
    sparse = cut(lecture)[0]
    assert "A small lecture" not in sparse.text
    assert embedding_text(sparse).startswith("A small lecture\nBayes\n")  # the text has its heading
    assert sparse.context == "A small lecture › Bayes"


def test_embedding_text_of_a_passage_is_its_missing_headings_and_its_text():
    passage = Passage(
        "id",
        "d",
        "f.pdf",
        "T",
        (1,),
        ("Lecture", "Part", "Slide 3"),
        "Slide 3\nwords",
        (Span(1, 0, 13),),
    )
    assert embedding_text(passage) == "Lecture › Part\nSlide 3\nwords"


def test_a_long_slide_is_cut_between_its_lines(make_pdf):
    items = "\n".join(f"- Item {n} says a few words of its own" for n in range(12))
    lecture = read(make_pdf("long.pdf", f'#set text(9pt)\n#slide("Long")[{items}]'))
    passages = cut(lecture)
    assert len(passages) > 1
    assert all(p.pages == (1,) for p in passages)
    lines = [line for p in passages for line in p.text.splitlines()]
    assert [line for line in lines if "Item" in line] == [
        f"• Item {n} says a few words of its own" for n in range(12)
    ]
    sizes = count_words([p.text for p in passages])
    assert max(sizes) <= 40
    assert min(sizes) >= 0.5 * max(sizes)  # about equal, rather than full ones and a rest


def test_the_rows_of_a_wide_table_stay_lines(make_pdf):
    rows = ["Language Bytes GPT-2 o200k", "English 170 33 33", "Greek 359 218 71"]
    cells = ", ".join(f"[{cell}]" for row in rows for cell in row.split())
    table = f"#table(columns: (1fr,) * 4, inset: 2pt, stroke: none, {cells})"
    prose = "A sentence that is long enough to be broken once and to go on behind. " * 3
    passages = cut(read(make_pdf("table.pdf", f'#slide("Fertility")[{table}\n{prose}]')), 99, 90)
    assert {passage.kind for passage in passages} == {"text", "table"}
    by_kind = {passage.kind: passage.text.splitlines() for passage in passages}
    text, rows_of_table = by_kind["text"], by_kind["table"]
    assert rows_of_table == [f"| {' | '.join(row.split())} |" for row in rows]
    sentence = prose.strip().split(". ")[0] + "."
    assert text.count(sentence) == 3  # sentences, not set lines


@pytest.mark.parametrize(
    ("formula", "rest"),
    [("y_l", "; then it rests."), ("theta_i", ", which it leaves."), ("x_(i j)", ": it rests.")],
)
def test_a_sentence_goes_on_behind_an_index(make_pdf, formula, rest):
    slide = f'#slide("Indices")[The model is pushed away from each ${formula}${rest}]'
    passage = cut(read(make_pdf("index.pdf", slide)), 99, 90)[0]
    (line,) = [line for line in passage.text.splitlines() if line.startswith("The model")]
    assert line.endswith(rest)


# ---- notes ----


@pytest.mark.slow
def test_notes_run_on_across_pages_and_split_at_headings(make_pdf):
    body = " ".join(f"Sentence {n} of the story goes on for nine words." for n in range(90))
    lecture = read(
        make_pdf(
            "notes.pdf",
            f"= Breadth first\n{body}\n= Depth first\n" + body.replace("story", "depth"),
            NOTES,
        )
    )
    assert len(lecture.pages) >= 3
    passages = cut(lecture)
    assert any(p.pages == (1, 2) for p in passages)
    across = next(p for p in passages if len(p.pages) > 1)
    assert not across.is_build
    assert across.page == across.pages[0]
    assert {p.headings[-1] for p in passages} == {"1 Breadth first", "2 Depth first"}
    assert all(p.headings[0] == "Notes on search" for p in passages)
    for passage in passages:
        assert not ("story" in passage.text and "depth" in passage.text)
        assert "Search notes" not in passage.text
    assert joined_text(lecture, passages) == kept_text(lecture, range(1, 99))


def test_overlap_repeats_whole_sentences_of_the_passage_before(make_pdf):
    body = " ".join(f"Sentence {n} of it goes on for nine words." for n in range(40))
    lecture = read(make_pdf("notes.pdf", body, NOTES))
    passages = cut(lecture, overlap=10)
    assert all(p.overlap == 1 for p in passages[1:])
    for before, after in itertools.pairwise(passages):
        assert after.spans[0] == before.spans[-1]
    assert joined_text(lecture, passages) == kept_text(lecture, range(1, 99))
    assert passages[0].overlap == 0


# ---- properties ----

WORDS = st.sampled_from(["alpha", "Beta.", "gamma", "§", "3.", "x" * 30, "• item", "e.g.", "Über"])
TEXT_LINE = st.lists(WORDS, min_size=1, max_size=14).map(" ".join)


@st.composite
def lectures(draw: st.DrawFn) -> ParsedDocument:
    """Pages of lines set one below the other, slides and notes, with builds and running lines."""
    pages: list[Page] = []
    bodies: list[list[str]] = []
    wide = draw(st.booleans())
    for number in range(1, draw(st.integers(1, 6)) + 1):
        if bodies and draw(st.integers(0, 3)) == 0:
            body = [*bodies[-1], draw(TEXT_LINE)]  # a build
        else:
            body = draw(st.lists(TEXT_LINE, max_size=8))
        bodies.append(body)
        heading = body[0] if body and draw(st.booleans()) else ""
        text, lines, top = "", [], 15.0
        for place, words in [(2.0, "Running head"), *((None, line) for line in body)]:
            height = 10.0 if words == heading else 6.0
            y = place if place is not None else top
            lines.append(
                Line(len(text), len(text) + len(words), height, False, Box(9, y, 200, y + height))
            )
            top = top + height + draw(st.sampled_from([1.0, 9.0])) if place is None else top
            text += words + "\n"
        width = 400.0 if wide or draw(st.integers(0, 4)) == 0 else 250.0
        pages.append(Page(number, text, width, 300.0, heading, tuple(lines)))
    document = Document("0" * 64, "deck.pdf", "deck.pdf", draw(TEXT_LINE), len(pages))
    return ParsedDocument(document, tuple(pages))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(lectures(), st.integers(16, 60), st.integers(0, 7), st.integers(24, 80))
def test_passages_fit_the_window_and_joined_give_back_the_pages(lecture, tokens, overlap, window):
    passages = cut(lecture, window, tokens, overlap)
    assert all(size <= window - 2 for size in count_words(list(map(embedding_text, passages))))
    texts = {page.number: page.text for page in lecture.pages}
    for passage in passages:
        assert passage.text.split() == [
            word for s in passage.spans for word in texts[s.page][s.start : s.end].split()
        ]
        assert len(passage.spans) > passage.overlap
        assert set(passage.pages) >= {span.page for span in passage.spans}
    # Steps of a build but the last are covered by the last one's text.
    last = {passage.pages[-1] for passage in passages if passage.is_build}
    hidden = {n for passage in passages if set(passage.pages) & last for n in passage.pages} - last
    expected = kept_text(lecture, [page.number for page in lecture.pages])
    assert joined_text(lecture, passages) == {
        number: text for number, text in expected.items() if text and number not in hidden
    }


def test_a_word_longer_than_the_window_is_cut_by_letters():
    text = "a" * 500
    line = Line(0, 500, 6.0, False, Box(9, 20, 200, 26))
    page = Page(1, text + "\n", 400.0, 300.0, "", (line,))
    lecture = ParsedDocument(Document("0" * 64, "f", "f", "T", 1), (page,))

    def by_fives(texts: Sequence[str]) -> list[int]:
        return [-(-len(text) // 5) for text in texts]

    passages = chunk(lecture, by_fives, ChunkSettings(40, 20, 0))
    assert all(by_fives([embedding_text(p)])[0] <= 38 for p in passages)
    assert "".join(p.text for p in passages) == text


def test_a_skipped_line_parts_what_stands_around_it():
    """A page number amid the pieces of a formula must not come back with them."""
    text, lines = "", []
    for words, top in [("a", 270), ("7", 272), ("b", 274)]:
        lines.append(Line(len(text), len(text) + 1, 6.0, False, Box(9, top, 20, top + 6)))
        text += words + "\n"
    page = Page(7, text, 250.0, 300.0, "", tuple(lines))
    (passage,) = cut(ParsedDocument(Document("0" * 64, "f", "f", "T", 1), (page,)))
    assert passage.text == "a\nb"


def test_an_endless_title_leaves_room_for_the_text(make_pdf):
    title = " ".join(f"word{n}" for n in range(300))
    path = make_pdf(
        "titled.pdf", f'#set document(title: "{title}")\n#slide("Cats")[A cat sleeps all day.]'
    )
    (passage,) = cut(read(path))
    assert passage.title == title
    assert count_words([embedding_text(passage)])[0] <= 62
    assert "A cat sleeps all day." in passage.text


@pytest.mark.parametrize(
    "wrong", [{"passage_tokens": 8}, {"passage_tokens": 40, "overlap_tokens": 20}, {"window": 10}]
)
def test_settings_without_room_are_refused(make_pdf, wrong):
    lecture = read(make_pdf("deck.pdf", '#slide("Cats")[A cat sleeps all day.]'))
    with pytest.raises(ValueError, match=r"must be at least"):
        chunk(lecture, count_words, ChunkSettings(**wrong))


# ---- real lectures, the real tokenizer ----


@pytest.mark.slow
@pytest.mark.parametrize("overlap", [0, 40])
@pytest.mark.parametrize("folder", ["corpus", "shared"])
def test_real_passages_fit_the_real_window_and_cover_their_pages(folder, overlap):
    from tokenizers import Tokenizer

    from ingest.embed import BiEncoder
    from ingest.weights import MINILM, locate

    where = SHARED / "pdfs" if folder == "shared" else Path(__file__).parents[1] / "corpus"
    files = sorted(where.glob("*.pdf"))
    if not files:
        pytest.skip(f"no lectures in {where}")
    encoder = BiEncoder()
    tokenizer = Tokenizer.from_file(str(locate(MINILM).folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for file in files:
        lecture = read(file)
        passages = chunk(
            lecture, encoder.count_tokens, ChunkSettings(encoder.window, overlap_tokens=overlap)
        )
        framed = tokenizer.encode_batch(list(map(embedding_text, passages)))  # with [CLS], [SEP]
        assert max(len(encoding.ids) for encoding in framed) <= encoder.window == 256
        hidden = {n for p in passages if p.is_build for n in p.pages[:-1]}
        expected = kept_text(lecture, range(1, len(lecture.pages) + 1))
        joined = joined_text(lecture, passages)
        assert joined.items() <= expected.items()
        # Left out are steps of builds, empty pages and slides that only name a section.
        sections = {re.sub(r"\s", "", s.title) for s in lecture.outline} | {""}
        rest = {n: text for n, text in expected.items() if n not in joined and n not in hidden}
        assert set(rest.values()) <= sections
        pages = Counter(n for p in passages for n in set(p.pages))
        assert set(pages) == set(expected) - set(rest)
        assert len(lecture.pages) == len(pypdf.PdfReader(file).pages)


def test_a_long_text_is_cut_into_windows_that_lose_no_word_and_fit(encoder):
    text = " ".join(f"word{number}" for number in range(200))
    lead = "one two three"
    pieces = [text[start:end] for start, end in windows(text, 62, encoder.count_tokens, lead)]
    assert " ".join(pieces) == text
    lengths = encoder.count_tokens(pieces)
    assert lengths[0] == 62
    assert lengths[1:-1] == [59] * len(lengths[1:-1])
    assert windows("short text", 62, encoder.count_tokens, lead) == [(0, 10)]


def test_a_sentence_that_formulas_interrupt_is_not_cut(make_pdf):
    """Cut by length alone, the first passage would end before the first formula."""
    notes = (
        NOTES
        + """
= Heuristics
Every search so far was blind, and had no idea which neighbour it should look at in the next step of it.

The heuristic is called admissible by all of us if the function
$ d : Q -> R $
gives the true distance from a state, and then for all of them
$ h(s) <= d(s). $

Each of the puzzles of the next chapter has one that is found by counting tiles at wrong places.
"""
    )
    passages = cut(read(make_pdf("notes.pdf", notes)), window=90, passage=56)
    [held] = [passage.text for passage in passages if "admissible" in passage.text]
    assert "true distance" in held
    assert "h(s) ≤ d(s)." in held
