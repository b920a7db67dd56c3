"""The chat, driven by AppTest with the word encoder and a writer in the same process."""

from __future__ import annotations

import re
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tiny_models import make_llama

from ingest.pipeline import FileReport, find_files, ingest
from ingest.store import Library
from rag.generate import Generator
from rag.pipeline import Pipeline
from rag.sampling import Sampling
from rag.settings import AppSettings, ModelSettings, Settings
from rag.types import Sentence
from ui.job import Job
from ui.render import escape, sentences_markdown
from ui.uploads import UploadRefused, clean_name, drop_unused, store_upload, store_uploads

APP = Path(__file__).parents[1] / "ui" / "app.py"
CONFIG = APP.parent / ".streamlit" / "config.toml"
LIMITS = AppSettings(max_upload_mb=1, max_upload_files=2)


class Writer:
    """A generator that writes a given text word by word; without an end it waits to be stopped."""

    name = "writer@1"

    def __init__(self, text: str, *, ends: bool = True) -> None:
        self.text = text
        self.ends = ends
        self.asked: list[Sampling] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def load(self) -> None: ...

    def stream(
        self, messages: Sequence[object], sampling: Sampling, stop: threading.Event | None = None
    ) -> Iterator[str]:
        self.asked.append(sampling)
        yield from re.findall(r"\S+\s*", self.text)
        if not self.ends:
            assert stop is not None
            assert stop.wait(30), "nobody pressed Stop"


