"""The bundled models' folders, which the command line and the page hand to `language`."""

from __future__ import annotations

from pathlib import Path


def encoder_folder() -> Path:
    """The folder of the bundled encoder, all-MiniLM-L6-v2, as transformers loads it."""
    from ingest import weights

    return weights.locate(weights.MINILM).folder


def decoder_folder() -> Path:
    """The folder of the bundled decoder, SmolLM2-135M-Instruct, as transformers loads it.

    The first call converts the package's GGUF file into the cache, which takes some seconds.
    """
    from ingest import weights

    return weights.decoder_folder(weights.locate(weights.DECODER))
