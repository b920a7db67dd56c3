"""The app, driven by AppTest with the word encoder and a writer in the same process."""

from __future__ import annotations

import ast
import json
import re
import shutil
import sqlite3
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pptx
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from tiny_models import hit

from ingest import resources
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.app_settings import AppSettings
from rag.evaluation.question_log import open_log
from rag.evaluation.questions import Gold, read_questions
from rag.models import Models
from rag.sampling import PRESETS, Sampling
from rag.scope import Scope
from rag.types import Sentence, Source
from ui import session
from ui.answers import PendingAnswer
from ui.conversations import FILE, Conversations
from ui.file_reports import OMISSIONS, UNREAD_OUTCOMES
from ui.german import GERMAN
from ui.identity.roles import Identity, Role
from ui.presentation.labels import OUTCOMES, STAGES
from ui.presentation.measures import SHORT, TEXTS
from ui.presentation.passage_charts import COLOURS, RANKS_AXIS, TOOLTIP
from ui.render import FILE_OUTCOMES, PROGRESS, sentence_markdown
from ui.scope_picker import PARTS
from ui.session import background_jobs, use_models
from ui.text import escape, with_formulas
from ui.views import lecturers, passages
from ui.views.question_writing import KINDS
from ui.views.settings import as_toml

APP = Path(__file__).parents[1] / "ui" / "app.py"
CONFIG = APP.parent / ".streamlit" / "config.toml"


class Writer:
    """A generator that writes a given text word by word; without an end it waits to be stopped."""

    name = "writer@1"

    def __init__(self, text: str, *, ends: bool = True) -> None:
        self.text = text
        self.ends = ends
        self.samplings: list[Sampling] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def load(self) -> None: ...

    def stream(
        self, messages: Sequence[object], sampling: Sampling, stop: threading.Event | None = None
    ) -> Iterator[str]:
        self.samplings.append(sampling)
        yield from re.findall(r"\S+\s*", self.text)
        if not self.ends:
            assert stop is not None
            assert stop.wait(120), "nobody pressed Stop"


@pytest.fixture
def start(
    library: Library, encoder: object, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., AppTest]]:
    """Open a page on the small library, with a writer in place of the language model."""

    def opened(
        writer: Writer | None = None,
        *,
        page: str = "ask",
        folder: Path | None = None,
        guides: bool = False,
        **query: str,
    ) -> AppTest:
        monkeypatch.setenv("KATHEDER_LIBRARY", str(folder or library.folder))
        monkeypatch.setenv("KATHEDER_MODELS__RERANKER", "none")
        monkeypatch.setenv("KATHEDER_APP__GUIDES", "true" if guides else "false")
        monkeypatch.setenv("KATHEDER_CHUNKING__PASSAGE_TOKENS", "40")  # as the library was cut
        monkeypatch.setenv("KATHEDER_ANSWER__SPAN_WORDS", "0")  # single sentences are quoted
        if writer:
            monkeypatch.setenv("KATHEDER_ANSWER__WRITER", "true")
        st.cache_resource.clear()
        st.cache_data.clear()
        use_models(Models(encoder=encoder, writer=writer or Writer("Not used.")))
        if page == "app":
            test = AppTest.from_file(str(APP), default_timeout=180)
        else:
            test = AppTest.from_string(
                f"from ui.session import open_session\nfrom ui.views.{page} import page\n"
                "page(open_session())",
                default_timeout=180,
            )
        for name, value in query.items():
            test.query_params[name] = value
        return test.run()

    yield opened
    st.cache_resource.clear()
    st.cache_data.clear()


def open_tab(page: AppTest, key: str, label: str) -> AppTest:
    """Open a tab; only then its part of the page is drawn."""
    page.session_state[f"tabs-{key}"] = label
    return page.run()


def text_of(page: AppTest) -> str:
    """All text of the page without its escapes."""
    kinds = (page.markdown, page.caption, page.error, page.info, page.success, page.warning)
    texts = [part.value for kind in kinds for part in kind]
    return re.sub(r"\\(.)", r"\1", "\n".join([*texts, *(button.label for button in page.button)]))


def press(page: AppTest, label: str) -> AppTest:
    [button] = [b for b in page.button if re.sub(r"\\(.)", r"\1", b.label) == label]
    page = button.click().run()
    assert not page.exception
    return page


def conversation_of(page: AppTest) -> str:
    return of_address(page, "c")


def of_address(page: AppTest, name: str) -> str:
    named = page.query_params[name]
    return named if isinstance(named, str) else named[0]


def ask(page: AppTest, question: str) -> AppTest:
    page = page.chat_input[0].set_value(question).run()
    assert not page.exception
    return page


# ---- asking ----


def test_a_written_answer_carries_its_source_as_a_chip(start):
    page = ask(start(Writer("A cat sleeps sixteen hours a day.")), "How long does a cat sleep?")
    text = text_of(page)
    assert "A cat sleeps sixteen hours a day." in text
    assert "*“" not in text  # not a quotation: the model wrote it
    assert "[1] animals.pdf, p. 1" in text
    assert "Written by the language model" in text


def test_a_lead_is_the_answer_and_its_page_is_folded_beneath(start):
    page = ask(start(), "What does gravity pull together?")
    assert "\nGravity pulls masses together. An apple falls from the tree.\n" in text_of(page)
    [context, *_] = page.expander
    assert context.label == "On the page"
    assert context.markdown[0].value == (
        "> “**Gravity pulls masses together\\.**  \n> **An apple falls from the tree\\.**”"
    )


def viewer_of(page: AppTest) -> dict[str, Any]:
    """What the viewer's browser part is given."""
    [viewer] = [
        part
        for part in page.get("bidi_component")
        if part.proto.component_name == "katheder_viewer"
    ]
    data = json.loads(viewer.proto.json)
    assert isinstance(data, dict)
    return data


def has_viewer(page: AppTest) -> bool:
    return any(
        part.proto.component_name == "katheder_viewer" for part in page.get("bidi_component")
    )


