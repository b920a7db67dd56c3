"""rag.formula_check: what a passage contradicts, by formulas of textbooks and their turned versions."""

from __future__ import annotations

import pytest

from rag.formula_check import contradicts, joints, plain_formula

KL = "D_KL = 1/2 (σ^2 + μ^2 − 1 − log σ^2)"
BAYES = "P(A|B) = P(B|A) P(A) / P(B), and a/b ≤ c holds."


@pytest.mark.parametrize(
    ("formula", "text", "expected"),
    [
        (r"$$D_{KL} = \frac{1}{2}(\sigma^2 + \mu^2 - 1 - \log \sigma^2)$$", KL, False),
        (r"$$D_{KL} = \frac{1}{2}(\sigma^2 - \mu^2 - 1 - \log \sigma^2)$$", KL, True),
        (r"$$D_{KL} = \frac{1}{2}(\sigma^2 + \mu^2 - 1 + \log \sigma^2)$$", KL, True),
        (r"$$D_{KL} = \frac{2}{1}(\sigma^2 + \mu^2 - 1 - \log \sigma^2)$$", KL, True),
        (r"$\frac{a}{b} \leq c$", BAYES, False),
        (r"$\frac{b}{a} \leq c$", BAYES, True),
        (r"$\frac{a}{b} \geq c$", BAYES, True),
        (r"$x^2$", "the parabola x^2", False),
        (r"$2^x$", "the parabola x^2", True),
        (r"$x + y$", "the sum y + x", False),  # the order of a sum is free
        (r"$p = 2^H$", "perplexity p = 2^(H)", False),
        (r"$\text{if } x < y$", "no formula at all", False),
    ],
)
def test_what_a_passage_contradicts(formula, text, expected):
    assert contradicts(formula, text) is expected


def test_a_fraction_in_a_fraction_is_one_line():
    assert plain_formula(r"\frac{\frac{a}{b}}{c}").replace(" ", "") == "({({a})/({b})})/({c})"
    assert joints("(a/b)/c") == {("a", "/", "b"), ("b", "/", "c")}
