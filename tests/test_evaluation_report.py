from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import R

from ingest.store import Library
from rag.evaluation.plot import decades, rounded
from rag.evaluation.questions import Gold, Question
from rag.evaluation.report import calibration, first_right, moves, write_report
from rag.evaluation.run import Place, Run, RunLine, Said

EVIL = '<script>alert("x")</script>'
QUESTIONS = [
    Question("cat", "How long does a cat sleep?", "factoid", "en", (Gold("animals.pdf", (1,)),), "Sixteen hours.", ("sixteen|16",)),
    Question("dog", "Was bewacht ein Hund?", "factoid", "de", (Gold("animals.pdf", (2,)),), "Das Haus."),
    Question("evil", f"Who wrote {EVIL} here?", "unanswerable", "en", ()),
]  # fmt: skip


def make_run(library: Library, name: str, order: dict[str, list[int]], **fields: object) -> Run:
    """A run whose retrieved order is that of the library's passages, reranked as given."""
    stored = [p for document in library.documents() for p in library.passages(document.id)]
    places = [Place(p.file, p.pages, 1 / n, p.id) for n, p in enumerate(stored, start=1)]
    lines = {
        id: RunLine(
            id,
            tuple(places),
            tuple(places[position] for position in positions),
            "Sixteen hours a day.",
            (places[0],),
            stages={"encode": 0.01, "retrieve": 0.002, "rerank": 0.1},
            seconds=0.112,
            score=0.2 + 0.1 * number,
            sentences=(Said("It sleeps.", f"{EVIL} quoted", 0.8, "animals.pdf", (1,)),),
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
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.scripts += tag == "script"
        self.ids += [values["id"]] if "id" in values else []
        if tag in ("link", "img", "iframe", "object") or "src" in values:
            self.loads.append((tag, values))
        if any(name.startswith("on") and name != "onsubmit" for name in values):
            self.faults.append((tag, values))
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")


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
    assert text.count("&lt;script&gt;alert(&quot;x&quot;)") >= 4  # question, quotes, settings
    assert not re.search(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[a-z]", text.replace("</", ""))


def test_a_run_named_like_markup_is_escaped(tmp_path, library, runs):
    named = Run(Path("<b>&.jsonl"), runs[0].meta, runs[0].lines)
    text = write_report(QUESTIONS, [named], library, tmp_path / "r.html").read_text()
    assert Page(text).faults == []
    assert "&lt;b&gt;&amp;" in text


def test_questions_stand_with_gold_answer_and_passages(tmp_path, library, runs):
    text = write_report(QUESTIONS, runs[:1], library, tmp_path / "r.html").read_text()
    start, end = text.index('id="q-dog"'), text.index('id="q-evil"')
    dog = text[start:end]
    assert "Das Haus." in dog
    assert "animals.pdf, p. 2" in dog
    assert "It barks at strangers." in dog
    assert dog.index("A cat sleeps sixteen hours") < dog.index("An apple falls")
    # The right passage was second and is third now; no other one is marked as gold.
    marked = re.findall(r"<li class=right><b>([^<]*)</b>(?:(?!</li>).)*?, was (\d)", dog, re.S)
    assert marked == [("animals.pdf, p. 2", "2")]
    assert dog.count("<li class=right>") == 1
    assert '<span class="badge middle" title="base">3</span>' in dog


def test_texts_come_from_pages_where_the_library_is_another(tmp_path, library, runs):
    """Passage ids of a library cut in another way name other texts."""
    run = Run(runs[0].path, {**runs[0].meta, "library": "other"}, runs[0].lines)
    text = write_report(QUESTIONS, [run], library, tmp_path / "r.html").read_text()
    assert "Course name" in text[text.index("Passages</h4>") :]  # a running header: pages have it


def test_without_a_library_places_alone_are_named(tmp_path, runs):
    text = write_report(QUESTIONS, runs, None, tmp_path / "r.html").read_text()
    assert "animals.pdf, p. 2" in text
    assert "barks" not in text


def test_figures_intervals_and_the_comparison_are_there(tmp_path, library, runs):
    text = write_report(QUESTIONS, runs, library, tmp_path / "r.html").read_text()
    # Of two answerable questions, base has one right page first, next one other.
    row = text[text.index(">Success@1<") :]
    assert re.findall(r"<b>([\d.]+)</b>", row[: row.index("Success@5")]) == ["0.500"] * 4
    assert "next against base" in text
    assert 'href="#q-cat"' in text
    difference = text[text.index(">reranked Success@1<", text.index("next against base")) :]
    assert "1 / 1 / 0" in difference[: difference.index("</tr>")]


def test_the_recall_curve_is_the_recall(library, runs):
    from rag.evaluation.metrics import ranked_items

    figures = ir_measures.calc_aggregate(
        [R @ 1, R @ 3], *ranked_items(QUESTIONS, runs[0], "reranked")
    )
    assert figures == {R @ 1: 0.5, R @ 3: 1.0}


def test_first_right_and_moves_worked_by_hand(library, runs):
    line = runs[0].lines["dog"]
    assert first_right(QUESTIONS[1], line.retrieved) == 2
    assert first_right(QUESTIONS[1], line.reranked) == 3
    assert first_right(QUESTIONS[1], line.reranked[:2]) is None
    base, other = (moves(QUESTIONS, run) for run in runs)
    assert {name: n for name, n in base.items() if n} == {"same": 1, "down 1": 1}
    assert {name: n for name, n in other.items() if n} == {"up 1": 1, "down 1": 1}


@pytest.mark.parametrize(
    ("before", "after", "label"),
    [(12, 1, "up over 10"), (11, 1, "up 4 to 10"), (5, 1, "up 4 to 10"), (4, 1, "up 2 or 3"),
     (1, 3, "down 2 or 3"), (1, 12, "down over 10"), (3, 3, "same")],
)  # fmt: skip
def test_a_move_falls_into_its_class(before, after, label):
    def order(rank: int) -> tuple[Place, ...]:
        return tuple(
            Place("animals.pdf" if n == rank else "b.pdf", (1 if n == rank else n,))
            for n in range(1, 13)
        )

    run = Run(Path("r.jsonl"), {}, {"cat": RunLine("cat", order(before), order(after))})
    assert [name for name, n in moves(QUESTIONS, run).items() if n] == [label]


def test_calibration_worked_by_hand():
    scored = [(0.1, False), (0.2, False), (0.3, True), (0.5, True)]
    low, high = calibration(scored, bins=2)
    assert low[:2] == pytest.approx((0.15, 0.0))
    assert high[:2] == pytest.approx((0.4, 1.0))
    # Wilson for 2 of 2: from 1 / (1 + z² / n) to 1.
    assert high[2:4] == pytest.approx((1 / (1 + 1.959964**2 / 2), 1.0))
    assert [point[4] for point in (low, high)] == [2, 2]
    assert calibration([]) == []


@given(st.floats(-100, 100), st.floats(1e-4, 100))
def test_ticks_are_few_round_and_inside(low, span):
    ticks = rounded(low, low + span)
    assert 1 <= len(ticks) <= 6 or span < 1e-3
    assert all(low - 1e-6 <= tick <= low + span + 1e-6 for tick in ticks)


def test_ticks_worked_by_hand():
    assert rounded(0.46, 0.72) == [0.5, 0.6, 0.7]
    assert rounded(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert decades(0.0009, 11) == [
        (10.0**n, text)
        for n, text in zip(range(-3, 2), ["1 ms", "10 ms", "100 ms", "1 s", "10 s"], strict=True)
    ]
    assert [text for _, text in decades(0.013, 0.06)] == [
        "20 ms",
        "30 ms",
        "40 ms",
        "50 ms",
        "60 ms",
    ]


def test_runs_without_scores_answers_or_gold_give_a_page(tmp_path):
    run = Run(Path("bare.jsonl"), {"generate": False}, {"evil": RunLine("evil", error="Boom")})
    text = write_report(QUESTIONS, [run], None, tmp_path / "r.html").read_text()
    assert Page(text).faults == []
    assert "Failed: Boom" in text
    with pytest.raises(ValueError, match="at least one run"):
        write_report(QUESTIONS, [], None, tmp_path / "r.html")


@pytest.mark.slow
def test_a_browser_shows_it_and_filters(tmp_path, library, runs):
    from playwright.sync_api import sync_playwright

    path = write_report(QUESTIONS, runs, library, tmp_path / "report.html")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--headless", "--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 390, "height": 800})
        told: list[str] = []
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("dialog", lambda dialog: told.append(dialog.message))
        page.on("request", lambda request: told.append(request.url))
        page.goto(path.as_uri())
        assert told == [path.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.locator("svg.chart").count() >= 6
        shown = page.locator("details.q:visible")
        assert shown.count() == 3
        page.fill("#f-words", "bewacht hund")
        assert shown.count() == 1
        assert page.locator("#f-count").text_content() == "1 of 3"
        page.fill("#f-words", "")
        page.select_option("#f-outcome", "first passage right")
        page.select_option("#f-run", "next")
        assert [q.get_attribute("id") for q in shown.all()] == ["q-dog"]
        page.select_option("#f-outcome", "")
        page.select_option("#f-run", "")
        page.select_option("#f-lang", "de")
        page.click('a[href="#q-cat"]')
        assert page.locator("#q-cat").get_attribute("open") is not None
        assert page.locator("#q-cat .hits >> text=A cat sleeps sixteen").first.is_visible()
        browser.close()
