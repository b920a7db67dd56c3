"""The rooms Tokens and Why generation is hard in a real Chromium: light, dark, phone, axe-core."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect
from test_browser import PATIENCE, axe, chromium, folder, screenshot, url, visit  # noqa: F401

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
]


def open_part(page: Page, room: str, part: str) -> None:
    """Open a part of a room by its names and wait until it is drawn."""
    page.get_by_role("radio", name=room, exact=True).click(timeout=PATIENCE)
    page.get_by_role("radio", name=part, exact=True).click(timeout=PATIENCE)
    expect(page.get_by_text("To think about:")).to_be_visible(timeout=PATIENCE)
    screenshot.settle(page)


@pytest.mark.parametrize(
    ("room", "part", "dark", "width"),
    [
        ("Tokens", "Compare tokenisers", False, 1280),
        ("Tokens", "Compare tokenisers", True, 390),
        ("Tokens", "Train BPE", True, 1280),
        ("Tokens", "German and English", False, 390),
        ("Tokens", "Vocabulary size", True, 1280),
        ("Why generation is hard", "Counting", False, 390),
        ("Why generation is hard", "Random draws", True, 1280),
        ("Why generation is hard", "Narrowing down", False, 1280),
    ],
)
def test_no_serious_fault_and_nothing_wider_than_the_screen(
    visit,  # noqa: F811
    axe,  # noqa: F811
    room,
    part,
    dark,
    width,
):
    page = visit("language", dark=dark, width=width)
    open_part(page, room, part)
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


def test_an_example_fills_the_text_and_its_tokens_are_coloured(visit):  # noqa: F811
    page = visit("language")
    open_part(page, "Tokens", "Compare tokenisers")
    page.get_by_role("radio", name="Emoji", exact=True).click()
    expect(page.get_by_label("Text", exact=True)).to_contain_text("naïve café", timeout=PATIENCE)
    # the bytes of the coffee cup in the tooltip of a token
    expect(page.locator('.tokens span[title*="E2 98 95"]').first).to_be_visible(timeout=PATIENCE)
    grounds = page.locator(".tokens span").evaluate_all(
        "spans => spans.slice(0, 6).map(span => getComputedStyle(span).backgroundColor)"
    )
    assert len(set(grounds)) == 6


def test_the_merges_follow_the_slider(visit):  # noqa: F811
    page = visit("language")
    open_part(page, "Tokens", "Train BPE")
    expect(page.locator(".tokens")).to_have_text("aaabdaaabac")
    assert page.locator(".tokens span").count() == 7
    page.get_by_role("slider", name="Merges").press("ArrowRight")
    expect(page.locator(".tokens span")).to_have_count(5, timeout=PATIENCE)
