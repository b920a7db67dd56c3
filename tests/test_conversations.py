"""ui.conversations, ui.stored_answers and ui.export: conversations are saved, searched, exported."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest
from tiny_models import hit

from rag.evaluation.questions import questions_from
from rag.queries import MAX_QUESTION
from rag.scope import EVERYTHING, Scope
from rag.types import Answer, Doubt, Sentence, Source, StageScore, Turn
from rag.written_units import WrittenUnit
from ui.conversations import FORMAT, Conversations, Exchange, UnreadableConversations
from ui.export import as_html, as_markdown, as_pdf
from ui.stored_answers import FORMAT as ANSWER_FORMAT
from ui.stored_answers import UnreadableAnswer, dump_answer, load_answer

HIT = hit("d-0001", "A cat sleeps sixteen hours a day.").with_stage("dense", 0.5, 1)
ANSWER = Answer(
    question="How long?",
    query="How long does a cat sleep?",
    sentences=(Sentence("A cat sleeps *sixteen* hours.", 1, 0.9, "written"),),
    sources=(Source(1, "A cat sleeps sixteen hours a day.", HIT, 0.8, 0, 33),),
    hits=(HIT,),
    grade="answered",
    seconds={"encode": 0.5},
    models={"encoder": "e"},
)


@pytest.fixture
def conversations(tmp_path):
    return Conversations(tmp_path / "library" / "conversations.sqlite")


TABLE = hit("d-0001", "Hours a day:\ncat 16 *\nDog 11 and a half").with_stage("dense", 0.5, 1)
QUOTED = Answer(
    question="How long?",
    query="How long?",
    sentences=(Sentence("cat 16 * Dog 11 and a half", 1, 0.9, "quoted"),),
    sources=(Source(1, "cat 16 * Dog 11 and a half", TABLE, 0.8, 13, 39),),
    hits=(TABLE,),
    grade="answered",
)


def test_questions_and_answers_are_loaded_as_they_were_saved(conversations, tmp_path):
    conversation, first = conversations.add_question("", None, "How long?")
    conversations.save_answer(first, ANSWER)
    assert conversations.add_question("", conversation, "And at night?")[0] == conversation
    again = Conversations(tmp_path / "library" / "conversations.sqlite")
    answered, pending = again.exchanges(conversation)
    assert answered.answer == ANSWER
    assert answered.answer.hits[0].stages["dense"] == StageScore(0.5, 1)
    assert (answered.open, pending.open) == (False, True)
    assert again.history(conversation, pending.id) == [Turn("How long?", ANSWER.text)]
    assert again.history(conversation, first) == []


def test_conversations_are_the_readers_own_and_the_last_changed_comes_first(conversations):
    one, _ = conversations.add_question("a", None, "First question?")
    two, _ = conversations.add_question("a", None, "Second question?")
    conversations.add_question("b", None, "Somebody else's?")
    assert [own.id for own in conversations.search("a")] == [two, one]
    conversations.add_question("a", one, "more")
    assert [own.id for own in conversations.search("a")] == [one, two]
    assert conversations.find("a", two).title == "Second question?"
    assert conversations.find("b", two) is None


def test_search_looks_at_titles_questions_and_answers(conversations):
    one, first = conversations.add_question("", None, "About 100 % of dogs?")
    conversations.save_answer(first, ANSWER)
    two, _ = conversations.add_question("", None, "Something else entirely")
    conversations.rename(two, "Feline_matters")
    assert [c.id for c in conversations.search("", "sixteen")] == [one]
    assert [c.id for c in conversations.search("", "0 %")] == [one]  # not a wildcard
    assert [c.id for c in conversations.search("", "e_m")] == [two]
    assert [c.id for c in conversations.search("", "DOGS")] == [one]
    assert conversations.search("", "zebra") == []
    assert conversations.search("", "passage") == []  # names of fields are not searched


def test_rename_delete_and_truncate(conversations):
    conversation, first = conversations.add_question("", None, "One?")
    _, second = conversations.add_question("", conversation, "Two?")
    conversations.add_question("", conversation, "Three?")
    conversations.rename(conversation, "  ")
    assert conversations.search("")[0].title == "One?"
    conversations.truncate(conversation, second)
    assert [exchange.id for exchange in conversations.exchanges(conversation)] == [first]
    conversations.save_answer(second, ANSWER)  # it was deleted while its answer was written
    assert [exchange.id for exchange in conversations.exchanges(conversation)] == [first]
    conversations.delete(conversation)
    assert conversations.search("") == []
    assert conversations.exchanges(conversation) == []


def test_long_questions_are_shortened_to_a_title(conversations):
    conversations.add_question("", None, "word " * 50)
    title = conversations.search("")[0].title
    assert len(title) == 60
    assert title.endswith("…")


def test_what_a_program_sends_is_cut_to_what_a_page_takes(conversations):
    conversation, exchange = conversations.add_question("", None, "x" * 10**6)
    conversations.rename(conversation, "title " * 10**5)
    conversations.save_feedback(exchange, False, "comment " * 10**5)
    [saved] = conversations.exchanges(conversation)
    assert len(saved.question) == MAX_QUESTION + 1  # still one that is refused
    assert len(saved.comment) == 4000
    [found] = conversations.search("", "title")
    assert len(found.title) == 100
    assert conversations.search("", "%_" * 10**6) == []


def test_many_threads_write_without_mixing(conversations):
    def talk(reader: str) -> None:
        conversation, _ = conversations.add_question(reader, None, f"{reader} 0")
        for number in range(1, 20):
            _, exchange = conversations.add_question(reader, conversation, f"{reader} {number}")
            conversations.save_error(exchange, f"{reader} failed {number}")

    threads = [threading.Thread(target=talk, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for name in "abcd":
        [one] = conversations.search(name)
        exchanges = conversations.exchanges(one.id)
        assert [exchange.question for exchange in exchanges] == [f"{name} {n}" for n in range(20)]
        assert exchanges[7].error == f"{name} failed 7"


def test_thumbs_become_a_question_set_that_evaluate_reads(conversations):
    conversation, good = conversations.add_question("", None, "How long?")
    conversations.save_answer(good, ANSWER)
    conversations.save_feedback(good, True, "right")
    _, bad = conversations.add_question("", conversation, "Wie lange schläft eine Katze am Tag?")
    conversations.save_answer(bad, ANSWER)
    conversations.save_feedback(bad, False, "wrong page", ("other.pdf", 7))
    _, useless = conversations.add_question("", conversation, "Bad without a page?")
    conversations.save_answer(useless, ANSWER)
    conversations.save_feedback(useless, False)
    values = conversations.question_set()
    first, second = questions_from(values, "feedback")
    assert first.gold_pages == {(HIT.passage.file, page) for page in HIT.passage.pages}
    assert first.question == "How long does a cat sleep?"  # by itself, as it was searched
    assert first.answer == "A cat sleeps *sixteen* hours."
    assert (second.gold_pages, second.answer, second.lang) == ({("other.pdf", 7)}, "", "de")
    assert conversations.feedback()[1] == (
        "Wie lange schläft eine Katze am Tag?",
        False,
        "wrong page",
    )
    conversations.save_feedback(good, None)
    assert len(conversations.question_set()) == 1


def test_preferences_are_saved_by_reader(conversations):
    assert conversations.preferences("a") == {}
    conversations.save_preferences("a", {"language": "de"})
    conversations.save_preferences("a", {"language": "en"})
    assert conversations.preferences("a") == {"language": "en"}
    assert conversations.preferences("b") == {}


# ---- formats ----

OLD = Path(__file__).with_name("data") / "conversations_format_0.sql"  # written before formats


@pytest.fixture
def old_database(tmp_path: Path) -> Path:
    """A database as the version before format numbers wrote it."""
    path = tmp_path / "conversations.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript(OLD.read_text(encoding="utf-8"))
    db.close()
    return path


def test_an_old_database_is_upgraded_with_all_that_it_holds(old_database):
    conversations = Conversations(old_database)
    [conversation] = conversations.search("")
    answered, failed = conversations.exchanges(conversation.id)
    assert (answered.verdict, answered.comment) == (True, "right page")
    assert failed.error == "Stopped before it was begun; ask it again."
    answer = answered.answer
    assert answer.sentences == (Sentence("A cat sleeps sixteen hours a day.", 1, 0.99, "quoted"),)
    assert answer.confidence == 0.87
    assert [source.selection_score for source in answer.evidence] == [2.5, -0.5]  # was `standing`
    [source] = answer.sources
    assert source.selection_score == 2.5
    assert source.hit.passage.pages == (2, 3)
    assert source.hit.stages["reranked"] == StageScore(0.95, 1)
    assert conversations.preferences("") == {
        "changes": {"retrieval": {"top_k": 3}},
        "language": "de",
    }
    assert [c.id for c in conversations.search("", "sixteen hours")] == [conversation.id]
    [question] = questions_from(conversations.question_set(), "feedback")
    assert question.gold_pages == {("animals.pdf", 2), ("animals.pdf", 3)}


def test_an_upgraded_database_is_opened_again_and_written_to(old_database):
    Conversations(old_database)
    conversations = Conversations(old_database)
    [conversation] = conversations.search("")
    _, exchange = conversations.add_question("", conversation.id, "How long?")
    conversations.save_answer(exchange, ANSWER)
    assert conversations.exchanges(conversation.id)[-1].answer == ANSWER
    with sqlite3.connect(old_database) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (FORMAT,)
        [stored] = db.execute("SELECT answer FROM exchanges WHERE id = ?", (exchange,)).fetchone()
    assert json.loads(stored)["format"] == ANSWER_FORMAT
    db.close()


def test_no_field_of_an_old_answer_is_dropped():
    """A renamed field without an upgrade would be read as its default."""
    with sqlite3.connect(":memory:") as db:
        db.executescript(OLD.read_text(encoding="utf-8"))
        [stored] = db.execute("SELECT answer FROM exchanges WHERE id = 1").fetchone()
    db.close()

    def values(part: object) -> list[str]:
        if isinstance(part, dict):
            return [value for name in part for value in values(part[name])]
        if isinstance(part, list):
            return [value for one in part for value in values(one)]
        return [repr(part)]

    before = json.loads(stored)
    rewritten = json.loads(dump_answer(load_answer(stored)))
    rewritten.pop("format")
    assert rewritten.pop("language") == "en"  # a field that the old answer did not have
    assert before.pop("abstained") is (rewritten.pop("grade") == "not_answered")
    lost = Counter(values(before)) - Counter(values(rewritten))
    assert not lost


def test_a_newer_database_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "conversations.sqlite"
    Conversations(path)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    db.close()
    with pytest.raises(UnreadableConversations, match=f"have format {FORMAT + 1}.*up to {FORMAT}"):
        Conversations(path)


def test_a_file_that_is_no_database_is_set_aside(tmp_path):
    path = tmp_path / "conversations.sqlite"
    path.write_text("plain words, and more than a hundred characters of them" * 3)
    conversations = Conversations(path)
    assert conversations.set_aside is not None
    assert conversations.set_aside.read_text().startswith("plain words")
    assert conversations.add_question("", None, "Why?")[0]


def test_one_newer_answer_is_an_error_in_its_place(conversations, tmp_path):
    conversation, exchange = conversations.add_question("", None, "How long?")
    conversations.save_answer(exchange, ANSWER)
    conversations.save_feedback(exchange, True)
    newer = json.dumps({**json.loads(dump_answer(ANSWER)), "format": ANSWER_FORMAT + 1})
    with sqlite3.connect(tmp_path / "library" / "conversations.sqlite") as db:
        db.execute("UPDATE exchanges SET answer = ?", (newer,))
    db.close()
    [loaded] = conversations.exchanges(conversation)
    assert loaded.answer is None
    assert f"saved in format {ANSWER_FORMAT + 1}" in loaded.error
    assert conversations.question_set() == []


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"format": "x"}', '{"question": 1}'])
def test_a_damaged_answer_is_named(text):
    with pytest.raises(UnreadableAnswer, match="damaged"):
        load_answer(text)


# ---- export ----


@pytest.fixture
def exchanges(conversations):
    conversation, first = conversations.add_question("", None, "Is <b>5 $ x</b> #much?")
    conversations.save_answer(first, ANSWER)
    _, second = conversations.add_question("", conversation, "Broken?")
    conversations.save_error(second, "It failed.")
    return conversations.exchanges(conversation)


def test_markdown_keeps_sources_and_gives_markup_no_power(exchanges):
    text = as_markdown("A *title*", exchanges)
    assert text.startswith("# A \\*title\\*\n")
    assert "A cat sleeps \\*sixteen\\* hours. \\[1\\]" in text
    assert "A cat sleeps sixteen hours a day.”" in text
    assert "\\<b\\>5 \\$ x\\</b\\> \\#much?" in text
    assert "It failed." in text


def test_a_quote_is_exported_once_and_in_its_lines(conversations):
    conversation, first = conversations.add_question("", None, "How long?")
    conversations.save_answer(first, QUOTED)
    exchanges = conversations.exchanges(conversation)
    place = TABLE.passage.citation
    assert as_markdown("T", exchanges) == (
        "# T\n\n## How long?\n\n> *“cat 16 \\*  \n> Dog 11 and a half”* \\[1\\]\n\n"
        f"- \\[1\\] {place}\n"
    )
    assert "<q>cat 16 *<br>Dog 11 and a half</q> [1]" in as_html("T", exchanges)
    pdf = pdfium.PdfDocument(as_pdf("T", exchanges))[0].get_textpage().get_text_bounded()
    assert "cat 16 *\r\nDog 11 and a half” [1]" in pdf
    for exported in (as_html("T", exchanges), pdf):
        assert exported.count("Dog 11") == 1


def test_an_abstention_is_exported_with_the_nearest_pages(conversations):
    conversation, first = conversations.add_question("", None, "How high?")
    conversations.save_answer(first, replace(ANSWER, sentences=(), grade="not_answered"))
    assert as_markdown("T", conversations.exchanges(conversation)) == (
        "# T\n\n## How high?\n\nThe lectures do not seem to answer this.\n\n"
        f"- \\[1\\] {HIT.passage.citation}: “A cat sleeps sixteen hours a day.”\n"
    )
    german = replace(ANSWER, sentences=(), grade="not_answered", language="de")
    conversations.save_answer(first, german)
    exported = as_markdown("T", conversations.exchanges(conversation))
    assert "Die Vorlesungen scheinen das nicht zu beantworten." in exported


DOUBTFUL = replace(ANSWER, grade="doubtful", doubts=(Doubt("missing", ("dog",)), Doubt("weak")))


def test_a_doubtful_answer_is_stored_and_exported_under_its_notice(conversations):
    conversation, first = conversations.add_question("", None, "How high?")
    conversations.save_answer(first, DOUBTFUL)
    exchanges = conversations.exchanges(conversation)
    assert exchanges[0].answer == DOUBTFUL
    notice = (
        "The lectures may not answer this: none of the best passages mentions dog; "
        "the best passage matches the question only weakly."
    )
    assert as_markdown("T", exchanges).startswith(f"# T\n\n## How high?\n\n{notice}\n\nA cat")
    assert f"<p>{notice}</p><p>A cat" in as_html("T", exchanges)
    pdf = pdfium.PdfDocument(as_pdf("T", exchanges))[0].get_textpage().get_text_bounded()
    assert "The lectures may not answer this: none of" in pdf
    german = replace(DOUBTFUL, language="de")
    assert german.notice.startswith("Die Vorlesungen beantworten das vielleicht nicht: keine der")


def test_the_lectures_that_were_asked_are_stored_and_exported(conversations):
    scope = Scope("KI", ("3",), "notes.pdf")
    conversation, first = conversations.add_question("", None, "How long?", scope)
    assert conversations.exchanges(conversation)[0].scope == scope  # before it is answered
    conversations.save_answer(first, replace(ANSWER, scope=scope, language="de"))
    _, second = conversations.add_question("", conversation, "And at night?")
    exchanges = conversations.exchanges(conversation)
    assert exchanges[0].answer.scope == exchanges[0].scope == scope
    assert exchanges[1].scope == EVERYTHING
    assert [turn.scope for turn in conversations.history(conversation, second)] == [scope]
    notice = "Gesucht in KI, Vorlesung 3, bis notes.pdf."
    assert f"\n{notice}\n\nA cat" in as_markdown("T", exchanges)
    assert f"<p>{notice}</p>" in as_html("T", exchanges)
    stored = json.loads(dump_answer(ANSWER))
    del stored["scope"]  # of a version before courses
    assert load_answer(json.dumps(stored)).scope == EVERYTHING


@pytest.mark.parametrize(("abstained", "grade"), [(True, "not_answered"), (False, "answered")])
def test_an_answer_of_two_grades_is_read(abstained, grade):
    stored = json.loads(dump_answer(ANSWER)) | {"format": 2, "abstained": abstained}
    del stored["grade"], stored["doubts"]
    assert load_answer(json.dumps(stored)) == replace(ANSWER, grade=grade)


def test_an_answer_stored_without_a_language_is_english():
    stored = json.loads(dump_answer(replace(ANSWER, sentences=(), grade="not_answered")))
    del stored["language"]
    assert load_answer(json.dumps(stored)).text.startswith("The lectures do not seem")


def test_html_escapes_and_loads_nothing(exchanges):
    page = as_html("A <title>", exchanges)
    assert "<title>A &lt;title&gt;</title>" in page
    assert "Is &lt;b&gt;5 $ x&lt;/b&gt; #much?" in page
    assert "http" not in page
    assert "<script" not in page


def test_the_pdf_holds_questions_answers_and_sources(exchanges):
    pdf = pdfium.PdfDocument(as_pdf("A #title", exchanges))
    text = " ".join(pdf[0].get_textpage().get_text_bounded().split())
    for words in ("A #title", "Is <b>5 $ x</b> #much?", "A cat sleeps *sixteen* hours. [1]"):
        assert words in text
    assert HIT.passage.file in text


def test_a_structured_answer_is_saved_and_exported_in_its_form():
    units = (
        WrittenUnit("item", "A **cat** ![x](http://e.org/x)", "supported", (1,), 0.9, level=1),
        WrittenUnit("item", "Bananas are blue.", "unsupported", level=1),
        WrittenUnit("header", "", cells=("animal", "hours")),
        WrittenUnit("row", "", "supported", (1,), 0.9, cells=("cat", "$16$"), opens=False),
        WrittenUnit("formula", r"$$\text{<script>}\frac{a$$", "supported", (1,), 0.9),
    )
    answer = replace(ANSWER, units=units)
    assert load_answer(dump_answer(answer)) == answer
    exchanges = [Exchange(1, "How long?", answer)]
    html, markdown = as_html("T", exchanges), as_markdown("T", exchanges)
    assert "<strong>cat</strong>" in html
    assert '<td><svg role="img" aria-label="16"' in html
    assert "<script" not in html.replace("aria-label", "")
    assert "<img" not in html
    assert "- A **cat** " in markdown
    assert "| cat | $16$ |" in markdown
    for text in (html, markdown):
        assert "Bananas" not in text
        assert "A cat sleeps *sixteen* hours." not in text  # the flat sentence
    pdf = pdfium.PdfDocument(as_pdf("T", exchanges))
    text = pdf[0].get_textpage().get_text_bounded()
    assert re.search(
        r"\u2022\s*A cat !\[x\]\(http://e\.org/x\) +\[1\]", text
    )  # a list, and no link
    assert "Bananas" not in text
    paths = [one for one in pdf[0].get_objects() if one.type == pdfium_c.FPDF_PAGEOBJ_PATH]
    assert len(paths) >= 3 + 2  # lines of the table, and the two digits of the formula
