"""Train the rerankers of `models/reranker` and `models/multilingual-reranker`.

    python -m training.reranker [--smoke] [--output DIR] [--recipe NAME] [--seed N]

A listwise cross-entropy over each group ranks the texts that answer above the others. A binary
cross-entropy makes probabilities comparable between questions, including the unanswerable ones.
On background texts the teacher is the order by dense plus lexical score. A run saves a checkpoint
in the cache every 100 steps, and an interrupted run resumes from it.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import logging
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax

from ingest import resources, weights
from ingest.embed import Encoder
from rag.models import Models
from rag.split_base import open_base
from rag.split_cross_encoder import CONFIG, WEIGHTS, SplitCrossEncoder
from rag.split_reranker import MODEL_TYPE
from training import background
from training.candidates import HELD_OUT, Group, groups
from training.texts import TrainingText, read_texts

OUTPUT = resources.models() / "reranker"
CHECKPOINT_STEPS = 100
_PAIRS = 16  # a batch of the joint layers
_TOKENS = 112  # of a text in training; the model also reads longer ones


@dataclass(frozen=True, slots=True)
class Recipe:
    """A run's hyperparameters.

    `base` is the bi-encoder, of which the first `layers` are used, the last `joint_layers` of them
    trained; `scales` are the head's first factors of both cosines and its bias. With `initial` it
    begins with the weights of that trained model instead. The result is `share` of the trained
    weights and the rest of those before training. `groups` says how many groups of a kind are drawn
    at most, from passages and questions in `language` alone where it is named; `batch` counts
    groups, rates are AdamW's highest. `seed` decides the order and the untrained head's network,
    `draw` which groups are drawn.
    """

    base: str = weights.MINILM
    layers: int | None = None
    joint_layers: int = 2
    scales: tuple[float, float, float] = (20.0, 2.0, -12.0)
    initial: str = ""
    groups: Mapping[str, int] = field(default_factory=dict)
    language: str = ""
    epochs: float = 1.0
    batch: int = 8
    layer_rate: float = 3e-5
    head_rate: float = 1e-3
    pointwise: float = 0.3
    background: int = 400
    summaries: int = 1500
    pdf_share: float = 0.5
    units: bool = True
    unanswerable: bool = True
    seed: int = 7
    draw: int = 7
    share: float = 1.0

    def checkpoint_name(self, name: str) -> str:
        """The file for a run's state, by the recipe's name and its values: no two share one."""
        return f"reranker-{hashlib.sha256(f'{name} {self}'.encode()).hexdigest()[:16]}.pt"


_GROUPS = {"passages": 2900, "units": 1400, "unanswerable": 400}
_CONTINUED = Recipe(
    initial=weights.RERANKER,
    groups={"passages": 5000, "units": 2500, "unanswerable": 700},
    language="en",
    layer_rate=5e-5,
    head_rate=3e-4,
    background=300,
    summaries=800,
)
RECIPES = {
    "final": Recipe(),
    "multilingual": Recipe(
        base=weights.E5,
        layers=10,
        scales=(35.0, 15.0, -40.0),
        groups=_GROUPS,
        layer_rate=1e-4,
        share=0.75,
        background=200,
        summaries=400,
    ),
    "continued": _CONTINUED,
    "continued faster": replace(_CONTINUED, layer_rate=1e-4, head_rate=1e-3),
    "fast": Recipe(layer_rate=1e-4),
    "three joint layers": Recipe(joint_layers=3),
    "whole passages only": Recipe(units=False),
    "pointwise": Recipe(pointwise=1.0),
    "listwise alone": Recipe(pointwise=0.0),
    "all answerable": Recipe(unanswerable=False),
    "no background": Recipe(background=0),
    "no summaries": Recipe(summaries=0),
    "clean passages": Recipe(pdf_share=0.0),
    "summaries alone": Recipe(),
}


class States:
    """The lower layers' output for each text, computed once and stored in half precision."""

    def __init__(self, reader: SplitCrossEncoder, dtype: torch.dtype = torch.float32) -> None:
        """The lower layers are not trained, so a copy in another numeric type is used."""
        base = copy.copy(reader.base)
        base.bert = copy.deepcopy(reader.base.bert).to(dtype)
        joint = len(reader.joint)
        layers = len(reader.lower) + joint
        self._reader = SplitCrossEncoder(base, joint, layers=layers, cached_tokens=1)
        self._cache: dict[tuple[str, bool], Tensor] = {}

    def __call__(self, texts: Sequence[str], *, questions: bool = False) -> list[Tensor]:
        """One tensor a text, (tokens, width), float32."""
        missing = [t for t in dict.fromkeys(texts) if (t, questions) not in self._cache]
        tokens = [
            ids if len(ids) <= _TOKENS else (*ids[: _TOKENS - 1], ids[-1])
            for ids in self._reader.base.tokens(missing, questions=questions)
        ]
        for text, state in zip(missing, self._reader.encode_lower(tokens), strict=True):
            self._cache[text, questions] = state.half().clone()
        return [self._cache[text, questions].float() for text in texts]


