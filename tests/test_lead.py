"""rag.lead with a judge that counts words, on pages of a few lines."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tiny_models import hit

from ingest.text.languages import language
from ingest.text.scripts import count_words
from rag.evidence import CosineJudge
from rag.lead import select_leads
from rag.lead_page import LIST_WORDS, MAX_WORDS
from rag.quote import context_of
from rag.settings import AnswerSettings

ENGLISH = language("en")


@pytest.fixture
def lead(encoder):
    """The leads of a question about pages, given as texts or hits."""

    def lead(question, *pages, query=None, told="", **settings):
        hits = [
            hit(f"p{n}", page, pages=(n,)) if isinstance(page, str) else page
            for n, page in enumerate(pages, 1)
        ]
        judge = CosineJudge(encoder)
        settings = AnswerSettings(**settings)
        return select_leads(question, query or question, hits, judge, settings, ENGLISH, told)

    return lead


def test_the_unit_that_answers_is_in_the_lead_and_whole(lead):
    [only] = lead(
        "How many hours does a cat sleep?",
        "Dogs guard the house all night. They bark at every stranger.",
        "A cat does sleep sixteen hours daily. It hunts mice at night.",
    )
    assert only.hit.passage.id == "p2"
    assert only.items == ("A cat does sleep sixteen hours daily.",)  # mice are too far behind
    text = only.hit.passage.text
    assert text[only.start : only.end] == only.items[0]


def test_a_lead_has_at_most_forty_words_with_its_label(lead):
    sentences = [f"Sentence {name} has exactly nine words in its line." for name in "abcdefgh"]
    [only] = lead("Which sentence has nine words: sentence d?", "\n".join(sentences))
    words = sum(map(count_words, only.items)) + count_words(only.label)
    assert words == 36  # four sentences of nine words; a fifth would be the 45th word
    assert words <= MAX_WORDS


def test_items_of_a_list_are_answered_as_items(lead):
    [only] = lead(
        "Which three kinds of rocks are there?",
        "Three kinds of rocks:\n• igneous rocks\n• sedimentary rocks\n• metamorphic rocks",
    )
    assert only.items[-3:] == ("igneous rocks", "sedimentary rocks", "metamorphic rocks")


def test_the_name_of_a_list_is_the_label_of_its_items(lead):
    [only] = lead(
        "What is bad about glaciers?", "Bad\n• glaciers grind down the rock\n• glaciers melt"
    )
    assert only.label == "Bad"
    assert only.items == ("glaciers grind down the rock", "glaciers melt")


def test_a_lead_does_not_end_with_a_line_that_announces_more(lead):
    page = (
        "Rocks are sorted by how they were made.\nThe kinds of rocks are the following:\n"
        + "\n".join(f"• kind {n} of rocks, " + "with many more words " * 9 for n in range(3))
    )
    [only] = lead("How are rocks sorted, by how they were made?", page)
    assert only.items == ("Rocks are sorted by how they were made.",)


def test_a_piece_that_names_nothing_gets_its_heading(lead):
    page = hit(
        "p1",
        "It stores every symbol as a path through a binary tree.",
        headings=("Coding", "Huffman coding"),
    )
    [only] = lead("What is Huffman coding?", page)
    assert only.label == "Huffman coding"
    named = hit(
        "p1",
        "Huffman coding stores every symbol as a path through a tree.",
        headings=("Coding", "Huffman coding"),
    )
    [only] = lead("What is Huffman coding?", named)
    assert only.label == ""


def test_a_row_comes_with_the_names_of_its_columns(lead):
    names = ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"]
    rows = [f"| {name} | {len(name)} | 100 to 200 by day |" for name in names]
    rows.insert(0, "| Planet | Moons | Days |")
    [only] = lead("How many moons has Saturn?", "\n".join(rows))
    assert "Saturn | 6 | 100 to 200 by day" in only.items
    assert only.label == "Planet | Moons | Days"


def test_each_part_of_a_question_has_a_lead_from_its_place(lead):
    glaciers = "Glaciers move because ice deforms slowly under its weight."
    rivers = "Rivers carve valleys by dragging gravel along their beds."
    first, second = lead("Why do glaciers move, and how do rivers carve valleys?", glaciers, rivers)
    assert (first.items, second.items) == ((glaciers,), (rivers,))


def test_what_a_follow_up_asks_counts_beside_its_conversation(lead):
    """The query alone is about both sentences; the question decides for the second."""
    page = "\n\n".join(
        [
            "The corpus was split at random before training started " + "and so on " * 10,
            "A better data set is the wiki text collection " + "and so on " * 10,
        ]
    )
    query = "How was the corpus split before training? Which better data set is there?"
    [only] = lead("Which better data set is there?", page, query=query)
    assert "wiki" in only.items[0]


def test_a_page_that_only_leads_through_a_document_has_no_lead(lead):
    assert (
        lead("What is on the agenda today?", hit("p", "Agenda of today", is_navigation=True)) == ()
    )
    assert lead("What?") == ()


def test_a_better_page_wins_over_a_like_sentence(lead):
    text = "The mean of a sample is its balance point."
    good = hit("a", f"{text} Indeed.", pages=(1,)).with_stage("reranked", 0.9, 2)
    poor = hit("b", text, pages=(2,)).with_stage("reranked", 0.1, 1)
    [only] = lead("What is the mean of a sample?", poor, good)
    assert only.hit.passage.id == "a"


def test_the_context_is_the_page_around_the_lead(lead):
    sentences = [f"Sentence {name} has exactly nine words in its line." for name in "abcdefgh"]
    [only] = lead("Which sentence has nine words: sentence d?", "\n".join(sentences))
    text = only.hit.passage.text
    whole = context_of(only, 1000)
    assert text[whole.start : whole.end] == text
    part = context_of(only, 45)
    assert count_words(text[part.start : part.end]) == 45
    assert part.start <= only.start
    assert only.end <= part.end


def test_a_lead_ends_with_no_fragment_and_no_address(lead):
    """Between the sentences about bias are what a drawing leaves, and the picture's source."""
    page = (
        "λ_1 x\nThe bias of an estimator is its mean error.\n"
        "The variance of an estimator is its spread.\nTransform Softmax\n"
        "Source: https://example.org/bias-of-an-estimator"
    )
    [only] = lead("What is the bias of an estimator?", page)
    assert only.items[0].startswith("The bias of an estimator is its mean error.")
    assert only.items[-1].endswith("its spread.")


