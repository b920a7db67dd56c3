"""The rooms of the language laboratory in a real Chromium: light, dark, phone, axe-core, controls."""

from __future__ import annotations

import re
import time

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect
from test_browser import axe, chromium, folder, screenshot, serious_faults, url, visit  # noqa: F401

PATIENCE = 180_000  # ms; the first room that is opened loads torch and a model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
]

ENDS = {  # part of a room: a text near its end, which no other part has
    "Compare tokenisers": "use neither characters nor words",
    "Train BPE": "The curve falls steeply",
    "German and English": "Why is it longer in tokens",
    "Vocabulary size": "How many of them are its embedding table",
    "From one-hot to dense": "Why are one-hot vectors not enough",
    "Word vectors": "Do they mean the same",
    "Sentences": "What is left of the formula",
    "Nodes of a graph": "What do p and q change",
    "Everything becomes a vector": "be compared with the code of an image",
    "One step by hand": "divided by the square root",
    "Maps of all heads": "Why do so many heads look",
    "Who is it?": "Does a head that switches prove",
    "Positions, residuals, norms": "in a model without positions",
    "Three kinds": "Why can the encoder not be trained",
    "Encoder-decoder, live": "and the digits written one by one",
    "Size and cost": "Why do newer models share",
    "Masked words": "Why can an encoder fill a gap",
    "Fine-tuning": "Why is sentiment harder",
    "Frozen or fine-tuned": "Why do ten sentences teach",
    "Bi-encoder and cross-encoder": "Why does a search not use",
    "Next token": "bits of entropy",
    "Probability of a text": "The first text is likelier",
    "Greedy, beam, sampling": "How likely was each chosen token?",
    "Counting": "A computer checks a billion images",
    "Random draws": "sound most like a lecture",
    "Narrowing down": "Why does the trigram of tokens need more",
    "Three streams": "May one compare the bits per token",
    "Size and loss": "how many parameters would halve the loss",
    "A jump, or the measure": "an ability that appears at a certain size",
}
LOOKS = {  # dark, width: rooms with parts
    (False, 1280): {
        "Tokens": ["Compare tokenisers"],
        "Vectors": ["From one-hot to dense", "Nodes of a graph"],
        "Attention": ["One step by hand"],
        "Next word": ["Next token"],
        "Why generation is hard": ["Narrowing down"],
        "Streams and size": ["Three streams"],
    },
    (True, 390): {
        "Tokens": ["Compare tokenisers"],
        "Vectors": ["Sentences"],
        "Attention": ["Who is it?"],
        "Encoders at work": ["Fine-tuning"],
        "Next word": ["Next token"],
        "Streams and size": ["Three streams", "A jump, or the measure"],
    },
    (True, 1280): {
        "Tokens": ["Train BPE", "Vocabulary size"],
        "Attention": ["Size and cost"],
        "Encoders at work": ["Bi-encoder and cross-encoder"],
        "Next word": ["Probability of a text", "Greedy, beam, sampling"],
        "Why generation is hard": ["Random draws"],
        "Streams and size": ["Size and loss", "A jump, or the measure"],
    },
    (False, 390): {
        "Tokens": ["German and English"],
        "Attention": ["Maps of all heads"],
        "Encoders at work": ["Masked words"],
        "Next word": ["Greedy, beam, sampling"],
        "Why generation is hard": ["Counting"],
        "Streams and size": ["Size and loss"],
    },
}


def open_part(page: Page, room: str, part: str) -> None:
    """Open a part of a room by its names and wait until it is drawn to its end."""
    page.get_by_role("radio", name=room, exact=True).click(timeout=PATIENCE)
    page.get_by_role("radio", name=part, exact=True).click(timeout=PATIENCE)
    expect(page.get_by_text(ENDS[part]).first).to_be_visible(timeout=PATIENCE)
    expect(page.locator('[data-stale="true"]')).to_have_count(0, timeout=PATIENCE)
    screenshot.settle(page)


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_no_serious_fault_and_nothing_wider_than_the_screen(visit, axe, dark, width):  # noqa: F811
    page = visit("language", dark=dark, width=width)
    faults = {}
    for room, parts in LOOKS[dark, width].items():
        for part in parts:
            open_part(page, room, part)
            faults[part] = serious_faults(page, axe)
            if page.get_by_test_id("stAlert").count():
                faults[part]["alert"] = page.get_by_test_id("stAlert").all_inner_texts()
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                faults[part]["wider than the screen"] = []
    assert {part: fault for part, fault in faults.items() if fault} == {}


# ---- Tokens ----


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


# ---- Vectors ----


def test_the_marker_is_pulled_and_the_neighbours_follow(visit):  # noqa: F811
    page = visit("language")
    open_part(page, "Vectors", "From one-hot to dense")
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


# ---- Attention ----


def test_without_the_division_the_output_changes(visit):  # noqa: F811
    page = visit("language")
    open_part(page, "Attention", "One step by hand")
    output = page.get_by_text(re.compile(r"Output of “it”"))
    # softmax(q K^T / 2) V of the row "it", worked out with torch beside the program
    expect(output).to_contain_text("0.19, 0.04, 0.78, 0.51.")
    page.get_by_text("Divide by √d").click()
    expect(output).to_contain_text("0.42, 0.00, 0.91, 0.34.", timeout=PATIENCE)


def test_a_number_of_a_matrix_is_changed_in_its_cell(visit):  # noqa: F811
    page = visit("language")
    open_part(page, "Attention", "One step by hand")
    output = page.get_by_text(re.compile(r"Output of “it”"))
    expect(output).to_contain_text("0.19, 0.04, 0.78, 0.51.")
    values = page.get_by_test_id("stDataFrame").nth(2)  # queries, keys, values; drawn on a canvas
    # softmax(q K^T / 2) V with the first number of "cat" in V as 5, worked out with torch
    wanted = "2.14, 0.04, 0.78, 0.51."
    for _ in range(4):  # a canvas that is drawn again meanwhile takes no click
        values.scroll_into_view_if_needed()
        page.wait_for_timeout(1000)
        # The column behind that of the words, and the row below that of the names.
        box = values.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 52)
        page.wait_for_timeout(500)
        page.keyboard.type("5", delay=100)
        page.wait_for_timeout(500)
        page.keyboard.press("Enter")
        try:
            expect(output).to_contain_text(wanted, timeout=60_000)
        except AssertionError:
            continue
        return
    expect(output).to_contain_text(wanted)


# ---- Next word ----


def test_a_slider_changes_the_bars(visit):  # noqa: F811
    page = visit("language")
    open_part(page, "Next word", "Next token")
    before = page.get_by_text("bits of entropy").inner_text()
    slider = page.get_by_role("slider", name="Temperature")
    start = time.perf_counter()
    slider.press("ArrowRight")
    expect(page.get_by_text(before)).to_have_count(0, timeout=PATIENCE)
    print(f"a slider's step took {time.perf_counter() - start:.2f} s")
    expect(page.get_by_text("After the sliders").or_(page.get_by_role("img")).first).to_be_visible()


def test_the_tree_is_drawn_and_more_beams_draw_it_again(visit):  # noqa: F811
    page = visit("language")
    open_part(page, "Next word", "Greedy, beam, sampling")
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