def logits_of(reader: SplitCrossEncoder, states: States, batch: Sequence[Group]) -> list[Tensor]:
    """The logits of each group, (texts,). Pairs are batched by length across groups."""
    questions = states([group.question for group in batch for _ in group.texts], questions=True)
    texts = states([text for group in batch for text in group.texts])
    order = sorted(range(len(texts)), key=lambda row: len(questions[row]) + len(texts[row]))
    logits = torch.cat(
        [
            reader.score_pairs([questions[row] for row in rows], [texts[row] for row in rows])
            for start in range(0, len(order), _PAIRS)
            if (rows := order[start : start + _PAIRS])
        ]
    )
    inverse = torch.empty(len(order), dtype=torch.long)
    inverse[torch.tensor(order)] = torch.arange(len(order))
    return list(logits[inverse].split([len(group.texts) for group in batch]))


def loss_of(logits: Tensor, group: Group, pointwise: float) -> Tensor:
    """The loss of one group's logits, shape (texts,)."""
    if group.teacher:
        target = torch.tensor(group.teacher).softmax(dim=0)
        return (target * (target.log() - log_softmax(logits, dim=0))).sum()
    right = torch.tensor(group.right)
    binary = binary_cross_entropy_with_logits(logits, right.float())
    if not right.any():
        return pointwise * binary
    # Each right text competes with the wrong ones, not with the other right ones.
    wrong = logits[~right]
    listwise = torch.stack(
        [-log_softmax(torch.cat([one[None], wrong]), dim=0)[0] for one in logits[right]]
    ).mean()
    return listwise + pointwise * binary


