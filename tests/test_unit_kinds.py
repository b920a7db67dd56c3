"""rag.unit_kinds: definitions, and texts that only name their subject, in each language that knows them."""

from __future__ import annotations

import pytest
from tiny_models import hit

from ingest.text.languages import language
from rag.unit_kinds import are_labels, asked_term, defines, followed_term, kind_logits


@pytest.mark.parametrize(
    ("code", "question", "term"),
    [
        ("en", "What is a bipartite graph?", "bipartite graph"),
        ("en", "what exactly is the dew point in meteorology", "dew point"),
        ("en", "dew point meaning", "dew point"),
        ("en", "isotherm?", "isotherm"),
        ("en", "What does albedo stand for?", "albedo"),
        ("en", "When is a graph called planar?", "graph called planar"),
        ("en", "when do you call a graph planar", "graph planar"),
        ("en", "explain planar graphs please", "planar graphs"),
        ("en", "planar graphs explained", "planar graphs"),
        ("en", "Can you explain sublimation in one sentence?", "sublimation"),
        ("en", "Albedo, what does that number say?", "Albedo"),
        ("de", "Was ist ein Isotop?", "Isotop"),
        ("de", "Was versteht man unter relativer Feuchte?", "relativer Feuchte"),
        ("de", "Was ist mit dem Taupunkt gemeint?", "Taupunkt"),
        ("fr", "Qu'est-ce qu'un isotope ?", "isotope"),
        ("fr", "Que signifie l'albédo ?", "albédo"),
        ("fr", "Pourquoi la glace flotte-t-elle ?", ""),
        ("en", "Why does ice float?", ""),
        ("en", "What is the reason for tides?", ""),
        ("en", "How large is the albedo of snow?", ""),
        ("de", "Warum schwimmt Eis?", ""),
        ("en", "What does the Snell principle say?", "Snell principle"),
        ("de", "Was besagt der Energiesatz?", "Energiesatz"),
        ("en", "What is it?", ""),
        ("zh", "什么是熵？", ""),
    ],
)
def test_the_term_that_a_question_asks_for(code, question, term):
    assert asked_term(question, language(code)) == term


@pytest.mark.parametrize(
    ("code", "term", "text"),
    [
        ("en", "bipartite graph", "A bipartite graph is one whose vertices have two colours."),
        ("en", "dew point", "Dew point (DP): the temperature at which dew forms"),
        ("en", "albedo", "The share of light that is thrown back is called albedo."),
        ("en", "graph called planar", "A graph is planar iff it can be drawn without crossings."),
        ("de", "Isotop", "Isotope sind Atome desselben Elements mit verschiedener Masse."),
        ("de", "Taupunkt", "Die Temperatur, bei der sich Tau bildet, nennt man Taupunkt."),
        ("fr", "isotope", "Les isotopes sont des atomes d'un même élément."),
        ("fr", "albédo", "La part de la lumière renvoyée s'appelle albédo."),
        ("en", "lump sum tax", "Few taxes are alike: a lump sum tax is the same for all."),
        ("en", "Snell principle", "The Snell principle of ice growth: water freezes at the rim."),
        ("en", "sea wall", "A sea wall protects the land from storms."),
        ("en", "sea wall", "A sea wall is given by its height and its length."),
        ("de", "Deich", "Ein Deich schützt das Land vor Sturmfluten."),
        ("en", "growth mode", "The growth mode of sea ice consists in freezing from below."),
        ("de", "Taupunkt", "Merke: der Taupunkt ist die Temperatur, bei der sich Tau bildet."),
        ("de", "Albedo", "Albedo: Anteil des Lichts, der zurückgeworfen wird"),
        ("en", "bipartite graph", "Hence, the graph is bipartite iff it has no odd cycle."),
    ],
)
def test_a_text_that_defines_a_term(code, term, text):
    assert defines(text, term, language(code))


