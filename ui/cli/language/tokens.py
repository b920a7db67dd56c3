"""`katheder language tokens`, `bpe` and `lengths`: the room about tokens."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

import typer

from ui.cli.language.output import (
    OutputOption,
    TextArgument,
    print_rows,
    read_text,
    write_picture,
)
from ui.cli.options import JsonOption
from ui.cli.output import note, print_json, show

WithOption = Annotated[
    str,
    typer.Option(
        "--with",
        help="Tokenisers, separated by commas: characters, words, wordpiece, smollm2, unigram, "
        "sentencepiece-bpe, gpt2, r50k_base, p50k_base, p50k_edit, cl100k_base, o200k_base.",
        show_default="all",
    ),
]
_SHORT = 400  # characters of a text whose tokens are printed one by one


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("tokens")(compare)
    app.command("bpe")(train)
    app.command("lengths")(lengths)


def compare(
    text: TextArgument,
    names: WithOption = "",
    window: Annotated[
        int, typer.Option(min=1, help="A context window in tokens: how many words it holds.")
    ] = 2048,
    as_json: JsonOption = False,
    output: OutputOption = None,
) -> None:
    """Compare what tokenisers make of a text: tokens, ids, counts, bytes per token."""
    from language import tokens

    text = read_text(text)
    rows: list[dict[str, Any]] = []
    for tokenizer in _tokenizers(names):
        of_text = tokens.tokenize(text, tokenizer)
        summary = tokens.summarise(text, of_text, tokenizer.unknown)
        rows.append(
            {
                "tokenizer": tokenizer.name,
                "vocabulary": tokenizer.vocabulary_size,
                "tokens": summary.tokens,
                "bytes per token": round(summary.bytes_per_token, 3),
                "whole words": summary.words,
                "no words": summary.parts,
                "unknown": summary.unknown,
                f"words in {window}": round(summary.words_in_window(window)),
                "ids": [token.id for token in of_text],
                "forms": [token.form for token in of_text],
            }
        )
    if output is not None:
        from ui.language_laboratory.token_charts import token_counts

        write_picture(token_counts(rows), output)
    if as_json:
        print_json(rows)
        return
    print_rows(rows, [name for name in rows[0] if name not in ("ids", "forms")], as_json=False)
    if len(text) > _SHORT:
        note(f"The tokens of a text above {_SHORT} characters are printed with --json.")
        return
    for row in rows:
        show(f"\n{row['tokenizer']}: {' | '.join(row['forms'])}")
        show(" ".join(str(number) for number in row["ids"]))


def train(
    text: TextArgument = "aaabdaaabac",
    merges: Annotated[int, typer.Option(min=1, max=100_000, help="Largest number of merges.")] = 20,
    whole: Annotated[
        bool,
        typer.Option(help="Let merges cross the borders of words, as in the textbook's example."),
    ] = False,
    minimum_count: Annotated[
        int, typer.Option(min=1, help="Stop when no pair occurs that often.")
    ] = 2,
    as_json: JsonOption = False,
    output: OutputOption = None,
) -> None:
    """Train byte-pair encoding on a text, merge by merge."""
    from language import bpe, tokens

    text = read_text(text)
    pattern = bpe.NO_PATTERN if whole else bpe.PATTERN
    steps = list(islice(bpe.train(text, 256 + merges, pattern, minimum_count), merges))
    rows = [
        {
            "step": number,
            "left": tokens.readable(step.left),
            "right": tokens.readable(step.right),
            "token": tokens.readable(step.token),
            "id": step.id,
            "count": step.count,
            "length": step.length,
        }
        for number, step in enumerate(steps, 1)
    ]
    if output is not None:
        from ui.language_laboratory.token_charts import merge_curve

        lengths_after = [len(text.encode()), *(step.length for step in steps)]
        write_picture(merge_curve(lengths_after), output)
    columns = ["step", "left", "right", "token", "id", "count", "length"]
    print_rows(rows, columns, as_json=as_json)
    if as_json:
        return
    if len(rows) < merges:
        show(f"No other pair occurs {minimum_count} times.")
    if len(text) <= _SHORT:
        row = tokens.trained("bpe", bpe.vocabulary(steps, pattern)).tokenize(text)
        show(f"\nThe text after it: {' | '.join(token.form for token in row)}")


def lengths(
    names: WithOption = "", as_json: JsonOption = False, output: OutputOption = None
) -> None:
    """Count how much longer German is than English, over sentences with the same meaning."""
    from language import tokens, vocabularies

    pairs = vocabularies.parallel_texts()
    rows = []
    for tokenizer in _tokenizers(names):
        of_pairs = tokens.lengths(pairs, tokenizer)
        rows.append(
            {
                "tokenizer": tokenizer.name,
                "english": of_pairs.first,
                "german": of_pairs.second,
                "ratio": round(of_pairs.ratio, 3),
            }
        )
    if output is not None:
        from ui.language_laboratory.token_charts import ratios

        write_picture(ratios(rows), output)
    columns = ["tokenizer", "english", "german", "ratio"]
    print_rows(rows, columns, as_json=as_json, title=f"{len(pairs)} sentences in tokens")


def _tokenizers(names: str) -> list[Any]:
    from ui.language_laboratory.tokenizers import NAMES, tokenizer

    return [tokenizer(name.strip()) for name in (names.split(",") if names else NAMES)]