def train(
    reader: SplitCrossEncoder,
    examples: Sequence[Group],
    recipe: Recipe,
    checkpoint: Path | None,
    *,
    checkpoint_steps: int = CHECKPOINT_STEPS,
    after_step: Callable[[int, float], None] = lambda step, loss: None,
) -> None:
    """Train the reader's joint layers and head in place.

    Args:
        reader: The model; its lower layers stay as they are.
        examples: The groups of the training set.
        recipe: Hyperparameters and seed.
        checkpoint: A file for the state; if it exists, the run resumes from it. None saves none.
        checkpoint_steps: Steps between checkpoints.
        after_step: Called after each step with its number, from 1, and its loss.
    """
    torch.manual_seed(recipe.seed)
    reader.eval()  # an epoch at most needs no dropout, and without it attention is faster
    dtype = weights.choose_dtype("auto", "cpu")
    states = States(reader, dtype)
    optimizer = torch.optim.AdamW(
        [
            {"params": list(reader.joint.parameters()), "lr": recipe.layer_rate},
            {"params": list(reader.head.parameters()), "lr": recipe.head_rate},
        ],
        weight_decay=0.01,
    )
    batches = list(_batches(examples, recipe))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, len(batches)))
    first = 0
    if checkpoint and checkpoint.is_file():
        saved = torch.load(checkpoint, weights_only=True)
        if saved["steps"] == len(batches):
            reader.load_state_dict(saved["reader"])
            optimizer.load_state_dict(saved["optimizer"])
            schedule.load_state_dict(saved["schedule"])
            torch.set_rng_state(saved["random"])
            first = saved["step"]
            print(f"resuming from step {first}", flush=True)
    started = time.perf_counter()
    recent: list[float] = []
    for step, batch in enumerate(batches[first:], start=first + 1):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            logits = logits_of(reader, states, batch)
        losses = [
            loss_of(own, group, recipe.pointwise) for own, group in zip(logits, batch, strict=True)
        ]
        loss = torch.stack(losses).mean()
        loss.backward()
        total = float(loss.detach())
        torch.nn.utils.clip_grad_norm_(reader.trainable_parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        recent = [*recent[-49:], total]
        if step % 50 == 0 or step == len(batches):
            pace = (time.perf_counter() - started) / (step - first)
            print(
                f"step {step} of {len(batches)}, loss {sum(recent) / len(recent):.4f}, "
                f"{pace * (len(batches) - step) / 60:.1f} minutes left",
                flush=True,
            )
        if checkpoint and (step % checkpoint_steps == 0 or step == len(batches)):
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            draft = checkpoint.with_suffix(".draft")
            torch.save(
                {
                    "reader": reader.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "random": torch.get_rng_state(),
                    "step": step,
                    "steps": len(batches),
                },
                draft,
            )
            draft.replace(checkpoint)
        after_step(step, total)


def mix_weights(reader: SplitCrossEncoder, initial: Sequence[Tensor], share: float) -> None:
    """Move the trained weights towards the initial ones; `share` of 1 leaves them, 0 undoes training.

    What the base model knew in general comes back, most of what was learned stays.
    Source: Wortsman and others, Robust fine-tuning of zero-shot models (CVPR 2022).
    """
    with torch.no_grad():
        for value, before in zip(reader.trainable_parameters(), initial, strict=True):
            value.copy_(torch.lerp(before, value, share))


def _rate(step: int, steps: int) -> float:
    """The learning rate's factor: rises over the first tenth, then falls linearly to 0."""
    rise = max(1, steps // 10)
    return min((step + 1) / rise, max(0.0, (steps - step) / (steps - rise + 1)))


def _batches(examples: Sequence[Group], recipe: Recipe) -> Iterator[list[Group]]:
    """Batches of all epochs, each epoch in another order; the last epoch may be incomplete."""
    generator = random.Random(recipe.seed)
    count = math.ceil(recipe.epochs * len(examples) / recipe.batch)
    order: list[Group] = []
    for _ in range(count):
        while len(order) < recipe.batch:
            order += generator.sample(examples, len(examples))
        yield order[: recipe.batch]
        order = order[recipe.batch :]


def _groups(texts: Sequence[TrainingText], encoder: Encoder, recipe: Recipe) -> list[Group]:
    """All groups of some texts, from the cache if they were computed before."""
    state = f"{texts} {recipe.background} {recipe.summaries} {recipe.pdf_share} {recipe.draw} "
    state += f"{encoder.identity} {sorted(recipe.groups.items())}"
    key = hashlib.sha256(state.encode()).hexdigest()[:16]
    file = weights.cache_dir() / "training" / f"groups-{key}.json"
    if not file.is_file():
        plain = background.passages(recipe.background, recipe.draw)
        summaries = background.summaries(recipe.summaries, recipe.draw)
        computed = groups(
            texts, encoder, plain, summaries, recipe.draw, recipe.pdf_share, recipe.groups
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps([asdict(group) for group in computed]))
    fields = json.loads(file.read_text())
    return [
        Group(g["question"], tuple(g["texts"]), tuple(g["right"]), tuple(g["teacher"]), g["kind"])
        for g in fields
    ]


def texts_in(texts: Sequence[TrainingText], language: str) -> list[TrainingText]:
    """The passages in a language, with their questions in it; all of them where it is ""."""
    if not language:
        return list(texts)
    return [
        replace(text, questions=tuple(q for q in text.questions if q.lang == language))
        for text in texts
        if text.lang == language
    ]


def select(all_groups: Sequence[Group], recipe: Recipe) -> list[Group]:
    """The groups that a recipe trains on."""
    return [
        group
        for group in all_groups
        if (recipe.units or group.kind != "units")
        and (recipe.unanswerable or group.kind != "unanswerable")
    ]


def save_reader(
    reader: SplitCrossEncoder,
    folder: Path,
    base: weights.Weights,
    recipe: Recipe,
    told: Mapping[str, Any],
) -> None:
    """Write the trained weights, and a config with their hash, the base's and what the card tells of the recipe."""
    reader.save(folder)
    config = {
        "model_type": MODEL_TYPE,
        "base": base.name,
        "base_sha256": base.sha256,
        "sha256": weights.sha256_of(folder / WEIGHTS),
        "layers": recipe.layers,
        "joint_layers": recipe.joint_layers,
        "recipe": told,
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--recipe", choices=RECIPES, default="final")
    parser.add_argument("--epochs", type=float, help="instead of the recipe's number")
    parser.add_argument("--seed", type=int, help="instead of the recipe's")
    parser.add_argument("--smoke", action="store_true", help="a few steps, as a test")
    options = parser.parse_args(arguments)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    recipe = RECIPES[options.recipe]
    if options.epochs:
        recipe = replace(recipe, epochs=options.epochs)
    if options.seed is not None:
        recipe = replace(recipe, seed=options.seed)
    texts = [text for text in read_texts() if text.subject not in HELD_OUT]
    texts = texts_in(texts, recipe.language)
    if options.recipe == "summaries alone":
        texts = []
    if options.smoke:
        texts, recipe = texts[:12], replace(recipe, background=30, summaries=30, epochs=0.5)
    encoder = Models().encoder
    examples = select(_groups(texts, encoder, recipe), recipe)
    print(f"{len(examples)} groups from {len(texts)} passages; {recipe}", flush=True)
    base = weights.locate(recipe.base)
    torch.manual_seed(recipe.seed)
    reader = SplitCrossEncoder(open_base(base), recipe.joint_layers, layers=recipe.layers)
    reader.head.scale_to(*recipe.scales)
    if recipe.initial:
        reader.load_weights(weights.locate(recipe.initial).folder / WEIGHTS)
    checkpoint = weights.cache_dir() / "training" / recipe.checkpoint_name(options.recipe)
    initial = [value.detach().clone() for value in reader.trainable_parameters()]
    train(reader, examples, recipe, None if options.smoke else checkpoint)
    mix_weights(reader, initial, recipe.share)
    save_reader(reader, options.output, base, recipe, asdict(recipe))
    print(f"saved in {options.output}")


if __name__ == "__main__":
    main()
