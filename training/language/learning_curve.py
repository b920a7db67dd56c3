"""The learning curve: accuracy or F1 by the number of training sentences, over several seeds.

    python -m training.language.learning_curve topics --encoder multilingual --output curve.jsonl

`--output` gets one line for each training, and a second call continues behind the last one. One
JSON line is printed for each number and kind: mean, and the 95 % interval of the mean by Student's
t over the seeds. Each seed draws other sentences, another head, another order. The English encoder
learns from the English sentences alone. `--layers 12 --epochs 4` trains otherwise than the app does.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import stats

from language import classify
from language.tasks import TASKS, Task, read_task
from ui.language_laboratory.models import TEXT_ENCODERS, text_encoder


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--encoder", choices=list(TEXT_ENCODERS), default="multilingual")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 40, 160, 480])
    parser.add_argument("--kinds", nargs="+", choices=("frozen", "fine-tuned"),
                        default=["frozen", "fine-tuned"])  # fmt: skip
    parser.add_argument("--layers", type=int, help="how many learn, where some do")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--layer-rate", type=float)
    parser.add_argument("--output", type=Path, help="the trainings, one JSON line each")
    parser.add_argument("--threads", type=int, help="of torch")
    given = parser.parse_args()
    if given.threads:
        import torch

        torch.set_num_threads(given.threads)
    task, encoder = read_task(given.task), text_encoder(given.encoder)
    if given.encoder == "english":
        task = task.only(["en"])
    changes = {
        "layers": given.layers,
        "epochs": given.epochs,
        "layer_rate": given.layer_rate,
    }
    for count in (min(count, len(task.train)) for count in given.counts):
        for kind in given.kinds:
            values = []
            for seed in range(given.seeds):
                small = task.small(count, seed)
                recipe = recipe_of(small, encoder, kind, seed, changes)
                key = {
                    "task": given.task,
                    "encoder": encoder.name,
                    "examples": count,
                    "kind": kind,
                    "layers": recipe.layers,
                    "epochs": recipe.epochs,
                    "layer_rate": recipe.layer_rate,
                    "seed": seed,
                    "tests": len(task.test),
                }
                values.append(trained(encoder, small, recipe, key, given.output))
            shown = {name: value for name, value in key.items() if name != "seed"}
            values = [round(value, 3) for value in values]
            print(json.dumps({**shown, "values": values, **interval(values)}), flush=True)


def recipe_of(
    task: Task, encoder: classify.TextEncoder, kind: str, seed: int, changes: dict
) -> classify.Recipe:
    """The app's recipe for a task, with the changes that are not None where layers learn."""
    if kind == "frozen":
        return replace(classify.recipe_for(task, encoder, 0), seed=seed)
    recipe = classify.recipe_for(task, encoder, changes["layers"])
    return replace(
        recipe, seed=seed, **{name: one for name, one in changes.items() if one is not None}
    )


def trained(
    encoder: classify.TextEncoder,
    task: Task,
    recipe: classify.Recipe,
    key: dict,
    output: Path | None,
) -> float:
    """The measure after a training; read from `output` if a training with this key is there."""
    if output is not None and output.exists():
        for line in output.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if all(record.get(name) == value for name, value in key.items()):
                return float(record["measure"])
    started = time.process_time()
    *_, last = classify.train(encoder, task, recipe, watch=False)
    assert last.measure is not None
    if output is not None:
        record = {
            **key,
            "measure": last.measure,
            "processor_seconds": round(time.process_time() - started),
        }
        with output.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
    return last.measure


def interval(values: list[float]) -> dict[str, float]:
    """Mean, and the ends of its 95 % interval."""
    mean = float(np.mean(values))
    half = 0.0
    if len(values) > 1:
        half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    return {"mean": round(mean, 3), "low": round(mean - half, 3), "high": round(mean + half, 3)}


if __name__ == "__main__":
    main()