def test_a_chip_opens_the_viewer_at_the_quote(start):
    page = ask(start(), "What does gravity pull together?")
    page = press(page, "[1] physics.pdf, p. 1")
    viewer = viewer_of(page)
    assert len(viewer["sizes"]) == 3
    assert {"1", "2"} <= viewer["contents"].keys()
    assert viewer["contents"]["1"]["alt"] == (
        "Page 1 of physics.pdf, highlighted: "
        "Gravity pulls masses together. An apple falls from the tree."
    )
    assert viewer["contents"]["2"]["alt"] == "Page 2 of physics.pdf"
    [place] = viewer["places"]
    assert place["page"] == 1
    words = {word: box for *box, word in viewer["contents"]["1"]["words"]}
    left, top, width, height = place["boxes"][0]  # a line, from its first word on
    assert (left, top) == pytest.approx(words["Gravity"][:2], abs=0.5)
    assert left + width >= words["together."][0] + words["together."][2] - 0.5
    assert words["Gravity"][1] + words["Gravity"][3] <= top + height + 0.5
    [link] = page.get("link_button")
    assert link.proto.label == "Open the PDF"
    assert link.proto.url.endswith(".pdf#page=1")
    assert page.get("download_button")[0].proto.label == "Download"
    source, conversation = of_address(page, "source"), conversation_of(page)
    page = press(page, "Close")
    assert not has_viewer(page)
    assert "source" not in page.query_params
    page = start(c=conversation, source=source)  # the link to the source
    assert viewer_of(page)["places"][0]["page"] == 1


def test_a_file_that_is_gone_is_a_sentence(start, tmp_path):
    page = ask(start(), "What does gravity pull together?")
    (tmp_path / "lectures" / "physics.pdf").unlink()
    page = press(page, "[1] physics.pdf, p. 1")
    assert (
        "physics.pdf: cannot be read (No such file or directory)"
        in (viewer_of(page)["contents"]["1"]["error"])
    )


def test_a_file_without_pages_is_shown_as_text_with_the_quote_marked(
    start, library, encoder, tmp_path
):
    file = tmp_path / "notes.md"
    file.write_text(
        "# Whales\n\nA whale <img src=x onerror=alert(1)> sings *under* water for `hours`.\n\n"
        "```\nif a < b:\n    swim()\n```\n\n# Owls\n\nAn owl hunts mice at night."
    )
    list(ingest([file], library, encoder, passage_tokens=40))
    page = ask(start(), "Where does the whale sing for hours?")
    page = press(page, "[1] notes.md, section 1")
    viewer = viewer_of(page)
    assert viewer["is_text"]
    assert [place["page"] for place in viewer["places"]] == [1]
    html = viewer["contents"]["1"]["html"]
    assert "<mark>A whale" in html
    assert "<img" not in html
    assert "    swim()" in html
    assert "<mark>" not in viewer["contents"]["2"]["html"]


def test_the_library_shows_files_without_pages(start, library, encoder, tmp_path):
    for document in library.documents():
        library.remove(document.id)
    (tmp_path / "talk.txt").write_text("An owl hunts mice at night.")
    list(ingest([tmp_path / "talk.txt"], library, encoder, passage_tokens=40))
    page = start(page="library", lecture=library.documents()[0].id)
    assert not page.exception
    assert "An owl hunts mice at night." in viewer_of(page)["contents"]["1"]["html"]
    assert viewer_of(page)["contents"]["1"]["label"] == "part 1"


def deck_of(texts: Mapping[str, str], file: Path) -> Path:
    """A PowerPoint file with a slide for each title and text."""
    deck = pptx.Presentation()
    for title, text in texts.items():
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text_frame.text = text
    deck.save(file)
    return file


