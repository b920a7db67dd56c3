"""Train the adapter for opinions: multilingual-e5-small learns from rated sentences what is praise.

    pip download --no-deps --no-binary :all: vaderSentiment==3.3.2
    python -m training.language.opinions vaderSentiment-3.3.2.tar.gz --output models/language/opinions

The sentences are those that people rated from -4 to 4 for Hutto and Gilbert, VADER (2014): English
sentences of film reviews, product reviews, editorials and tweets. None of `language/data` is among
them. The training part of `language/data/sentiment.jsonl` is the test here, since the adapter never
sees it; its own test part is not read. `--state FILE` continues where an earlier call stopped.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import tarfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from language.adapter import Adapter, factors_of, make_low_rank, write_adapter
from language.classify import Classifier, TextEncoder
from language.tasks import Example, accuracy, read_task
from ui.language_laboratory.models import text_encoder

LABELS = ("negative", "positive")
SOURCES = {  # file: the least rating without sign, and the most sentences of each label
    "movieReviewSnippets": (1.2, 2000),
    "amazonReviewSnippets": (1.0, 700),
    "nytEditorialSnippets": (1.0, 400),
    "tweets": (1.3, 500),
}
WORDS = range(3, 23)  # of a sentence
LAYERS, RANK, BATCH = 6, 16, 16
LAYER_RATE, HEAD_RATE = 2e-3, 2e-3
TESTS = 640  # sentences


def rated_sentences(archive: Path) -> list[Example]:
    """The sentences of the archive with a clear rating, the labels equally often, in random order."""
    generator = random.Random(0)
    examples: list[Example] = []
    for name, (least, most) in SOURCES.items():
        groups: dict[str, list[str]] = {label: [] for label in LABELS}
        for line in _text(archive, name).splitlines():
            _, rating, text = line.split("\t", 2)
            if name == "tweets" and re.search(r"@|http|\bRT\b", text):
                continue
            text = " ".join(re.sub(r"&amp;", "&", text.replace("''", '"')).split())
            if abs(float(rating)) >= least and len(text.split()) in WORDS:
                groups[LABELS[float(rating) > 0]].append(text)
        count = min(most, *map(len, groups.values()))
        for label, texts in groups.items():
            for text in generator.sample(sorted(texts), count):
                examples.append(Example(tuple(text.split()), (label,), "en"))
    generator.shuffle(examples)
    return examples


def _text(archive: Path, name: str) -> str:
    with tarfile.open(archive) as outer:
        inner = next(one for one in outer if one.name.endswith("hutto_ICWSM_2014.tar.gz"))
        data = outer.extractfile(inner)
        assert data is not None
        with tarfile.open(fileobj=io.BytesIO(data.read())) as files:
            member = files.extractfile(f"hutto_ICWSM_2014/{name}_GroundTruth.txt")
            assert member is not None
            return member.read().decode("latin-1")


@dataclass
class Training:
    """A classifier with low-rank layers, its optimizer, and how many steps it has taken."""

    classifier: Classifier
    optimizer: torch.optim.Optimizer
    step: int = 0

    def save(self, file: Path) -> None:
        """Write what is needed to go on."""
        torch.save([self.classifier.state_dict(), self.optimizer.state_dict(), self.step], file)

    def load(self, file: Path) -> None:
        """Go on where a file was written."""
        model, optimizer, self.step = torch.load(file, weights_only=True)
        self.classifier.load_state_dict(model)
        self.optimizer.load_state_dict(optimizer)


def new_training(encoder: TextEncoder) -> Training:
    """Before the first step."""
    torch.manual_seed(0)
    classifier = Classifier(encoder, LABELS, False, LAYERS)
    make_low_rank(classifier.upper, RANK)
    learned = [value for value in classifier.upper.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": learned, "lr": LAYER_RATE},
            {"params": classifier.head.parameters(), "lr": HEAD_RATE},
        ],
        weight_decay=0.01,
    )
    return Training(classifier, optimizer)


def train(training: Training, examples: Sequence[Example], steps: int, seconds: float) -> bool:
    """Train in place until the end (True) or until so many seconds have passed (False)."""
    end = time.monotonic() + seconds
    classifier, rates = training.classifier, (LAYER_RATE, HEAD_RATE)
    batches = _batches(examples)[:steps]
    warm = max(1, len(batches) // 20)
    for step in range(training.step, len(batches)):
        share = min((step + 1) / warm, (len(batches) - step) / (len(batches) - warm))
        for group, rate in zip(training.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * share
        torch.manual_seed(step)  # dropout is the same, whether the training was continued or not
        classifier.train()
        batch = classifier.prepare([one.words for one in batches[step]])
        right = torch.tensor([LABELS.index(one.labels[0]) for one in batches[step]])
        loss = nn.functional.cross_entropy(classifier(batch), right, label_smoothing=0.05)
        training.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(classifier.parameters(), 1.0)
        training.optimizer.step()
        training.step = step + 1
        if step % 20 == 0:
            print(f"step {step} of {len(batches)}: loss {loss.item():.3f}", flush=True)
        if time.monotonic() > end:
            break
    return training.step == len(batches)


def _batches(examples: Sequence[Example]) -> list[list[Example]]:
    """All examples in random batches of similar lengths."""
    generator = random.Random(0)
    rest, batches = generator.sample(examples, len(examples)), []
    for start in range(0, len(rest), 8 * BATCH):
        part = sorted(rest[start : start + 8 * BATCH], key=lambda one: len(one.text))
        batches += [part[n : n + BATCH] for n in range(0, len(part), BATCH)]
    return generator.sample(batches, len(batches))


def main() -> None:
    """Train, measure on sentences of another kind, and write the adapter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=190, help="of 16 sentences, at most all once")
    parser.add_argument("--state", type=Path, help="written at the end, and continued from")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many")
    given = parser.parse_args()
    encoder = text_encoder("multilingual")
    examples = rated_sentences(given.archive)
    print(f"{len(examples)} sentences", flush=True)
    training = new_training(encoder)
    if given.state and given.state.exists():
        training.load(given.state)
    done = train(training, examples, given.steps, given.seconds)
    if given.state:
        training.save(given.state)
    if not done:
        print(f"stopped after {training.step} steps; call again with --state", flush=True)
        return
    test = random.Random(0).sample(read_task("sentiment").train, TESTS)
    predictions = training.classifier.eval().predict([one.words for one in test])
    measures = {}
    for code in ("en", "de"):
        pairs = [
            (LABELS.index(one.labels[0]), LABELS.index(row[0]))
            for one, row in zip(test, predictions, strict=True)
            if one.language == code
        ]
        measures[code] = round(accuracy(*zip(*pairs, strict=True)), 3)
    about = {
        "encoder": encoder.name,
        "sentences": training.step * BATCH,
        "rank": RANK,
        "accuracy": measures,
    }
    print(json.dumps(about), flush=True)
    factors = factors_of(training.classifier.upper, encoder.depth - LAYERS)
    write_adapter(Adapter(factors, about), given.output)


if __name__ == "__main__":
    main()