@pytest.fixture
def start(
    library: Library, encoder: object, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    """Open the page on the small library with a writer in place of the language model."""

    def opened(writer: object, folder: Path | None = None) -> AppTest:
        def load(_: Path, settings: Settings) -> Pipeline:
            return Pipeline(library, encoder, writer, None, settings)

        monkeypatch.setenv("KATHEDER_LIBRARY", str(folder or library.folder))
        monkeypatch.setenv("KATHEDER_CHUNKING__PASSAGE_TOKENS", "40")  # as the library was cut
        monkeypatch.setenv("KATHEDER_ANSWER__WRITER", "true")
        monkeypatch.setattr(Pipeline, "load", load)
        monkeypatch.setattr("ingest.embed.BiEncoder", lambda *_: encoder)
        st.cache_resource.clear()
        return AppTest.from_file(str(APP), default_timeout=30).run()

    return opened


def shown(page: AppTest) -> str:
    """All text of the page without its escapes."""
    kinds = (page.markdown, page.caption, page.error, page.info, page.success)
    return re.sub(r"\\(.)", r"\1", "\n".join(part.value for kind in kinds for part in kind))


def ask(page: AppTest, question: str) -> AppTest:
    page = page.chat_input[0].set_value(question).run()
    assert not page.exception
    return page


# ---- asking ----


def test_a_written_answer_is_shown_with_its_source_and_scores(start):
    page = ask(start(Writer("A cat sleeps sixteen hours a day.")), "How long does a cat sleep?")
    text = shown(page)
    assert "A cat sleeps sixteen hours a day. :primary[[1]]" in text
    assert "*“" not in text  # not a quotation: the model wrote it
    assert "**:primary[[1]] animals.pdf, p. 1**" in text
    assert "“A cat sleeps sixteen hours a day.”" in text
    ranks = page.table[0].value
    assert list(ranks.columns[:2]) == ["Page", "Source"]
    assert ranks["Page"].iloc[0] == "animals\\.pdf\\, p\\. 1"
    assert ranks["Source"].iloc[0] == ":primary[\\[1\\]]"
    assert re.fullmatch(r"1 \\\(0\\\.\d+\\\)", ranks["Meaning (cosine)"].iloc[0])
    assert re.fullmatch(r"1 \\\(\d+\\\.\d+\\\)", ranks["Words (BM25)"].iloc[0])
    assert {"Encode", "Retrieve", "Generate", "Ground"} <= set(page.table[1].value["Stage"])
    assert "Why these pages: ranks and scores" in [fold.label for fold in page.expander]
    assert [message.name for message in page.chat_message] == ["user", "assistant"]


def test_an_answer_of_a_real_tiny_llama_rests_on_a_page(start, tmp_path):
    models = ModelSettings(generator=str(make_llama(tmp_path / "llama")), device="cpu")
    page = ask(start(Generator(models)), "How many metres per second in vacuum does light travel?")
    # Random weights write nothing that a source supports, so the lecture speaks for itself.
    assert "*“Light travels at 299792458 metres per second in vacuum.”* :primary[[1]]" in shown(
        page
    )
    assert "**:primary[[1]] physics.pdf, p. 2**" in shown(page)


def test_without_the_writer_the_lecture_is_quoted_and_no_sampling_is_shown(start):
    writer = Writer("Never asked.")
    page = start(writer)
    page.sidebar.toggle[0].set_value(False).run()
    assert not page.selectbox
    page = ask(page, "What does gravity pull together?")
    assert "*“Gravity pulls masses together.”* :primary[[1]]" in shown(page)
    assert "In quotation marks: the lectures' own words." in shown(page)
    assert writer.asked == []


def test_an_abstention_shows_the_nearest_pages(start, monkeypatch):
    monkeypatch.setenv("KATHEDER_RETRIEVAL__MIN_COSINE", "0.99")
    page = ask(start(Writer("Never asked.")), "Who barks at strangers?")
    assert page.info[0].value.startswith("The lectures do not seem to answer this.")
    assert "**:primary[[1]] animals.pdf, p. 2**" in shown(page)


def test_a_follow_up_is_searched_with_the_question_before_it(start):
    page = ask(start(Writer("It hunts mice at night.")), "How long does a cat sleep?")
    page = ask(page, "And at night?")
    assert "Searched for: How long does a cat sleep? And at night?" in shown(page)
    assert [message.name for message in page.chat_message] == ["user", "assistant"] * 2
    page.sidebar.button[0].click().run()
    assert not page.chat_message
    page = ask(page, "And at night?")
    assert "Searched for" not in shown(page)


def test_a_question_without_words_is_answered_by_the_error_text(start):
    page = ask(start(Writer("Never asked.")), "???")
    assert re.sub(r"\\(.)", r"\1", page.error[0].value).startswith(
        "The question '???' holds no words"
    )
    page = ask(page, "How long does a cat sleep?")  # and the chat goes on
    assert "animals.pdf, p. 1" in shown(page)


def test_stop_keeps_what_was_written(start, monkeypatch):
    pressed: dict[str, Callable[[], None]] = {}
    draw = st.button

    def button(label: str, **options: object) -> bool:
        pressed[label] = options.get("on_click")
        return draw(label, **options)

    class Endless(Writer):
        """Once its text is out, it presses the page's Stop button and waits for the word."""

        def stream(self, messages, sampling, stop=None):
            yield from super().stream(messages, sampling)
            wait_for(lambda: "Stop" in pressed)
            pressed["Stop"]()
            assert stop.wait(10), "Stop did not reach the writer"

    monkeypatch.setattr(st, "button", button)
    page = ask(start(Endless("A cat sleeps sixteen hours a day. ")), "How long does a cat sleep?")
    assert "A cat sleeps sixteen hours a day. :primary[[1]]" in shown(page)
    assert "Stopped before the end." in shown(page)
    assert "Stop" not in [button.label for button in page.button]


def test_a_rerun_takes_up_the_answer_being_written(start, library, encoder):
    page = start(Writer("Not asked."))
    writer = Writer("It barks at strangers.")
    job = Job(
        lambda stop: Pipeline(library, encoder, writer).stream("Who barks at strangers?", stop=stop)
    )
    list(job.follow())  # a run of the page that was cut off at its end
    page.session_state["writing"] = ("Who barks at strangers?", job)
    page.run()
    assert "It barks at strangers. :primary[[1]]" in shown(page)
    assert page.session_state["writing"] is None


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


# ---- sampling ----


def test_only_the_fields_of_the_strategy_are_shown_and_used(start):
    writer = Writer("It barks at strangers.")
    page = start(writer)
    labels = {field.label for field in page.number_input}
    assert labels == {"Repetition penalty", "Longest answer in tokens", "Seed"}
    page.selectbox[0].set_value("beam").run()
    assert {field.label for field in page.number_input} == labels | {"Beams"}
    page.selectbox[0].set_value("sample").run()
    drawing = {"Temperature", "Top-k", "Top-p", "Min-p"}
    assert {field.label for field in page.number_input} == labels | drawing
    by_label = {field.label: field for field in page.number_input}
    by_label["Temperature"].set_value(0.7)
    by_label["Top-k"].set_value(20)
    by_label["Seed"].set_value(5)
    ask(page.run(), "Who barks at strangers?")
    assert writer.asked == [
        Sampling(
            strategy="sample",
            temperature=0.7,
            top_k=20,
            max_new_tokens=Sampling().max_new_tokens,
            seed=5,
        )
    ]


def test_sampling_that_is_refused_is_a_sentence_and_closes_the_input(start):
    page = start(Writer("Not asked."))
    page.selectbox[0].set_value("sample").run()
    {field.label: field for field in page.number_input}["Temperature"].set_value(0.0)
    page.run()
    assert not page.exception
    assert escape("temperature=0.0 cannot be used") in page.error[0].value
    assert page.chat_input[0].disabled
    page.selectbox[0].set_value("greedy").run()
    assert not page.error
    assert not page.chat_input[0].disabled


# ---- settings and libraries that do not fit ----


def test_bad_settings_are_one_sentence(start, monkeypatch):
    monkeypatch.setenv("KATHEDER_RETRIEVAL__TOP_K", "0")
    page = start(Writer("Not asked."))
    assert not page.exception
    assert escape("retrieval.top_k = '0'") in page.error[0].value


def test_the_page_lists_the_documents_with_their_pages(start):
    page = start(Writer("Not asked."))
    assert "2 documents, 5 pages" in [expander.label for expander in page.expander]
    assert "**animals.pdf**, 2 pages" in shown(page)
    assert "**physics.pdf**, 3 pages" in shown(page)


def test_an_empty_library_explains_itself_and_reads_the_bundled_lectures(
    start, tmp_path, library, encoder, monkeypatch
):
    folder = tmp_path / "nothing"
    broken = tmp_path / "lectures" / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and no more")
    page = start(Writer("It barks at strangers."), folder)
    assert "There are no lectures here yet." in shown(page)
    assert not page.chat_input
    assert not folder.exists()  # looking does not make one
    read: list[list[Path]] = []

    def small(files, target, *rest, **settings):
        """The page asks for the bundled lectures; two small ones take their place."""
        read.append(list(files))
        return ingest(find_files([tmp_path / "lectures"]), target, *rest, **settings)

    monkeypatch.setattr("ingest.pipeline.ingest", small)
    (button,) = [button for button in page.main.button if button.label.startswith("Read the")]
    page = button.click().run()
    assert not page.exception
    assert read == [find_files([APP.parents[1] / "corpus"])]
    assert Library(folder).count() > 0
    assert len(page.chat_input) == 1
    assert ":material/check: animals.pdf: added, 2 pages" in shown(page)
    assert "broken.pdf" in re.sub(r"\\(.)", r"\1", page.error[0].value)
    assert broken.exists()  # only uploads are dropped


# ---- uploads ----


def test_uploads_are_stored_read_and_reported(start, library, make_pdf):
    new = make_pdf("new.pdf", '#slide("Whales")[A whale sings under water for hours.]').read_bytes()
    page = start(Writer("A whale sings under water for hours."))
    page.file_uploader[0].set_value(
        [
            ("../../whales.pdf", new, "application/pdf"),
            ("notes.pdf", b"plain words", "application/pdf"),
            ("broken.pdf", b"%PDF-1.7 and no more", "application/pdf"),
        ]
    )
    (add,) = [button for button in page.button if button.label == "Add to the library"]
    page = add.click().run()
    assert not page.exception
    assert ":material/check: whales.pdf: added, 1 page" in shown(page)
    assert "notes.pdf: not a PDF" in shown(page)
    assert "broken.pdf" in shown(page)
    assert [file.name for file in (library.folder / "uploads").iterdir()] == ["whales.pdf"]
    assert "**whales.pdf**, 1 page" in shown(page)
    page = ask(page, "What does a whale sing?")
    assert "**:primary[[1]] whales.pdf, p. 1**" in shown(page)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("deck.pdf", "deck.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\lectures\\Deck 1.PDF", "Deck 1.pdf"),
        (".hidden.pdf", "hidden.pdf"),
        ("..", "lecture.pdf"),
        ("", "lecture.pdf"),
        ("U\u0308bung\n1 <b>.pdf", "Übung_1 _b_.pdf"),
        ("a\x00b|c?.pdf", "a_b_c_.pdf"),
        ("x" * 300 + ".pdf", "x" * 100 + ".pdf"),
    ],
)
def test_names_keep_only_what_is_safe(sent, kept):
    assert clean_name(sent) == kept


