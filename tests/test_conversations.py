"""ui.conversations and ui.export: what was said is kept, found again and taken along."""

from __future__ import annotations

import threading
from dataclasses import replace

import pypdfium2 as pdfium
import pytest
from tiny_models import hit

from rag.evaluation.questions import questions_from
from rag.types import Answer, Sentence, Source, StageScore, Turn
from ui.conversations import Conversations
from ui.export import as_html, as_markdown, as_pdf

HIT = hit("d-0001", "A cat sleeps sixteen hours a day.").with_stage("dense", 0.5, 1)
ANSWER = Answer(
    question="How long?",
    query="How long does a cat sleep?",
    sentences=(Sentence("A cat sleeps *sixteen* hours.", 1, 0.9, "written"),),
    sources=(Source(1, "A cat sleeps sixteen hours a day.", HIT, 0.8, 0, 33),),
    hits=(HIT,),
    abstained=False,
    seconds={"encode": 0.5},
    models={"encoder": "e"},
)


@pytest.fixture
def kept(tmp_path):
    return Conversations(tmp_path / "library" / "conversations.sqlite")


TABLE = hit("d-0001", "Hours a day:\ncat 16 *\nDog 11 and a half").with_stage("dense", 0.5, 1)
QUOTED = Answer(
    question="How long?",
    query="How long?",
    sentences=(Sentence("cat 16 * Dog 11 and a half", 1, 0.9, "quoted"),),
    sources=(Source(1, "cat 16 * Dog 11 and a half", TABLE, 0.8, 13, 39),),
    hits=(TABLE,),
    abstained=False,
)


def test_what_was_said_comes_back_as_it_was(kept, tmp_path):
    conversation, first = kept.ask("", None, "How long?")
    kept.answer(first, ANSWER)
    assert kept.ask("", conversation, "And at night?")[0] == conversation
    again = Conversations(tmp_path / "library" / "conversations.sqlite")
    said, still_open = again.exchanges(conversation)
    assert said.answer == ANSWER
    assert said.answer.hits[0].stages["dense"] == StageScore(0.5, 1)
    assert (said.open, still_open.open) == (False, True)
    assert again.history(conversation, still_open.id) == [Turn("How long?", ANSWER.text)]
    assert again.history(conversation, first) == []


def test_conversations_are_the_readers_own_and_the_last_changed_comes_first(kept):
    one, _ = kept.ask("a", None, "First question?")
    two, _ = kept.ask("a", None, "Second question?")
    kept.ask("b", None, "Somebody else's?")
    assert [found.id for found in kept.all("a")] == [two, one]
    kept.ask("a", one, "more")
    assert [found.id for found in kept.all("a")] == [one, two]
    assert kept.find("a", two).title == "Second question?"
    assert kept.find("b", two) is None


def test_search_looks_at_titles_questions_and_answers(kept):
    one, first = kept.ask("", None, "About 100 % of dogs?")
    kept.answer(first, ANSWER)
    two, _ = kept.ask("", None, "Something else entirely")
    kept.rename(two, "Feline_matters")
    assert [c.id for c in kept.all("", "sixteen")] == [one]
    assert [c.id for c in kept.all("", "0 %")] == [one]  # not a wildcard
    assert [c.id for c in kept.all("", "e_m")] == [two]
    assert [c.id for c in kept.all("", "DOGS")] == [one]
    assert kept.all("", "zebra") == []
    assert kept.all("", "passage") == []  # names of fields are not what was said


def test_rename_delete_and_taking_back(kept):
    conversation, first = kept.ask("", None, "One?")
    _, second = kept.ask("", conversation, "Two?")
    kept.ask("", conversation, "Three?")
    kept.rename(conversation, "  ")
    assert kept.all("")[0].title == "One?"
    kept.cut(conversation, second)
    assert [said.id for said in kept.exchanges(conversation)] == [first]
    kept.answer(second, ANSWER)  # it was being written when it was taken back
    assert [said.id for said in kept.exchanges(conversation)] == [first]
    kept.delete(conversation)
    assert kept.all("") == []
    assert kept.exchanges(conversation) == []


def test_long_questions_are_shortened_to_a_title(kept):
    kept.ask("", None, "word " * 50)
    title = kept.all("")[0].title
    assert len(title) == 60
    assert title.endswith("…")


