"""rag.evaluation.keywords: patterns match as in Python, and none takes long."""

from __future__ import annotations

import json
import re
import time

import pytest

from ingest import resources
from rag.evaluation.keywords import keyword_fault, matches_keyword

SLOW = [
    "(a+)+$",
    "(x+x+)+y",
    r"(\w+\s?)+!",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    "(a|aa)+$",
    r"(?:(?:entropy)+)+z",
]


@pytest.mark.hostile("patterns of question sets")
@pytest.mark.parametrize("keyword", SLOW)
def test_a_slow_pattern_is_refused_and_bounded(keyword):
    started = time.process_time()
    fault = keyword_fault(keyword)
    matches_keyword("a" * 5000 + "!", keyword)
    assert time.process_time() - started < 5
    assert "takes too long" in fault or "matches every" in fault


@pytest.mark.parametrize(
    ("keyword", "says"),
    [
        ("(a+)+$", "takes too long to match"),
        ("(", "is not a regular expression"),
        ("a*", "matches every text"),
        ("a" * 1001, "has 1001 characters, expected at most 1000"),
        (r"recall|precision", ""),
    ],
)
def test_faults_of_keywords(keyword, says):
    assert says in keyword_fault(keyword)
    assert bool(says) == bool(keyword_fault(keyword))


def test_bundled_keywords_match_as_with_the_standard_library():
    lines = [
        json.loads(line)
        for file in resources.question_sets().values()
        for line in file.read_text("utf-8").splitlines()
        if line.strip()
    ]
    for line in lines:
        for keyword in line.get("keywords", ()):
            text = " ".join(line.get("answer", "").split())
            expected = re.search(keyword, text, re.IGNORECASE) is not None
            assert matches_keyword(text, keyword) == expected