@pytest.mark.parametrize(
    ("code", "term", "text"),
    [
        ("en", "bipartite graph", "Every tree is a bipartite graph."),
        ("en", "bipartite graph", "The simplest graph that is bipartite is a single node."),
        ("de", "Isotop", "Das leichteste Isotop ist das mit den wenigsten Neutronen."),
        ("en", "bipartite graph", "A bipartite graph is not always a tree."),
        ("en", "sea wall", "The sea wall costs more each year."),
        ("en", "sea wall", "The details of the sea wall are given in Figure 2."),
        ("en", "sea wall", "A sea wall has a price."),
        ("en", "albedo", "Snow has a high albedo, so that it melts slowly."),
        ("en", "dew point", "At this point: no dew"),
        ("en", "dew point", "The dew point is useful."),
        ("en", "dew point", "The dew point is low: the air is dry."),
        ("en", "iterative search", "This is known as iterative search tree pruning."),
        ("de", "Taupunkt", "Der Taupunkt ist nützlich."),
        ("fr", "albédo", "La neige a un albédo élevé, et fond lentement."),
        ("de", "Isotop", "Manche Elemente haben ein Isotop, das zerfällt."),
    ],
)
def test_a_text_that_only_uses_a_term(code, term, text):
    assert not defines(text, term, language(code))


@pytest.mark.parametrize(
    ("code", "kind", "text", "question"),
    [
        ("en", "schedule", "| Week 3 | Glaciers |", "In which week are glaciers the topic?"),
        ("en", "task", "Exercise 2: Measure the albedo.", "What does exercise 2 want?"),
        ("en", "task", "b) Explain why ice floats on water.", "Which task is about floating ice?"),
        (
            "en",
            "goal",
            "After this lecture you can name the kinds of clouds.",
            "What will I learn?",
        ),
        ("en", "goal", "Measure rain and dew. [Usage]", "What are the goals?"),
        ("en", "task", "Summarize the kinds of ice.", "What is the task on ice?"),
        ("en", "task", "(2) Find the mass of the ice.", "Which problem is about mass?"),
        ("en", "announcement", "Now, let us discuss why ice floats.", "What is the next topic?"),
        ("en", "announcement", "In this chapter we look at ice.", "Which chapter is on ice?"),
        ("en", "announcement", "A later lecture takes ice apart.", "What is the next lecture on?"),
        ("en", "announcement", "More on ice in the next section.", "Which sections are on ice?"),
        ("en", "announcement", "Next, we discuss why ice floats.", "What is the next topic?"),
        ("en", "announcement", "We proceed to study ice.", "Which topics are there?"),
        ("en", "announcement", "Two examples of ice are presented.", "Which topics follow?"),
        ("de", "announcement", "Nun wird das Eis vorgestellt.", "Welche Themen folgen?"),
        ("en", "announcement", "The first section defines ice.", "Which sections are on ice?"),
        ("en", "announcement", "This chapter is structured as follows:", "What are the topics?"),
        ("de", "announcement", "Dieses Kapitel behandelt Eis.", "Was sind die Themen?"),
        ("de", "announcement", "Eine spätere Vorlesung zerlegt Eis.", "Welche Themen folgen?"),
        ("de", "announcement", "Mehr zu Eis in Kapitel 3.", "Welches Kapitel behandelt Eis?"),
        ("en", "caption", "Figure 2.1: Ice on a lake.", "Which figure shows ice?"),
        ("de", "announcement", "Im Folgenden betrachten wir Eis.", "Was sind die Themen?"),
        ("de", "caption", "Abb. 3: Eis auf einem See", "Welche Abbildung zeigt Eis?"),
        ("en", "reference", "Snell, B. and A. Frost. 1987. On dew.", "Who wrote about dew?"),
        ("en", "reference", "[3] B. Snell and A. Q. Frost. On dew.", "Which papers are on dew?"),
        ("de", "reference", "B. Snell, A. Frost: On dew and rain.", "Welche Literatur gibt es?"),
        ("de", "task", "Aufgabe 3: Messen Sie den Luftdruck.", "Was verlangt Aufgabe 3?"),
        ("de", "goal", "Nach dieser Vorlesung können Sie Wolken benennen.", "Was lerne ich hier?"),
        ("de", "schedule", "| Woche 4 | Gletscher |", "Wann geht es um Gletscher?"),
        ("fr", "task", "Exercice 2 : mesurer l'albédo.", "Que demande l'exercice 2 ?"),
        ("fr", "schedule", "| Semaine 4 | Les glaciers |", "Quand parle-t-on des glaciers ?"),
        ("fr", "goal", "Après ce cours, vous nommerez les nuages.", "Quels sont les objectifs ?"),
        ("fr", "reference", "Givre, A. De la rosée. pp. 12 à 14", "Quel livre parle de la rosée ?"),
        ("de", "reference", "Frost, A. (1987): Vom Tau. Berlin.", "Wer schrieb über den Tau?"),
    ],
)
def test_an_aside_loses_unless_the_question_asks_for_it(code, kind, text, question):
    assert kind in language(code).asides
    plain = {
        "en": "Ice floats because it is light.",
        "de": "Eis schwimmt, weil es leicht ist.",
        "fr": "La glace flotte parce qu'elle est légère.",
    }
    passage = hit("p", "any text", language=code).passage

    def values(asked):
        return kind_logits((asked,), language(code), passage, [text, plain[code]], [False] * 2)

    other = {
        "en": "Why does ice float?",
        "de": "Warum schwimmt Eis?",
        "fr": "Pourquoi la glace flotte-t-elle ?",
    }
    first, second = values(other[code])
    assert first < second == 0
    assert list(values(question)) == [0, 0]


