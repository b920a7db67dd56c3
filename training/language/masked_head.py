"""Train the head for masked words on the frozen bundled encoder.

    python -m training.language.masked_head --output FOLDER

`training/language/masked_encoder.py` starts from this head, and lets the encoder learn too.
The texts are the passages of `training/data` and the pages of `corpus/`. One of ten texts is for
the test. The encoder reads each text once with some tokens masked, and the head is trained on the
states of the masked tokens alone. A batch's softmax runs over the tokens that occur in the texts and
some others drawn at random, which takes a third of the time of the whole vocabulary.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from language.loading import load_encoder
from language.masked import MaskedHead, head_inputs, write_head
from training import corpus
from training.texts import read_texts
from ui.language_laboratory.models import encoder_folder

LONGEST = 96  # tokens of a piece
SHARE = 0.25  # of the tokens is masked
LAYERS, OFFSETS = (4, 6), (-2, -1, 1, 2)
OTHERS = 2000  # tokens that do not occur, for each batch


@dataclass(frozen=True)
class Positions:
    """Masked tokens: what the head reads of each (count, inputs x width) in half precision, and ids (count,)."""

    states: Tensor
    ids: Tensor


def all_texts() -> list[str]:
    """The passages and the pages, in a fixed random order."""
    texts = [text.text for text in read_texts()] + list(corpus.corpus_pages().values())
    random.Random(0).shuffle(texts)
    return texts


def pieces(texts: Sequence[str], tokenizer: Any) -> list[list[int]]:
    """The texts as token ids with [CLS] and [SEP], cut to pieces of at most 96 tokens."""
    room = LONGEST - 2
    rows = []
    for ids in tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]:
        for start in range(0, len(ids), room):
            piece = ids[start : start + room]
            if len(piece) >= 8:
                rows.append([tokenizer.cls_token_id, *piece, tokenizer.sep_token_id])
    return rows


def masked_positions(
    rows: Sequence[list[int]], encoder: Any, tokenizer: Any, seed: int
) -> Positions:
    """Mask each piece at random places, and collect the states of the masked tokens."""
    generator = torch.Generator().manual_seed(seed)
    states, ids = [], []
    for batch in batches(sorted(rows, key=len), 32):
        features, masked, right = mask_pieces(batch, tokenizer, generator)
        with torch.inference_mode():
            states.append(head_inputs(encoder, features, LAYERS, OFFSETS)[masked].half())
        ids.append(right)
    return Positions(torch.cat(states), torch.cat(ids))


def split_pieces(tokenizer: Any) -> tuple[list[list[int]], list[list[int]]]:
    """The pieces to train on, and those of every tenth text, which is held out."""
    texts = all_texts()
    train = pieces([text for n, text in enumerate(texts) if n % 10], tokenizer)
    return train, pieces(texts[::10], tokenizer)


def mask_pieces(
    rows: Sequence[list[int]], tokenizer: Any, generator: torch.Generator
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """Pieces with some tokens masked: an encoder's features, where masks are, and the right ids."""
    longest = max(map(len, rows))
    tokens = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    attention = (tokens != 0).long()
    inner = attention.bool()
    inner &= (tokens != tokenizer.cls_token_id) & (tokens != tokenizer.sep_token_id)
    masked = inner & (torch.rand(tokens.shape, generator=generator) < SHARE)
    features = {
        "input_ids": tokens.masked_fill(masked, tokenizer.mask_token_id),
        "attention_mask": attention,
    }
    return features, masked, tokens[masked]


