"""The room Next word in a real Chromium: sliders, the tree of beams, phone, axe-core."""

from __future__ import annotations

import time

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect
from test_browser import PATIENCE, axe, chromium, folder, screenshot, url, visit  # noqa: F401

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
]

PARTS = {  # part: what it shows at its end
    "Next token": "bits of entropy",
    "Probability of a text": "The first text is likelier",
    "Greedy, beam, sampling": "How likely was each chosen token?",
}


def open_part(page: Page, part: str) -> None:
    """Open a part of the room and wait until it is drawn."""
    page.get_by_role("radio", name="Next word", exact=True).click(timeout=PATIENCE)
    page.get_by_role("tab", name=part).click(timeout=PATIENCE)
    expect(page.get_by_text(PARTS[part]).first).to_be_visible(timeout=5 * PATIENCE)
    screenshot.settle(page)


@pytest.mark.parametrize(
    ("part", "dark", "width"),
    [
        ("Next token", False, 1280),
        ("Next token", True, 390),
        ("Probability of a text", True, 1280),
        ("Greedy, beam, sampling", False, 390),
        ("Greedy, beam, sampling", True, 1280),
    ],
)
def test_no_serious_fault_and_nothing_wider_than_the_screen(
    visit,  # noqa: F811
    axe,  # noqa: F811
    part,
    dark,
    width,
):
    page = visit("language", dark=dark, width=width)
    open_part(page, part)
    assert page.evaluate(
        "document.querySelector('.stMain').scrollWidth <= document.querySelector('.stMain').clientWidth"
    )
    page.evaluate(axe)
    violations = page.evaluate("async () => (await axe.run()).violations")
    serious = {
        fault["id"]: [node["html"][:160] for node in fault["nodes"]][:3]
        for fault in violations
        if fault["impact"] in ("serious", "critical")
    }
    assert serious == {}


def test_a_slider_changes_the_bars(visit):  # noqa: F811
    page = visit("language")
    open_part(page, "Next token")
    before = page.get_by_text("bits of entropy").inner_text()
    slider = page.get_by_role("slider", name="Temperature")
    start = time.perf_counter()
    slider.press("ArrowRight")
    expect(page.get_by_text(before)).to_have_count(0, timeout=PATIENCE)
    print(f"a slider's step took {time.perf_counter() - start:.2f} s")
    expect(page.get_by_text("After the sliders").or_(page.get_by_role("img")).first).to_be_visible()


def test_the_tree_is_drawn_and_more_beams_draw_it_again(visit):  # noqa: F811
    page = visit("language")
    open_part(page, "Greedy, beam, sampling")
    tree = page.get_by_role("group", name="Tree of beam search").get_by_role("img")
    expect(tree).to_be_visible()
    before = tree.get_attribute("src")
    size = tree.bounding_box()
    assert size is not None
    assert size["width"] > 1200  # 12 steps, which scroll
    page.get_by_role("slider", name="Beams").press("ArrowRight")
    for _ in range(PATIENCE // 500):
        page.wait_for_timeout(500)
        if tree.count() and tree.get_attribute("src") != before:
            break
    assert tree.get_attribute("src") != before
    after = tree.bounding_box()
    assert after is not None
    assert after["height"] > size["height"]