def test_a_definition_in_another_language_counts_as_one():
    texts = ["Die Steuerlast ist ungleich.", "Steuerlast: was ein Markt im Ganzen trägt"]
    page = hit("p", "any text", language="de").passage
    plain, defining = kind_logits(
        ("What is the tax burden?",), language("en"), page, texts, [False] * 2
    )
    assert plain == 0 < defining


def test_a_formula_counts_more_where_one_is_asked_for():
    texts = ["Perplexity says how surprised a model is.", "perplexity(w) = 2^(H(w))"]
    page = hit("p", "any text").passage

    def values(question, code="en"):
        return list(kind_logits((question,), language(code), page, texts, [False] * 2))

    for question in (
        "What is the formula for the perplexity?",
        "How is the perplexity of a model computed?",
        "how do i get from entropy to perplexity",
    ):
        words, formula = values(question)
        assert formula > words
    words, formula = values("Wie berechnet man die Perplexität?", "de")
    assert formula > words
    assert values("Why is the perplexity large?") == [0, 0]


@pytest.mark.parametrize(
    ("code", "question", "text", "other"),
    [
        ("en", "What is salt on a road for?", "Salt helps to melt ice.", "Salt is white."),
        (
            "en",
            "What is the dam meant to achieve?",
            "The goal of the dam is a lake.",
            "It is high.",
        ),
        ("en", "Why do we salt roads?", "Salt is used to melt ice.", "Salt is white."),
        ("de", "Wozu dient Streusalz?", "Salz verhindert Glatteis.", "Salz ist weiß."),
        ("de", "Wofür streut man Salz?", "Man streut es, um Eis zu tauen.", "Salz ist weiß."),
    ],
)
def test_a_purpose_counts_more_where_one_is_asked_for(code, question, text, other):
    page = hit("p", "any text", language=code).passage

    def values(asked):
        return list(kind_logits((asked,), language(code), page, [text, other], [False] * 2))

    first, second = values(question)
    assert first > second == 0
    plain = {"en": "How is salt mined?", "de": "Wie baut man Salz ab?"}
    assert values(plain[code]) == [0, 0]


