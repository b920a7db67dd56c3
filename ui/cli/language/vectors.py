"""`katheder language neighbours` and `similarity`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from language.errors import LanguageError
from ui.cli.language.output import OutputOption, TextArgument, print_rows, read_text, write_picture
from ui.cli.options import JsonOption
from ui.cli.output import show

if TYPE_CHECKING:
    import numpy as np


def neighbours(
    text: TextArgument,
    model: Annotated[
        str, typer.Option("--model", "-m", help="Whose table: encoder or decoder.")
    ] = "encoder",
    count: Annotated[int, typer.Option("--count", "-n", help="Neighbours of each token.")] = 10,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """The tokens nearest to each token of TEXT in a bundled model's embedding table."""
    from language import vectors

    network, tokenizer = _load(model)
    ids = vectors.token_ids(read_text(text), tokenizer)
    if len(ids) > 20:
        raise LanguageError(f"The text has {len(ids)} tokens, expected at most 20; shorten it")
    table = vectors.embedding_table(network)
    units = vectors.unit_rows(table)
    rows = [
        {
            "token": vectors.token_name(index, tokenizer),
            "id": index,
            "neighbour": vectors.token_name(one.row, tokenizer),
            "neighbour id": one.row,
            "cosine": one.cosine,
        }
        for index in dict.fromkeys(ids)
        for one in vectors.neighbours(table[index], units, count, {index})
    ]
    print_rows(rows, list(rows[0]), as_json=as_json)
    if output is not None:
        from ui.language_laboratory.vector_charts import neighbour_bars

        write_picture(neighbour_bars(rows), output)


def similarity(
    sentences: Annotated[list[str], typer.Argument(help="Two sentences or more.")],
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """The cosine of each pair of sentences by the bundled encoder; the first pair worked out."""
    from language import vectors

    if len(sentences) < 2:
        raise LanguageError(f"{len(sentences)} sentence, expected at least 2; name another one")
    network, tokenizer = _load("encoder")
    rows = vectors.sentence_vectors(sentences, network, tokenizer)
    matrix = vectors.similarity_matrix(rows)
    table: list[dict[str, Any]] = [
        {"sentence": sentence[:60], **{str(n): float(value) for n, value in enumerate(line, 1)}}
        for sentence, line in zip(sentences, matrix, strict=True)
    ]
    print_rows(table, list(table[0]), as_json=as_json)
    if not as_json:
        show(worked_out(rows[0], rows[1]))
    if output is not None:
        from ui.language_laboratory.vector_charts import similarity_map

        write_picture(similarity_map(sentences, matrix), output)


def worked_out(left: np.ndarray, right: np.ndarray) -> str:
    """The cosine of two vectors as a line of arithmetic."""
    from language.vectors import cosine_steps

    steps = cosine_steps(left, right)
    first = " + ".join(f"({a:.3f} x {b:.3f})" for a, b in zip(left[:3], right[:3], strict=True))
    return (
        f"sentences 1 and 2: dot product {first} + ... = {steps.dot:.4f}; "
        f"lengths {steps.norms[0]:.4f} and {steps.norms[1]:.4f}; "
        f"cosine {steps.cosine:.4f}; angle {steps.angle:.1f} degrees"
    )


def _load(model: str) -> tuple[Any, Any]:
    from language.loading import load_decoder, load_encoder
    from ui.language_laboratory.models import decoder_folder, encoder_folder

    if model == "encoder":
        return load_encoder(encoder_folder())
    if model == "decoder":
        return load_decoder(decoder_folder())
    raise LanguageError(f"There is no model {model!r}; expected encoder or decoder")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(neighbours)
    app.command()(similarity)