def test_an_upload_overwrites_no_other_file(tmp_path):
    first = store_upload(tmp_path, "deck.pdf", b"%PDF one", LIMITS)
    second = store_upload(tmp_path, "deck.pdf", b"%PDF two", LIMITS)
    again = store_upload(tmp_path, "deck.pdf", b"%PDF two", LIMITS)
    assert [first.name, second.name, again.name] == ["deck.pdf", "deck (2).pdf", "deck (2).pdf"]
    assert (first.read_bytes(), second.read_bytes()) == (b"%PDF one", b"%PDF two")


def test_what_is_no_pdf_or_too_large_is_refused(tmp_path):
    store_upload(tmp_path, "late.pdf", b" " * 1020 + b"%PDF", LIMITS)
    with pytest.raises(UploadRefused, match=r"^later\.pdf: not a PDF"):
        store_upload(tmp_path, "later.pdf", b" " * 1021 + b"%PDF", LIMITS)
    store_upload(tmp_path, "full.pdf", b"%PDF".ljust(1024 * 1024), LIMITS)
    with pytest.raises(UploadRefused, match="limit is 1 MB"):
        store_upload(tmp_path, "fuller.pdf", b"%PDF".ljust(1024 * 1024 + 1), LIMITS)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["full.pdf", "late.pdf"]


