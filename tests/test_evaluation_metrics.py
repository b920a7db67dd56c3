"""rag.evaluation.metrics: cases worked by hand, second opinions, and pipelines broken on purpose."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.evaluation.metrics import (
    ANSWER_METRICS,
    MEASURES,
    RETRIEVAL_METRICS,
    _areas,
    _percentile,
    answer_values,
    area_under_risk,
    gold_items,
    measure,
    ranked_items,
    risk_coverage,
    token_f1,
)
from rag.evaluation.questions import Gold, Question
from rag.evaluation.run import Place, Run, RunLine, Said, evaluate, read_run
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import Settings


def question(id="q", gold=(("a.pdf", (1,)),), type="factoid", lang="en", **fields):
    return Question(id, f"{id}?", type, lang, tuple(Gold(*entry) for entry in gold), **fields)


def places(*pages, doc="a.pdf"):
    """Places on pages; a tuple is a passage of several."""
    return tuple(Place(doc, page if isinstance(page, tuple) else (page,)) for page in pages)


def run_of(*lines, **meta):
    return Run(Path("run.jsonl"), meta, {line.id: line for line in lines})


def line(id="q", found=(), reranked=None, **fields):
    order = found if reranked is None else reranked
    return RunLine(id, retrieved=found, reranked=order, **fields)


# ---- retrieval ----


def test_retrieval_by_hand():
    """Gold pages 3, (7, 8: one build) and 20, so three items; the build stands at rank 2."""
    asked = question(gold=(("a.pdf", (3, 7, 8)), ("b.pdf", (20,))))
    found = (*places(1, (6, 7, 8), 2, (7, 8), 3), *places(3, doc="b.pdf"))
    values = measure([asked], run_of(line(found=found))).per_question["q"]
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    hand = {
        "Success@1": 0,
        "Success@5": 1,
        "Success@10": 1,
        "R@1": 0,
        "R@3": 1 / 3,  # of the items; the build's two pages are one
        "R@5": 2 / 3,  # the build's second passage at rank 4 finds nothing new
        "R@10": 2 / 3,  # page 3 of another file is not page 3
        "R@20": 2 / 3,
        "RR@10": 1 / 2,
        "nDCG@10": (1 / math.log2(3) + 1 / math.log2(6)) / ideal,
    }
    assert set(hand) == {str(measure) for measure in MEASURES}
    for name, value in hand.items():
        assert values[f"retrieved {name}"] == pytest.approx(value), name


def test_builds_are_neither_punished_nor_rewarded():
    """A slide shown once, and the same slide as a build of four pages, are worth the same."""
    single = measure([question(gold=(("a.pdf", (4,)),))], run_of(line(found=places(9, 4))))
    build = measure(
        [question(gold=(("a.pdf", (4, 5, 6, 7)),))], run_of(line(found=places(9, (4, 5, 6, 7))))
    )
    assert single.per_question["q"] == build.per_question["q"]


def test_items_are_what_the_passages_of_either_order_show_together():
    asked = question(gold=(("a.pdf", (1, 2, 3, 9)), ("b.pdf", (1,))))
    shown = line(found=places((1, 2), 5), reranked=places((2, 3), 5))
    items = [sorted(page for _, page in item) for item in gold_items(asked, shown)]
    assert items == [[1, 2, 3], [9], [1]]
    assert [len(item) for item in gold_items(asked, line())] == [1] * 5


def test_the_orders_before_and_after_reranking_are_measured_apart():
    values = measure([question()], run_of(line(found=places(2, 1), reranked=places(1, 2))))
    assert values.value("retrieved Success@1") == 0
    assert values.value("reranked Success@1") == 1
    assert values.value("retrieved RR@10") == 0.5


def test_rank_and_not_score_decides():
    found = (Place("a.pdf", (1,), 0.1), Place("a.pdf", (2,), 0.9), Place("a.pdf", (3,)))
    judgements, rankings = ranked_items([question()], run_of(line(found=found)), "retrieved")
    assert judgements == {"q": {"a.pdf#1": 1}}
    assert rankings == {"q": {"a.pdf#1": -1.0, "passage 2": -2.0, "passage 3": -3.0}}


def test_who_is_counted():
    questions = [
        question("found"),
        question("failed"),
        question("nothing"),
        question("open", gold=()),
        question("not run"),
    ]
    run = run_of(
        line("found", places(1)),
        line("failed", error="RuntimeError: out of memory"),
        line("nothing"),
        line("open", places(1), abstained=True),
    )
    report = measure(questions, run)
    row = report.row("retrieved Success@1")
    assert (row.value, row.n) == (pytest.approx(1 / 3), 3)
    assert report.row("failed").value == 0.25
    assert report.row("abstention accuracy").n == 3
    assert set(report.per_question) == {"found", "failed", "nothing", "open"}
    assert "seconds" not in report.per_question["failed"]


def test_groups_are_measured_on_their_own_questions():
    questions = [
        question("a", type="how", lang="de"),
        question("b", type="how"),
        question("c"),
    ]
    run = run_of(line("a", places(1)), line("b", places(2)), line("c", places(1)))
    report = measure(questions, run)
    assert report.groups == ["all", "type: factoid", "type: how", "lang: de", "lang: en"]
    name = "reranked Success@1"
    assert [report.value(name, group) for group in report.groups] == pytest.approx(
        [2 / 3, 1, 1 / 2, 1, 1 / 2]
    )
    assert [report.row(name, group).n for group in report.groups] == [3, 1, 2, 1, 2]
    assert "type: how" in report.render_groups([name])
    assert name in report.render(["all"])


def test_nothing_asked_is_no_report():
    assert measure([], run_of()).rows == ()
    assert measure([question("other")], run_of(line())).rows == ()


# ---- answers ----


@pytest.mark.parametrize(
    ("answer", "reference", "f1"),
    [
        ("The cat sat.", "a cat sat", 1.0),
        ("cat cat dog", "cat dog dog", 2 / 3),  # shared: one cat, one dog
        ("The model uses noise", "noise", 2 * (1 / 3) * 1 / (1 / 3 + 1)),
        ("yes", "no", 0.0),
        ("", "no", 0.0),
        ("the", "an", 1.0),  # articles alone: both empty
    ],
)
def test_token_f1_by_hand(answer, reference, f1):
    assert token_f1(answer, reference) == pytest.approx(f1)


def test_an_answer_by_hand():
    asked = question(
        gold=(("a.pdf", (1, 4, 5)),),
        answer="noise outside the network",
        keywords=("noise", "outside|external"),
    )
    answered = line(
        found=places(1, (4, 5), 9),
        answer="The NOISE is external.",
        citations=places((4, 5), 9, 8),
        sentences=(
            Said("The NOISE is external.", "external noise, the usual", 0.8, "a.pdf", (4, 5)),
            Said("So it goes.", "it goes on", 0.6, "a.pdf", (9,)),
        ),
    )
    values = answer_values(asked, answered)
    assert set(values) == set(ANSWER_METRICS)
    assert values["keywords"] == 1
    # noise, is, external against noise, outside, network: one of three either way
    assert values["token F1"] == pytest.approx(1 / 3)
    assert values["citation precision"] == pytest.approx(1 / 3)
    assert values["citation recall"] == pytest.approx(1 / 2)  # of the items [1] and [4, 5]
    assert values["support"] == pytest.approx(0.7)
    assert values["quoted words"] == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert values["answer words"] == 4
    assert answer_values(asked, replace(answered, answer="noise"))["keywords"] == 0


def test_an_abstention_says_and_cites_nothing():
    asked = question(answer="noise", keywords=("noise",))
    silent = answer_values(asked, line(found=places(1), abstained=True))
    assert silent == {"keywords": 0, "token F1": 0, "citation recall": 0}
    assert answer_values(question(gold=()), line(abstained=True)) == {}


def test_a_run_without_answers_has_no_answer_metrics():
    run = run_of(line(found=places(1)), generate=False)
    metrics = {row.metric for row in measure([question(keywords=("x",))], run).rows}
    assert not metrics & set(ANSWER_METRICS)
    assert set(RETRIEVAL_METRICS) <= metrics


def test_verdicts_become_a_metric():
    run = run_of(line("a"), line("b"), line("c"))
    questions = [question("a"), question("b"), question("c")]
    row = measure(questions, run, verdicts={"a": True, "b": False}).row("judged right")
    assert (row.value, row.n) == (0.5, 2)


# ---- abstention ----


def test_abstention_by_hand():
    """Silent on two of three hopeless questions and on one that has an answer."""
    hopeless = [question(id, gold=()) for id in "abc"]
    hopeful = [question(id) for id in "defgh"]
    run = run_of(*(line(id, abstained=id in "abd") for id in "abcdefgh"))
    report = measure([*hopeless, *hopeful], run)
    assert report.value("abstention precision") == pytest.approx(2 / 3)
    assert report.value("abstention recall") == pytest.approx(2 / 3)
    assert report.value("abstention F1") == pytest.approx(2 / 3)
    assert report.value("abstention accuracy") == pytest.approx(6 / 8)
    never = measure([*hopeless, *hopeful], run_of(*(line(id) for id in "abcdefgh")))
    assert never.value("abstention recall") == 0
    assert never.value("abstention F1") == 0
    with pytest.raises(KeyError):
        never.value("abstention precision")  # of nothing


def test_risk_and_coverage_by_hand():
    curve = risk_coverage({"a": 0.9, "b": 0.7, "c": 0.7, "d": 0.1}, {"a", "c"})
    points = [(point.threshold, point.coverage, point.risk) for point in curve]
    assert points == [
        (0.9, 0.25, 0.0),
        (0.7, 0.75, pytest.approx(1 / 3)),
        (0.1, 1.0, 0.5),
    ]
    assert area_under_risk(curve) == pytest.approx(0.5 / 3 + 0.25 / 2)
    assert risk_coverage({}, set()) == []


def test_the_area_agrees_with_a_direct_mean_and_row_by_row():
    generator = np.random.default_rng(1)
    scores = generator.permutation(40) / 40  # no ties: AURC is the mean of the selective risks
    right = generator.random(40) < scores
    wrong = ~right[np.argsort(-scores)]
    direct = np.mean([wrong[: k + 1].mean() for k in range(40)])
    names = {str(n): score for n, score in enumerate(scores)}
    chosen = {str(n) for n in range(40) if right[n]}
    assert area_under_risk(risk_coverage(names, chosen)) == pytest.approx(direct)
    drawn = generator.integers(0, 40, size=(5, 40))  # draws repeat questions: ties
    for row, area in zip(drawn, _areas(scores, right, drawn), strict=True):
        again = {str(n): scores[member] for n, member in enumerate(row)}
        good = {str(n) for n, member in enumerate(row) if right[member]}
        assert area == pytest.approx(area_under_risk(risk_coverage(again, good)))


def test_the_report_has_the_curve_of_its_scores():
    questions = [question("a"), question("b"), question("c", gold=())]
    run = run_of(
        line("a", places(1), score=0.9),
        line("b", places(2), score=0.5),
        line("c", places(1), score=0.7),  # found or not: there is nothing to find
    )
    report = measure(questions, run)
    assert [point.risk for point in report.risk_coverage] == pytest.approx([0, 1 / 2, 2 / 3])
    assert report.value("area under risk") == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)


# ---- speed and intervals ----


def test_latency_and_speed_by_hand():
    seconds = [0.1, 0.2, 0.3, 0.4]
    lines = [
        line(str(n), seconds=value, stages={"generate": value, "encode": 0.01}, tokens=10 * n)
        for n, value in enumerate(seconds)
    ]
    report = measure([question(str(n)) for n in range(4)], run_of(*lines))
    assert report.value("seconds p50") == pytest.approx(0.25)
    assert report.value("seconds generate p95") == pytest.approx(0.385)
    assert report.row("seconds encode p95").n == 4
    assert report.value("tokens per second") == pytest.approx(60 / 1.0)


def test_percentiles_agree_with_numpy():
    values = np.random.default_rng(0).random((20, 9))
    values[values < 0.3] = np.nan
    values[0] = np.nan
    for share in (0, 50, 95, 100):
        expected = np.nanpercentile(values[1:], share, axis=1)
        np.testing.assert_allclose(_percentile(values, share)[1:], expected)
        assert np.isnan(_percentile(values, share)[0])


def test_intervals_repeat_and_are_those_of_a_binomial():
    """The bootstrap of a share draws from a binomial, whose quantiles are known."""
    questions = [question(str(n)) for n in range(100)]
    run = run_of(*(line(str(n), places(1 if n < 70 else 2)) for n in range(100)))
    row = measure(questions, run).row("retrieved Success@1")
    assert row == measure(questions, run).row("retrieved Success@1")
    spread = statistics.NormalDist().inv_cdf(0.975) * math.sqrt(0.7 * 0.3 / 100)
    assert row.low == pytest.approx(0.7 - spread, abs=0.015)
    assert row.high == pytest.approx(0.7 + spread, abs=0.015)


def test_the_interval_of_one_question_is_its_value():
    row = measure([question()], run_of(line(found=places(2, 1)))).row("retrieved RR@10")
    assert (row.low, row.value, row.high, row.n) == (0.5, 0.5, 0.5, 1)


def test_metrics_of_a_group_share_their_resamples():
    """Two metrics that are equal on each question have equal intervals."""
    generator = np.random.default_rng(3)
    questions = [question(str(n)) for n in range(30)]
    run = run_of(*(line(str(n), places(*generator.permutation(4).tolist())) for n in range(30)))
    report = measure(questions, run)
    before, after = report.row("retrieved nDCG@10"), report.row("reranked nDCG@10")
    assert (before.low, before.high) == (after.low, after.high)
    assert before.low < before.value < before.high


# ---- pipelines broken on purpose ----

ASKED = [
    Question(id, text, "factoid", "en", (Gold(doc, (page,)),), answer, keywords)
    for id, text, doc, page, answer, keywords in (
        ("cat", "How many hours does a cat sleep?", "animals.pdf", 1, "sixteen hours", ("sixteen",)),
        ("dog", "What does a dog bark at?", "animals.pdf", 2, "strangers", ("strangers",)),
        ("apple", "Why does an apple fall from the tree?", "physics.pdf", 1, "gravity pulls", ("pulls",)),
        ("light", "How fast does light travel in vacuum?", "physics.pdf", 2, "299792458", ("299792458",)),
        ("sound", "What medium does sound need?", "physics.pdf", 3, "air", ("air",)),
    )
]  # fmt: skip


class BrokenStore:
    """A library whose search results are changed on the way out."""

    def __init__(self, library, change):
        self.library, self.change = library, change

    def content_hash(self):
        return self.library.content_hash()

    def search_dense(self, query, k):
        return self.change(self.library.search_dense(query, k))

    def search_lexical(self, question, k):
        return self.change(self.library.search_lexical(question, k))


@pytest.fixture
def measured(library, encoder, tmp_path):
    """Ask a pipeline over a changed library for real, and measure what came."""
    answering = Settings().with_changes(
        answer={"writer": False, "passages": 1, "quotes": 3, "quote_margin": 99, "span_words": 0},
        retrieval={"lexical_weight": 2},
    )

    def measured(change=lambda scored: scored, lines=lambda lines: lines):
        output = tmp_path / f"run-{len(list(tmp_path.glob('run-*.jsonl')))}.jsonl"
        store = BrokenStore(library, change)
        for _ in evaluate(
            ASKED, Pipeline(store, Models(NO_MODELS, encoder=encoder), answering), output
        ):
            pass
        run = read_run(output)
        return measure(ASKED, replace(run, lines=lines(run.lines)))

    return measured


def test_the_sound_pipeline_is_good(measured):
    report = measured()
    assert report.value("retrieved Success@1") == 1
    assert report.value("keywords") == 1
    assert report.value("citation recall") == 1
    assert report.value("quoted words") == 1


def test_shuffled_passages_are_caught(measured, library):
    """Each passage gets the text and pages of another: what is found is not what was searched."""
    every = [p for document in library.documents() for p in library.passages(document.id)]
    other = dict(zip([p.id for p in every], [*every[1:], every[0]], strict=True))
    broken = measured(lambda scored: [(other[passage.id], score) for passage, score in scored])
    sound = measured()
    for metric in ("retrieved Success@1", "reranked RR@10", "retrieved nDCG@10", "keywords"):
        assert broken.row(metric).high < sound.row(metric).low, metric
    assert broken.value("retrieved Success@1") == 0
    assert broken.value("citation precision") < sound.value("citation precision")


def test_pages_that_are_off_by_one_are_caught(measured):
    """The texts are right, so that answers are; only where they are said to stand is wrong."""

    def later(scored):
        return [
            (replace(passage, pages=tuple(n + 1 for n in passage.pages)), score)
            for passage, score in scored
        ]

    sound, broken = measured(), measured(later)
    assert broken.value("keywords") == sound.value("keywords") == 1
    for metric in ("retrieved Success@1", "retrieved RR@10", "citation precision"):
        assert broken.value(metric) < sound.value(metric), metric
    assert broken.value("retrieved Success@1") == 0
    assert broken.row("citation recall").high < sound.row("citation recall").low


def test_answers_of_the_wrong_question_are_caught(measured):
    """Retrieval is right; each question gets what was said and cited for the next one."""

    def swapped(lines):
        ids = list(lines)
        return {
            id: replace(
                lines[id],
                answer=lines[next_id].answer,
                citations=lines[next_id].citations,
                sentences=lines[next_id].sentences,
            )
            for id, next_id in zip(ids, [*ids[1:], ids[0]], strict=True)
        }

    sound, broken = measured(), measured(lines=swapped)
    assert broken.value("retrieved Success@1") == sound.value("retrieved Success@1") == 1
    for metric in ("keywords", "token F1", "citation recall"):
        assert broken.value(metric) < sound.value(metric), metric
    assert broken.row("keywords").high < sound.row("keywords").low


def test_sentences_that_their_quotes_do_not_say_are_caught(measured):
    def misquoted(lines):
        return {
            id: replace(
                line,
                sentences=tuple(replace(said, quote="Nothing of it.") for said in line.sentences),
            )
            for id, line in lines.items()
        }

    assert measured(lines=misquoted).row("quoted words").high < 0.5
