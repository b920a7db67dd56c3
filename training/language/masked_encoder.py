"""Tune the bundled encoder for masked words by low-rank updates, together with the head.

    python -m training.language.masked_head --output HEAD
    python -m training.language.masked_encoder --head HEAD --checkpoints FOLDER --output models/language/masked

It starts from the head of the frozen encoder, with the same texts, pieces and held-out texts; the
masks are new in each step. The arithmetic is bfloat16 where torch's autocast takes it. A checkpoint
is written every 25 steps, and a second call continues behind it.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from language.loading import load_encoder
from language.low_rank import trainable_copy, updates_of
from language.masked import MaskedHead, head_inputs, read_head, write_head
from training.language.masked_head import (
    batches,
    mask_pieces,
    masked_positions,
    measure,
    split_pieces,
)
from ui.language_laboratory.models import encoder_folder

BATCH = 32  # pieces
OTHERS = 1000  # tokens that do not occur in the texts, for each batch
RATE = 1e-3  # of AdamW at its highest
WARM = 50  # steps
TRIAL = 200  # held-out pieces that are measured on the way


@dataclass(frozen=True)
class Outputs:
    """The tokens whose logits are computed: those of the texts, and others drawn for each batch."""

    present: Tensor  # ids
    others: Tensor  # ids
    rows: Tensor  # (vocabulary,): where an id is in `present`, else -1

    def draw(self, generator: torch.Generator) -> Tensor:
        """The ids for one batch, `present` first."""
        drawn = torch.randint(len(self.others), (OTHERS,), generator=generator)
        return torch.cat([self.present, self.others[drawn]])


def outputs_of(rows: Sequence[list[int]], vocabulary: int) -> Outputs:
    """The outputs for pieces of token ids."""
    present = torch.tensor(sorted({number for row in rows for number in row}))
    places = torch.full((vocabulary,), -1)
    places[present] = torch.arange(len(present))
    return Outputs(present, (places < 0).nonzero()[:, 0], places)


def epoch_batches(rows: Sequence[list[int]], seed: int) -> list[Sequence[list[int]]]:
    """All pieces, in random batches of similar lengths."""
    generator = random.Random(seed)
    result: list[Sequence[list[int]]] = []
    for part in batches(generator.sample(list(rows), len(rows)), 16 * BATCH):
        result += batches(sorted(part, key=len), BATCH)
    generator.shuffle(result)
    return result


def batch_loss(
    encoder: Any, head: MaskedHead, batch: Sequence[list[int]], tokenizer: Any, outputs: Outputs,
    generator: torch.Generator,
) -> Tensor:  # fmt: skip
    """The mean loss of the masked tokens of a batch, in nats."""
    features, masked, ids = mask_pieces(batch, tokenizer, generator)
    candidates = outputs.draw(generator)
    table = encoder.get_input_embeddings().weight[candidates]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = head_inputs(encoder, features, head.layers, head.offsets)[masked]
        logits = head.transform(states) @ table.T + head.bias[candidates]
    return nn.functional.cross_entropy(logits.float(), outputs.rows[ids])


class Training:
    """Encoder with updates, head, optimizer and schedule, which a checkpoint holds."""

    def __init__(self, encoder: Any, head: MaskedHead, rank: int, steps: int, seed: int) -> None:
        """At step 0."""
        torch.manual_seed(seed)
        self.encoder, self.head = trainable_copy(encoder, rank).eval(), head
        self.steps, self.step = steps, 0
        self.parameters = [p for p in self.encoder.parameters() if p.requires_grad]
        self.parameters += list(head.parameters())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=RATE, weight_decay=0.01)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: min((step + 1) / WARM, max(0.0, (steps - step) / steps))
        )

    def learn(self, loss: Tensor) -> None:
        """One step down a batch's loss."""
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.step += 1

    def save(self, file: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        learned = {name: p for name, p in self.encoder.named_parameters() if p.requires_grad}
        state = {
            "body": learned,
            "head": self.head.state_dict(),
            "opt": self.optimizer.state_dict(),
            "sch": self.schedule.state_dict(),
            "step": self.step,
        }
        new = file.with_suffix(".new")
        torch.save(state, new)
        new.replace(file)

    def load(self, file: Path) -> None:
        """Go on behind a checkpoint."""
        state = torch.load(file, weights_only=True)
        self.encoder.load_state_dict(state["body"], strict=False)
        self.head.load_state_dict(state["head"])
        self.optimizer.load_state_dict(state["opt"])
        self.schedule.load_state_dict(state["sch"])
        self.step = state["step"]


def main() -> None:
    """Train, measure on the texts left out, and write head and updates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder")
    parser.add_argument("--head", type=Path, required=True, help="folder of the first head")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    encoder, tokenizer = load_encoder(encoder_folder())
    rows, test = split_pieces(tokenizer)
    trial = random.Random(1).sample(test, TRIAL)
    outputs = outputs_of(rows, len(tokenizer))
    training = Training(encoder, read_head(given.head)[0], given.rank, given.steps, given.seed)
    given.checkpoints.mkdir(parents=True, exist_ok=True)
    file = given.checkpoints / "masked.pt"
    if file.exists():
        training.load(file)
        print(f"continues behind step {training.step}", flush=True)
    run(training, rows, trial, tokenizer, outputs, file, given.seed)
    measures = on_test(training, test, tokenizer)
    print(f"{len(test)} held-out pieces: {measures}", flush=True)
    facts = {"pieces": len(rows), "steps": given.steps, "rank": given.rank, "seed": given.seed}
    rounded = {name: round(value, 4) for name, value in measures.items()}
    write_head(
        training.head, updates_of(training.encoder), given.output, {**facts, "test": rounded}
    )


def run(
    training: Training, rows: Sequence[list[int]], trial: Sequence[list[int]], tokenizer: Any,
    outputs: Outputs, file: Path, seed: int,
) -> None:  # fmt: skip
    """All steps that are left; prints the loss every 25 steps and measures every 100."""
    started, losses = time.process_time(), []
    per_epoch = len(epoch_batches(rows, seed))
    order, epoch = epoch_batches(rows, seed), -1
    while training.step < training.steps:
        step = training.step
        if step // per_epoch != epoch:
            epoch = step // per_epoch
            order = epoch_batches(rows, 1000 * seed + epoch)
        generator = torch.Generator().manual_seed(1_000_000 * seed + step)
        loss = batch_loss(
            training.encoder, training.head, order[step % per_epoch], tokenizer, outputs, generator
        )
        training.learn(loss)
        losses.append(loss.item())
        if training.step % 25 == 0:
            mean, seconds = sum(losses) / len(losses), time.process_time() - started
            print(f"step {training.step}: loss {mean:.3f}, {seconds:.0f} s", flush=True)
            losses.clear()
            training.save(file)
        if training.step % 100 == 0 or training.step == training.steps:
            print(f"step {training.step}: {on_test(training, trial, tokenizer)}", flush=True)


def on_test(training: Training, test: Sequence[list[int]], tokenizer: Any) -> dict[str, float]:
    """Measures on held-out pieces, in single precision."""
    positions = masked_positions(test, training.encoder, tokenizer, 500)
    table = training.encoder.get_input_embeddings().weight.detach()
    return measure(training.head, positions, table)


if __name__ == "__main__":
    main()