def test_two_leads_of_one_page_share_no_unit(lead):
    page = (
        "Glaciers do move, and why: ice deforms slowly.\nBoth shape the land over time.\n"
        "Rivers do carve valleys, and how: by dragging gravel."
    )
    leads = lead("Why do glaciers move, and how do rivers carve valleys?", page)
    first, second = sorted(leads, key=lambda each: each.start)
    assert first.end <= second.start


def test_a_sentence_that_begins_with_a_pronoun_takes_none_from_another_lead():
    """The last sentence needs the one before it, which is in the first lead."""

    class Judge:
        """Likes the first two sentences for one part, and the last one for the other."""

        def score(self, question, texts):
            if question.startswith("When does frost form, and"):
                return [0.5] * len(texts)
            first = "frost" in question
            return [0.9999 if ("nineteen" in text) != first else 0.0001 for text in texts]

    page = hit(
        "p1",
        "Frost forms on cold clear nights.\nThe crystals of frost are called hoar by many.\n"
        "They were described in nineteen books.",
    )
    question = "When does frost form, and which books describe crystals?"
    leads = select_leads(question, question, [page], Judge(), AnswerSettings(), ENGLISH)
    assert leads[0].items[0].startswith("Frost forms")
    spans = sorted((each.start, each.end) for each in leads)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("October 2003 The Snow Declaration", "October 2003 The Snow Declaration"),
        ("→ then in the north", ""),
    ],
)
def test_an_item_comes_with_the_line_that_opens_its_list(line, label):
    """The item names the declaration too, but does not say when it was made."""

    class Judge:
        """Likes the last item alone."""

        def score(self, question, texts):
            return [0.9999 if "297" in text else 0.0001 for text in texts]

    page = hit(
        "p1",
        f"{line}\n• signed by many universities in the far north\n"
        "• until 2011 the Snow Declaration had 297 friends",
    )
    question = "When was the Snow Declaration signed?"
    [only] = select_leads(question, question, [page], Judge(), AnswerSettings(), ENGLISH)
    assert only.label == label
    assert only.items == ("until 2011 the Snow Declaration had 297 friends",)


