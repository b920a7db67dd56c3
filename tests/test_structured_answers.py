"""Structured answers as Markdown: what is kept, and that nothing of a model is fetched or run."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from ingest.text.languages import LANGUAGES
from rag.markdown_units import draft_units
from ui.structured_answers import inline_markdown, structured_markdown

READER = MarkdownIt("commonmark", {"html": True}).enable("table")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a **b *c* d** e", r"a **b *c* d** e"),
        ("`x[1]` and $a_1 * b$", r"`x[1]` and $a_1 * b$"),
        ("5 * 3 * 2", r"5 \* 3 \* 2"),
        (r"$\href{javascript:x}{y}$", r"\$\\href\{javascript\:x\}\{y\}\$"),
    ],
)
def test_emphasis_code_and_formulas_stay(text, expected):
    assert inline_markdown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "![a](http://evil.org/x.png)",
        "[a](http://evil.org)",
        "<img src=x onerror=alert(1)> **![a](http://e.org/x)**",
        "`a` <script>x</script> *[b](http://e.org)*",
        "[a]: http://evil.org/x",
    ],
)
def test_nothing_is_linked_fetched_or_run(text):
    html = READER.render(structured_markdown(draft_units(f"{text} end.", LANGUAGES["en"])))
    assert "<img" not in html
    assert "<a" not in html
    assert "<script" not in html


def test_lists_tables_and_formulas_are_set():
    draft = (
        "## Kinds\n\nThere are two:\n\n- one [1]\n- two [2]\n\n"
        "| p | q |\n|-|-|\n| $|x|$ | b|c [1] |\n\n$$a = b$$\n"
    )
    units = draft_units(draft, LANGUAGES["en"])
    supported = [unit.__class__(**{**fields(unit), "status": "supported"}) for unit in units]
    html = READER.render(structured_markdown(supported))
    assert "<h5>Kinds</h5>" in html
    assert html.count("<li>") == 2
    assert "<li>one [1]</li>" in html
    assert html.count("<td>") == 3
    assert r"$\vert x\vert $" in html
    assert "$$\na = b\n$$" in html


def fields(unit) -> dict:
    return {name: getattr(unit, name) for name in unit.__slots__}
