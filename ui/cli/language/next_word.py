"""`katheder language next`, `decode` and `perplexity`: the next word, and how a text is chosen."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import typer

from language.errors import LanguageError
from ui.cli.language.output import OutputOption, TextArgument, print_rows, read_text, write_picture
from ui.cli.options import LARGEST_SEED, JsonOption

STRATEGIES = ("greedy", "beam", "sample")
MAX_TOKENS = 20_000  # of a file; two cores score some hundred a second

ModelOption = Annotated[
    str,
    typer.Option(
        "--model", help="Folder or hub name of a causal language model; default: bundled."
    ),
]
TemperatureOption = Annotated[float, typer.Option(help="Divides the logits; above 0.")]
TopKOption = Annotated[int | None, typer.Option(help="Only the k likeliest tokens.")]
TopPOption = Annotated[float | None, typer.Option(help="Only the nucleus with probability p.")]
MinPOption = Annotated[
    float | None, typer.Option(help="Only tokens at least this share as likely as the likeliest.")
]
PenaltyOption = Annotated[float, typer.Option(help="Above 1: tokens so far become less likely.")]


def next_word(
    prompt: TextArgument,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Tokens shown.")] = 10,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = None,
    top_p: TopPOption = None,
    min_p: MinPOption = None,
    repetition_penalty: PenaltyOption = 1.0,
    model: ModelOption = "",
    as_json: JsonOption = False,
    output: OutputOption = None,
) -> None:
    """Show the likeliest next tokens of a prompt, with their probabilities in float32."""
    from language.causal import encode
    from language.next_word import candidates, next_logits
    from language.warpers import Warping, stages

    warping = Warping(temperature, top_k, top_p, min_p, repetition_penalty)
    network, tokenizer = open_decoder(model)
    ids = encode(tokenizer, read_text(prompt))
    logits = next_logits(network, ids)
    last = stages(logits, warping, ids)[-1]
    rows = [
        {
            "rank": one.rank,
            "id": one.id,
            "token": repr(one.text),
            "logit": one.logit,
            "probability": one.probability,
            "after the warpers": float(last.probabilities[one.id]),
        }
        for one in candidates(logits, tokenizer, count)
    ]
    print_rows(rows, list(rows[0]), as_json=as_json)
    if output is not None:
        from ui.language_laboratory.next_word_charts import probability_bars

        write_picture(probability_bars(rows, bars_after=warping != Warping()), output)


def decode(
    prompt: TextArgument,
    strategies: Annotated[str, typer.Option(help="Some of greedy,beam,sample.")] = (
        "greedy,beam,sample"
    ),
    max_new_tokens: Annotated[int, typer.Option(help="Longest continuation.")] = 12,
    num_beams: Annotated[int, typer.Option(help="Beams of beam search, 1 to 16.")] = 4,
    draws: Annotated[int, typer.Option(help="Texts that sampling draws, 1 to 64.")] = 3,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = None,
    top_p: TopPOption = None,
    min_p: MinPOption = None,
    repetition_penalty: PenaltyOption = 1.0,
    seed: Annotated[
        int, typer.Option(min=0, max=LARGEST_SEED, help="Of the random generator.")
    ] = 0,
    model: ModelOption = "",
    as_json: JsonOption = False,
    output: OutputOption = None,
) -> None:
    """Continue a prompt by several strategies, side by side; --output draws the tree of the beams."""
    from language.beam_search import beam_search
    from language.causal import encode
    from language.decoding import greedy, sample
    from language.diversity import distinct, repetition, self_bleu
    from language.warpers import Warping

    names = [name.strip() for name in strategies.split(",") if name.strip()]
    for name in names or [strategies]:
        if name not in STRATEGIES:
            raise LanguageError(
                f"Strategy {name!r} is unknown, expected some of greedy,beam,sample"
            )
    if output is not None and "beam" not in names:
        raise LanguageError(
            "--output draws the tree of beam search, but the strategies are "
            f"{','.join(names)}; add beam to --strategies"
        )
    warping = Warping(temperature, top_k, top_p, min_p, repetition_penalty)
    network, tokenizer = open_decoder(model)
    ids = encode(tokenizer, read_text(prompt))
    rows: list[dict[str, Any]] = []
    for name in names:
        if name == "greedy":
            texts = [greedy(network, ids, max_new_tokens, repetition_penalty=repetition_penalty)]
        elif name == "sample":
            texts = sample(network, ids, max_new_tokens, draws=draws, warping=warping, seed=seed)
        else:
            search = beam_search(network, ids, max_new_tokens, num_beams)
            texts = [search.continuations[0]]
            if output is not None:
                from ui.language_laboratory.next_word_charts import beam_tree

                write_picture(beam_tree(search, tokenizer), output)
        rows += [
            {
                "strategy": name,
                "tokens": len(one.ids),
                "log p": one.log_probability,
                "per token": one.mean_log_probability,
                "distinct-2": distinct([one.ids], 2),
                "repetition": repetition(one.ids),
                "self-BLEU": self_bleu([text.ids for text in texts]) if len(texts) > 1 else None,
                "text": tokenizer.decode(one.ids),
                "ids": list(one.ids),
            }
            for one in texts
        ]
    columns = [name for name in rows[0] if name not in ("ids", "self-BLEU")]
    print_rows([row | {"text": repr(row["text"])} for row in rows] if not as_json else rows,
               columns, as_json=as_json)  # fmt: skip
    bleus = [row["self-BLEU"] for row in rows if row["self-BLEU"] is not None]
    if bleus and not as_json:
        from ui.cli.output import show

        show(f"self-BLEU of the {len(bleus)} draws: {bleus[0]:.2f}")


def perplexity(
    file: Annotated[Path, typer.Argument(help="A text file in UTF-8.")],
    tokens: Annotated[bool, typer.Option("--tokens", help="Show each token.")] = False,
    model: ModelOption = "",
    as_json: JsonOption = False,
    output: OutputOption = None,
) -> None:
    """How well a language model predicts a text: its perplexity, in total or token by token."""
    from language.causal import encode
    from language.next_word import score
    from ui.cli.output import counted_progress

    text = read_file(file)
    network, tokenizer = open_decoder(model)
    if (count := len(encode(tokenizer, text))) > MAX_TOKENS:
        raise LanguageError(
            f"{file} has {count:,} tokens, expected at most {MAX_TOKENS:,}; give a part of it"
        )
    with counted_progress("scoring tokens") as show_progress:
        result = score(network, tokenizer, text, watch=show_progress)
    each = [
        {
            "token": repr(one.text),
            "id": one.id,
            "probability": one.probability,
            "rank": one.rank,
            "surprise in bits": one.surprise,
            "entropy in bits": one.entropy,
        }
        for one in result.tokens
    ]
    total = {
        "tokens": len(each),
        "perplexity": result.perplexity,
        "bits per token": result.bits / len(each),
        "bits per byte": result.bits / len(text.encode()),
        "ln p": result.log_probability,
    }
    rows = each if tokens else [total]
    print_rows(rows, list(rows[0]), as_json=as_json)
    if output is not None:
        from ui.language_laboratory.next_word_charts import surprise_bars

        write_picture(surprise_bars(each), output)


def read_file(file: Path) -> str:
    """The text of a file.

    Raises:
        LanguageError: it cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise LanguageError(
            f"{file} is not UTF-8 at byte {error.start}; convert it with `iconv -t utf-8`"
        ) from error
    except OSError as error:
        raise LanguageError(f"{file} cannot be read: {error.strerror}; name a text file") from error


@lru_cache(maxsize=2)
def open_decoder(name: str) -> tuple[Any, Any]:
    """The bundled decoder, or the model of a folder or a hub name, loaded once in a process.

    Raises:
        LanguageError: there is no such model.
    """
    from language.loading import load_decoder
    from ui.language_laboratory.models import decoder_folder

    if not name:
        return load_decoder(decoder_folder())
    try:
        return load_decoder(name)
    except (OSError, ValueError) as error:
        raise LanguageError(
            f"No causal language model {name!r} can be loaded; give a folder, or a name on a hub "
            "that this machine reaches, or leave --model out"
        ) from error


def register(app: typer.Typer) -> None:
    """Add the room's commands."""
    app.command(name="next")(next_word)
    app.command()(decode)
    app.command()(perplexity)
