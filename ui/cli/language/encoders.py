"""`katheder language fill-mask` and `train`: encoders at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ui.cli.language.output import OutputOption, TextArgument, print_rows, read_text, write_picture
from ui.cli.options import LARGEST_SEED, JsonOption
from ui.cli.output import counted_progress, print_json, show


def fill_mask(
    text: TextArgument,
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", help="A masked model: a folder or a name on the hub; the bundled one."
        ),
    ] = "",
    count: Annotated[int, typer.Option("--count", "-n", help="Words for each mask.")] = 10,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """The likeliest words for each [MASK] of TEXT."""
    from language import masked
    from language.loading import load_encoder
    from ui.language_laboratory.models import encoder_folder

    text = read_text(text)
    filler = (
        masked.hub_model(model) if model else masked.bundled_model(*load_encoder(encoder_folder()))
    )
    rows: list[dict[str, Any]] = [
        {"mask": place, "token": one.token, "id": one.id, "probability": one.probability}
        for place, candidates in enumerate(masked.fill_mask(text, filler, count), 1)
        for one in candidates
    ]
    print_rows(rows, list(rows[0]), as_json=as_json)
    if output is not None:
        from ui.language_laboratory.encoder_charts import candidate_bars

        write_picture(candidate_bars(rows), output)


def train(
    task: Annotated[str, typer.Argument(help="topics, sentiment or entities.")],
    encoder: Annotated[
        str, typer.Option("--encoder", "-e", help="english (MiniLM) or multilingual (E5).")
    ] = "multilingual",
    layers: Annotated[
        int | None, typer.Option("--layers", "-l", help="Layers that learn; 0 freezes all.")
    ] = None,
    examples: Annotated[
        int | None, typer.Option("--examples", "-n", help="Training sentences; all of them.")
    ] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", help="Times through them.")] = None,
    seed: Annotated[
        int,
        typer.Option("--seed", min=0, max=LARGEST_SEED, help="Of head, order and dropout."),
    ] = 0,
    sentence: Annotated[
        list[str] | None, typer.Option("--try", help="A sentence of one's own to label.")
    ] = None,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a classifier on a bundled encoder, and measure it on other sentences."""
    from dataclasses import replace

    from language import classify
    from language.tasks import Example, accuracy_interval, read_task, words_of
    from ui.language_laboratory.models import text_encoder

    data = read_task(task)
    if examples is not None:
        data = data.small(examples, seed)
    reader = text_encoder(encoder)
    recipe = replace(classify.recipe_for(data, reader, layers), seed=seed)
    if epochs is not None:
        recipe = replace(recipe, epochs=epochs)
    rows = [words_of(text, data.per_word) for text in sentence or []]
    states: list[classify.Progress] = []
    with counted_progress("training") as tell:
        for state in classify.train(reader, data, recipe):
            states.append(state)
            tell(state.step, state.steps)
    classifier = states[-1].classifier
    assert classifier is not None
    predictions = classifier.predict([example.words for example in data.test])

    def part_report(part: Sequence[Example]) -> dict[str, Any]:
        rows = classifier.predict([one.words for one in part])
        right = sum(tuple(row) == one.labels for one, row in zip(part, rows, strict=True))
        low, high = accuracy_interval(right, len(part))
        return {"sentences": len(part), "value": right / len(part), "low": low, "high": high}

    parts = {"test": data.test, "plain reviews": data.plain} if data.plain else {}
    report = {
        "task": task,
        "encoder": reader.name,
        "layers": recipe.layers,
        "epochs": recipe.epochs,
        "seed": seed,
        "training sentences": len(data.train),
        "test sentences": len(data.test),
        "measure": "F1 of entities" if data.per_word else "accuracy",
        "value": states[-1].measure,
        "by language": {
            code: classify.measure_of(
                data,
                [one for one in data.test if one.language == code],
                [p for one, p in zip(data.test, predictions, strict=True) if one.language == code],
            )
            for code in sorted({one.language for one in data.test})
        },
        "parts": {name: part_report(part) for name, part in parts.items()},
        "seconds": states[-1].seconds,
        "confusions": dict(
            Counter(
                f"{right} as {predicted}"
                for one, row in zip(data.test, predictions, strict=True)
                for right, predicted in zip(one.labels, row, strict=True)
                if right != predicted
            ).most_common(8)
        ),
        "own": [
            {"words": row, "labels": labels}
            for row, labels in zip(rows, classifier.predict(rows) if rows else [], strict=True)
        ],
    }
    if as_json:
        print_json(report)
    else:
        _show(report)
    if output is not None:
        from ui.language_laboratory.encoder_charts import training_chart

        write_picture(training_chart(states, str(report["measure"])), output)


def _show(report: dict[str, Any]) -> None:
    by_language = ", ".join(f"{code} {v:.3f}" for code, v in report["by language"].items())
    show(
        f"{report['measure']} {report['value']:.3f} ({by_language}) on "
        f"{report['test sentences']} sentences, after {report['seconds']:.0f} s: "
        f"{report['training sentences']} training sentences, {report['epochs']} epochs, "
        f"{report['layers']} layers of {report['encoder']}, seed {report['seed']}"
    )
    for name, part in report["parts"].items():
        show(
            f"{name}: {part['value']:.3f} [{part['low']:.3f}, {part['high']:.3f}] "
            f"on {part['sentences']} sentences"
        )
    for confusion, count in report["confusions"].items():
        show(f"{count:4d} x {confusion}")
    for own in report["own"]:
        if len(own["labels"]) == 1:
            show(f"{own['labels'][0]}: {' '.join(own['words'])}")
        else:
            show(" ".join(
                word if label == "O" else f"{word}[{label}]"
                for word, label in zip(own["words"], own["labels"], strict=True)
            ))  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("fill-mask")(fill_mask)
    app.command()(train)
