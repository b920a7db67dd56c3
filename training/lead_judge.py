"""Train the judges of leads: a reranker, trained on with single units.

    python -m training.lead_judge [--smoke] [--recipe NAME] [--output DIR] [--steps N]

The recipe "english" makes `models/lead-judge`; "multilingual" makes a judge for questions and texts of
which one is not English.
No model of the second recipe is shipped.

The reranker learned which passage answers; the units of one passage have the same subject, so that it
often prefers the one that repeats the question. Here each group is a question with the units of its
passage, those that answer against up to six others, and a unit each of two passages of the subject.
The lower layers and the head's form stay, so that both models share what they read of a text. A run
saves a checkpoint in the cache every 100 steps, and an interrupted run resumes from it.
"""

from __future__ import annotations

import argparse
import logging
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from ingest import resources, weights
from ingest.text.languages import DEFAULT
from rag.split_base import open_base
from rag.split_cross_encoder import WEIGHTS, SplitCrossEncoder
from training.candidates import HELD_OUT, Group, reranker_input
from training.pdf_text import damaged_units
from training.reranker import Recipe, save_reader, train
from training.texts import TrainingQuestion, TrainingText, read_texts

RECIPES = {
    "english": Recipe(
        initial=weights.RERANKER, language=DEFAULT.code, layer_rate=1e-4, head_rate=5e-4
    ),
    "multilingual": Recipe(
        base=weights.E5,
        layers=10,
        initial=weights.MULTILINGUAL_RERANKER,
        layer_rate=1e-4,
        head_rate=5e-4,
    ),
}
OUTPUTS = {
    "english": resources.models() / "lead-judge",
    "multilingual": resources.models() / "multilingual-lead-judge",
}
STEPS = {"english": 500, "multilingual": 600}
_ENGLISH_SHARE = 0.15  # of the groups, all English, where the recipe names no language
_WRONG = 6  # units of the passage that do not answer, at most
_FOREIGN = 2  # units of other passages of the subject
_TITLED = 0.8  # share of the groups whose units are read under the passage's title
_MEASURED = 200  # held-out questions


class UnitGroups:
    """Groups of units, drawn from the passages in a recipe's language with their questions in it.

    Without a language they are mostly of questions or passages that are not English.
    """

    def __init__(self, texts: Sequence[TrainingText], recipe: Recipe) -> None:
        """Damage a share of the passages as a PDF reader does.

        Args:
            texts: Passages with their questions; those in other languages are left out, of English
                questions about English passages as many stay as make up _ENGLISH_SHARE.
            recipe: Its seed decides all random choices, its `pdf_share` how many passages are damaged.
        """
        self._random = random.Random(recipe.seed)
        self._texts = [text for text in texts if recipe.language in ("", text.lang)]
        self._by_subject: dict[str, list[int]] = defaultdict(list)
        for row, text in enumerate(self._texts):
            self._by_subject[text.subject].append(row)
        self._units = [
            self._damaged(text) if self._random.random() < recipe.pdf_share else text.units
            for text in self._texts
        ]
        self._trained: list[tuple[int, TrainingQuestion]] = []
        self._held_out: list[Group] = []
        english: list[tuple[int, TrainingQuestion]] = []
        for row, text in enumerate(self._texts):
            for question in text.questions:
                if not question.answer or recipe.language not in ("", question.lang):
                    continue
                is_extra = not recipe.language and {text.lang, question.lang} == {DEFAULT.code}
                if text.subject not in HELD_OUT:
                    (english if is_extra else self._trained).append((row, question))
                elif not is_extra:
                    self._held_out.append(self._group(row, question, whole=True))
        extra = round(len(self._trained) * _ENGLISH_SHARE / (1 - _ENGLISH_SHARE))
        self._trained += self._random.sample(english, min(extra, len(english)))
        self._random.shuffle(self._trained)

    def draw(self, number: int) -> list[Group]:
        """So many groups of different questions, or fewer where there are no more."""
        return [self._group(row, question) for row, question in self._trained[:number]]

    def draw_held_out(self, number: int) -> list[Group]:
        """Questions of the held-out subjects, each with all units of its passage, undamaged."""
        return self._random.sample(self._held_out, min(number, len(self._held_out)))

    def _damaged(self, text: TrainingText) -> tuple[str, ...]:
        """The units as a PDF reader gives them, where each is still one."""
        units = tuple(damaged_units(text.units, self._random))
        return units if len(units) == len(text.units) else text.units

    def _group(self, row: int, question: TrainingQuestion, *, whole: bool = False) -> Group:
        text = self._texts[row]
        units = text.units if whole else self._units[row]
        evidence = sorted(set(question.evidence))
        rest = [n for n in range(1, len(units) + 1) if n not in evidence]
        most = len(rest) if whole else min(_WRONG, len(rest))
        numbers = evidence + self._random.sample(rest, most)
        titled = self._random.random() < _TITLED or whole
        lines = [(text.title, units[n - 1]) for n in numbers]
        others = [
            other
            for other in self._by_subject[text.subject]
            if other != row and self._texts[other].lang == text.lang
        ]
        for other in self._random.sample(others, 0 if whole else min(_FOREIGN, len(others))):
            lines.append((self._texts[other].title, self._random.choice(self._units[other])))
        return Group(
            question.query,
            tuple(reranker_input(title, unit) if titled else unit for title, unit in lines),
            (True,) * len(evidence) + (False,) * (len(lines) - len(evidence)),
            kind="units",
        )


def share_right(reader: SplitCrossEncoder, groups: Sequence[Group]) -> float:
    """The share of the groups whose best unit answers."""
    right = [
        group.right[int(np.argmax(reader.predict([(group.question, t) for t in group.texts], 16)))]
        for group in groups
    ]
    return sum(right) / len(right)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, measure on the held-out subjects, and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", choices=RECIPES, default="english")
    parser.add_argument("--output", type=Path, help="in place of the recipe's folder")
    parser.add_argument("--steps", type=int, help="in place of the recipe's number")
    parser.add_argument("--smoke", action="store_true", help="a few steps, as a test")
    options = parser.parse_args(arguments)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    recipe = RECIPES[options.recipe]
    steps = 2 if options.smoke else options.steps or STEPS[options.recipe]
    groups = UnitGroups(read_texts(), recipe)
    examples = groups.draw(steps * recipe.batch)
    measured = groups.draw_held_out(5 if options.smoke else _MEASURED)
    base = weights.locate(recipe.base)
    torch.manual_seed(recipe.seed)
    reader = SplitCrossEncoder(open_base(base), recipe.joint_layers, layers=recipe.layers)
    reader.load_weights(weights.locate(recipe.initial).folder / WEIGHTS)
    print(
        f"{len(examples)} groups; best unit right: {share_right(reader, measured):.3f}", flush=True
    )
    checkpoint = (
        weights.cache_dir() / "training" / recipe.checkpoint_name(f"lead judge {options.recipe}")
    )
    train(reader, examples, recipe, None if options.smoke else checkpoint)
    print(f"best unit right: {share_right(reader, measured):.3f}")
    told = asdict(recipe) | {"steps": len(examples) // recipe.batch}
    output = options.output or OUTPUTS[options.recipe]
    save_reader(reader, output, base, recipe, told)
    print(f"saved in {output}")


if __name__ == "__main__":
    main()
