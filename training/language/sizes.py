"""Train the same decoder in several sizes on letters of the lectures and on sums.

    python -m training.language.sizes --checkpoints FOLDER --output models/language/size.json

A training that was interrupted continues from its checkpoint, and one that is in the output is not
repeated. Every size sees the same windows in the same order for the same seed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from language import scaling, sums, token_model
from language.token_model import Recipe
from language.token_streams import baseline_bits, windows
from ui.language_laboratory import stream_data

BATCH, WINDOWS = 4, 64  # windows per step; windows of the held-out text
SUM_BATCH = 64


def doublings(steps: int) -> list[int]:
    """8, 16, 32 and so on up to the last step, which is the last."""
    return [*(8 * 2**n for n in range(20) if 8 * 2**n < steps), steps]


def train_text(size: str, seed: int, steps: int, file: Path) -> dict[str, Any]:
    """The curve of one size on the lectures' letters."""
    stream = stream_data.stream("letters")
    model = scaling.sized_decoder(size, stream.vocabulary, seed)
    recipe = Recipe(steps, BATCH, scaling.rate_of(model), seed, falling=False)
    curve_file = file.with_suffix(".curve")
    curve = json.loads(curve_file.read_text()) if curve_file.exists() else []
    every = windows(stream.held_out, stream.context)
    held_out = every[:: len(every) // WINDOWS][:WINDOWS]
    for state in token_model.train(
        model, stream.train, stream.context, recipe, reports=doublings(steps), checkpoint=file
    ):
        model.eval()
        bits = token_model.window_bits(model, held_out, stream.context)
        tokens = state.step * BATCH * stream.context
        curve.append({"tokens": tokens, "bits": round(float(bits.mean()), 4),
                      "windows": [round(value, 3) for value in bits.tolist()],
                      "seconds": round(state.seconds, 1)})  # fmt: skip
        curve_file.write_text(json.dumps(curve))
        print(size, seed, tokens, curve[-1]["bits"], curve[-1]["seconds"], flush=True)
    return {
        "size": size,
        "parameters": sum(value.numel() for value in model.parameters()),
        "seed": seed,
        "operations": scaling.training_operations(model, stream.context, curve[-1]["tokens"]),
        "seconds": curve[-1]["seconds"],
        "windows": curve[-1]["windows"],
        "curve": [{"tokens": point["tokens"], "bits": point["bits"]} for point in curve],
    }


def train_sums(size: str, seed: int, steps: int, file: Path) -> dict[str, Any]:
    """The curve of one size on sums."""
    rows, held_out = sums.split()
    model = scaling.sized_decoder(size, len(sums.TOKENS), seed)
    recipe = Recipe(steps, SUM_BATCH, scaling.rate_of(model), seed)
    curve_file = file.with_suffix(".curve")
    curve = json.loads(curve_file.read_text()) if curve_file.exists() else []
    for state in token_model.train(model, rows, sums.CONTEXT, recipe, checkpoint=file):
        marks = sums.mark(model, held_out)
        curve.append({"sums": state.step * SUM_BATCH, "exact": round(marks.exact, 4),
                      "digits": round(marks.digits, 4), "bits": round(marks.bits, 4),
                      "seconds": round(state.seconds, 1)})  # fmt: skip
        curve_file.write_text(json.dumps(curve))
        print(size, seed, curve[-1], flush=True)
    return {
        "size": size,
        "parameters": sum(value.numel() for value in model.parameters()),
        "seed": seed,
        "seconds": curve[-1]["seconds"],
        "curve": [{key: value for key, value in point.items() if key != "seconds"} for point in curve],
    }  # fmt: skip


def main() -> None:
    """Train what the output lacks, and write it after each training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--checkpoints", type=Path, required=True)
    parser.add_argument("--sizes", nargs="+", choices=list(scaling.SIZES | scaling.SUM_SIZES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, default=320, help="on text")
    parser.add_argument("--sum-steps", type=int, default=1500, help="on sums")
    parser.add_argument("--kinds", nargs="+", choices=("text", "sums"), default=["text", "sums"])
    parser.add_argument("--machine", default="", help="what the file says of the machine")
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.checkpoints.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {"about": {}, "text": [], "sums": []}
    if given.output.exists():
        content = json.loads(given.output.read_text(encoding="utf-8"))
    if not content["about"]:
        stream = stream_data.stream("letters")
        content["about"] = {
            "machine": given.machine,
            "threads": 1,
            "context": stream.context,
            "batch": BATCH,
            "text steps": given.steps,
            "sum steps": given.sum_steps,
            "sum batch": SUM_BATCH,
            "held-out windows": WINDOWS,
            "held-out lecture": stream_data.HELD_OUT,
            "baselines": {name: round(bits, 3) for name, bits in baseline_bits(stream).items()},
        }
    jobs = {
        "text": (train_text, given.steps, scaling.SIZES),
        "sums": (train_sums, given.sum_steps, scaling.SUM_SIZES),
    }
    for kind in given.kinds:
        train, steps, sizes = jobs[kind]
        for seed in given.seeds:
            for size in given.sizes or sizes:
                done = {(run["size"], run["seed"]) for run in content[kind]}
                if (size, seed) not in done:
                    file = given.checkpoints / f"{kind}-{size}-{seed}-{steps}.pt"
                    content[kind].append(train(size, seed, steps, file))
                    text = json.dumps(content, separators=(",", ":")).replace("},{", "},\n{")
                    given.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
