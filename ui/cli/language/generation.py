"""`katheder language count` and `bits`: the room about why generation is hard."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.language.output import OutputOption, print_rows, write_picture
from ui.cli.options import JsonOption
from ui.cli.output import note


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("count")(count)
    app.command("bits")(bits)


def count(
    pixels: Annotated[int, typer.Option(min=1, help="Pixels of an image.")] = 784,
    levels: Annotated[int, typer.Option(min=2, help="Values that a pixel can have.")] = 2,
    vocabulary: Annotated[
        int, typer.Option(min=2, help="Words or tokens to choose from.")
    ] = 30_000,
    words: Annotated[int, typer.Option(min=1, help="Length of a sentence.")] = 20,
    as_json: JsonOption = False,
    output: OutputOption = None,
) -> None:
    """Count the possible images and sentences, against the atoms of the universe."""
    from language import counting

    rows = []
    for what, choices, places in (
        (f"images of {pixels} pixels", levels, pixels),
        (f"sentences of {words} words", vocabulary, words),
    ):
        mantissa, exponent = counting.scientific(choices, places)
        rows.append(
            {
                "what": what,
                "count": f"{choices}^{places}",
                "about": f"{mantissa:.2f}e{exponent}",
                "log10": round(counting.log10_count(choices, places), 2),
                "more than atoms from": counting.places_beyond(choices),
            }
        )
    rows.append(
        {
            "what": "atoms of the universe",
            "count": f"10^{counting.ATOMS}",
            "about": f"1.00e{counting.ATOMS}",
            "log10": float(counting.ATOMS),
        }
    )
    if output is not None:
        from ui.language_laboratory.token_charts import magnitudes

        write_picture(magnitudes(rows), output)
    columns = ["what", "count", "about", "log10", "more than atoms from"]
    print_rows(rows, columns, as_json=as_json)


def bits(
    lecture: Annotated[
        str, typer.Argument(help="The lecture that the n-gram models do not learn from.")
    ] = "transformers",
    decoder: Annotated[
        bool, typer.Option(help="Let the bundled decoder read it too, which takes seconds.")
    ] = True,
    as_json: JsonOption = False,
    output: OutputOption = None,
) -> None:
    """Measure the bits that n-gram models and the bundled decoder need for a held-out lecture."""
    from ui.language_laboratory import narrowing

    test = narrowing.held_out(lecture)
    rows = narrowing.ngram_rows(test)
    if decoder:
        from language.loading import load_decoder
        from ui.language_laboratory.models import decoder_folder

        model, tokens_of = load_decoder(decoder_folder())
        for after_page in narrowing.decoder_bits(test, model, tokens_of):
            last = after_page
        rows.append(narrowing.row_of("decoder", "tokens", last))
    if output is not None:
        from ui.language_laboratory.token_charts import bits_per_character

        write_picture(bits_per_character(rows), output)
    columns = ["model", "unit", "bits per token", "bits per character", "perplexity"]
    title = f"{len(test.pages)} pages of {lecture}, {len(test.text)} characters"
    print_rows(rows, columns, as_json=as_json, title=title)
    if not as_json:
        note("Compare bits per character: bits per token depend on how long the tokens are.")