def test_many_threads_write_without_mixing(kept):
    def talk(reader: str) -> None:
        conversation, _ = kept.ask(reader, None, f"{reader} 0")
        for number in range(1, 20):
            _, exchange = kept.ask(reader, conversation, f"{reader} {number}")
            kept.fail(exchange, f"{reader} failed {number}")

    threads = [threading.Thread(target=talk, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for name in "abcd":
        [one] = kept.all(name)
        said = kept.exchanges(one.id)
        assert [exchange.question for exchange in said] == [f"{name} {n}" for n in range(20)]
        assert said[7].error == f"{name} failed 7"


def test_thumbs_become_a_question_set_that_evaluate_reads(kept):
    conversation, good = kept.ask("", None, "How long?")
    kept.answer(good, ANSWER)
    kept.rate(good, True, "right")
    _, bad = kept.ask("", conversation, "Wie lange schläft eine Katze am Tag?")
    kept.answer(bad, ANSWER)
    kept.rate(bad, False, "wrong page", ("other.pdf", 7))
    _, useless = kept.ask("", conversation, "Bad without a page?")
    kept.answer(useless, ANSWER)
    kept.rate(useless, False)
    values = kept.question_set()
    first, second = questions_from(values, "feedback")
    assert first.gold_pages == {(HIT.passage.file, page) for page in HIT.passage.pages}
    assert first.question == "How long does a cat sleep?"  # by itself, as it was searched
    assert first.answer == "A cat sleeps *sixteen* hours."
    assert (second.gold_pages, second.answer, second.lang) == ({("other.pdf", 7)}, "", "de")
    assert kept.comments()[1] == ("Wie lange schläft eine Katze am Tag?", False, "wrong page")
    kept.rate(good, None)
    assert len(kept.question_set()) == 1


def test_preferences_are_kept_by_reader(kept):
    assert kept.preferences("a") == {}
    kept.save_preferences("a", {"language": "de"})
    kept.save_preferences("a", {"language": "en"})
    assert kept.preferences("a") == {"language": "en"}
    assert kept.preferences("b") == {}


# ---- export ----


@pytest.fixture
def said(kept):
    conversation, first = kept.ask("", None, "Is <b>5 $ x</b> #much?")
    kept.answer(first, ANSWER)
    _, second = kept.ask("", conversation, "Broken?")
    kept.fail(second, "It failed.")
    return kept.exchanges(conversation)


def test_markdown_keeps_sources_and_gives_markup_no_power(said):
    text = as_markdown("A *title*", said)
    assert text.startswith("# A \\*title\\*\n")
    assert "A cat sleeps \\*sixteen\\* hours. \\[1\\]" in text
    assert "A cat sleeps sixteen hours a day.”" in text
    assert "\\<b\\>5 \\$ x\\</b\\> \\#much?" in text
    assert "It failed." in text


def test_a_quote_is_exported_once_and_in_its_lines(kept):
    conversation, first = kept.ask("", None, "How long?")
    kept.answer(first, QUOTED)
    said = kept.exchanges(conversation)
    place = TABLE.passage.citation
    assert as_markdown("T", said) == (
        "# T\n\n## How long?\n\n> *“cat 16 \\*  \n> Dog 11 and a half”* \\[1\\]\n\n"
        f"- \\[1\\] {place}\n"
    )
    assert "<q>cat 16 *<br>Dog 11 and a half</q> [1]" in as_html("T", said)
    pdf = pdfium.PdfDocument(as_pdf("T", said))[0].get_textpage().get_text_bounded()
    assert "cat 16 *\r\nDog 11 and a half” [1]" in pdf
    for exported in (as_html("T", said), pdf):
        assert exported.count("Dog 11") == 1


def test_an_abstention_is_exported_with_the_nearest_pages(kept):
    conversation, first = kept.ask("", None, "How high?")
    kept.answer(first, replace(ANSWER, sentences=(), abstained=True))
    assert as_markdown("T", kept.exchanges(conversation)) == (
        "# T\n\n## How high?\n\nThe lectures do not seem to answer this.\n\n"
        f"- \\[1\\] {HIT.passage.citation}: “A cat sleeps sixteen hours a day.”\n"
    )


def test_html_escapes_and_loads_nothing(said):
    page = as_html("A <title>", said)
    assert "<title>A &lt;title&gt;</title>" in page
    assert "Is &lt;b&gt;5 $ x&lt;/b&gt; #much?" in page
    assert "http" not in page
    assert "<script" not in page


def test_the_pdf_says_what_was_said(said):
    pdf = pdfium.PdfDocument(as_pdf("A #title", said))
    text = " ".join(pdf[0].get_textpage().get_text_bounded().split())
    for words in ("A #title", "Is <b>5 $ x</b> #much?", "A cat sleeps *sixteen* hours. [1]"):
        assert words in text
    assert HIT.passage.file in text