def test_a_deck_is_counted_and_cited_in_slides(start, library, encoder, tmp_path):
    texts = {"Owls": "An owl hunts mice.", "Whales": "A whale sings for hours."}
    list(ingest([deck_of(texts, tmp_path / "deck.pptx")], library, encoder, passage_tokens=40))
    assert "deck.pptx · 2 slides" in text_of(start(page="library"))
    assert "[1] deck.pptx, slide 2" in text_of(ask(start(), "What does a whale do for hours?"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_slide_is_shown_as_libreoffice_draws_it(start, library, encoder, tmp_path):
    texts = {"Owls": "An owl hunts mice.", "Whales": "A whale sings for hours."}
    for document in library.documents():
        library.remove(document.id)
    list(ingest([deck_of(texts, tmp_path / "deck.pptx")], library, encoder, passage_tokens=40))
    page = ask(start(), "Which whale sings for hours?")
    page = press(page, "[1] deck.pptx, slide 2")
    viewer = viewer_of(page)
    assert [place["page"] for place in viewer["places"]] == [2]
    assert viewer["places"][0]["boxes"]
    assert "highlighted: A whale sings for hours." in viewer["contents"]["2"]["alt"]
    page = start(page="library")
    assert not page.exception


def test_an_abstention_shows_the_nearest_pages(start, monkeypatch):
    monkeypatch.setenv("KATHEDER_RETRIEVAL__MIN_COSINE", "0.99")
    page = ask(start(), "Who barks at strangers?")
    assert page.info[0].value == "The lectures do not seem to answer this."
    assert "The nearest pages are listed below." in text_of(page)
    page = ask(page, "Wer bellt hier eigentlich die Fremden an?")  # in the question's language
    assert page.info[-1].value == "Die Vorlesungen scheinen das nicht zu beantworten."
    assert "[1] animals.pdf, p. 2" in text_of(page)


def test_a_doubtful_answer_is_shown_under_its_notice(start, monkeypatch):
    monkeypatch.setenv("KATHEDER_ANSWER__DOUBT_CONFIDENCE", "1")
    page = ask(start(), "How long does a cat sleep in Paris?")
    [warning] = page.warning
    assert warning.value.replace("\\", "") == (
        "The lectures may not answer this: the best passage matches the question only weakly; "
        "none of the best passages mentions Paris."
    )
    assert not page.info
    assert "A cat sleeps sixteen hours a day." in text_of(page)
    assert "[1] animals.pdf, p. 1" in text_of(page)


def test_a_follow_up_is_searched_with_the_question_before_it(start):
    page = ask(start(Writer("It hunts mice at night.")), "How long does a cat sleep?")
    page = ask(page, "And at night?")
    assert "Searched for: How long does a cat sleep? And at night?" in text_of(page)
    assert [message.name for message in page.chat_message] == ["user", "assistant"] * 2
    page = press(page, "New conversation")
    assert not page.chat_message
    page = ask(page, "And at night?")
    assert "Searched for" not in text_of(page)


def test_a_question_without_words_is_answered_by_the_error_text(start):
    page = ask(start(), "???")
    assert "The question '???' holds no words" in text_of(page)
    page = ask(page, "How long does a cat sleep?")  # and the chat goes on
    assert "[1] animals.pdf, p. 1" in text_of(page)


def test_stop_saves_the_text_so_far(start):
    class Endless(Writer):
        """Once its text is out, it does what the Stop button does, and waits for the effect."""

        def stream(self, messages, sampling, stop=None):
            yield from super().stream(messages, sampling)
            pending: list[PendingAnswer] = []
            while not pending:  # the job is listed a moment after its start
                jobs = background_jobs().values()
                pending = [job for job in jobs if isinstance(job, PendingAnswer)]
            pending[0].job.stop.set()
            assert stop.wait(120), "Stop did not reach the writer"

    page = ask(start(Endless("A cat sleeps sixteen hours a day. ")), "How long does a cat sleep?")
    assert "A cat sleeps sixteen hours a day." in text_of(page)
    assert "Stopped before the end." in text_of(page)
    assert "Stop" not in [button.label for button in page.button]


def test_an_edited_question_removes_later_messages(start):
    page = ask(start(), "What does gravity pull together?")
    page = ask(page, "How long does a cat sleep?")
    page = next(b for b in page.button if b.label == "Edit").click().run()
    page.text_area[0].set_value("Who barks at strangers?")
    page = press(page, "Ask")
    text = text_of(page)
    assert "It barks at strangers." in text
    assert "Gravity pulls" not in text
    assert "sixteen hours" not in text
    assert [message.name for message in page.chat_message] == ["user", "assistant"]


def test_regenerate_offers_quotes_and_every_preset(start, library):
    writer = Writer("It barks at strangers.")
    page = start(writer, c="")
    page = ask(page, "Who barks at strangers?")
    assert len(writer.samplings) == 1
    conversation = conversation_of(page)
    [menu] = list(page.get("menu_button")) or [None]
    assert menu is not None
    assert len(menu.proto.options) == 1 + len(PRESETS)  # quoted, and one per preset
    assert Conversations(library.folder / FILE).exchanges(conversation)[0].answer is not None


def test_conversations_outlive_the_browser_and_can_be_searched(start):
    page = ask(start(), "What does gravity pull together?")
    conversation = conversation_of(page)
    page = start()  # another browser session
    assert not page.chat_message
    assert "What does gravity pull together?" in text_of(page)  # in the sidebar
    page = start(c=conversation)
    assert "Gravity pulls masses together. An apple falls from the tree." in text_of(page)
    page.sidebar.text_input[0].set_value("no such words").run()
    assert "No matching conversations." in text_of(page)
    page.sidebar.text_input[0].set_value("masses").run()
    assert "What does gravity pull together?" in [
        b.label.replace("\\", "") for b in page.sidebar.button
    ]
    page.session_state[f"menu-{conversation}"] = True
    page = press(page.run(), "Delete conversation")
    assert not page.chat_message


def test_conversations_are_grouped_by_day(start, library):
    page = start()
    for question in ("Who barks at strangers?", "How long does a cat sleep?"):
        page = press(ask(page, question), "New conversation")
    now = datetime.now().replace(hour=12)
    with sqlite3.connect(library.folder / FILE) as db:
        days = {"Who barks at strangers?": 1, "How long does a cat sleep?": 9}
        for title, ago in days.items():
            changed = (now - timedelta(days=ago)).timestamp()
            db.execute("UPDATE conversations SET changed = ? WHERE title = ?", (changed, title))
    db.close()
    page = ask(page, "What does gravity pull together?")
    named = [part.value.replace("\\", "") for part in page.sidebar if part.type == "caption"]
    assert named == ["Today", "Yesterday", (now - timedelta(days=9)).date().isoformat()]


@pytest.mark.slow
def test_a_question_is_asked_of_the_chosen_lectures_and_the_conversation_keeps_them(start, library):
    animals, physics = library.documents()
    library.add_to_course("Nature", physics.id)
    library.add_to_course("Zoo", animals.id)
    page = start()
    page.selectbox(key="scope-new-course").set_value("Zoo").run()
    page = ask(page, "What does gravity pull together?")
    assert "Searched in Zoo." in text_of(page)
    sources = [button.label for button in page.button if button.key.startswith("chip-")]
    assert sources
    assert all("animals" in label for label in sources)
    conversation = conversation_of(page)
    assert page.selectbox(key=f"scope-{conversation}-course").value == "Zoo"
    assert [part.value for part in page.sidebar if part.type == "caption"] == ["Today · Zoo"]
    page = start(c=conversation)  # another browser session
    page = ask(page, "Who barks at strangers?")
    [_, exchange] = Conversations(library.folder / FILE).exchanges(conversation)
    assert (exchange.scope, exchange.answer.scope) == (Scope("Zoo"), Scope("Zoo"))
    page.selectbox(key=f"scope-{conversation}-course").set_value("").run()
    page = ask(page, "What does gravity pull together?")
    assert "Gravity pulls masses together." in text_of(page)


@pytest.mark.slow
def test_lectures_up_to_one_and_chosen_ones_are_searched(start, library):
    animals, physics = library.documents()
    library.add_course("All")
    library.set_course("All", [physics.id, animals.id])
    page = start()
    page.selectbox(key="scope-new-course").set_value("All").run()
    page.session_state["scope-new-part"] = "up_to"
    page = page.run()
    page.selectbox(key="scope-new-up-to-All").set_value(physics.id).run()
    page = ask(page, "Who barks at strangers?")
    assert "Searched in All, up to physics.pdf." in text_of(page)
    assert "It barks" not in text_of(page)
    page = start()
    page.session_state["scope-new-part"] = "some"
    page = page.run()
    page.multiselect(key="scope-new-some-").set_value([animals.id]).run()
    page = ask(page, "Who barks at strangers?")
    assert "Searched in animals.pdf." in text_of(page)
    assert "It barks at strangers." in text_of(page)


def test_suggestions_ask_about_terms_that_a_lecture_defines(start, library, encoder, make_pdf):
    deck = make_pdf(
        "deck.pdf",
        """#slide("Whales and their songs")[A whale sings for hours.]
        #slide("The marine biology")[Marine biology is the study of all life in the sea.]""",
    )
    list(ingest([deck], library, encoder, passage_tokens=40))
    page = start()
    assert "Whales and their songs" not in text_of(page)  # nothing says what that is
    page = press(page, "What is meant by “Marine biology”?")
    assert "[1] deck.pdf, p. 2" in text_of(page)


def test_markup_in_a_lecture_and_in_a_draft_is_shown_as_text(start, library, make_pdf, encoder):
    odd = make_pdf(
        "odd *name*.pdf", '#slide("Odd")[The zebra says \\$a\\$ and \\<img src=x\\> to \\*you\\*.]'
    )
    assert [r.outcome for r in ingest([odd], library, encoder, passage_tokens=40)] == ["added"]
    page = ask(
        start(Writer("The zebra says $a$ and <img src=x> to *you*.")), "What says the zebra?"
    )
    drawn = [part.value for part in (*page.markdown, *page.caption)]
    drawn += [button.label for button in page.button]
    about = [value for value in drawn if "zebra" in value]
    assert len(about) == 3  # question, sentence, and the conversation's title
    for value in drawn:
        assert not re.search(r"(?<!\\)(?:\$|<|\*you)", value), value
    assert any("odd \\*name\\*\\.pdf" in value for value in drawn)


# ---- settings and libraries that do not fit ----


def test_bad_settings_are_one_sentence(start, monkeypatch):
    monkeypatch.setenv("KATHEDER_RETRIEVAL__TOP_K", "0")
    page = start(page="app")
    assert not page.exception
    assert escape("retrieval.top_k = '0'") in page.error[0].value


def test_conversations_of_a_newer_version_are_one_sentence(start, library):
    Conversations(library.folder / FILE)
    with sqlite3.connect(library.folder / FILE) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    page = start(page="app")
    assert not page.exception
    assert "the saved conversations have format 99" in text_of(page)
    assert "pip install --upgrade katheder" in text_of(page)


def test_the_app_opens_on_the_chat(start):
    page = start(page="app")
    assert not page.exception
    assert page.chat_input[0].placeholder == "Ask the lectures"
    assert "2 documents, 5 pages" in text_of(page)


def test_a_page_says_that_models_are_loading_until_they_are(start):
    page = start(page="app")
    assert "The models are loading" in " ".join(one.value for one in page.caption)
    [job] = [job for name, job in background_jobs().items() if name.startswith("models ")]
    list(job.follow())
    page.run()
    assert "The models are loading" not in " ".join(one.value for one in page.caption)
    background_jobs().clear()  # as where the service has loaded them before the first page
    page.run()
    assert "The models are loading" not in " ".join(one.value for one in page.caption)


def test_an_empty_library_explains_itself_and_offers_the_bundled_lectures(start, tmp_path):
    folder = tmp_path / "nothing"
    page = start(folder=folder)
    assert "The library is empty." in text_of(page)
    assert not page.chat_input
    assert "Add the 6 bundled lectures" in [button.label for button in page.button]
    assert not (folder / "library.sqlite").exists()  # looking does not make one


@pytest.mark.slow  # six real lectures
def test_the_bundled_lectures_are_added_and_can_be_asked_about(start, tmp_path):
    folder = tmp_path / "nothing"
    page = press(start(folder=folder), "Add the 6 bundled lectures")
    files = {file.name for file in find_files([resources.lectures()])}
    assert {document.file for document in Library(folder).documents()} == files
    page = page.run()
    assert len(page.chat_input) == 1


# ---- notes ----


@pytest.mark.slow
def test_an_answer_and_words_of_a_page_are_pinned_and_edited(start, library):
    library.add_to_course("Nature", library.documents()[1].id)
    page = ask(start(), "What does gravity pull together?")
    page = press(page, "Pin")
    page = start(page="notes")
    text = text_of(page)
    assert "What does gravity pull together?" in text
    assert "> Gravity pulls masses together. An apple falls from the tree." in text
    assert [heading.value for heading in page.subheader] == ["Nature"]
    assert any("Nature, physics.pdf, p. 1" in b.label.replace("\\", "") for b in page.button)
    page = opened(page, "menu-note-1")
    page.text_area[-2].set_value("A formula: $F = m a$")
    page = [b for b in page.button if b.label == "Save"][-1].click().run()
    assert not page.exception
    assert any("$F = m a$" in part.value for part in page.markdown)
    page.text_input(key="search_notes").set_value("no such words").run()
    assert "No matching notes." in text_of(page)
    page.text_input(key="search_notes").set_value("apple").run()
    page = press(opened(page, "menu-note-1"), "Remove the note")
    assert "There are no notes yet" in text_of(start(page="notes"))
    press(ask(start(), "Summarise physics.pdf"), "Pin")
    text = text_of(start(page="notes")).replace("\\", "")
    assert "An apple falls from the tree. (Nature, physics.pdf, p. 1)" in text
    assert "per second in vacuum. (Nature, physics.pdf, p. 2)" in text


# ---- the library ----


def opened(page: AppTest, menu: str) -> AppTest:
    """The page with one of its menus open."""
    page.session_state[menu] = True
    return page.run()


def menu_of(library: Library, file: str, group: str = "none") -> str:
    """The key of a lecture's menu in a course's list, as `c0`, or in that of the others."""
    [id] = [document.id for document in library.documents() if document.file == file]
    return f"menu-{group}-{id[:16]}"


def titles(library: Library, course: str) -> list[str]:
    names = {document.id: document.file for document in library.documents()}
    return [names[id] for id in library.course(course).documents]


def test_uploads_are_stored_read_and_reported(start, library, make_pdf):
    new = make_pdf("new.pdf", '#slide("Whales")[A whale sings under water for hours.]').read_bytes()
    library.add_course("Sea")
    page = start(page="library")
    page.selectbox(key="upload_course").set_value("Sea").run()
    page.file_uploader[0].set_value(
        [
            ("../../whales.pdf", new, "application/pdf"),
            ("notes.pdf", b"plain words", "application/pdf"),
            ("broken.pdf", b"%PDF-1.7 and no more", "application/pdf"),
        ]
    ).run()  # and nothing else to press
    text = text_of(page)
    assert ":material/check: whales.pdf: added, 1 page" in text
    assert "notes.pdf: not a PDF" in text
    assert "broken.pdf" in text
    assert [file.name for file in (library.folder / "uploads").iterdir()] == ["whales.pdf"]
    assert library.course("Sea").documents == (library.documents()[2].id,)
    page = press(opened(page, menu_of(library, "whales.pdf", "c0")), "Remove from the library")
    assert [d.file for d in library.documents()] == ["animals.pdf", "physics.pdf"]
    assert list((library.folder / "uploads").iterdir()) == []


def test_a_lecture_of_ones_own_folder_is_removed_from_the_library_alone(start, library, tmp_path):
    page = opened(start(page="library"), menu_of(library, "animals.pdf"))
    press(page, "Remove from the library")
    assert [d.file for d in library.documents()] == ["physics.pdf"]
    assert (tmp_path / "lectures" / "animals.pdf").exists()


def test_courses_are_made_ordered_renamed_and_removed(start, library):
    animals, physics = library.documents()
    page = start(page="library")
    page.text_input(key="new_course_name").set_value("Nature")
    page.multiselect(key="new_course_lectures").set_value([animals, physics])
    page = press(page, "Create")
    assert titles(library, "Nature") == ["animals.pdf", "physics.pdf"]
    library.add_course("Zoo")
    assert "2 lectures, 5 pages" in text_of(page)
    of_animals = menu_of(library, "animals.pdf", "c0")
    of_physics = menu_of(library, "physics.pdf", "c0")
    page = press(opened(page, of_physics), "Up")
    assert titles(library, "Nature") == ["physics.pdf", "animals.pdf"]
    page.session_state[of_physics] = False
    page = opened(page, of_animals)
    page.selectbox(key=f"{of_animals}-course").set_value("Zoo").run()
    page = press(page, "Add there too")
    assert (titles(library, "Nature"), titles(library, "Zoo")) == (
        ["physics.pdf", "animals.pdf"],
        ["animals.pdf"],
    )
    page.session_state[of_animals] = False
    page = opened(page, of_physics)
    page.selectbox(key=f"{of_physics}-course").set_value("Zoo").run()
    page = press(page, "Move there")
    assert titles(library, "Nature") == ["animals.pdf"]
    assert sorted(titles(library, "Zoo")) == ["animals.pdf", "physics.pdf"]
    page = opened(page, "menu-course-Nature")
    next(f for f in page.text_input if f.value == "Nature").set_value("Biology")
    page = press(page, "Rename")
    assert [course.name for course in library.courses()] == ["Biology", "Zoo"]
    page = press(opened(page, "menu-course-Biology"), "Down")
    assert [course.name for course in library.courses()] == ["Zoo", "Biology"]
    page.session_state["menu-course-Biology"] = False
    page = press(opened(page, "menu-course-Zoo"), "Remove the course")
    assert [course.name for course in library.courses()] == ["Biology"]
    assert len(library.documents()) == 2


def test_a_lecture_opens_in_the_viewer_at_the_page_of_the_address(start, library):
    physics = library.documents()[1]
    page = start(page="library", lecture=physics.id[:16])
    assert viewer_of(page)["page"] == 1
    page.query_params["page"] = "3"
    page = page.run()
    assert (viewer_of(page)["document"], viewer_of(page)["page"]) == (physics.id, 3)
    light = library.passages(physics.id)[1]
    page = start(page="library", lecture=physics.id[:16], passage=light.id)
    [place] = viewer_of(page)["places"]
    assert (place["page"], len(place["boxes"]) > 0) == (2, True)
    assert "highlighted: Light Light travels" in viewer_of(page)["contents"]["2"]["alt"]
    page = press(page, "All lectures")
    assert not has_viewer(page)


def test_a_page_is_corrected_hidden_and_shown_again(start, library):
    animals, _ = library.documents()
    page = start(page="library", lecture=animals.id[:16])
    [text] = page.text_area
    assert text.value == library.page(animals.id, 1).text
    text.set_value("Cats\nA cat sleeps all day long.")
    page = press(page, "Save")
    assert "Corrected by hand." in text_of(page)
    assert library.passages(animals.id)[0].text.endswith("A cat sleeps all day long.")
    page = press(page, "Hide from the answers")
    assert "Hidden from the answers." in text_of(page)
    assert all(1 not in passage.pages for passage in library.passages(animals.id))
    page = press(press(page, "Use in answers again"), "Back to the file's text")
    assert library.corrections(animals.id) == {}
    assert "sixteen hours" in library.passages(animals.id)[0].text
    page.text_area[0].set_value("...")
    assert "has no words" in text_of(press(page, "Save"))


@pytest.mark.slow
def test_guides_are_made_in_the_background(start, library):
    start(page="library", guides=True)
    for _ in background_jobs()["guides"].follow():
        pass
    animals, physics = library.documents()
    for document in (animals, physics):
        page = start(page="library", lecture=document.id[:16])
        assert "Make the guide" not in text_of(page)
        assert "Guide to this lecture" in [one.label for one in page.expander]


@pytest.mark.slow
def test_an_opened_lecture_has_a_guide_that_stays(start, library):
    animals, _ = library.documents()
    page = press(start(page="library", lecture=animals.id[:16]), "Make the guide")
    assert "A cat sleeps sixteen hours a day." in text_of(page)
    again = start(page="library", lecture=animals.id[:16])
    assert "Make the guide" not in text_of(again)
    assert [tab.label for tab in again.tabs][:2] == ["In short", "Outline"]


def test_a_question_about_the_course_is_answered_in_the_chat(start):
    page = ask(start(), "Which lectures do I have?")
    text = text_of(page)
    assert "2 lectures:" in text
    assert text.count("Physics") == 1  # one row, which opens the lecture
    page = press(page, "2. Physics: 3 pages, English")
    assert of_address(page, "source").endswith(".2")


def test_the_library_is_rebuilt_in_the_background(start, library, encoder, tmp_path):
    (tmp_path / "lectures" / "animals.pdf").unlink()  # it is cut again from its stored pages
    passages = [p.text for d in library.documents() for p in library.passages(d.id)]
    page = press(start(page="library"), "Start to rebuild")
    assert "physics.pdf: added, 3 pages" in text_of(page)
    assert [d.file for d in library.documents()] == ["animals.pdf", "physics.pdf"]
    assert [p.text for d in library.documents() for p in library.passages(d.id)] == passages


def test_a_reloaded_file_is_told_on_the_page_of_its_lecture(start, library, make_pdf, tmp_path):
    animals, physics = library.documents()
    page = start(page="library", lecture=physics.id[:16])
    page = press(opened(page, "menu-lecture"), "Reload the file")
    assert "physics.pdf: the file has not changed since it was read, 3 pages" in text_of(page)

    pages = '#slide("Gravity")[Masses attract each other.]'
    shutil.copy(make_pdf("new.pdf", pages), physics.path)
    page = press(opened(page, "menu-lecture"), "Reload the file")
    new = next(d for d in library.documents() if d.file == "physics.pdf")
    assert (of_address(page, "lecture"), new.id == physics.id) == (new.id[:16], False)
    assert "physics.pdf: updated, 1 page, 0 of 1 passages as before" in text_of(page)

    Path(new.path).unlink()
    page = press(opened(page, "menu-lecture"), "Reload the file")
    assert "physics.pdf" in page.error[0].value.replace("\\", "")
    assert library.documents() == [animals, new]


@pytest.mark.slow
def test_a_damaged_file_is_reported_and_stays_where_it_is(start, library, tmp_path):
    file = tmp_path / "lectures" / "animals.pdf"
    file.write_bytes(b"%PDF-1.7 and no more")
    page = press(opened(start(page="library"), menu_of(library, "animals.pdf")), "Reload the file")
    assert "animals.pdf: is cut off or damaged" in text_of(page)
    assert file.exists()  # only uploads are deleted
    assert [d.file for d in library.documents()] == ["animals.pdf", "physics.pdf"]


def test_a_page_shows_its_passages(start, library):
    animals, _ = library.documents()
    page = start(page="library", lecture=animals.id[:16])
    field = next(f for f in page.number_input if f.label == "Page")
    field.set_value(2).run()
    assert page.text[0].value == "Dogs\nA dog guards the house.\nIt barks at strangers."


# ---- passages ----


def test_each_passage_explains_its_rank(start):
    page = start(page="passages")
    assert "Enter a question above" in text_of(page)
    page.text_input[0].set_value("How many metres per second does light travel?").run()
    assert not page.exception
    text = text_of(open_tab(page, "passages-0", "Passage details"))
    assert "Semantic search and keyword search agree: rank 1." in text
    assert "Cited: it contains evidence 1" in text
    assert ":orange-background[Light]" in text
    assert page.expander[0].label.startswith("1\\. physics\\.pdf")
    open_tab(page, "passages-0", "Evidence and prompt")
    [prompt] = [code.value for code in page.code if "Notes:" in code.value]
    assert "Light travels at 299792458 metres per second in vacuum." in prompt


def test_sliders_change_the_results_without_generating(start):
    page = start(Writer("Not used."), page="passages")
    page.text_input[0].set_value("How many metres per second does light travel?").run()
    assert "Not retrieved:" not in text_of(open_tab(page, "passages-0", "Passage details"))
    next(s for s in page.slider if "top k" in s.label).set_value(1).run()
    assert not page.exception
    assert "Not retrieved: rank 2 is below the first 1." in text_of(page)
    next(s for s in page.slider if s.label == "Weight of semantic search").set_value(0.0).run()
    assert "semantic search is off" in text_of(page)


@pytest.mark.slow
def test_two_settings_are_compared(start):
    page = start(page="passages")
    page.text_input[0].set_value("light or sound?").run()
    next(t for t in page.toggle if t.label.startswith("Compare")).set_value(True).run()
    assert "Both settings retrieve the same passages." in text_of(page)
    [_, second] = [s for s in page.slider if "top k" in s.label]
    second.set_value(1).run()
    assert "Retrieved only with the left settings:" in text_of(page)


def test_a_setting_beyond_a_slider_widens_it(start, monkeypatch):
    monkeypatch.setenv("KATHEDER_RETRIEVAL__TOP_K", "90")
    page = start(page="passages")
    assert not page.exception
    slider = next(s for s in page.slider if "top k" in s.label)
    assert (slider.value, slider.max) == (90, 90)


@pytest.mark.slow
def test_saved_search_settings_are_used_by_the_chat(start, library):
    page = start(page="passages")
    next(s for s in page.slider if "top k" in s.label).set_value(2).run()
    page = press(page, "Use these settings for my questions")
    page = start()
    page = ask(page, "light or sound?")
    conversation = conversation_of(page)
    [exchange] = Conversations(library.folder / FILE).exchanges(conversation)
    assert len(exchange.answer.hits) == 2


# ---- evaluation ----


QUESTIONS = (
    '{"id": "cat", "question": "How long does a cat sleep?", "type": "factoid", "lang": "en", '
    '"gold": [{"doc": "animals.pdf", "pages": [1]}], "answer": "Sixteen hours.", "keywords": ["sixteen"]}\n'
    '{"id": "moon", "question": "Who walked on the moon?", "type": "unanswerable", "lang": "en", "gold": []}\n'
)


@pytest.mark.slow
def test_a_run_is_started_followed_shown_and_compared(start, library):
    page = start(page="evaluate")
    assert "There is no run yet" in text_of(page)
    page.file_uploader[0].set_value([("mine.jsonl", QUESTIONS.encode(), "application/jsonl")]).run()
    assert page.selectbox[0].value == "mine"  # the uploaded set is the chosen one
    assert not page.warning
    page.text_input[0].set_value("first").run()
    page = press(page, "Start")
    assert (library.folder / "runs" / "mine first.jsonl").read_text().count("\n") == 2
    figures = page.dataframe[0].value
    values = dict(zip(figures["Figure"], figures["mine first"], strict=True))
    assert values["reranked Success@1"].startswith("1.000")
    assert values["keywords"].startswith("1.000")
    text = text_of(page)
    assert "The run mine first is finished." in text
    assert "The first page is right for 100 % of the 1 questions that the lectures answer." in text
    assert "keywords: The share of the answers that have every keyword of their question." in (
        text.replace("*", "")
    )
    page.text_input[0].set_value("second").run()
    page = press(page, "Start")
    page.multiselect[0].set_value(["mine first", "mine second"]).run()
    assert not page.exception
    assert "**mine first → mine second**" in text_of(open_tab(page, "evaluate", "Compared"))
    page = open_tab(page, "evaluate", "Single questions")
    assert "Right pages: animals.pdf 1" in text_of(page)


def evaluated(page, content: str, name: str):
    """The page after a run over an uploaded question set."""
    page.file_uploader[0].set_value([(f"{name}.jsonl", content.encode(), "application/jsonl")])
    page = page.run()
    page.text_input[0].set_value("run").run()
    return press(page, "Start")


def test_missing_lectures_are_said_before_the_start(start):
    page = start(page="evaluate")
    content = QUESTIONS.replace("animals.pdf", "botany.pdf")
    page.file_uploader[0].set_value([("plants.jsonl", content.encode(), "application/jsonl")]).run()
    [warning] = page.warning
    assert "1 of 2 questions have right pages in lectures that are not in this library" in (
        text_of(page)
    )
    assert "botany" in warning.value


def test_a_set_about_this_library_is_the_first_choice(start, library, monkeypatch, tmp_path):
    page = start(page="evaluate")
    assert page.selectbox(key="question_set").value is None
    assert "The bundled question sets are about the bundled lectures" in text_of(page)
    assert next(button for button in page.button if button.label == "Start").disabled

    bundled = tmp_path / "bundled.jsonl"
    bundled.write_text(QUESTIONS)
    monkeypatch.setattr(resources, "question_sets", lambda: {"bundled": bundled})
    assert start(page="evaluate").selectbox(key="question_set").value == "bundled"
    (library.folder / "questions").mkdir()
    own = library.folder / "questions" / "own.jsonl"
    own.write_text(QUESTIONS.replace("animals.pdf", "botany.pdf"))
    assert start(page="evaluate").selectbox(key="question_set").options == ["bundled", "own"]
    own.write_text(QUESTIONS)
    assert start(page="evaluate").selectbox(key="question_set").options == ["own", "bundled"]


@pytest.mark.slow
def test_runs_of_other_questions_are_not_compared_silently(start):
    page = evaluated(start(page="evaluate"), QUESTIONS, "mine")
    other = QUESTIONS.replace("How long does a cat sleep?", "How many hours does a cat sleep?")
    page = evaluated(page, other, "other")
    page.multiselect(key="runs_shown").set_value(["mine run", "other run"]).run()
    assert "other run and mine run have different questions. Only the 1 that are in both" in (
        text_of(page)
    )
    third = '{"id": "cat", "question": "What barks?", "type": "factoid", "lang": "en", "gold": []}'
    page = evaluated(page, third, "third")
    page.multiselect(key="runs_shown").set_value(["mine run", "third run"]).run()
    assert "third run and mine run have no question in common" in text_of(page)
    assert "→" not in text_of(open_tab(page, "evaluate", "Compared"))


@pytest.mark.slow
def test_runs_have_a_state_and_can_be_deleted(start, library):
    page = evaluated(start(page="evaluate"), QUESTIONS, "mine")
    file = library.folder / "runs" / "mine run.jsonl"
    first, _ = file.read_text().splitlines()
    file.write_text(first + "\n")  # stopped after one question
    page = page.run()
    states = next(frame.value for frame in page.dataframe if "State" in frame.value.columns)
    assert states["State"].tolist() == ["stopped after 1 of 2"]
    page.multiselect(key="runs_to_delete").set_value(["mine run"]).run()
    page = press(page, "Delete these runs")
    assert not page.exception
    assert list((library.folder / "runs").iterdir()) == []
    assert "There is no run yet" in text_of(page)


@pytest.mark.slow
def test_a_failed_run_is_told(start, library):
    page = evaluated(start(page="evaluate"), QUESTIONS, "mine")
    sidecar = library.folder / "runs" / "mine run.meta.json"
    sidecar.write_text(sidecar.read_text().replace('"generate": true', '"generate": false'))
    page.text_input[0].set_value("run").run()
    page = press(page, "Start")
    assert "The run mine run failed: The run " in text_of(page)
    assert "was begun under other conditions: generate: False, now True" in text_of(page)


@pytest.mark.slow
def test_questions_are_written_and_drafted_in_the_app(start, library):
    (library.folder / "questions").mkdir()
    file = library.folder / "questions" / "mine.jsonl"
    file.write_text(QUESTIONS.splitlines()[0] + "\n", encoding="utf-8")
    page = start(page="evaluate")
    page.selectbox(key="written_set").set_value("mine").run()
    page.text_input(key="written-text-1").set_value("What is light?")
    page.selectbox(key="written-doc").set_value(library.documents()[1]).run()
    physics = library.documents()[1].id
    pages = page.multiselect(key=f"written-1-pages-{physics}")
    assert pages.options == ["1: Gravity", "2: Light", "3: Sound"]
    pages.set_value([2]).run()
    assert any(image.proto.imgs[0].alt == "Page 2 of physics.pdf" for image in page.get("image"))
    page = press(page, "Add the question")
    first, second = read_questions(file)
    assert (second.question, second.gold) == ("What is light?", (Gold("physics.pdf", (2,)),))
    assert "2 questions" in text_of(page)
    page.multiselect(key="removed-questions").set_value([first.id]).run()
    page = press(page, "Remove these questions")
    assert read_questions(file) == [second]


def test_a_faulty_question_set_is_a_sentence_and_not_saved(start, library):
    page = start(page="evaluate")
    page.file_uploader[0].set_value([("bad.jsonl", b'{"id": 1}', "application/jsonl")]).run()
    assert not page.exception
    assert "bad.jsonl:1" in text_of(page)
    assert not (library.folder / "questions").exists()


@pytest.mark.slow
def test_feedback_is_listed(start, library):
    page = ask(start(), "How long does a cat sleep?")
    page.get("feedback")[0].set_value(1).run()
    conversations = Conversations(library.folder / FILE)
    assert conversations.feedback() == [("How long does a cat sleep?", True, "")]
    page = open_tab(start(page="lecturers"), "lecturers", "Readers' feedback")
    page = press(page, "Save as question set “feedback”")
    [question] = read_questions(library.folder / "questions" / "feedback.jsonl")
    assert question.gold_pages == {("animals.pdf", 1)}


# ---- for lecturers ----


@pytest.mark.slow
def test_questions_are_logged_only_where_the_reader_is_told(start, library, monkeypatch):
    line = "Questions are logged here"
    page = ask(start(), "How long does a cat sleep?")
    assert line not in text_of(page)
    assert "Questions are not logged." in text_of(start(page="lecturers"))
    monkeypatch.setenv("KATHEDER_APP__LOG_QUESTIONS", "true")
    page = ask(start(), "How long does a cat sleep?")
    assert line in text_of(page)
    ask(page, "Wer hat die Zauberflöte komponiert?")
    log = open_log(library.folder)
    assert [one.grade for one in log.questions()][-1] == "answered"


@pytest.mark.slow
def test_a_logged_question_becomes_a_test_case(start, library, monkeypatch):
    monkeypatch.setenv("KATHEDER_APP__LOG_QUESTIONS", "true")
    ask(start(), "How long does a cat sleep?")
    page = start(page="lecturers")
    page.segmented_control(key="logged_grade").set_value("answered").run()
    page = press(page, "Save with the cited pages")
    [question] = read_questions(library.folder / "questions" / "readers.jsonl")
    assert (question.question, question.type) == ("How long does a cat sleep?", "logged")
    assert ("animals.pdf", 1) in question.gold_pages
    page = press(page, "Save as not in the lectures")  # a second time is no second question
    assert len(read_questions(library.folder / "questions" / "readers.jsonl")) == 1
    page = open_tab(page, "lecturers", "Pages that no question reaches")
    page.selectbox(key="coverage_source").set_value("Question set: readers").run()
    page.selectbox(key="coverage_lecture").set_value(
        next(one for one in page.selectbox(key="coverage_lecture").options if "physics" in one)
    ).run()
    assert "2: Light" in text_of(page)
    press(open_tab(page, "lecturers", "Questions"), "Delete all entries")
    assert open_log(library.folder).questions() == []


# ---- settings ----


def test_the_interface_speaks_german_and_remembers_it(start):
    page = start(page="settings")
    page.selectbox[0].set_value("de").run()
    assert page.title[0].value == "Einstellungen"
    page = start()
    assert page.chat_input[0].placeholder == "Frage an die Vorlesungen"
    page = ask(page, "How long does a cat sleep?")
    assert "Die Antwort steht so in den Vorlesungen." in text_of(page)
    assert any(button.label.endswith("animals\\.pdf\\, S\\. 1") for button in page.button)


@pytest.mark.slow
def test_a_preset_is_how_the_next_answer_is_written(start):
    writer = Writer("It barks at strangers.")
    page = start(writer, page="settings")
    page.session_state["preset"] = "creative"
    page.run()
    assert not page.exception
    assert "[sampling]" in page.code[0].value
    page = ask(start(writer), "Who barks at strangers?")
    assert not page.exception
    assert (writer.samplings[-1].strategy, writer.samplings[-1].temperature) == ("sample", 1.1)


def test_changes_are_shown_as_a_settings_file(tmp_path):
    changes = {"answer": {"writer": True}, "models": {"generator": 'a "b" \\ c', "dtype": None}}
    text = as_toml(changes)
    assert tomllib.loads(text) == {
        "answer": {"writer": True},
        "models": {"generator": 'a "b" \\ c'},
    }


def test_another_passage_length_says_how_to_rebuild(start):
    page = start(page="settings")
    field = next(f for f in page.number_input if f.label == "Maximum passage length (tokens)")
    field.set_value(64)
    page = [b for b in page.button if b.label == "Save"][-1].click().run()
    assert "katheder library rebuild" in page.warning[0].value


# ---- who is who ----


def test_without_a_session_nothing_of_a_shared_app_is_drawn(start, monkeypatch):
    monkeypatch.setenv("KATHEDER_APP__PASSWORD", "scrypt$17$8$1$c2FsdA==$a2V5")
    page = start(page="app")
    assert "which only `katheder ui` provides" in text_of(page)
    assert not [*page.chat_input, *page.button, *page.text_input]


@pytest.mark.slow
def test_readers_see_their_own_conversations_alone(start, monkeypatch):
    monkeypatch.setattr(session, "current_identity", lambda *_: Identity("anna", Role.READER))
    page = ask(start(), "What does gravity pull together?")
    assert "Gravity pulls masses together." in text_of(page)
    conversation = conversation_of(page)
    monkeypatch.setattr(session, "current_identity", lambda *_: Identity("ben", Role.READER))
    assert "Gravity pulls masses together." not in text_of(start(c=conversation))
    assert "Gravity pulls masses together." not in text_of(page.run())  # another in this window
    settings = start(page="settings")
    assert all(field.disabled for field in settings.text_input)  # nobody loads models from outside


@pytest.mark.slow
def test_a_reader_of_a_shared_app_is_offered_nothing_that_changes_it(start, monkeypatch):
    monkeypatch.setattr(session, "current_identity", lambda *_: Identity("anna", Role.READER))
    page = start(page="library")
    assert not page.exception
    assert not [b.label for b in page.button if b.label in ("Start to rebuild", "Create")]
    assert not page.get("file_uploader")
    assert str(session.default_library()) not in text_of(page)
    for module in ("evaluate", "lecturers"):
        [refusal] = start(page=module).exception
        assert "The role reader may not do this" in refusal.message


# ---- words ----


def test_every_text_of_the_interface_has_a_german_one():
    texts: set[str] = set()
    folder = APP.parent
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if named and node.func.id in ("t", "counted"):
                arguments = node.args[:1] if node.func.id == "t" else node.args[1:3]
                keys = {
                    id(part.slice)
                    for argument in arguments
                    for part in ast.walk(argument)
                    if isinstance(part, ast.Subscript)
                }
                texts |= {
                    part.value
                    for argument in arguments
                    for part in ast.walk(argument)
                    if isinstance(part, ast.Constant)
                    and isinstance(part.value, str)
                    and id(part) not in keys
                }
    trace = Path(__file__).parents[1] / "rag" / "trace.py"
    sentences = {
        node.value
        for node in ast.walk(ast.parse(trace.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(
            r"(?:Semantic|Keyword|Reranking|Pages|Cited|Considered|Retrieved|Not retrieved)\b.*\.",
            node.value,
        )
    }
    assert len(sentences) >= 15
    named = {*STAGES.values(), *PROGRESS.values(), *FILE_OUTCOMES.values(), *PRESETS, "custom"}
    named |= {
        *TOOLTIP.values(),
        *OUTCOMES,
        RANKS_AXIS,
        "passage",
        "question",
        "the question",
        "Text",
    }
    named |= {*UNREAD_OUTCOMES.values(), *chain(*OMISSIONS.values())}
    named |= {*KINDS.values(), *PARTS.values(), *lecturers.GRADES.values()}
    named |= {label for label, *_ in passages.SLIDERS.values()} | {*TEXTS, *SHORT.values()}
    assert (texts | sentences | named) - GERMAN.keys() == set()
    fields = re.compile(r"\{(\w+)\}")
    for english, german in GERMAN.items():
        assert sorted(fields.findall(english)) == sorted(fields.findall(german)), english


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
        (
            "10\u202f000  a\u2009b\u00a0c",
            "10\u202f000 a b\u00a0c",
        ),  # no line breaks within a number
    ],
)
def test_escaped_text_holds_no_markup(text, escaped):
    assert escape(text) == escaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("What is $x^2$, *really*?", "What is $x^2$\\, \\*really\\*\\?"),
        ("$$\\sum_i p_i$$", "$$\\sum_i p_i$$"),
        ("It costs $5 or $6.", "It costs \\$5 or \\$6\\."),
        ("$ a $", "\\$ a \\$"),
        ("<b>$x$</b>", "\\<b\\>$x$\\<\\/b\\>"),
    ],
)
def test_formulas_of_a_reader_stay_formulas(text, shown):
    assert with_formulas(text) == shown