def test_more_files_than_allowed_are_reported_one_by_one(tmp_path):
    files, refused = store_uploads(
        tmp_path, [(f"{name}.pdf", f"%PDF {name}".encode()) for name in "abcd"], LIMITS
    )
    assert [file.name for file in files] == ["a.pdf", "b.pdf"]
    assert [report.path for report in refused] == ["c.pdf", "d.pdf"]
    assert "more than 2 files" in refused[0].message


@pytest.mark.parametrize(
    ("outcome", "stays"),
    [
        ("added", True),
        ("replaced", True),
        ("unchanged", True),
        ("failed", False),
        ("duplicate", False),
    ],
)
def test_an_upload_stays_only_if_the_library_rests_on_it(tmp_path, outcome, stays):
    file = tmp_path / "deck.pdf"
    file.write_bytes(b"%PDF")
    drop_unused(FileReport(str(file), outcome))
    assert file.exists() == stays


# ---- text from documents ----


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain words, ä ß é", "plain words\\, ä ß é"),
        ("*a* _b_ `c`", "\\*a\\* \\_b\\_ \\`c\\`"),
        ("$x^2$", "\\$x\\^2\\$"),
        ("<script>alert(1)</script>", "\\<script\\>alert\\(1\\)\\<\\/script\\>"),
        ("&lt;", "\\&lt\\;"),
        ("![i](http://h/i.png)", "\\!\\[i\\]\\(http\\:\\/\\/h\\/i\\.png\\)"),
        (":red[no]", "\\:red\\[no\\]"),
        ("back\\slash", "back\\\\slash"),
        ("# no\n\n- list\n    code", "\\# no \\- list code"),
        ("a -> b", "a \\-\u2060\\> b"),
        ("a->b", "a\\-\\>b"),
        ("-- <-> <=", "\\-\u2060\\- \\<\u2060\\-\\> \\<\u2060\\="),
        (":streamlit:", "\\:\u2060streamlit\\:"),
    ],
)
def test_escaped_text_holds_no_markup(text, escaped):
    assert escape(text) == escaped