def test_a_definition_is_before_a_theorem_about_the_term(lead):
    """Counted by words, the theorem is nearer to the question than the definition."""
    [only] = lead(
        "What is a bipartite graph?",
        "Theorem 4 A graph is a bipartite graph.\nProof: Colour what is a bipartite graph.",
        "A bipartite graph is one whose vertices have two colours, with no edge inside a colour.",
    )
    assert only.items[0].startswith("A bipartite graph is one whose vertices")


def test_what_follows_a_question_of_the_page_answers_it(lead):
    [only] = lead(
        "What is an isotherm?",
        "An isotherm map is what a weather map is.\n\n" + "Rain falls from clouds. " * 12,
        "What is an isotherm?\nFor us: points of equal temperature, joined by a curve",
    )
    assert only.items == ("For us: points of equal temperature, joined by a curve",)


def test_a_schedule_is_the_lead_only_where_it_is_asked_for(lead):
    schedule = "| Week | Topic |\n| Week 3 | glaciers and how they move |"
    text = "Glaciers and ice sheets move under their own weight."
    [only] = lead("Glaciers and how they move", schedule, text)
    assert only.items == (text,)
    [only] = lead("Which week is about glaciers and how they move?", schedule, text)
    assert only.items[-1] == "Week 3 | glaciers and how they move"


def test_a_lead_that_only_names_its_subject_says_so(lead):
    schedule = "| Week | Topic |\n| Week 3 | glaciers and how they move |"
    [only] = lead("Glaciers and how they move", schedule)
    assert only.names_only
    [only] = lead("Which week is about glaciers and how they move?", schedule)
    assert not only.names_only


def test_a_lead_is_not_extended_by_a_line_that_announces_a_topic(lead):
    page = "Frost is ice that forms from vapour.\nLet us explain what frost does to a vine."
    [only] = lead("What is frost?", page)
    assert only.items == ("Frost is ice that forms from vapour.",)


def test_prose_is_not_extended_by_program_code(lead):
    prose = "A loop counts the waves at the shore."
    code = "for (i in waves) { count[i] <- count[i] + 1; }"
    [only] = lead("What counts the waves at the shore?", f"{prose}\n\n{code}")
    assert only.items == (prose,)
    [only] = lead("What does for (i in waves) { count[i] do?", code)
    assert only.items == (code,)


def test_a_lead_does_not_begin_with_half_of_another_list(lead):
    page = (
        "Merits\n• cheap to build and easy to repair\n• known to everybody in the trade\n"
        "Faults\n• a wooden bridge rots in wet air\n• a wooden bridge burns"
    )
    [only] = lead("How does a wooden bridge fail, in wet air?", page)
    assert "a wooden bridge rots in wet air" in only.items
    assert only.items[0] in ("Faults", "Merits", "a wooden bridge rots in wet air")


def test_the_second_part_is_answered_by_another_page_if_that_is_as_good(lead):
    first = "Frost forms on cold clear nights.\nFrost harms vines, say the growers of wine."
    second = "Frost harms vines because ice bursts their cells."
    leads = lead("When does frost form, and why does frost harm vines?", first, second)
    assert [each.hit.passage.id for each in leads] == ["p1", "p2"]


def test_a_second_part_that_nothing_answers_has_no_lead(lead):
    class Deaf:
        """A judge for whom only the first sentence answers anything."""

        def score(self, question, texts):
            return [0.9 if "Frost forms" in text else 0.01 for text in texts]

    page = hit("p1", "Frost forms on cold clear nights.\nThe museum opens at nine o'clock.")
    leads = select_leads(
        "When does frost form, and which vines survive it?",
        "When does frost form, and which vines survive it?",
        [page],
        Deaf(),
        AnswerSettings(),
        ENGLISH,
    )
    assert [each.items for each in leads] == [("Frost forms on cold clear nights.",)]


def test_a_part_about_a_name_that_no_page_has_gets_no_lead(lead):
    pages = "The glacier does move and grind the rock.", "The river does change the ice of a lake."
    question = "Why does the glacier move, and what does the {} change about ice?"
    assert len(lead(question.format("river"), *pages)) == 2
    assert len(lead(question.format("river of 40 km"), *pages)) == 2
    assert len(lead(question.format("Esker"), *pages)) == 1
    assert lead(
        "What does the Esker change, and why does the Kame move?", *pages
    )  # not in any part


