"""rag.spans: which pieces of a page are one unit."""

from __future__ import annotations

from tiny_models import hit

from rag.spans import span_text, units_of


def units(text, **fields):
    passage = hit("p", text, **fields).passage
    return [span_text(passage, unit) for unit in units_of(passage)]


def test_a_sentence_goes_on_behind_a_verb_at_the_line_end():
    assert units("A glacier that is thick enough should\nMove by its own weight alone.") == [
        "A glacier that is thick enough should Move by its own weight alone."
    ]


def test_a_date_is_one_piece():
    german = units("Der Vertrag gilt seit dem 4. Juli 1912 im ganzen Land.", language="de")
    assert german == ["Der Vertrag gilt seit dem 4. Juli 1912 im ganzen Land."]
    # In English no full stop is between the two, so that it ends a sentence.
    assert units("The harbour had a depth of 4. July was the month of storms there.") == [
        "The harbour had a depth of 4.",
        "July was the month of storms there.",
    ]


def test_a_first_line_that_begins_the_heading_is_no_unit():
    heading = "The age of ice Let there be snow"
    page = "The age of ice\nSnow becomes ice under its own weight."
    assert units(page, headings=(heading,)) == ["Snow becomes ice under its own weight."]
    listed = "• The age of ice\n• The age of water and of wind"
    assert units(listed, headings=(heading,))[0] == "The age of ice"


def test_the_links_of_a_page_do_not_part_the_sentence_that_goes_on_on_the_next():
    links = "Link: ice, https://example.org/ice\nLink: snow, https://example.org/snow\n"
    page = f"A glacier moves where the slope is\n{links}steep enough. Snow feeds it every winter.\n{links}"
    sentences = units(page)
    assert sentences[:2] == [
        "A glacier moves where the slope is steep enough.",
        "Snow feeds it every winter.",
    ]
    assert "https://example.org/ice" in " ".join(sentences[2:])  # behind all text, as before


def test_the_triangles_of_slides_are_bullets():
    listed = "Incidence says who bears a tax.\n▶ The seller bears it at first.\n▶ The buyer bears it later."
    assert units(listed)[1:] == ["The seller bears it at first.", "The buyer bears it later."]


def test_a_line_without_a_full_stop_goes_on_with_a_formula():
    formula = "∂x_k / ∂x_1 for all variables, one by one."
    words = "The forward mode consists in computing"
    assert units(f"{words}\n{formula}") == [f"{words} {formula}"]
    assert units(f"{words}.\n{formula}") == [f"{words}.", formula]
    assert units(f"{words}\nEach of the variables, one by one.") == [
        words,
        "Each of the variables, one by one.",
    ]
