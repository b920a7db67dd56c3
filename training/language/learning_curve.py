"""The learning curve: accuracy or F1 by the number of training sentences, over several seeds.

    python -m training.language.learning_curve topics --encoder multilingual --seeds 5

Prints one JSON line for each number and kind: mean, and the 95 % interval of the mean by Student's
t over the seeds. Each seed draws other sentences, another head, another order.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

import numpy as np
from scipy import stats

from language import classify
from language.tasks import TASKS, read_task
from ui.language_laboratory.models import TEXT_ENCODERS, text_encoder


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--encoder", choices=list(TEXT_ENCODERS), default="multilingual")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 40, 160, 480])
    parser.add_argument("--frozen-only", action="store_true")
    given = parser.parse_args()
    task, encoder = read_task(given.task), text_encoder(given.encoder)
    for count in (min(count, len(task.train)) for count in given.counts):
        for frozen in (True,) if given.frozen_only else (True, False):
            values = []
            for seed in range(given.seeds):
                small = task.small(count, seed)
                recipe = classify.recipe_for(small, encoder, 0 if frozen else None)
                *_, last = classify.train(encoder, small, replace(recipe, seed=seed), watch=False)
                assert last.measure is not None
                values.append(last.measure)
            print(
                json.dumps(
                    {
                        "task": given.task,
                        "encoder": encoder.name,
                        "examples": count,
                        "kind": "frozen" if frozen else "fine-tuned",
                        "values": [round(value, 3) for value in values],
                        **interval(values),
                    }
                ),
                flush=True,
            )


def interval(values: list[float]) -> dict[str, float]:
    """Mean, and the ends of its 95 % interval."""
    mean = float(np.mean(values))
    half = 0.0
    if len(values) > 1:
        half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    return {"mean": round(mean, 3), "low": round(mean - half, 3), "high": round(mean + half, 3)}


if __name__ == "__main__":
    main()
