from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ingest.store import Library
from rag.evaluation.questions import Gold, Question
from rag.evaluation.run_file import AnswerSentence, PageReference, Run, RunLine
from rag.evaluation.sweep import SweepResult
from ui.presentation.report import write_report, write_sweep_page

EVIL = '<script>alert("x")</script>'
QUESTIONS = [
    Question("cat", "How long does a cat sleep?", "factoid", "en", (Gold("animals.pdf", (1,)),), "Sixteen hours.", ("sixteen|16",)),
    Question("dog", "Was bewacht ein Hund?", "factoid", "de", (Gold("animals.pdf", (2,)),), "Das Haus."),
    Question("evil", f"Who wrote {EVIL} here?", "unanswerable", "en", ()),
]  # fmt: skip


def make_run(library: Library, name: str, order: dict[str, list[int]], **fields: object) -> Run:
    """A run whose retrieved order is that of the library's passages, reranked as given."""
    stored = [p for document in library.documents() for p in library.passages(document.id)]
    refs = [PageReference(p.file, p.pages, 1 / n, p.id) for n, p in enumerate(stored, start=1)]
    lines = {
        id: RunLine(
            id,
            tuple(refs),
            tuple(refs[position] for position in positions),
            "Sixteen hours a day.",
            (refs[0],),
            stages={"encode": 0.01, "retrieve": 0.002, "rerank": 0.1},
            seconds=0.112,
            score=0.2 + 0.1 * number,
            sentences=(AnswerSentence("It sleeps.", f"{EVIL} quoted", 0.8, "animals.pdf", (1,)),),
            **fields,  # type: ignore[arg-type]
        )
        for number, (id, positions) in enumerate(order.items())
    }
    meta = {
        "library": library.content_hash(),
        "generate": True,
        "least_confidence": 0.25,
        "settings": {"note": EVIL},
    }
    return Run(Path(f"{name}.jsonl"), meta, lines)


@pytest.fixture
def runs(library: Library) -> list[Run]:
    first = {"cat": [0, 1, 2, 3, 4], "dog": [0, 2, 1, 3, 4], "evil": [4, 3, 2, 1, 0]}
    second = {"cat": [1, 0, 2, 3, 4], "dog": [1, 0, 2, 3, 4], "evil": [4, 3, 2, 1, 0]}
    return [make_run(library, "base", first), make_run(library, "next", second)]


