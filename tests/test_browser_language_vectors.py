"""The rooms Vectors and Encoders at work in a real Chromium: light, dark, phone, axe-core."""

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


def open_room(page: Page, room: str, part: str) -> None:
    """Open a part of a room by its names and wait until it is drawn."""
    page.get_by_role("radio", name=room, exact=True).click(timeout=PATIENCE)
    page.get_by_role("radio", name=part, exact=True).click(timeout=PATIENCE)
    screenshot.settle(page)


@pytest.mark.parametrize(
    ("room", "part", "dark", "width"),
    [
        ("Vectors", "From one-hot to dense", False, 1280),
        ("Vectors", "Sentences", True, 390),
        ("Encoders at work", "Masked words", False, 390),
        ("Encoders at work", "Bi-encoder and cross-encoder", True, 1280),
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
    open_room(page, room, part)
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


def test_the_marker_is_pulled_and_the_neighbours_follow(visit):  # noqa: F811
    page = visit("language")
    open_room(page, "Vectors", "From one-hot to dense")
    page.get_by_text("Map of the neighbourhood").click()
    canvas = page.get_by_role("application")
    expect(canvas).to_be_visible(timeout=PATIENCE)
    screenshot.settle(page)
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    before = page.get_by_role("main").inner_text()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.9, steps=4)
    page.mouse.up()
    page.wait_for_timeout(3000)
    assert page.get_by_role("main").inner_text() != before