def test_a_question_about_two_documents_has_a_lead_from_each(lead):
    course = hit("p1", "In the course, frost does form from dew.", document="course")
    more = hit("p2", "In the course, frost does form at night.", document="course")
    notes = hit(
        "p3",
        "The notes: how does frost form, if not from dew?\nFrom vapour it does form.",
        document="notes",
    )
    leads = lead("How does frost form, in the course and in the notes?", course, more, notes)
    assert [each.hit.passage.document for each in leads] == ["course", "notes"]
    [only] = lead("How does frost form?", course, more, notes)
    assert only.hit.passage.document == "course"


def test_the_title_of_a_list_is_followed_by_an_item(lead):
    """The title holds every word of the question, the items none."""
    page = (
        "2003 The Snow Declaration on open water\n• signed by many universities in the north\n"
        "• not signed by the museum of glaciers"
    )
    [only] = lead("What is the Snow Declaration on open water?", page)
    assert only.items[:2] == (
        "2003 The Snow Declaration on open water",
        "signed by many universities in the north",
    )


def test_the_line_that_several_pages_begin_with_is_not_the_lead(lead):
    title = "More on the principles of ice: inversion"
    pages = [f"{title}\n{text}" for text in ("Turn the ice upside down.", "Melt it all at once.")]
    [only] = lead("What is inversion, of the principles of ice?", *pages)
    assert only.items[-1] in ("Turn the ice upside down.", "Melt it all at once.")


def test_a_unit_that_repeats_the_question_is_not_the_lead(lead):
    page = "The kinds of glacier ice\n\n" + "Firn is a kind of old ice from snow."
    [only] = lead("Which kinds of glacier ice are there?", page)
    assert "Firn is a kind of old ice from snow." in only.items[-1]


def test_a_sentence_that_begins_with_a_pronoun_comes_with_the_one_before_it(lead):
    page = (
        "Firn lies below the fresh snow.\nIt becomes the blue ice of a glacier under pressure.\n\n"
        + "The museum opens at nine. " * 9
    )
    [only] = lead("What becomes the ice of a glacier under pressure?", page)
    assert only.items[0].startswith("Firn lies below the fresh snow.")
    [only] = lead("What lies below the fresh snow?", page)
    assert only.items[0].startswith("Firn lies below the fresh snow.")


def test_a_pronoun_behind_an_adverb_refers_back_too():
    class Judge:
        """Likes the sentence with the pronoun alone."""

        def score(self, question, texts):
            return [0.9999 if "snout" in text else 0.0001 for text in texts]

    page = hit(
        "p1",
        "A glacier has a tongue and a mouth.\nTraditionally, these are called snout and portal.\n\n"
        "The museum opens at nine.",
    )
    question = "What does one call snout?"
    [only] = select_leads(question, question, [page], Judge(), AnswerSettings(), ENGLISH)
    assert only.items[0].startswith("A glacier has a tongue and a mouth.")


def test_a_sentence_with_a_question_behind_its_formula_can_be_a_lead(lead):
    """The question behind the colon is no part of the sentence."""
    page = (
        "A model of snow gives each flake a probability, such that the sum is p = 1:\n"
        "Given the flakes of today, how probable is this one?\n\n"
        + "The museum opens at nine. "
        * 9
    )
    [only] = lead("What is a model of snow?", page)
    assert only.items[0].startswith("A model of snow gives each flake a probability")
    assert not only.items[-1].endswith("?")


def test_a_lead_that_is_extended_backwards_does_not_begin_with_a_pronoun():
    class Judge:
        """Likes the last sentence, and the first one not at all."""

        def score(self, question, texts):
            likes = {"snout": 0.99, "portal": 0.9999}
            return [
                next((value for word, value in likes.items() if word in text), 0.0001)
                for text in texts
            ]

    page = hit(
        "p1",
        "A glacier has a tongue and a mouth.\nTraditionally, these are called snout and so on.\n"
        "The portal of a glacier is where its river begins.",
    )
    question = "Where does the river begin?"
    [only] = select_leads(question, question, [page], Judge(), AnswerSettings(), ENGLISH)
    assert not only.items[0].startswith("Traditionally")


@pytest.mark.parametrize(
    ("best", "length"),
    [(0.9999, 1), (0.9, 2)],  # logits 9.2 and 2.2; the next sentence's is -1.4
)
def test_a_unit_that_answers_for_certain_takes_no_weak_neighbour(best, length):
    page = hit("a", "A glacier is a slow river of old ice. It lies high above the town of Chur.")

    class Judge:
        def score(self, question, texts):
            return [best if "glacier" in text else 0.2 for text in texts]

    question = "Describe a slow river of the Alps"
    [only] = select_leads(question, question, [page], Judge(), AnswerSettings(), ENGLISH)
    assert len(only.units) == length


