"""The commands of the room "Attention": `attention`, `size` and `numbers`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from language.errors import LanguageError
from ui.cli.language.output import OutputOption, TextArgument, print_rows, read_text, write_picture
from ui.cli.options import LARGEST_SEED, JsonOption
from ui.cli.output import note, print_json, show

if TYPE_CHECKING:
    from language.attention_maps import Maps


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(attention)
    app.command()(size)
    app.command()(numbers)


def attention(
    text: TextArgument,
    model: Annotated[str, typer.Option(help="encoder or decoder, the bundled ones.")] = "encoder",
    layer: Annotated[int | None, typer.Option(help="From 1; the last one if not given.")] = None,
    head: Annotated[int | None, typer.Option(help="From 1; the mean of all if not given.")] = None,
    against: Annotated[
        str | None, typer.Option(help="A second sentence: which heads look elsewhere in it?")
    ] = None,
    word: Annotated[str, typer.Option(help="With --against: the word that looks.")] = "it",
    other_word: Annotated[
        str | None, typer.Option(help="The word that looks in the second sentence, if another.")
    ] = None,
    targets: Annotated[
        str, typer.Option(help="With --against: two words that it may look at.")
    ] = "cat,milk",
    top: Annotated[int, typer.Option(help="With --against: number of heads to list.")] = 10,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how much each token of a sentence looks at each other.

    With --against, search all heads for those that look at another word in the second sentence:

    katheder language attention "The cat drank the milk because it was hungry."
    --against "The cat drank the milk because it was sweet."
    """
    from language.attention_maps import compare, verdict
    from ui.presentation import attention_charts

    names = [part.strip() for part in targets.split(",")]
    if len(names) != 2 or not all(names):
        raise LanguageError(f"--targets is {targets!r}, expected two words such as cat,milk")
    pair = (names[0], names[1])
    if top < 1:
        raise LanguageError(f"--top is {top}, expected at least 1")
    maps = _maps(model, [read_text(text), *([against] if against is not None else [])])
    layers, heads = maps[0].weights.shape[:2]
    for name, value, most in (("layer", layer, layers), ("head", head, heads)):
        if value is not None and not 1 <= value <= most:
            raise LanguageError(f"--{name} is {value}, expected 1 to {most} for the {model}")
    if against is not None:
        changes = compare(maps[0], maps[1], (word, other_word or word), pair)
        rows = [
            {
                "layer": change.layer,
                "head": change.head,
                f"1: {pair[0]}": round(change.first[0], 4),
                f"1: {pair[1]}": round(change.first[1], 4),
                f"2: {pair[0]}": round(change.second[0], 4),
                f"2: {pair[1]}": round(change.second[1], 4),
                "shift": round(change.shift, 4),
                "switches": change.switches(),
            }
            for change in changes[:top]
        ]
        message = verdict(changes, pair)
        if as_json:
            print_json({"verdict": message, "heads": rows})
        else:
            print_rows(rows, list(rows[0]), as_json=False, title=message)
        if output:
            sentences = (maps[0].text, maps[1].text)
            write_picture(attention_charts.changes(changes[:top], pair, sentences), output)
        return
    place = (layer or layers) - 1
    weights = maps[0].weights[place]
    one = weights.mean(dim=0) if head is None else weights[head - 1]
    tokens = maps[0].tokens
    if as_json:
        print_json(
            {
                "model": model,
                "layer": place + 1,
                "head": head,
                "tokens": list(tokens),
                "weights": [[round(value, 6) for value in row] for row in one.tolist()],
            }
        )
    else:
        labels = [f"{number} {token}" for number, token in enumerate(tokens, 1)]
        table: list[dict[str, Any]] = [
            {
                "from": label,
                **{name: f"{value:.2f}" for name, value in zip(labels, row, strict=True)},
            }
            for label, row in zip(labels, one.tolist(), strict=True)
        ]
        which = "mean of all heads" if head is None else f"head {head} of {heads}"
        print_rows(
            table, ["from", *labels], as_json=False, title=f"layer {place + 1} of {layers}, {which}"
        )
    if output:
        write_picture(attention_charts.heat(one, tokens, tokens), output)