def test_pieces_of_a_stream_are_escaped_as_the_whole():
    text = "So *this* is $5, or <b>[1]</b>: done."
    assert "".join(map(escape, re.findall(r"\S+\s*", text))) == escape(text)


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


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_of_the_ranks_are_read_on_their_theme(mode):
    ground = tomllib.loads(CONFIG.read_text())["theme"][mode]["backgroundColor"]
    *strong, weak = COLOURS[mode]
    assert all(contrast(colour, ground) >= 4.5 for colour in strong)
    assert 3 <= contrast(weak, ground) < min(contrast(colour, ground) for colour in strong)


def test_the_server_listens_on_this_machine_alone_and_sends_nothing():
    config = tomllib.loads(CONFIG.read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["server"]["maxUploadSize"] == AppSettings().max_upload_mb


def test_items_and_rows_of_a_quotation_stand_on_lines_of_their_own():
    text = "Title\nRemedies\n▸ a test – of\n*typicality*\nwith care\nSeen 4 2\nEnd"
    source = Source(1, "", hit("deck", text), start=6, end=len(text) - 4)
    sentence = Sentence("not used", 1, 1.0, "quoted")
    lines = ["Remedies", "▸ a test – of", "\\*typicality\\*", "with care", "Seen 4 2"]
    expected = "> *“" + "  \n> ".join(lines) + "”*"
    assert sentence_markdown(sentence, source).replace("\u2060", "") == expected
    written = Sentence("One ▸ two", 1, 0.9, "written")
    assert sentence_markdown(written, source) == "One ▸ two"
