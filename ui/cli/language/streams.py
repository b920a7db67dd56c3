"""`katheder language stream`, `train-stream` and `scaling`: other tokens, other sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from language.errors import LanguageError
from ui.cli.language.output import OutputOption, print_rows, write_picture
from ui.cli.options import LARGEST_SEED, JsonOption
from ui.cli.output import counted_progress, note, print_json, show

_ENDINGS = {"letters": ".txt", "digits": ".png", "sound": ".wav"}
StreamArgument = Annotated[str, typer.Argument(help="letters, digits or sound.")]


def stream(
    name: StreamArgument,
    text: Annotated[str, typer.Option("--text", help="What letters begin with.")] = "",
    digit: Annotated[int | None, typer.Option("--digit", help="Draw this digit alone.")] = None,
    count: Annotated[
        int | None, typer.Option("--count", "-n", min=1, help="Letters or samples to draw.")
    ] = None,
    temperature: Annotated[float, typer.Option("--temperature")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", min=0, max=LARGEST_SEED)] = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write letters.txt, digits.png or sound.wav."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Draw letters, digits or sound from the model of that stream."""
    from language import stream_models

    model = stream_models.read_stream_model(name)
    if output is not None and output.suffix.lower() != _ENDINGS[name]:
        raise LanguageError(
            f"{output.name} has the ending {output.suffix!r}, expected {_ENDINGS[name]} for {name}"
        )
    if output is not None and not output.parent.is_dir():
        raise LanguageError(f"There is no folder {output.parent}; make it with `mkdir -p` first")
    rows, usual = stream_models.SAMPLE[name]
    if name != "digits":
        prompt = stream_models.prompt_of(model, rows, text)
    elif digit is None:
        prompt, count = stream_models.sample_prompt(model), usual
    else:
        prompt, count = stream_models.prompt_of(model, rows, digit=digit), usual
    count = count or usual
    with counted_progress("drawing") as tell:
        for tokens in stream_models.draw(model, prompt, count, temperature=temperature, seed=seed):
            tell(tokens.shape[1] - prompt.shape[1], count)
    if output is not None:
        _write(model, tokens, output)
    if as_json:
        bits = model.card["bits per token"]
        print_json({"stream": name, "tokens": tokens.tolist(), "bits per token": bits})
        return
    _show(model, tokens)
    columns = ["model", "bits per token"]
    bits = [{"model": one, columns[1]: value} for one, value in model.card[columns[1]].items()]
    print_rows(bits, columns, as_json=False)


def _write(model: Any, tokens: Any, output: Path) -> None:
    """Write a text, a picture of all images in a row, or a sound file."""
    import numpy as np
    from PIL import Image

    from language import melodies, token_streams
    from ui.language_laboratory.stream_data import wave_bytes

    facts, name = model.card["facts"], model.card["stream"]
    if name == "letters":
        output.write_text(token_streams.text_of(tokens[0].tolist(), facts), encoding="utf-8")
    elif name == "digits":
        grey = np.hstack(list(token_streams.images_of(tokens.numpy(), facts)))
        Image.fromarray((255 * grey).astype(np.uint8)).resize(
            (4 * grey.shape[1], 4 * grey.shape[0]), Image.Resampling.NEAREST
        ).save(output)
    else:
        signal = token_streams.signal_of(tokens[0].tolist())
        output.write_bytes(wave_bytes(signal, melodies.RATE))


def _show(model: Any, tokens: Any) -> None:
    """Print a text, images in four greys, or the length of a sound."""
    from language import melodies, token_streams

    facts, name = model.card["facts"], model.card["stream"]
    if name == "letters":
        show(token_streams.text_of(tokens[0].tolist(), facts))
    elif name == "digits":
        for image in token_streams.images_of(tokens[:2].numpy(), facts):
            for line in image[::2]:  # letters are twice as high as wide
                show("".join(" .+#"[min(3, int(4 * value))] for value in line).rstrip())
        if len(tokens) > 2:
            note(f"{len(tokens)} images; all of them with --output FILE.png")
    else:
        note(f"{tokens.shape[1] / melodies.RATE:.1f} s of sound; hear it with --output FILE.wav")


def train_stream(
    name: StreamArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder for NAME.safetensors and NAME.json.")
    ],
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Batches.")] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=LARGEST_SEED, help="Of weights and windows.")
    ] = 0,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="MNIST's four IDX files, for digits.")
    ] = None,
    machine: Annotated[str, typer.Option("--machine", help="What the card says of it.")] = "",
) -> None:
    """Train the model of a stream again; an interrupted training continues."""
    from dataclasses import replace

    import torch

    from language import stream_models
    from ui.language_laboratory import stream_data

    torch.set_num_threads(1)  # tensors this small lose more by sharing work than they gain
    recipe = replace(stream_models.RECIPE, seed=seed)
    if steps is not None:
        recipe = replace(recipe, steps=steps)
    output.mkdir(parents=True, exist_ok=True)
    checkpoint = output / f"{name}-{recipe.steps}-{seed}.checkpoint"
    data = stream_data.stream(name, folder)
    with counted_progress("training") as tell:
        for state in stream_models.train_stream(
            data, output / name, recipe, checkpoint=checkpoint, machine=machine
        ):
            tell(state.step, state.steps)
    checkpoint.unlink(missing_ok=True)
    card = stream_models.read_stream_model(name, output).card
    show(f"{card['parameters']:,} parameters, {card['tokens seen']:,} tokens, {card['seconds']} s")
    bits = [{"model": one, "bits per token": v} for one, v in card["bits per token"].items()]
    print_rows(bits, list(bits[0]), as_json=False)


def scaling(
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """What size changes: the loss on text, and sums, of the same model in several sizes."""
    from language import scaling as curves_of

    curves = curves_of.read_curves()
    rows, sums = curves_of.text_rows(curves), curves_of.sum_rows(curves)
    law = curves_of.law_of_parameters(curves)
    if output is not None:
        from ui.language_laboratory.stream_charts import loss_by_parameters

        write_picture(loss_by_parameters(curves, law), output)
    if as_json:
        exponent = {"exponent": law.exponent, "low": law.low, "high": law.high}
        print_json({"text": rows, "sums": sums, "law": {"factor": law.factor, **exponent}})
        return
    print_rows(rows, list(rows[0]), as_json=False, title="Letters of the lectures")
    show(
        f"bits = {law.factor:.3g} N^-{law.exponent:.3f}, 95 % interval of the exponent "
        f"{law.low:.3f} to {law.high:.3f}"
    )
    if sums:
        print_rows(sums, list(sums[0]), as_json=False, title="Sums of two numbers of two digits")


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("stream")(stream)
    app.command("train-stream")(train_stream)
    app.command("scaling")(scaling)