def test_the_entries_below_a_line_are_of_its_kind():
    texts = ["After this lecture you can", "tell dew from frost", "measure rain", "Dew is water."]
    passage = hit("p", "any text").passage
    values = kind_logits(
        ("How is rain measured?",), language("en"), passage, texts, [False, True, True, False]
    )
    assert (values[:3] < 0).all()
    assert values[3] == 0


def test_a_heading_makes_all_below_it_references():
    passage = hit("p", "any text", headings=("Weather", "References")).passage
    texts = ["The Book of Dew", "Ice and Snow"]
    questions = ("How does dew form?",)
    assert (kind_logits(questions, language("en"), passage, texts, [True, True]) < 0).all()


@pytest.mark.parametrize(
    ("code", "heading", "question", "asking"),
    [
        ("en", "Agenda", "Compare dew and frost.", "What is on the agenda?"),
        ("en", "Today’s outline", "Compare dew and frost.", "What does the lecture cover?"),
        ("de", "Gliederung", "Vergleiche Tau und Reif.", "Welche Themen gibt es?"),
    ],
)
def test_a_list_of_contents_is_no_answer_unless_it_is_asked_for(code, heading, question, asking):
    passage = hit("p", "any text", headings=("Weather", heading), language=code).passage
    texts = ["Dew and frost", "Ice and snow"]

    def values(question):
        return kind_logits((question,), language(code), passage, texts, [True, True])

    assert (values(question) < 0).all()
    assert not values(asking).any()


def test_a_thing_that_is_compared_counts_as_a_term_that_is_asked_for():
    passage = hit("p", "any text").passage
    texts = ["A fjord is an arm of the sea between cliffs.", "A fjord may be deep."]
    part = ("What is the difference between a fjord?",)

    def values(compared):
        return list(kind_logits(part, language("en"), passage, texts, [False] * 2, compared))

    assert values("") == [0, 0]
    first, second = values("fjord")
    assert first > second == 0


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Pump Valve Boiler Turbine Condenser Cooling tower River Grid", True),
        ("Start Eingabe Prüfung Fehler Ausgabe Speicher Drucker Ende", True),
        ("Water flows from the pump to the boiler and becomes steam there", False),
        ("Cold water, hot steam, dry air, wet gas, pure oil", False),  # commas part it
        ("Dampf treibt Turbinen an und kühlt danach im Kondensator ab", False),
        ("Modern gas turbines reach sixty percent thermal efficiency nowadays.", False),  # it ends
        ("Efficiency = work heat ratio steam pressure valve loss factor", False),  # a formula
    ],
)
def test_labels_of_a_drawing_are_words_that_nothing_joins(text, labels):
    assert are_labels(text) is labels
    passage = hit("p", "any text").passage
    questions = ("Where does the steam go?",)
    [value] = kind_logits(questions, language("en"), passage, [text], [False])
    assert bool(value < 0) is labels
    assert kind_logits(questions, language("en"), passage, [text], [True]) == [0]  # a bullet's item


@pytest.mark.parametrize(
    ("question", "before", "term"),
    [
        ("ok, and isotherms?", "What is an isobar?", "isotherms"),
        ("and a warm front?", "What is a cold front?", "warm front"),
        ("and why?", "What is a cold front?", ""),  # no term
        ("and isotherms?", "How are isobars drawn?", ""),  # no definition was asked for
        ("and how does dew form in autumn?", "What is an isobar?", ""),  # another question
    ],
)
def test_a_follow_up_can_ask_for_the_definition_of_another_term(question, before, term):
    english = language("en")
    assert followed_term(question, f"{before} {question}", english) == term
    assert followed_term(question, question, english) == ""
    assert followed_term(question, f"Before, {question} And now?", english) == ""


def test_the_unit_that_defines_what_a_follow_up_names_gets_more():
    passage = hit("p", "any text").passage
    texts = ["A front is called warm iff it brings warm air.", "Each warm front is slow."]
    query = ("and warm?", "When is a front called cold? and warm?")
    first, second = kind_logits(query, language("en"), passage, texts, [False] * 2)
    assert first > 0 == second
