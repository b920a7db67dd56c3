"""Train the reranker of `models/reranker`.

    python -m training.reranker [--smoke] [--output DIR] [--recipe NAME]

Listwise cross-entropy over each group ranks the texts that answer above those that do not; a
binary cross-entropy lets the probability mean the same for every question, and says that nothing
answers the unanswerable ones; on background texts the order of dense and lexical search together
is the teacher. A run leaves a checkpoint in the cache every 100 steps and goes on from there.
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
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax

from ingest import resources, weights
from ingest.embed import Encoder
from rag.models import Models
from rag.split_cross_encoder import CONFIG, MODEL_TYPE, WEIGHTS, SplitCrossEncoder, from_base
from training.candidates import HELD_OUT, Group, groups
from training.data import Text, read_texts

OUTPUT = resources.models() / "reranker"
_CHECKPOINT_STEPS = 100
_PAIRS = 16  # read at once
_TOKENS = 128  # of a text while training; what it learns holds for longer ones


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run does; `batch` counts groups, rates are AdamW's at their highest."""

    joint_layers: int = 2
    epochs: float = 1.0
    batch: int = 8
    layer_rate: float = 3e-5
    head_rate: float = 1e-3
    pointwise: float = 0.3
    background: int = 400
    summaries: int = 1500
    units: bool = True
    unanswerable: bool = True
    seed: int = 7


RECIPES = {
    "final": Recipe(),
    "fast": Recipe(layer_rate=1e-4),
    "three joint layers": Recipe(joint_layers=3),
    "whole passages only": Recipe(units=False),
    "pointwise": Recipe(pointwise=1.0),
    "listwise alone": Recipe(pointwise=0.0),
    "all answerable": Recipe(unanswerable=False),
    "no background": Recipe(background=0),
    "no summaries": Recipe(summaries=0),
    "summaries alone": Recipe(),
}


class States:
    """The lower layers' states of every text, computed when first asked for, half precision."""

    def __init__(self, reader: SplitCrossEncoder, dtype: torch.dtype = torch.float32) -> None:
        """The lower layers are not trained, so a copy in another numeric type can stand in."""
        lower = nn.Module.to(copy.deepcopy(reader.bert), dtype)
        self._reader = SplitCrossEncoder(
            lower, cast(Tokenizer, reader.tokenizer), reader.joint_layers
        )
        self._kept: dict[str, Tensor] = {}

    def __call__(self, texts: Sequence[str]) -> list[Tensor]:
        """One tensor a text, (tokens, width), float32."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._kept]
        for text, found in zip(missing, self._reader.tokenizer.encode_batch(missing), strict=True):
            found.truncate(_TOKENS)
            (state,) = self._reader.encode_lower([tuple(found.ids)])
            self._kept[text] = state.half().clone()
        return [self._kept[text].float() for text in texts]


def logits_of(reader: SplitCrossEncoder, states: States, batch: Sequence[Group]) -> list[Tensor]:
    """The logits of each group, (texts,). Pairs of like length are read at once, whosever they are."""
    asked = states([group.question for group in batch for _ in group.texts])
    given = states([text for group in batch for text in group.texts])
    order = sorted(range(len(given)), key=lambda row: len(asked[row]) + len(given[row]))
    read = torch.cat(
        [
            reader.score_pairs([asked[row] for row in rows], [given[row] for row in rows])
            for start in range(0, len(order), _PAIRS)
            if (rows := order[start : start + _PAIRS])
        ]
    )
    places = torch.empty(len(order), dtype=torch.long)
    places[torch.tensor(order)] = torch.arange(len(order))
    return list(read[places].split([len(group.texts) for group in batch]))


def loss_of(logits: Tensor, group: Group, pointwise: float) -> Tensor:
    """The loss of one group's logits, shape (texts,)."""
    if group.teacher:
        wanted = torch.tensor(group.teacher).softmax(dim=0)
        return (wanted * (wanted.log() - log_softmax(logits, dim=0))).sum()
    right = torch.tensor(group.right)
    answers = binary_cross_entropy_with_logits(logits, right.float())
    if not right.any():
        return pointwise * answers
    # Each right text against the wrong ones, not against the other right ones.
    wrong = logits[~right]
    listwise = torch.stack(
        [-log_softmax(torch.cat([one[None], wrong]), dim=0)[0] for one in logits[right]]
    ).mean()
    return listwise + pointwise * answers