def batches(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Consecutive parts of a sequence."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def new_head(encoder: Any, positions: Positions) -> MaskedHead:
    """A head that starts from least squares, which saves most of the training.

    The dense layer maps states to the embeddings of their tokens by ridge regression. A bias of 3
    keeps GELU in its linear part, and LayerNorm takes it out again. The bias of the tokens is their
    frequency.
    """
    table = encoder.get_input_embeddings().weight.detach()
    head = MaskedHead(
        LAYERS, OFFSETS, table.shape[1], table.shape[0], encoder.config.layer_norm_eps
    )
    counts = torch.bincount(positions.ids, minlength=table.shape[0]).float()
    frequency = (counts + 0.01) / counts.sum()
    head.bias.data = frequency.log()
    rows = torch.arange(min(len(positions.ids), 20_000))
    states = positions.states[rows].float()
    mean = states.mean(dim=0)
    # Frequent tokens weigh less, else all states would be mapped to theirs.
    weight = frequency[positions.ids[rows]].clamp_min(1e-4).rsqrt()[:, None]
    centred, targets = (
        (states - mean) * weight,
        (table[positions.ids[rows]] - table.mean(dim=0)) * weight,
    )
    gram = centred.T @ centred
    gram.diagonal().add_(0.01 * gram.diagonal().mean())
    dense = torch.linalg.solve(gram, centred.T @ targets).T  # (width, inputs x width)
    scale = 0.7 / ((states[:2000] - mean) @ dense.T).std()
    head.dense.weight.data = dense * scale
    head.dense.bias.data = 3 - dense @ mean * scale
    trial = rows[:500]
    losses = {}
    for factor in (0.3, 0.5, 0.7, 1.0):
        head.norm.weight.data.fill_(factor)
        losses[factor] = measure(
            head, Positions(positions.states[trial], positions.ids[trial]), table
        )["loss"]
    head.norm.weight.data.fill_(min(losses, key=losses.__getitem__))
    return head


def train(
    head: MaskedHead, positions: Positions, table: Tensor, *, epochs: int, rate: float, seed: int
) -> Iterator[float]:
    """Train in place; yields the mean loss of each epoch, in nats."""
    torch.manual_seed(seed)
    size = 128
    steps = epochs * (len(positions.ids) // size)
    optimizer = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    present, targets = positions.ids.unique(return_inverse=True)
    absent = torch.ones(len(table), dtype=torch.bool)
    absent[present] = False
    others = absent.nonzero()[:, 0]
    for _ in range(epochs):
        total, count = 0.0, 0
        order = torch.randperm(len(positions.ids))
        for rows in order[: len(order) // size * size].split(size):
            drawn = others[torch.randint(len(others), (OTHERS,))]
            tokens = torch.cat([present, drawn])  # present ones first: targets stay
            vectors = head.transform(positions.states[rows].float())
            logits = vectors @ table[tokens].T + head.bias[tokens]
            loss = torch.nn.functional.cross_entropy(logits, targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total, count = total + loss.item(), count + 1
        yield total / count


@torch.inference_mode()
def measure(head: MaskedHead, positions: Positions, table: Tensor) -> dict[str, float]:
    """Share of masked tokens that are the first, or among the first five or ten; mean loss in nats."""
    first = five = ten = 0
    loss = 0.0
    for states, ids in zip(positions.states.split(512), positions.ids.split(512), strict=True):
        logits = head(states.float(), table)
        best = logits.topk(10).indices
        first += int((best[:, 0] == ids).sum())
        five += int((best[:, :5] == ids[:, None]).any(dim=1).sum())
        ten += int((best == ids[:, None]).any(dim=1).sum())
        loss += float(torch.nn.functional.cross_entropy(logits, ids, reduction="sum"))
    count = len(positions.ids)
    return {
        "first": first / count,
        "first five": five / count,
        "first ten": ten / count,
        "loss": loss / count,
        "count": count,
    }


def main() -> None:
    """Train, measure on the texts left out, and write the head."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--pieces", type=int, default=6000, help="of text to train on, at most")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    encoder, tokenizer = load_encoder(encoder_folder())
    rows, test = split_pieces(tokenizer)
    random.Random(1).shuffle(rows)
    rows = rows[: given.pieces]
    print(f"{len(rows)} pieces to train on, {len(test)} for the test", flush=True)
    positions = masked_positions(rows, encoder, tokenizer, given.seed)
    test_positions = masked_positions(test, encoder, tokenizer, 1000)
    head = fit(encoder, positions, test_positions, given.epochs, given.rate, given.seed)
    head_facts = {"pieces": len(rows), "masked tokens": len(positions.ids), "epochs": given.epochs}
    table = encoder.get_input_embeddings().weight.detach()
    measures = {k: round(v, 4) for k, v in measure(head, test_positions, table).items()}
    write_head(head, {}, given.output, {**head_facts, "seed": given.seed, "test": measures})


def fit(
    encoder: Any, positions: Positions, test: Positions, epochs: int, rate: float, seed: int
) -> MaskedHead:
    """A trained head; prints loss and measures after each epoch."""
    table = encoder.get_input_embeddings().weight.detach()
    torch.manual_seed(seed)
    head = new_head(encoder, positions)
    print(f"least squares alone: test {measure(head, test, table)}", flush=True)
    for loss in train(head, positions, table, epochs=epochs, rate=rate, seed=seed):
        print(f"training loss {loss:.3f}; test {measure(head, test, table)}", flush=True)
    return head.eval()


if __name__ == "__main__":
    main()
