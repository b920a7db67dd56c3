"""Unlabelled texts in many styles: the documentation inside the installed Python packages.

A reranker that is trained on a few thousand questions alone forgets what the bi-encoder learned.
On these texts it learns the order of the first stage instead.
"""

from __future__ import annotations

import ast
import importlib.util
import random
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

PACKAGES = ("langchain_core", "numpy", "pandas", "pydantic", "scipy", "sklearn", "streamlit")
_WORDS = (35, 140)  # of a text, at least and at most


def passages(count: int, seed: int = 0) -> list[str]:
    """Up to `count` different paragraphs of documentation; the same for the same seed."""
    texts = sorted({text for docstring in _docstrings() for text in _prose(docstring)})
    return random.Random(seed).sample(texts, min(count, len(texts)))


def summaries(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Up to `count` pairs of a docstring's first sentence and the paragraphs that it summarises."""
    summary_of: dict[str, str] = {}
    for docstring in _docstrings():
        summary, _, rest = docstring.partition("\n\n")
        summary = " ".join(summary.split())
        body = next(_prose(rest), "")
        if 4 <= len(summary.split()) <= 25 and body and body not in summary_of:
            summary_of[body] = summary
    pairs = sorted((summary, body) for body, summary in summary_of.items())
    return random.Random(seed).sample(pairs, min(count, len(pairs)))


def span(text: str, generator: random.Random) -> str:
    """Three to twelve consecutive words of a text, as a query for it."""
    words = re.findall(r"[\w'-]+", text)
    length = generator.randint(3, 12)
    start = generator.randrange(max(1, len(words) - length))
    return " ".join(words[start : start + length])


@lru_cache(maxsize=1)
def _docstrings() -> tuple[str, ...]:
    """Every docstring of the packages, in the order of their files."""
    return tuple(text for package in PACKAGES for text in _docstrings_of(package))


def _docstrings_of(package: str) -> Iterator[str]:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return
    for file in sorted(Path(spec.origin).parent.rglob("*.py")):
        if {"test", "tests"} & set(file.parts) or file.stat().st_size > 300_000:
            continue
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                yield ast.get_docstring(node) or ""


def _prose(docstring: str) -> Iterator[str]:
    """Paragraphs of prose, consecutive ones joined until they are as long as a slide."""
    joined = ""
    for paragraph in re.split(r"\n\s*\n", docstring):
        text = " ".join(paragraph.split())
        letters = sum(letter.isalpha() or letter.isspace() for letter in text)
        if ">>>" in text or "----" in text or letters < 0.85 * len(text):
            continue
        joined = f"{joined} {text}".strip()
        words = len(joined.split())
        if words > _WORDS[1]:
            joined = ""
        elif words >= _WORDS[0]:
            yield joined
            joined = ""
