"""The room Attention in a real Chromium: its controls, light, dark, phone, axe-core."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect
from test_browser import axe, chromium, folder, screenshot, url, visit  # noqa: F401

PATIENCE = 180_000  # ms; the first room that is opened loads torch and a model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
]


def open_part(page: Page, part: str, question: str) -> None:
    """Open a part of the room and wait until its last line, the question, is drawn."""
    page.get_by_role("radio", name="Attention", exact=True).click(timeout=PATIENCE)
    page.get_by_role("radio", name=part, exact=True).click(timeout=PATIENCE)
    expect(page.get_by_text(question)).to_be_visible(timeout=PATIENCE)
    expect(page.locator('[data-stale="true"]')).to_have_count(0, timeout=PATIENCE)
    screenshot.settle(page)


@pytest.mark.parametrize(
    ("part", "question", "dark", "width"),
    [
        ("One step by hand", "divided by the square root", False, 1280),
        ("Who is it?", "Does a head that switches", True, 390),
        ("Size and cost", "Why do newer models", True, 1280),
        ("Maps of all heads", "Why do so many heads", False, 390),
    ],
)
def test_no_serious_fault_and_nothing_wider_than_the_screen(
    visit,  # noqa: F811
    axe,  # noqa: F811
    part,
    question,
    dark,
    width,
):
    page = visit("language", dark=dark, width=width)
    open_part(page, part, question)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.evaluate(axe)
    violations = page.evaluate("async () => (await axe.run()).violations")
    serious = {
        fault["id"]: [node["html"][:160] for node in fault["nodes"]][:3]
        for fault in violations
        if fault["impact"] in ("serious", "critical")
    }
    assert serious == {}


def test_without_the_division_the_output_changes(visit):  # noqa: F811
    page = visit("language")
    open_part(page, "One step by hand", "divided by the square root")
    output = page.get_by_text(re.compile(r"Output of “it”"))
    before = output.inner_text()
    page.get_by_text("Divide by √d").click()
    expect(output).not_to_have_text(before, timeout=PATIENCE)
