"""The same decoder in several sizes, on the same text and on sums: what size changes.

`models/language/size.json` holds the curves; `training.language.sizes` measures them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingest import resources
from language import size, token_model
from language.errors import LanguageError
from language.power_law import PowerLaw, bootstrap, fit
from language.transformer import Decoder

FILE = resources.package_file("models", "language", "size.json")
SIZES = {  # about how many parameters: width, layers, heads
    "10k": (16, 2, 2),
    "30k": (32, 2, 4),
    "100k": (48, 3, 4),
    "300k": (80, 4, 4),
    "1M": (128, 5, 4),
    "3M": (208, 6, 4),
}
SUM_SIZES = {  # on sums the smallest of these is already large
    "2k": (8, 2, 2),
    "4k": (12, 2, 2),
    "7k": (16, 2, 2),
    "15k": (24, 2, 4),
    "25k": SIZES["30k"],  # a small vocabulary makes it smaller
}


def sized_decoder(name: str, vocabulary: int, seed: int) -> Decoder:
    """An untrained decoder of one of `SIZES` or `SUM_SIZES`.

    Raises:
        LanguageError: there is no such size.
    """
    sizes = SIZES | SUM_SIZES
    if name not in sizes:
        raise LanguageError(f"There is no size {name!r}, expected one of {', '.join(sizes)}")
    return token_model.decoder(vocabulary, *sizes[name], seed)


def rate_of(model: Decoder) -> float:
    """The learning rate of a model: wider ones need smaller steps."""
    return min(4e-3, 0.15 / model.config.width)


def training_operations(model: Decoder, context: int, tokens: int) -> int:
    """Multiplications and additions of a training on so many tokens, in windows of a context.

    Backwards each matrix product becomes two, so a step costs three forward passes.
    """
    config = model.config
    shape = size.shape_of(
        {
            "model_type": "llama",
            "hidden_size": config.width,
            "num_attention_heads": config.heads,
            "num_hidden_layers": config.layers,
            "intermediate_size": config.inner,
            "vocab_size": config.vocabulary,
            "tie_word_embeddings": True,
        }
    )
    return 3 * sum(size.operations(shape, context).values()) * tokens // context


@dataclass(frozen=True)
class Curves:
    """What was measured: one entry for each training, and how."""

    text: list[dict[str, Any]]  # size, parameters, seed, seconds, curve, windows
    sums: list[dict[str, Any]]  # size, parameters, seed, seconds, curve
    about: dict[str, Any]


def read_curves(file: Path = FILE) -> Curves:
    """The stored curves.

    Raises:
        LanguageError: the file is missing or broken.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return Curves(content["text"], content["sums"], content["about"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LanguageError(
            f"No curves at {file} ({type(error).__name__}); install katheder again"
        ) from error


def law_of_parameters(curves: Curves) -> PowerLaw:
    """Loss after the whole training as a power of the number of parameters."""
    return bootstrap(
        [run["parameters"] for run in curves.text],
        [np.asarray(run["windows"]) for run in curves.text],
    )


def law_of_tokens(curves: Curves, name: str) -> PowerLaw:
    """Loss of one size as a power of the tokens seen, over the later half of its curve.

    The windows of the earlier points are not stored, so the interval is that of the points and
    seeds: each draw takes as many points with replacement.
    """
    runs = [run for run in curves.text if run["size"] == name]
    points = [point for run in runs for point in run["curve"][len(run["curve"]) // 2 :]]
    x = np.array([point["tokens"] for point in points], dtype=float)
    y = np.array([point["bits"] for point in points])
    return _law_of_points(x, y)


def _law_of_points(x: np.ndarray, y: np.ndarray, draws: int = 1000) -> PowerLaw:
    chance, exponents = np.random.default_rng(0), []
    for _ in range(draws):
        rows = chance.integers(len(x), size=len(x))
        if len(np.unique(x[rows])) > 1:
            exponents.append(fit(x[rows], y[rows])[1])
    low, high = np.percentile(exponents, [2.5, 97.5])
    return PowerLaw(*fit(x, y), float(low), float(high))


def text_rows(curves: Curves) -> list[dict[str, Any]]:
    """One row a size: parameters, seeds, tokens seen, mean bits per letter, operations, seconds."""
    return [
        {
            "size": name,
            "parameters": runs[0]["parameters"],
            "seeds": len(runs),
            "tokens seen": runs[0]["curve"][-1]["tokens"],
            "bits per letter": float(np.mean([run["curve"][-1]["bits"] for run in runs])),
            "operations": runs[0]["operations"],
            "seconds": round(float(np.mean([run["seconds"] for run in runs]))),
        }
        for name in SIZES
        if (runs := [run for run in curves.text if run["size"] == name])
    ]


def sum_rows(curves: Curves) -> list[dict[str, Any]]:
    """One row a size: parameters, seeds, sums seen, shares of right sums and digits, loss."""
    return [
        {
            "size": name,
            "parameters": runs[0]["parameters"],
            "seeds": len(runs),
            "sums seen": runs[0]["curve"][-1]["sums"],
            **{
                title: float(np.mean([run["curve"][-1][key] for run in runs]))
                for title, key in (
                    ("exact", "exact"),
                    ("right digits", "digits"),
                    ("bits per digit", "bits"),
                )
            },
            "seconds": round(float(np.mean([run["seconds"] for run in runs]))),
        }
        for name in SUM_SIZES
        if (runs := [run for run in curves.sums if run["size"] == name])
    ]


def table(curves: Curves) -> str:
    """The figures as Markdown, as docs/language.md has them; `python -m language.scaling` prints them."""
    law = law_of_parameters(curves)
    lines = [
        "| parameters | trainings | tokens seen | bits per letter | exponent of tokens | operations | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in text_rows(curves):
        one = law_of_tokens(curves, row["size"])
        lines.append(
            f"| {row['parameters']:,} | {row['seeds']} | {row['tokens seen']:,} | {row['bits per letter']:.3f} "
            f"| {one.exponent:.3f} [{one.low:.3f}, {one.high:.3f}] | {row['operations']:.2g} | {row['seconds']} |"
        )
    lines += [
        "",
        f"L(N) = {law.factor:.3g} N^-{law.exponent:.3f} bits per letter, 95 % interval of the exponent "
        f"[{law.low:.3f}, {law.high:.3f}].",
    ]
    if curves.sums:
        lines += [
            "",
            "| parameters | trainings | sums seen | exact | right digits | right digits, cubed | bits per digit | seconds |",
            "|---|---|---|---|---|---|---|---|",
        ]
    lines += [
        f"| {row['parameters']:,} | {row['seeds']} | {row['sums seen']:,} | {row['exact']:.3f} | {row['right digits']:.3f} "
        f"| {row['right digits'] ** 3:.3f} | {row['bits per digit']:.3f} | {row['seconds']} |"
        for row in sum_rows(curves)
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(read_curves()))