def test_pieces_of_a_stream_are_escaped_as_the_whole():
    text = "So *this* is $5, or <b>[1]</b>: done."
    assert "".join(map(escape, re.findall(r"\S+\s*", text))) == escape(text)


def test_markup_in_a_lecture_and_in_a_draft_is_shown_as_text(start, library, make_pdf, encoder):
    odd = make_pdf(
        "odd *name*.pdf", '#slide("Odd")[The zebra says \\$a\\$ and \\<img src=x\\> to \\*you\\*.]'
    )
    assert [r.outcome for r in ingest([odd], library, encoder, passage_tokens=40)] == ["added"]
    page = ask(
        start(Writer("The zebra says $a$ and <img src=x> to *you*.")), "What says the zebra?"
    )
    drawn = [part.value for part in (*page.markdown, *page.caption)]
    about = [value for value in drawn if "zebra" in value]
    assert len(about) == 3  # question, sentence, quote
    for value in drawn:
        assert not re.search(r"(?<!\\)(?:\$|<|\*you)", value), value
    assert any("odd \\*name\\*\\.pdf" in value for value in drawn)


def test_quoted_sentences_stand_apart_from_written_ones():
    sentences = [
        Sentence("One.", 1, 0.9, "written"),
        Sentence("Two.", 2, 0.8, "written"),
        Sentence("Three.", 1, 1.0, "quoted"),
    ]
    assert sentences_markdown(sentences) == (
        "One\\. :primary[\\[1\\]] Two\\. :primary[\\[2\\]]\n\n*“Three\\.”* :primary[\\[1\\]]"
    )


# ---- jobs ----


def test_a_job_is_followed_from_its_first_item_by_everyone():
    go = threading.Event()

    def work(stop: threading.Event) -> Iterator[int]:
        yield 1
        go.wait(10)
        yield 2

    job = Job(work)
    first = job.follow(patience=0.01)
    assert next(item for item in first if item is not None) == 1
    assert next(first) is None  # nothing new: a sign of life
    go.set()
    assert [item for item in first if item is not None] == [2]
    assert [item for item in job.follow() if item is not None] == [1, 2]


def test_a_job_hands_its_error_to_every_follower():
    def work(stop: threading.Event) -> Iterator[int]:
        yield 1
        raise UploadRefused("no")

    job = Job(work)
    for _ in range(2):
        items = job.follow()
        assert next(items) == 1
        with pytest.raises(UploadRefused, match="no"):
            list(items)


# ---- theme ----


def luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance of an sRGB colour with parts in [0, 1], as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(front: str, back: str, opacity: float = 1.0) -> float:
    """WCAG contrast of two colours `#rrggbb`, the front one mixed into the back one."""
    parse = lambda colour: [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]  # noqa: E731
    under = parse(back)
    over = [opacity * f + (1 - opacity) * b for f, b in zip(parse(front), under, strict=True)]
    light, dark = sorted((luminance(tuple(over)), luminance(tuple(under))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # the classic limit


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_theme_colours_reach_wcag_aa(mode):
    theme = tomllib.loads(CONFIG.read_text())["theme"][mode]
    for place in (theme, theme["sidebar"]):
        for back in (place["backgroundColor"], place["secondaryBackgroundColor"]):
            for name in ("textColor", "linkColor", "primaryColor"):
                assert contrast(theme[name], back) >= 4.5, (name, back)
            assert contrast(theme["textColor"], back, opacity=0.6) >= 4.5, ("caption", back)


def test_the_server_listens_on_this_machine_alone_and_sends_nothing():
    config = tomllib.loads(CONFIG.read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["server"]["maxUploadSize"] == AppSettings().max_upload_mb