class Page(HTMLParser):
    """Balance of the tags, and what a page would load or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts, self.loads, self.faults = 0, [], []
        self.ids: list[str] = []
        self.text = ""
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.elements.append((tag, values))
        self.scripts += tag == "script"
        self.ids += [values["id"]] if "id" in values else []
        if tag in ("link", "img", "iframe", "object") or "src" in values:
            self.loads.append((tag, values))
        if any(name.startswith("on") for name in values):
            self.faults.append((tag, values))
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")


@pytest.mark.slow
def test_the_page_is_whole_loads_nothing_and_escapes_everything(tmp_path, library, runs):
    path = write_report(QUESTIONS, runs, library, tmp_path / "new" / "report.html")
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.faults == []
    assert page.open == []
    assert page.loads == []
    assert page.scripts == 1  # its own
    assert len(page.ids) == len(set(page.ids))
    assert EVIL not in text
    assert page.text.count(EVIL) >= 4  # question, quotes, settings: text, never an element
    addresses = re.findall(r"https?://[^\"'<> ]*", text)
    assert set(addresses) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_a_run_named_like_markup_is_escaped(tmp_path, library, runs):
    named = Run(Path("<b>&.jsonl"), runs[0].meta, runs[0].lines)
    text = write_report(QUESTIONS, [named], library, tmp_path / "r.html").read_text()
    assert Page(text).faults == []
    assert "&lt;b&gt;&amp;" in text
    assert "<b>&" not in text


def test_questions_have_their_gold_answer_and_passages(tmp_path, library, runs):
    text = write_report(QUESTIONS, runs[:1], library, tmp_path / "r.html").read_text()
    start, end = text.index('id="q-dog"'), text.index('id="q-evil"')
    dog = text[start:end]
    assert "Das Haus." in dog
    assert "animals.pdf, p. 2" in dog
    assert "It barks at strangers." in dog
    assert dog.index("A cat sleeps sixteen hours") < dog.index("An apple falls")
    # The right passage was second and is third now; no other one is marked as gold.
    marked = re.findall(r'<li class="right"><b>([^<]*)</b>(?:(?!</li>).)*?, was (\d)', dog, re.S)
    assert marked == [("animals.pdf, p. 2", "2")]
    assert dog.count('<li class="right">') == 1
    assert '<span class="badge middle" title="base">3</span>' in dog


def test_texts_come_from_pages_where_the_library_is_another(tmp_path, library, runs):
    """Passage ids of a library cut in another way name other texts."""
    run = Run(runs[0].path, {**runs[0].meta, "library": "other"}, runs[0].lines)
    text = write_report(QUESTIONS, [run], library, tmp_path / "r.html").read_text()
    assert "Course name" in text[text.index("Passages</h4>") :]  # a running header: pages have it


@pytest.mark.slow
def test_without_a_library_pages_alone_are_named(tmp_path, runs):
    text = write_report(QUESTIONS, runs, None, tmp_path / "r.html").read_text()
    assert "animals.pdf, p. 2" in text
    assert "barks" not in text


@pytest.mark.slow
def test_figures_intervals_and_the_comparison_are_there(tmp_path, library, runs):
    text = write_report(QUESTIONS, runs, library, tmp_path / "r.html").read_text()
    # Of two answerable questions, base has one right page first, next one other.
    row = text[text.index(">Success@1<") :]
    assert re.findall(r"<b>([\d.]+)</b>", row[: row.index("Success@5")]) == ["0.500"] * 4
    assert "next compared with base" in text
    assert 'href="#q-cat"' in text
    difference = text[text.index(">reranked Success@1<", text.index("next compared with base")) :]
    assert "1 / 1 / 0" in difference[: difference.index("</tr>")]


def test_runs_without_scores_answers_or_gold_give_a_page(tmp_path):
    run = Run(Path("bare.jsonl"), {"generate": False}, {"evil": RunLine("evil", error="Boom")})
    text = write_report(QUESTIONS, [run], None, tmp_path / "r.html").read_text()
    assert Page(text).faults == []
    assert "Failed: Boom" in text
    with pytest.raises(ValueError, match="at least one run"):
        write_report(QUESTIONS, [], None, tmp_path / "r.html")


@pytest.mark.slow
def test_questions_are_filtered_by_own_fields(tmp_path, runs):
    tagged = [replace(QUESTIONS[0], metadata={"tags": ["exam", "a 'b' \"c\""]}), *QUESTIONS[1:]]
    text = write_report(tagged, runs, None, tmp_path / "r.html", by=["tags"]).read_text()
    page = Page(text)
    assert page.faults == []
    assert "tags: exam" in page.text  # a row of the figures by group
    [cat] = [a for tag, a in page.elements if a.get("id") == "q-cat"]
    assert json.loads(cat["data-groups"]) == ["tags: exam", "tags: a 'b' \"c\""]
    assert json.loads(cat["data-outcomes"])[0] == ["base", "first passage right"]


def test_ids_that_differ_in_punctuation_have_different_anchors(tmp_path):
    questions = [replace(QUESTIONS[2], id=id) for id in ("a b", "a-b")]
    run = Run(Path("r.jsonl"), {}, {q.id: RunLine(q.id) for q in questions})
    page = Page(write_report(questions, [run], None, tmp_path / "r.html").read_text())
    assert {"q-a-b", "q-a-b-2"} <= set(page.ids)


def test_the_page_of_a_sweep(tmp_path):
    results = [
        SweepResult(n, {"models.encoder": EVIL, "x.y": n}, Path("r"), q, q - 0.1, q + 0.1, s, 9, 0, n < 3)
        for n, q, s in ((1, 0.5, 0.01), (2, 0.7, 0.02), (3, 0.6, 0.05))
    ]  # fmt: skip
    path = write_sweep_page(results, "reranked nDCG@10", f"{EVIL}.jsonl", tmp_path / "sweep.html")
    page = Page(text := path.read_text(encoding="utf-8"))
    assert page.faults == page.open == page.loads == []
    assert EVIL not in text
    assert page.text.count(EVIL) >= 4
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.S)[1:]
    assert ["*" in row for row in rows] == [True, False, True]  # 2, 3, 1: best quality first


@pytest.mark.slow
def test_a_browser_shows_it_and_filters(tmp_path, library, runs):
    from playwright.sync_api import sync_playwright

    path = write_report(QUESTIONS, runs, library, tmp_path / "report.html")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--headless", "--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 390, "height": 800})
        events: list[str] = []
        page.on("console", lambda message: events.append(message.text))
        page.on("pageerror", lambda error: events.append(str(error)))
        page.on("dialog", lambda dialog: events.append(dialog.message))
        page.on("request", lambda request: events.append(request.url))
        page.goto(path.as_uri())
        assert events == [path.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.locator("svg.chart").count() >= 6
        visible = page.locator("details.q:visible")
        assert visible.count() == 3
        page.fill("#f-words", "bewacht hund")
        assert visible.count() == 1
        assert page.locator("#f-count").text_content() == "1 of 3"
        page.fill("#f-words", "")
        page.select_option("#f-outcome", "first passage right")
        page.select_option("#f-run", "next")
        assert [q.get_attribute("id") for q in visible.all()] == ["q-dog"]
        page.select_option("#f-outcome", "")
        page.select_option("#f-run", "")
        page.select_option("select[data-field=lang]", "de")
        assert [q.get_attribute("id") for q in visible.all()] == ["q-dog"]
        page.click('a[href="#q-cat"]')
        assert page.locator("#q-cat").get_attribute("open") is not None
        assert page.locator("#q-cat .hits >> text=A cat sleeps sixteen").first.is_visible()
        browser.close()


@pytest.mark.slow
def test_it_begins_in_short_and_explains_its_measures(tmp_path, library, runs):
    page = Page(write_report(QUESTIONS, runs, library, tmp_path / "report.html").read_text())
    text = " ".join(page.text.split())
    assert text.index("In short") < text.index("Figures")
    assert "base: The first page is right for" in text
    assert "next: Compared with base," in text
    assert "What the measures mean" in text
    assert "One divided by the rank of the first right passage" in text