def train(
    reader: SplitCrossEncoder, learned: Sequence[Group], recipe: Recipe, checkpoint: Path | None
) -> None:
    """Change the reader's joint layers and head; goes on from the checkpoint where there is one."""
    torch.manual_seed(recipe.seed)
    dtype = weights.choose_dtype("auto", "cpu")
    states = States(reader, dtype)
    layers = list(reader.bert.encoder.layer[-recipe.joint_layers :].parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": layers, "lr": recipe.layer_rate},
            {"params": list(reader.head.parameters()), "lr": recipe.head_rate},
        ],
        weight_decay=0.01,
    )
    batches = list(_batches(learned, recipe))
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
            print(f"going on from step {first}", flush=True)
    for layer in reader.bert.encoder.layer[-recipe.joint_layers :]:
        layer.train()
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
        if checkpoint and (step % _CHECKPOINT_STEPS == 0 or step == len(batches)):
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
    reader.eval()


def _rate(step: int, steps: int) -> float:
    """Rises over the first tenth, then falls to 0 along a line."""
    rise = max(1, steps // 10)
    return min((step + 1) / rise, max(0.0, (steps - step) / (steps - rise + 1)))


def _batches(learned: Sequence[Group], recipe: Recipe) -> Iterator[list[Group]]:
    """Batches of all epochs; every epoch in another order, the last one perhaps not whole."""
    generator = random.Random(recipe.seed)
    wanted = math.ceil(recipe.epochs * len(learned) / recipe.batch)
    order: list[Group] = []
    for _ in range(wanted):
        while len(order) < recipe.batch:
            order += generator.sample(learned, len(learned))
        yield order[: recipe.batch]
        order = order[recipe.batch :]


def _groups(texts: Sequence[Text], encoder: Encoder, recipe: Recipe) -> list[Group]:
    """All groups of some texts, from the cache where they were made before."""
    state = f"{texts} {recipe.background} {recipe.summaries} {recipe.seed} {encoder.identity}"
    key = hashlib.sha256(state.encode()).hexdigest()[:16]
    file = weights.cache_dir() / "training" / f"groups-{key}.json"
    if not file.is_file():
        made = groups(texts, encoder, recipe.background, recipe.summaries, recipe.seed)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps([asdict(group) for group in made]))
    fields = json.loads(file.read_text())
    return [
        Group(g["question"], tuple(g["texts"]), tuple(g["right"]), tuple(g["teacher"]), g["kind"])
        for g in fields
    ]


def select(all_groups: Sequence[Group], recipe: Recipe) -> list[Group]:
    """The groups that a recipe learns from."""
    return [
        group
        for group in all_groups
        if (recipe.units or group.kind != "units")
        and (recipe.unanswerable or group.kind != "unanswerable")
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--recipe", choices=RECIPES, default="final")
    parser.add_argument("--epochs", type=float, help="in place of the recipe's")
    parser.add_argument("--smoke", action="store_true", help="a few steps, to see that it runs")
    options = parser.parse_args(arguments)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    recipe = RECIPES[options.recipe]
    if options.epochs:
        recipe = replace(recipe, epochs=options.epochs)
    texts = [text for text in read_texts() if text.subject not in HELD_OUT]
    if options.recipe == "summaries alone":
        texts = []
    if options.smoke:
        texts, recipe = texts[:12], replace(recipe, background=30, summaries=30, epochs=0.5)
    encoder = Models().encoder
    learned = select(_groups(texts, encoder, recipe), recipe)
    print(f"{len(learned)} groups from {len(texts)} passages; {recipe}", flush=True)
    base = weights.locate(weights.ENCODER)
    torch.manual_seed(recipe.seed)
    reader = from_base(base.folder, recipe.joint_layers)
    name = "".join(letter if letter.isalnum() else "-" for letter in options.recipe)
    checkpoint = weights.cache_dir() / "training" / f"reranker-{name}.pt"
    train(reader, learned, recipe, None if options.smoke else checkpoint)
    reader.save(str(options.output))
    config = {
        "model_type": MODEL_TYPE,
        "base": base.name,
        "base_sha256": base.sha256,
        "sha256": weights.sha256_of(options.output / WEIGHTS),
        "joint_layers": recipe.joint_layers,
        "recipe": asdict(recipe),
    }
    (options.output / CONFIG).write_text(json.dumps(config, indent=2) + "\n")
    print(f"saved in {options.output}")


if __name__ == "__main__":
    main()