def size(
    model: Annotated[
        str | None,
        typer.Argument(help="A model such as gpt2-xl, a config.json or its folder; none: a list."),
    ] = None,
    context: Annotated[
        int | None, typer.Option(help="Tokens of the text; up to 1,024 if not given.")
    ] = None,
    number: Annotated[
        str, typer.Option("--format", help="float32, bfloat16, float16, int8 or int4.")
    ] = "bfloat16",
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compute a model's parameters, memory, operations and KV cache from its config."""
    from language import size as sizes
    from language.known_models import KNOWN_MODELS, known_model
    from ui.presentation import attention_charts

    if model is None:
        if output is not None:
            raise LanguageError("--output draws one model; name it, such as gpt2-xl")
        rows = []
        for name, known in KNOWN_MODELS.items():
            count = sum(sizes.parameters(sizes.shape_of(known.config)).values())
            rows.append(
                {
                    "model": name,
                    "parameters": count,
                    "published": int(known.published),
                    "deviation": f"{count / known.published - 1:+.1%}",
                    "source": known.source,
                }
            )
        print_rows(rows, list(rows[0]), as_json=as_json)
        return
    file = Path(model)
    published = None if file.exists() else known_model(model)
    shape = sizes.shape_of(published.config if published else sizes.read_config(file))
    if context is None:
        context = min(1024, shape.context or 1024)
    if shape.context and context > shape.context:
        raise LanguageError(
            f"--context is {context}, but this model reads at most {shape.context} tokens"
        )
    parts, work = sizes.parameters(shape), sizes.operations(shape, context)
    summary: dict[str, Any] = {
        "parameters": sum(parts.values()),
        "memory bytes": sizes.memory(shape, number),
        "training bytes": sizes.training_memory(shape),
        "context": context,
        "operations": sum(work.values()),
        "KV cache bytes": sizes.kv_cache(shape, context, number),
    }
    if published:
        summary |= {"published": int(published.published), "source": published.source}
    if shape.kind == "decoder":
        summary["operations per token"] = sizes.operations_per_token(shape, context)
    twice = sizes.doubling(shape, context)
    if as_json:
        print_json({**summary, "parts": parts, "operations by part": work, "doubling": twice})
    else:
        print_rows(
            [
                {
                    "part": part,
                    "parameters": f"{count:,}",
                    "share": f"{count / summary['parameters']:.1%}",
                }
                for part, count in parts.items()
            ],
            ["part", "parameters", "share"],
            as_json=False,
        )
        show("")
        show(_parameters_line(summary))
        show(f"weights in {number}: {_bytes(summary['memory bytes'])}")
        show(
            f"training with Adam in float32, without activations: {_bytes(summary['training bytes'])}"
        )
        show(
            f"one pass over {context:,} tokens: {summary['operations'] / 1e9:,.1f} billion operations"
        )
        if "operations per token" in summary:
            show(
                f"one more token with a cache: {summary['operations per token'] / 1e9:,.2f} "
                "billion operations"
            )
        show(f"KV cache of {context:,} tokens in {number}: {_bytes(summary['KV cache bytes'])}")
        show(f"{2 * context:,} tokens instead of {context:,}:")
        for name, (once, doubled) in twice.items():
            show(f"  {name}: {f'{doubled / once:.2f} times' if once else 'none'}")
    if output:
        write_picture(attention_charts.parts({model: parts}), output)


def numbers(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="Numbers in words, such as 'zweiundvierzig', below 100,000."),
    ] = None,
    seconds: Annotated[float, typer.Option(help="Longest time of training.")] = 60.0,
    seed: Annotated[
        int,
        typer.Option(min=0, max=LARGEST_SEED, help="Of the weights and the numbers held out."),
    ] = 0,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train an encoder-decoder on numbers in words, in a minute, and let it write digits."""
    from language import seq2seq
    from language.number_words import pieces
    from ui.presentation import attention_charts

    texts = words or [
        "twelve thousand three hundred forty-two",
        "zwölftausenddreihundertzweiundvierzig",
    ]
    for text in texts:
        pieces(text)  # refuses other words before the training
    if seconds < 1:
        raise LanguageError(f"--seconds is {seconds}, expected at least 1")
    for progress in seq2seq.train(seconds=seconds, seed=seed):
        exact = ", ".join(f"{name} {share:.0%}" for name, share in progress.exact.items())
        note(
            f"step {progress.step}, {progress.seconds:.0f} s, loss {progress.loss:.4f}, "
            f"right on 100 held-out numbers: {exact}"
        )
    results = seq2seq.translate(progress.model, texts)
    rows = [
        {
            "words": text,
            "pieces": " ".join(result.pieces),
            "digits": result.digits,
            "cross-attention": [
                [round(value, 4) for value in row] for row in result.cross[-1].mean(dim=0).tolist()
            ],
        }
        for text, result in zip(texts, results, strict=True)
    ]
    print_rows(rows, ["words", "pieces", "digits"], as_json=as_json)
    if output:
        first = results[0]
        chart = attention_charts.heat(
            first.cross[-1].mean(dim=0), (*first.digits, "end"), first.pieces
        )
        write_picture(chart, output)


def _maps(model: str, texts: list[str]) -> list[Maps]:
    """The maps of sentences in a bundled model."""
    from language.attention_maps import attention_maps
    from language.loading import load_decoder, load_encoder
    from language.pretrained import decoder_of, encoder_of
    from language.text import check_text
    from ui.language_laboratory.models import decoder_folder, encoder_folder

    for text in texts:
        check_text(text)
    if model == "encoder":
        theirs, tokenizer = load_encoder(encoder_folder())
        return [attention_maps(encoder_of(theirs), tokenizer, text) for text in texts]
    if model == "decoder":
        theirs, tokenizer = load_decoder(decoder_folder())
        return [attention_maps(decoder_of(theirs), tokenizer, text) for text in texts]
    raise LanguageError(f"--model is {model!r}, expected encoder or decoder")


def _parameters_line(summary: dict[str, Any]) -> str:
    line = f"parameters: {summary['parameters']:,}"
    if "published" in summary:
        line += f" (published: {summary['published'] / 1e6:,.4g} million, {summary['source']})"
    return line


def _bytes(count: float) -> str:
    """Bytes for readers, in powers of 1,000."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"
