"""The commands of `katheder language`, one module for each room of the laboratory.

A room's module has a `register` that adds its commands. Heavy imports wait until a command runs.
"""

from __future__ import annotations

import typer

from ui.cli.language import attention, encoders, generation, next_word, streams, tokens, vectors

app = typer.Typer(help="Language models from the inside: a laboratory.", no_args_is_help=True)

attention.register(app)
tokens.register(app)
next_word.register(app)
vectors.register(app)
encoders.register(app)
generation.register(app)
streams.register(app)