def test_a_list_that_is_asked_for_is_longer_than_another_lead(lead):
    items = [f"kind {name} of ice has ten words in its long line" for name in "abcdef"]
    page = "Kinds of ice:\n" + "\n".join(f"• {item}" for item in items)
    [asked] = lead("What are the kinds of ice?", page)
    [other] = lead("Does kind a of ice have ten words?", page)
    assert sum(map(count_words, other.items)) <= MAX_WORDS < sum(map(count_words, asked.items))
    assert sum(map(count_words, asked.items)) + count_words(asked.label) <= LIST_WORDS


def test_the_sides_of_a_comparison_are_taken_from_a_document_that_has_both(lead):
    """Counted by words, the page of the other document is the best for the first side."""
    ice = hit("a", "Firn grows: what is meant by firn is old snow.", document="ice")
    both = hit("b", "Here firn is dense, and what is meant by firn.", document="notes", pages=(1,))
    loess = hit("c", "What is meant by loess is dust.", document="notes", pages=(2,))
    leads = lead("What is the difference between firn and loess?", ice, both, loess)
    assert [each.hit.passage.document for each in leads] == ["notes", "notes"]


def test_a_sentence_that_formulas_interrupt_is_quoted_to_its_end(lead):
    page = (
        "Searches so far were blind.\nA heuristic is admissible if it never overestimates, i.e. if the function\n"
        "d : Q → R\ngives the true distance and\nh(s) ≤ d(s).\nFinally, others are consistent."
    )
    [only] = lead("When is a heuristic admissible?", page)
    assert " ".join(only.items).endswith("gives the true distance and h(s) ≤ d(s).")
    torn = page.replace("gives", "gives " + "really " * 40)
    assert not any(
        "i.e." in item
        for one in lead("When is a heuristic admissible?", torn)
        for item in one.items
    )


PROTOCOLS = """| Kind | Cats | Dogs |
| sleep | all day long | only at night |
| food | mice and birds | bones |
| noise | a quiet purr | barking at strangers |"""


def test_a_table_of_what_is_compared_is_the_only_lead(lead):
    """The table's header alone names both sides; its first rows tell of all differences."""
    pages = ("Cats and dogs are pets. Cats are liked by many people.", PROTOCOLS)
    [only] = lead("What is the difference between cats and dogs?", *pages)
    assert only.hit.passage.id == "p2"
    assert only.items[-3:] == (
        "sleep | all day long | only at night",
        "food | mice and birds | bones",
        "noise | a quiet purr | barking at strangers",
    )
    [only] = lead("cats vs dogs: noise?", *pages)
    assert "noise | a quiet purr | barking at strangers" in only.items
    assert lead("cats vs dogs: price?", *pages)[0].hit.passage.id == "p1"  # not in the table
    one_column = PROTOCOLS.replace("| Kind | Cats | Dogs |", "| Kind | Cats and dogs | Fish |")
    assert lead("cats vs dogs: noise?", pages[0], one_column)[0].hit.passage.id == "p1"


def test_lines_without_bullets_are_a_list_where_one_is_asked_for(lead):
    """Five lines of ten words each: a list has room for all, a sentence's neighbours for four."""
    line = "Rock of kind {} lies below the hills of Wales"
    text = "\n".join(line.format(name) for name in ("one", "two", "three", "four", "five"))
    [listed] = lead("Which rocks are there?", text)
    assert len(listed.items) == 5
    assert sum(map(count_words, listed.items)) == 50
    [told] = lead("Where is rock of kind two below the hills?", text)
    assert len(told.items) == 4


def test_the_answer_before_a_follow_up_is_not_its_answer_again(lead):
    """The judge counts the words of both questions, and the sentence that was told has most of them."""
    page = "A cat does sleep sixteen hours daily.\n\nA bat does sleep twenty hours in caves."
    before, question = (
        "How many hours daily does a cat sleep?",
        "and sixteen hours daily for a bat?",
    )
    query = f"{before} {question}"
    [again] = lead(question, page, query=query)
    [new] = lead(question, page, query=query, told="A cat does sleep sixteen hours daily. [1]")
    assert again.items[0].startswith("A cat does sleep")
    assert new.items[0].startswith("A bat")
