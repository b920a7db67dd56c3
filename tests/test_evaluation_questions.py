"""rag.evaluation.questions: reading, refusing and checking question files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import BadQuestionFile
from rag.evaluation.keywords import matches_keyword
from rag.evaluation.questions import (
    Gold,
    Question,
    check_grouping,
    check_questions,
    grouped,
    history_of,
    questions_from,
    read_questions,
)
from rag.types import Turn

QUESTIONS = Path(__file__).parents[1] / "corpus" / "questions"
LIGHT = {
    "id": "phy-1",
    "question": "How fast is light?",
    "type": "factoid",
    "lang": "en",
    "gold": [{"doc": "physics.pdf", "pages": [2]}],
    "answer": "299792458 metres per second.",
    "keywords": ["299792458"],
}


@pytest.fixture
def write(tmp_path):
    def write(*values, name="questions.jsonl"):
        path = tmp_path / name
        lines = [value if isinstance(value, str) else json.dumps(value) for value in values]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def test_a_file_is_read_in_order_and_blank_lines_do_not_count(write):
    after = {
        "id": "phy-2",
        "question": "And sound?",
        "type": "follow-up",
        "lang": "en",
        "gold": [],
        "after": "phy-1",
    }
    first, second = read_questions(write(LIGHT, "", after))
    assert first == Question(
        "phy-1",
        "How fast is light?",
        "factoid",
        "en",
        (Gold("physics.pdf", (2,)),),
        "299792458 metres per second.",
        ("299792458",),
    )
    assert first.gold_pages == {("physics.pdf", 2)}
    assert (first.answerable, second.answerable, second.after) == (True, False, "phy-1")


def test_plain_values_give_the_questions_back(write):
    questions = read_questions(write(LIGHT, LIGHT | {"id": "x", "after": "phy-1"}))
    values = json.loads(json.dumps([question.as_dict() for question in questions]))
    assert questions_from(values, "somewhere") == questions
    with pytest.raises(BadQuestionFile, match=r"somewhere, question 2: .*question"):
        questions_from([values[0], {"id": "y"}], "somewhere")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": ""}, "id = ''"),
        ({"question": 7}, "question = 7"),
        ({"lang": None}, "lang = None"),
        ({"gold": None}, "gold = None"),
        ({"gold": [{"doc": "physics.pdf"}]}, "gold = "),
        ({"gold": [{"doc": "physics.pdf", "pages": []}]}, "gold = "),
        ({"gold": [{"doc": "physics.pdf", "pages": [0]}]}, "gold = "),
        ({"gold": [{"doc": "physics.pdf", "pages": [True]}]}, "gold = "),
        ({"keywords": "light"}, "keywords = 'light'"),
        ({"keywords": ["(light"]}, "not a regular expression"),
        ({"keywords": ["x?"]}, "matches every text"),
        ({"answer": 3}, "answer = 3"),
        ({"after": "phy-9"}, "after = 'phy-9' names no question above it"),
        ({"after": "phy-2"}, "after = 'phy-2' names no question above it"),  # itself
        ({"golden": 1}, "unknown field 'golden'; did you mean 'gold'?"),
        ({"glod": 1}, "unknown field 'glod'; did you mean 'gold'?"),
        ({"typ": "x"}, "unknown field 'typ'; did you mean 'type'?"),
        ({"keyword": ["x"]}, "unknown field 'keyword'; did you mean 'keywords'?"),
        ({"Answer": "x"}, "unknown field 'Answer'; did you mean 'answer'?"),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_its_line(write, change, fault):
    path = write(LIGHT, LIGHT | {"id": "phy-2"} | change)
    with pytest.raises(BadQuestionFile) as caught:
        read_questions(path)
    assert f"{path}:2: " in str(caught.value)
    assert fault in str(caught.value)


def test_files_that_are_no_question_files_are_refused(write, tmp_path):
    with pytest.raises(BadQuestionFile, match=":2: id 'phy-1' is that of line 1"):
        read_questions(write(LIGHT, LIGHT))
    with pytest.raises(BadQuestionFile, match=":2: not JSON"):
        read_questions(write(LIGHT, "{"))
    with pytest.raises(BadQuestionFile, match="expected an object, got list"):
        read_questions(write("[]"))
    with pytest.raises(BadQuestionFile, match="holds no questions"):
        read_questions(write(""))
    with pytest.raises(BadQuestionFile, match="cannot be read"):
        read_questions(tmp_path / "none.jsonl")
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes(json.dumps(LIGHT).encode() + b"\n\xfc\n")
    with pytest.raises(BadQuestionFile, match="UTF-8"):
        read_questions(latin)
    with pytest.raises(BadQuestionFile, match=r"2 faults; .*questions check"):
        read_questions(write("{", "["))


def test_checking_finds_each_fault_once_and_in_order(write, library):
    path = write(
        LIGHT,
        LIGHT | {"id": "doc", "gold": [{"doc": "chemistry.pdf", "pages": [1]}]},
        LIGHT | {"id": "page", "gold": [{"doc": "physics.pdf", "pages": [2, 4]}]},
        LIGHT | {"id": "word", "keywords": ["299792458", "furlongs?"]},
        LIGHT,
        "no json",
        LIGHT | {"id": "elsewhere", "gold": [{"doc": "physics.pdf", "pages": [3]}]},
    )
    faults = check_questions(path, library)
    starts = [fault.removeprefix(f"{path}:").split(":")[0] for fault in faults]
    assert starts == ["2", "3", "4", "4", "5", "6", "7"]
    assert (
        "'chemistry.pdf' is not in the library (which holds animals.pdf, physics.pdf)"
        in (faults[0])
    )
    assert "page 4 of physics.pdf is out of range, which has pages 1 to 3" in faults[1]
    assert {fault.split(": ", 2)[2] for fault in faults[2:4]} == {
        "keyword 'furlongs?' is on none of its gold pages",
        "keyword 'furlongs?' is not in its answer",
    }
    assert "id 'phy-1' is that of line 1" in faults[4]
    assert "not JSON" in faults[5]
    assert "keyword '299792458' is on none of its gold pages" in faults[6]
    assert check_questions(write(LIGHT, name="sound.jsonl"), library) == []


def test_own_fields_are_kept_and_group(write):
    own = {"tags": ["exam", "week 1"], "source": "Smith", "split": 2, "uid": "a-7"}
    [question] = read_questions(write(LIGHT | own))
    assert question.metadata == own
    assert json.loads(json.dumps(question.as_dict())) == LIGHT | own
    assert questions_from([json.loads(json.dumps(question.as_dict()))], "run") == [question]
    assert question.groups("tags") == ("exam", "week 1")
    assert question.groups("split") == ("2",)
    assert question.groups("type") == ("factoid",)
    assert question.groups("nowhere") == ()
    hash(question)


def test_groups_of_questions_by_hand():
    a = Question("a", "A?", "how", "en", (), metadata={"tags": ["x", "y", "x"]})
    b = Question("b", "B?", "why", "en", (), metadata={"tags": "y"})
    c = Question("c", "C?", "how", "de", ())
    groups = grouped([a, b, c], ["tags", "type"])
    assert {name: [q.id for q in members] for name, members in groups.items()} == {
        "all": ["a", "b", "c"],
        "tags: x": ["a"],
        "tags: y": ["a", "b"],
        "type: how": ["a", "c"],
        "type: why": ["b"],
    }
    check_grouping([a, b, c], ["tags", "lang"])
    with pytest.raises(BadQuestionFile, match=r"'tag' \(did you mean 'tags'\?\)"):
        check_grouping([a, b, c], ["tag"])


def test_a_keyword_is_held_whatever_case_and_line_breaks():
    assert matches_keyword("Light TRAVELS\nfast", "travels fast")
    assert matches_keyword("at 3 or 4 km", "[34] km$")
    assert not matches_keyword("slow", "fast|quick")


def test_a_follow_up_gets_the_whole_chain_with_gold_answers():
    a = Question("a", "What is light?", "definition", "en", (), "A wave.")
    b = Question("b", "How fast is it?", "follow-up", "en", (), "Fast.", after="a")
    c = Question("c", "And sound?", "follow-up", "en", (), after="b")
    assert history_of(a, [a, b, c]) == ()
    assert history_of(c, [a, b, c]) == (
        Turn("What is light?", "A wave."),
        Turn("How fast is it?", "Fast."),
    )


def test_dev_and_test_questions_share_neither_ids_nor_lectures():
    """A question's lecture is that of its first gold page; further pages may lie elsewhere."""
    dev, test = (read_questions(QUESTIONS / f"{name}.jsonl") for name in ("dev", "test"))
    assert not {q.id for q in dev} & {q.id for q in test}
    assert not {q.question for q in dev} & {q.question for q in test}
    homes = [{q.gold[0].doc for q in questions if q.gold} for questions in (dev, test)]
    assert not homes[0] & homes[1]
    prefixes = [{q.id.split("-")[0] for q in questions} for questions in (dev, test)]
    assert not prefixes[0] & prefixes[1]  # those without gold pages, too, belong to a lecture
    opening = read_questions(QUESTIONS / "opening.jsonl")
    assert not {q.id for q in opening} & {q.id for q in (*dev, *test)}
